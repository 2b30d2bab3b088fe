"""Whoever moves a pilot by hand in the database, past the acts in the log, is found out by `taishan log verify`."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import cli
from sandbox.auditlog import AuditLog
from sandbox.domain.act_fields import parse_act
from sandbox.domain.canonical import canonical, parse_canonical
from sandbox.domain.standing import Officer, Role
from sandbox.errors import Conflict
from sandbox.service import Sandbox
from sandbox.settings import Settings
from sandbox.storage.logs import LogRepository

ROOT = Path(__file__).resolve().parents[2]
SLUG, NOW = "quick-loan", "2027-01-04T01:00:00Z"
REGULATOR = Officer("wang", Role.REGULATOR, "finance")

SUBMITTED, REVIEWED, MENTOR, NOTICE = 2, 3, 4, 5
"""Entries of the sandbox's own log: papers and admission come first, a refused act is the last, number 6."""
SIZE = 7


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one pilot in public notice."""
    home = tmp_path_factory.mktemp("acts") / "home"
    settings = Settings(cache=tmp_path_factory.mktemp("compiled"))
    with Sandbox.open(settings, home, clock=lambda: NOW) as sandbox:
        sandbox.submit(ROOT / "scenarios" / SLUG)
        for name, fields in (
            ("transition", {"to": "under_review", "reason": "in order"}),
            ("assign_mentor", {"mentor": "sun"}),
            ("transition", {"to": "public_notice", "reason": "in order"}),
        ):
            sandbox.act(SLUG, parse_act(name, fields), REGULATOR)
        with pytest.raises(Conflict):
            sandbox.act(SLUG, parse_act("transition", {"to": "active", "reason": "now"}), REGULATOR)
    return home


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, to be tampered with."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


@pytest.fixture
def verify(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[], tuple[int, str]]]:
    """`taishan log verify` on the home: its exit code and what it says."""

    def run() -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["taishan", "log", "verify", "--home", str(home)])
        code: object = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        assert isinstance(code, int)
        return code, said.out + said.err

    yield run


def hand(home: Path, *statements: str) -> None:
    """Hands that reach into the database past the sandbox, foreign keys and all."""
    connection = sqlite3.connect(home / "sandbox.db")
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    connection.commit()
    connection.close()


def admit_another(home: Path) -> None:
    """Tell the log of a second pilot as it was told before entries held a hash of the row."""
    with Sandbox.open(Settings(), home) as sandbox, sandbox._database.begin() as connection:
        (first,) = [one for one in LogRepository(connection).entries("sandbox") if one.type == "pilot_admitted"]
        told = {**parse_canonical(first.body), "pilot": "another"}
        del told["row_hash"]
        log: AuditLog = sandbox._log(connection, "sandbox")
        log.append_encoded([("pilot_admitted", canonical(told))])
        log.checkpoint(sandbox.signer, NOW)


ANOTHER = (
    "INSERT INTO pilots SELECT 'another', version, name_zh, name_en, category, firm, uscc, status, profile, manifest_hash, "
    "limits_hash, summary, submitted_at, '', '' FROM pilots"
)

TAMPERED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "the last act removed": (("DELETE FROM acts WHERE number = 4",), NOTICE, "acts are not those of the log"),
    "the first act removed": (("DELETE FROM acts WHERE number = 1",), SUBMITTED, "acts are not those of the log"),
    "every act removed": (("DELETE FROM acts",), SUBMITTED, "acts are not those of the log"),
    "an act added": (("INSERT INTO acts VALUES ('quick-loan', 5, 0)",), 0, "acts are not those of the log"),
    "a refusal passed for an act": (("INSERT INTO acts VALUES ('quick-loan', 5, 6)",), 6, "acts are not those of the log"),
    "an act that is beyond the log": (("INSERT INTO acts VALUES ('quick-loan', 5, 99)",), 99, "acts are not those of the log"),
    "an act that points to the admission": (
        ("UPDATE acts SET entry = 1 WHERE number = 4",),
        1,
        "acts are not those of the log",
    ),
    "two acts in another order": (
        (
            "UPDATE acts SET number = 9 WHERE number = 2",
            "UPDATE acts SET number = 2 WHERE number = 3",
            "UPDATE acts SET number = 3 WHERE number = 9",
        ),
        REVIEWED,
        "acts are not those of the log",
    ),
    "an act given to another pilot": (
        (ANOTHER, "UPDATE acts SET pilot = 'another' WHERE number = 4"),
        NOTICE,
        "acts are not those of the log",
    ),
    "a state changed": (
        ("UPDATE pilots SET status = 'registered'",),
        NOTICE,
        "quick-loan does not stand where its last act left",
    ),
    "a stage changed": (("UPDATE pilots SET stage = 'G3'",), NOTICE, "quick-loan does not stand where its last act left"),
    "a mentor changed": (("UPDATE pilots SET mentor = 'hua'",), NOTICE, "quick-loan does not stand where its last act left"),
    "a pilot under test without an act": (
        (ANOTHER, "UPDATE pilots SET status = 'active' WHERE slug = 'another'"),
        0,
        "another does not stand where its last act left",
    ),
    "the text of an act": (
        (f"UPDATE entries SET body = replace(body, 'under_review', 'under_revieW') WHERE idx = {REVIEWED}",),
        REVIEWED,
        f"entry {REVIEWED} (act) was changed",
    ),
    "the text of a refusal": (
        ("UPDATE entries SET body = replace(body, 'wang', 'hong') WHERE idx = 6",),
        6,
        "entry 6 (act_refused) was changed",
    ),
    "the kind of an act": ((f"UPDATE entries SET type = 'note' WHERE idx = {MENTOR}",), MENTOR, "entry 4 (note) was changed"),
}


def test_a_log_nobody_touched_holds(verify: Callable[[], tuple[int, str]]) -> None:
    code, said = verify()
    assert code == 0 and said.startswith(f"holds: log sandbox, {SIZE} entries")


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_by_hand_is_found_and_the_entry_is_named(
    name: str, home: Path, verify: Callable[[], tuple[int, str]]
) -> None:
    statements, entry, what = TAMPERED[name]
    if ANOTHER in statements:
        admit_another(home)
    hand(home, *statements)
    code, said = verify()
    first, at, do = said.splitlines()
    assert code == 1 and what in first
    assert at == f"  at: sandbox entry {entry}" and "restore the database from a backup" in do


def test_a_pilot_from_before_acts_were_kept_is_no_tampering(home: Path, verify: Callable[[], tuple[int, str]]) -> None:
    admit_another(home)
    hand(home, ANOTHER, "UPDATE pilots SET status = 'submitted' WHERE slug = 'another'")
    assert verify()[0] == 0


def test_a_pilot_that_nobody_admitted_is_found(home: Path, verify: Callable[[], tuple[int, str]]) -> None:
    hand(home, ANOTHER, "UPDATE pilots SET status = 'submitted' WHERE slug = 'another'")
    code, said = verify()
    assert code == 1 and "the registry's papers of pilot another are not those that were admitted" in said


@pytest.mark.parametrize("statement", ["DELETE FROM pilots", "UPDATE pilots SET slug = 'renamed'"])
def test_a_pilot_that_was_admitted_and_is_gone_is_found(
    statement: str, home: Path, verify: Callable[[], tuple[int, str]]
) -> None:
    hand(home, statement)
    code, said = verify()
    first, at, do = said.splitlines()
    assert code == 1 and "pilot quick-loan was admitted and is gone from the registry" in first
    assert at == "  at: sandbox entry 1" and "restore the database from a backup" in do


def test_a_log_written_anew_by_who_holds_the_key_is_found_by_where_the_pilot_stands(
    home: Path, verify: Callable[[], tuple[int, str]]
) -> None:
    """The last act then leads elsewhere. Its checkpoints are sound: only the registry says that this is another story."""
    with Sandbox.open(Settings(), home) as sandbox, sandbox._database.begin() as connection:
        bodies = [parse_canonical(entry.body) for entry in LogRepository(connection).entries("sandbox")]
        bodies[NOTICE]["state"] = "rejected"
        for table in ("entries", "nodes", "checkpoints"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        log: AuditLog = sandbox._log(connection, "sandbox")
        log.append_encoded([(str(body["type"]), canonical(body)) for body in bodies])
        log.checkpoint(sandbox.signer, NOW)
    code, said = verify()
    assert code == 1 and "quick-loan does not stand where its last act left it" in said
