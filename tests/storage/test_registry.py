"""The repositories of pilots and runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Conflict
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import ContractRow, FindingRow, PilotRepository, PilotRow, RunRepository, RunRow

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


def test_a_run_without_its_log_or_with_the_same_finding_twice_leaves_nothing(database: Database) -> None:
    with pytest.raises(Conflict), database.begin() as connection:
        RunRepository(connection).add(RUN, [])
    with pytest.raises(Conflict), database.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
        RunRepository(connection).add(RUN, [FINDING, FINDING])
    with database.begin() as connection:
        assert (RunRepository(connection).count(), LogRepository(connection).ids()) == (0, [])
