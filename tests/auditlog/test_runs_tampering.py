"""Whoever changes by hand what the registry tells of a run's findings is found out by `taishan log verify`."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from sandbox.errors import VerificationFailed
from sandbox.service import Sandbox
from sandbox.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SLUG, NOW = "quick-loan", "2027-01-04T01:00:00Z"
RUN = """
scenario: findings
pilot: quick-loan
actors:
  bank: {role: servicer}
  chen: {client: B-001, class: retail, jurisdiction: CN}
steps:
  - {deploy: QuickLoan, as: bank, args: [$bank, 1200]}
  - {call: QuickLoan.approve_line, as: bank, args: [$chen, 800000, 600, 1901616400], request: R-1}
  - {call: QuickLoan.draw, as: chen, args: [510000], expect: {status: blocked}}
  - {call: QuickLoan.draw, as: chen, args: [1000]}
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one run that has findings."""
    folder = tmp_path_factory.mktemp("runs")
    pilot = Path(shutil.copytree(ROOT / "scenarios" / SLUG, folder / SLUG))
    shutil.copytree(ROOT / "scenarios" / "profiles", folder / "profiles")
    (pilot / "findings.yaml").write_text(RUN, encoding="utf-8")
    settings = Settings(cache=folder / "compiled", scenarios=folder)
    with Sandbox.open(settings, folder / "home", clock=lambda: NOW) as sandbox:
        sandbox.submit(pilot)
        outcome = sandbox.run(pilot / "findings.yaml", engine=None, seed=None, progress=lambda *_: None)
        assert outcome.passed and [one.code for step in outcome.steps for one in step.findings] != []
    return folder / "home"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, to be tampered with."""
    return Path(shutil.copytree(filled, tmp_path / "home"))


def hand(home: Path, statement: str) -> None:
    """A hand that reaches into the database past the sandbox."""
    connection = sqlite3.connect(home / "sandbox.db")
    assert connection.execute(statement).rowcount != 0
    connection.commit()
    connection.close()


def verified(home: Path) -> list[str]:
    """Lines of a verification that holds. Raises VerificationFailed."""
    with Sandbox.open(Settings(), home) as sandbox:
        return list(sandbox.verify_logs())


def test_findings_nobody_touched_hold(home: Path) -> None:
    assert len(verified(home)) == 2


@pytest.mark.parametrize("table_wide", [True, False], ids=["all rows", "one row"])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE findings SET code = 'max_clients'",
        "UPDATE findings SET grade = 'S0'",
        "UPDATE findings SET mode = 'observe'",
        "UPDATE findings SET refused = NOT refused",
        "UPDATE findings SET observed = '0'",
        "UPDATE findings SET bound = '9999999'",
        "UPDATE findings SET \"transaction\" = '0x00'",
        "UPDATE findings SET pilot = 'another'",
        "UPDATE findings SET entry = entry + 1000",
        "DELETE FROM findings",
    ],
)
def test_a_finding_changed_in_any_column_or_gone_is_found(home: Path, change: str, table_wide: bool) -> None:
    one = " WHERE rowid = (SELECT MIN(rowid) FROM findings)"
    hand(home, change if table_wide else change + one)
    with pytest.raises(VerificationFailed, match="findings of run .* are not those of its log: entry") as caught:
        verified(home)
    assert caught.value.do == "restore the database from a backup"


def test_a_finding_that_nobody_raised_is_found(home: Path) -> None:
    columns = 'pilot, code, grade, mode, refused, observed, bound, "transaction"'
    hand(home, f"INSERT INTO findings (run_id, entry, {columns}) SELECT run_id, 0, {columns} FROM findings LIMIT 1")
    with pytest.raises(VerificationFailed, match="are not those of its log: entry 0"):
        verified(home)
