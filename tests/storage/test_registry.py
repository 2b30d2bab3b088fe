"""The repositories of pilots and runs."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, inspect, text

from sandbox.errors import Conflict
from sandbox.storage import database as module
from sandbox.storage.database import Database, upgrade
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import (
    FINDING_KEYS,
    ActRepository,
    ContractRow,
    FindingRow,
    PilotRepository,
    PilotRow,
    RunRepository,
    RunRow,
)
from sandbox.storage.tables import CONTRACTS

NOW = "2027-01-01T00:00:00Z"
HASH = "ab" * 32

PILOT = PilotRow(
    "sme-equity", 1, "股权登记", "SME", "equity", "某公司", "91330000761336668H", "submitted", "cn", HASH, HASH, "{}", NOW
)
TOKEN = ContractRow("sme-equity", "Token", "contracts/Token.sol", "solc 0.8.37", HASH, HASH, "{}")
RUN = RunRow("run-1", "sme-equity", "trade", 7, "pyevm", True, "run-1", HASH, NOW, "{}")
FINDING = FindingRow("run-1", 4, "sme-equity", "max_tx_amount", "S2", "enforce", True, "600 CNY", "500 CNY", "0x" + HASH)


def test_a_pilot_comes_back_as_it_was_registered(database: Database) -> None:
    with database.begin() as connection:
        PilotRepository(connection).save(PILOT, [TOKEN])
    with database.begin() as connection:
        pilots = PilotRepository(connection)
        assert (pilots.get("sme-equity"), pilots.get("other"), pilots.all()) == (PILOT, None, [PILOT])
        assert (pilots.contracts("sme-equity"), pilots.contracts("other")) == ([TOKEN], [])


def test_a_newer_version_takes_the_place_of_the_older_with_its_contracts(database: Database) -> None:
    newer, register = replace(PILOT, version=2, status="testing"), replace(TOKEN, name="Register")
    with database.begin() as connection:
        pilots = PilotRepository(connection)
        pilots.save(replace(PILOT, slug="another"), [replace(TOKEN, pilot="another")])
        pilots.save(PILOT, [TOKEN, register])
        pilots.save(newer, [register])
        assert pilots.all() == [replace(PILOT, slug="another"), newer]
        assert pilots.contracts("sme-equity") == [register]
        assert pilots.contracts("another") == [replace(TOKEN, pilot="another")]


def test_a_contract_of_no_pilot_is_refused(database: Database) -> None:
    with pytest.raises(Conflict), database.begin() as connection:
        PilotRepository(connection).save(PILOT, [replace(TOKEN, pilot="other")])
    with database.begin() as connection:
        assert PilotRepository(connection).all() == []


def test_runs_come_back_in_the_order_they_ended(database: Database) -> None:
    later = replace(RUN, id="run-0", passed=False, ended_at="2027-01-02T00:00:00Z")
    with database.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
        runs = RunRepository(connection)
        assert runs.count() == 0
        runs.add(later, [])
        runs.add(RUN, [FINDING, replace(FINDING, entry=5, transaction=None)])
        assert (runs.get("run-1"), runs.get("run-9"), runs.count()) == (RUN, None, 2)
        assert (runs.of_pilot("sme-equity"), runs.of_pilot("other")) == ([RUN, later], [])


def test_findings_of_a_run_come_back_whole_and_by_their_entries(database: Database) -> None:
    later = replace(FINDING, entry=9, grade="S4", refused=False, transaction=None)
    with database.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
        RunRepository(connection).add(RUN, [later, FINDING])
    with database.begin() as connection:
        runs = RunRepository(connection)
        assert (runs.findings("run-1"), runs.findings("run-9")) == ([FINDING, later], [])


def test_what_a_row_repeats_of_its_finding_is_all_but_where_it_was_found() -> None:
    places = {"run_id", "entry", "pilot", "transaction"}
    assert set(FINDING_KEYS) == set(asdict(FINDING)) - places and len(FINDING_KEYS) == len(set(FINDING_KEYS))


def test_a_run_without_its_log_or_with_the_same_finding_twice_leaves_nothing(database: Database) -> None:
    with pytest.raises(Conflict), database.begin() as connection:
        RunRepository(connection).add(RUN, [])
    with pytest.raises(Conflict), database.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
        RunRepository(connection).add(RUN, [FINDING, FINDING])
    with database.begin() as connection:
        assert (RunRepository(connection).count(), LogRepository(connection).ids()) == (0, [])


# --- acts


def test_acts_are_numbered_by_pilot_and_come_back_in_their_order(database: Database) -> None:
    with database.begin() as connection:
        pilots, acts = PilotRepository(connection), ActRepository(connection)
        pilots.save(PILOT, [])
        pilots.save(replace(PILOT, slug="another"), [])
        for pilot, entry in (("sme-equity", 2), ("another", 3), ("sme-equity", 7)):
            acts.add(pilot, entry)
    with database.begin() as connection:
        acts = ActRepository(connection)
        assert (acts.entries("sme-equity"), acts.entries("another"), acts.entries("other")) == ([2, 7], [3], [])
        assert acts.all() == [("another", 3), ("sme-equity", 2), ("sme-equity", 7)]


def test_an_act_of_no_pilot_and_an_entry_that_is_an_act_already_are_refused(database: Database) -> None:
    with database.begin() as connection:
        PilotRepository(connection).save(PILOT, [])
        ActRepository(connection).add("sme-equity", 2)
    for pilot, entry in (("other", 3), ("sme-equity", 2)):
        with pytest.raises(Conflict), database.begin() as connection:
            ActRepository(connection).add(pilot, entry)
    with database.begin() as connection:
        assert ActRepository(connection).all() == [("sme-equity", 2)]


def test_where_a_pilot_stands_is_all_that_changes(database: Database) -> None:
    another = replace(PILOT, slug="another")
    with database.begin() as connection:
        pilots = PilotRepository(connection)
        pilots.save(PILOT, [TOKEN])
        pilots.save(another, [])
        pilots.stand("sme-equity", "active", "G2", "sun")
        assert pilots.all() == [another, replace(PILOT, status="active", stage="G2", mentor="sun")]
        assert pilots.contracts("sme-equity") == [TOKEN]


# --- a database of an earlier schema


def test_a_database_of_schema_0001_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sandbox.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        old = {name: value for name, value in asdict(PILOT).items() if name not in ("stage", "mentor")}
        connection.execute(text(f"INSERT INTO pilots VALUES ({', '.join(f':{name}' for name in old)})"), old)
        connection.execute(insert(CONTRACTS).values(asdict(TOKEN)))
        assert "acts" not in inspect(connection).get_table_names()
    engine.dispose()
    database = Database.open(url)
    with database.begin() as connection:
        pilots, acts = PilotRepository(connection), ActRepository(connection)
        assert pilots.all() == [replace(PILOT, stage="", mentor="")]
        assert pilots.contracts("sme-equity") == [TOKEN]
        assert acts.all() == []
        acts.add("sme-equity", 0)
        pilots.stand("sme-equity", "under_review", "G1", "sun")
        assert pilots.get("sme-equity") == replace(PILOT, status="under_review", stage="G1", mentor="sun")
    database.close()


def test_going_back_to_schema_0001_keeps_the_pilots_and_drops_the_acts(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    database = Database.open(f"sqlite:///{tmp_path / 'sandbox.db'}")
    with database.begin() as connection:
        PilotRepository(connection).save(PILOT, [TOKEN])
        ActRepository(connection).add("sme-equity", 0)
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        assert connection.execute(text("SELECT slug, status FROM pilots")).all() == [("sme-equity", "submitted")]
        assert connection.execute(text("SELECT pilot, name FROM contracts")).all() == [("sme-equity", "Token")]
        columns = {column["name"] for column in inspect(connection).get_columns("pilots")}
        assert not columns & {"stage", "mentor"} and "acts" not in inspect(connection).get_table_names()
    database.close()
