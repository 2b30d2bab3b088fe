"""A sandbox in a folder of its own, with a clock that stands still unless a test lets time pass."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.domain.act_fields import parse_act
from sandbox.domain.admission import Admitted
from sandbox.domain.dossier import Consequence, Dossier, Moved
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.standing import Officer, Role
from sandbox.service import Sandbox
from sandbox.settings import Settings
from sandbox.storage.logs import LogRepository

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2027, 1, 4, 1, 0, tzinfo=UTC)
"""09:00 of a Monday in China."""
DAY = 86_400
HASH = "ab" * 32

FIRM = Officer("liang", Role.FIRM)
REGULATOR = Officer("wang", Role.REGULATOR, "finance")
COLLEAGUE = Officer("zheng", Role.REGULATOR, "finance")
CONFERENCE = Officer("li", Role.CONFERENCE, "bank")
AUDITOR = Officer("qian", Role.AUDITOR)
PUBLIC = Officer("zhou", Role.PUBLIC)
SLUG = "quick-loan"

PLAIN_RUN = """
scenario: plain
pilot: quick-loan
start: 2027-01-04T09:00:00+08:00
actors:
  bank: {role: servicer}
  chen: {client: B-001, class: retail, jurisdiction: CN}
steps:
  - {deploy: QuickLoan, as: bank, args: [$bank, 1200]}
  - {call: QuickLoan.approve_line, as: bank, args: [$chen, 800000, 600, 1901616400], request: R-1}
"""


def flagged(draw: int, named: bool = False) -> str:
    """A run in which that many fen are drawn and flagged; named: the step says by which rule, so that it was meant."""
    finding = ", finding: max_tx_amount" if named else ""
    return f"{PLAIN_RUN}  - {{call: QuickLoan.draw, as: chen, args: [{draw}], expect: {{status: flagged{finding}}}}}\n"


@dataclass
class Clock:
    """What time it is."""

    seconds: int = round(START.timestamp())

    def __call__(self) -> str:
        return datetime.fromtimestamp(self.seconds, UTC).isoformat().replace("+00:00", "Z")


class Stage:
    """The sandbox and the folder of its one pilot. The template lets a transaction that is too large pass, flagged."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.clock = Clock()
        self.pilot = Path(shutil.copytree(ROOT / "scenarios" / SLUG, folder / SLUG))
        profiles = Path(shutil.copytree(ROOT / "scenarios" / "profiles", folder / "profiles"))
        template = profiles / "taishan_default.yaml"
        text, enforced = template.read_text(encoding="utf-8"), 'max_tx_amount: {value: "5000 CNY", '
        assert enforced in text
        template.write_text(text.replace(enforced, enforced + "mode: warn, "), encoding="utf-8")
        self.file = folder / "home" / "sandbox.db"
        settings = Settings(cache=cache, scenarios=folder)
        self.sandbox = Sandbox.open(settings, folder / "home", clock=self.clock)

    def submit(self) -> None:
        assert isinstance(self.sandbox.submit(self.pilot).decision, Admitted)

    def act(self, name: str, by: Officer, **fields: Any) -> tuple[Consequence, ...]:
        """Let somebody act on the pilot; what it brought about."""
        _, brought = self.sandbox.act(SLUG, parse_act(name, fields), by)
        return brought

    def go(self, to: str, by: Officer = REGULATOR) -> tuple[Consequence, ...]:
        return self.act("transition", by, to=to, reason="as the rules say")

    def agree(self, to: str) -> tuple[Consequence, ...]:
        """Move with the conference's vote."""
        self.act("vote", CONFERENCE, motion=to, approve=True, reason="agreed")
        return self.go(to)

    def wait(self, days: int = 0, seconds: int = 0) -> None:
        self.clock.seconds += days * DAY + seconds

    def elapse(self) -> list[tuple[str, str]]:
        """Let the time that has passed do its work; the moves it brought."""
        brought = [one for _, consequences in self.sandbox.elapse() for one in consequences]
        return [(one.origin.value, one.to.value) for one in brought if isinstance(one, Moved)]

    def run(self, text: str, name: str = "short") -> RunOutcome:
        """Run that scenario of the pilot."""
        file = self.pilot / f"{name}.yaml"
        file.write_text(text, encoding="utf-8")
        outcome = self.sandbox.run(file, engine=None, seed=None, progress=lambda *_: None)
        assert outcome.passed, [step.error for step in outcome.steps]
        return outcome

    def correct(self, number: int) -> None:
        self.act("file_rectification", FIRM, violation=number, text="paid back", hash=HASH)
        self.act("verify_rectification", REGULATOR, violation=number, satisfied=True, reason="seen")

    def decide(self, number: int, outcome: str) -> tuple[Consequence, ...]:
        return self.act("decide", REGULATOR, violation=number, outcome=outcome, reason="on the merits", education="told so")

    @property
    def dossier(self) -> Dossier:
        return self.sandbox.dossier(SLUG).dossier

    @property
    def registry(self) -> tuple[str, str, str]:
        """(status, stage, mentor) as the registry has them."""
        row = self.sandbox.pilot(SLUG).row
        return row.status, row.stage, row.mentor

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Entries of that type in the sandbox's own log."""
        with self.sandbox._database.read() as connection:
            return [json.loads(one.body) for one in LogRepository(connection).entries("sandbox") if one.type == kind]

    def contents(self) -> list[str]:
        """The whole database as SQL."""
        connection = sqlite3.connect(self.file)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()

    # --- shortcuts through a life

    def noticed(self) -> None:
        """In public notice, its days over, with a mentor."""
        self.submit()
        self.go("under_review")
        self.act("assign_mentor", REGULATOR, mentor="sun")
        self.go("public_notice")
        self.wait(days=7)

    def registered(self) -> None:
        self.noticed()
        self.agree("registered")

    def active(self, stage: str = "G1") -> None:
        """Under test in that stage."""
        self.registered()
        self.run(PLAIN_RUN)
        self.act("pause", REGULATOR, reason="drill")
        self.act("resume", REGULATOR, reason="it works")
        self.go("active", FIRM)
        while self.dossier.stage.value != stage:
            self.agree("active")
