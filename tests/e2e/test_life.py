"""A pilot's life through the real command line: who may do what and when; a refusal changes nothing and is on record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sandbox.domain.act_fields import parse_act
from sandbox.domain.act_table import ACTS
from sandbox.domain.standing import STATE_NAMES, Officer, Role, State
from sandbox.service import Sandbox
from sandbox.settings import Settings
from tests.e2e.conftest import ROOT, Finished, Taishan
from tests.e2e.test_bad_input import edit

HASH = "ab" * 32
WANG = ("--by", "wang", "--role", "regulator", "--department", "finance")
LI = ("--by", "li", "--role", "conference", "--department", "bank")
LIANG = ("--by", "liang", "--role", "firm")
SUN = ("--by", "sun", "--role", "mentor")
ZHOU = ("--by", "zhou", "--role", "public")
SLUG = "quick-loan"

BEYOND = """
scenario: beyond
pilot: quick-loan
start: 2027-01-04T09:00:00+08:00
actors:
  bank: {role: servicer}
  chen: {client: B-001, class: retail, jurisdiction: CN}
steps:
  - {deploy: QuickLoan, as: bank, args: [$bank, 1200]}
  - {call: QuickLoan.approve_line, as: bank, args: [$chen, 800000, 600, 1901616400], request: R-1}
  - {call: QuickLoan.draw, as: chen, args: [510000], expect: {status: flagged}}
"""


class Desk:
    """The command line at one pilot. What only leads up to a test happens in this process; what is tried, and what is looked at
    before and after, by the real command. notice: days of the public notice, for which no test can wait."""

    def __init__(self, taishan: Taishan, folder: Path, compiled: Path, notice: int) -> None:
        self.folder, self.home = folder / "files", folder / "home"
        self.pilot = Path(shutil.copytree(ROOT / "scenarios" / SLUG, self.folder / SLUG))
        profiles = Path(shutil.copytree(ROOT / "scenarios" / "profiles", self.folder / "profiles"))
        edit(profiles / "taishan_default.yaml", "notice_days: {value: 7,", f"notice_days: {{value: {notice},")
        edit(
            profiles / "taishan_default.yaml",
            'max_tx_amount: {value: "5000 CNY",',
            'max_tx_amount: {value: "5000 CNY", mode: warn,',
        )
        self._taishan, self._env = taishan, {"TAISHAN_SCENARIOS": str(self.folder)}
        self._settings = Settings(cache=compiled, scenarios=self.folder)

    def __call__(self, *args: str | Path) -> Finished:
        return self._taishan(*args, env=self._env)

    def submit(self) -> Finished:
        return self("pilot", "submit", self.pilot)

    def act(self, name: str, officer: tuple[str, ...], **fields: Any) -> Finished:
        pairs = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in fields.items()]
        return self("pilot", "act", SLUG, name, *officer, *(part for pair in pairs for part in ("-f", pair)))

    def go(self, to: str, officer: tuple[str, ...] = WANG) -> Finished:
        return self("pilot", "transition", SLUG, to, *officer, "--reason", "as the rules say")

    def must(self, done: Finished) -> str:
        assert done.code == 0, done.err
        return done.out

    def shown(self) -> Any:
        return self("pilot", "show", SLUG, "--format", "json").json

    def entries(self) -> list[dict[str, Any]]:
        """The sandbox's own log, from an export that verifies."""
        target = self.folder / "exported.jsonl"
        target.unlink(missing_ok=True)
        with Sandbox.open(self._settings, self.home) as sandbox:
            sandbox.export_log("sandbox", target)
        return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()[1:]]

    # --- what leads up to a test

    def submitted(self, *acts: tuple[str, tuple[str, ...], dict[str, Any]]) -> None:
        """Handed in, and then these acts."""
        with Sandbox.open(self._settings, self.home) as sandbox:
            sandbox.submit(self.pilot)
            for name, officer, fields in acts:
                who = dict(zip(officer[::2], officer[1::2], strict=True))
                by = Officer(who["--by"], Role(who["--role"]), who.get("--department", ""))
                sandbox.act(SLUG, parse_act(name, fields), by)

    def in_notice(self) -> None:
        self.submitted(move("under_review"), move("public_notice"))

    def registered(self) -> None:
        vote = ("vote", LI, {"motion": "registered", "approve": True, "reason": "agreed"})
        mentor = ("assign_mentor", WANG, {"mentor": "sun"})
        self.submitted(move("under_review"), mentor, move("public_notice"), vote, move("registered"))


def move(to: str) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    return "transition", WANG, {"to": to, "reason": "as the rules say"}


@pytest.fixture
def desk(taishan: Taishan, tmp_path: Path, compiled: Path) -> Desk:
    """With a notice of seven days."""
    return Desk(taishan, tmp_path, compiled, 7)


@pytest.fixture
def quick_desk(taishan: Taishan, tmp_path: Path, compiled: Path) -> Desk:
    """With a notice of no days."""
    return Desk(taishan, tmp_path, compiled, 0)


Case = tuple[str, Finished, str, str]


def assert_error(name: str, done: Finished, what: str, do: str, at: str | None = SLUG) -> None:
    """Exit 2, nothing on standard output, and three lines: what, where (if it has a place), what to do."""
    assert (done.code, done.out) == (2, ""), name
    lines = done.err.splitlines()
    keys = ["error: ", "  at: ", "  do: "] if at else ["error: ", "  do: "]
    assert len(lines) == len(keys) and all(line.startswith(key) for line, key in zip(lines, keys, strict=True)), (name, lines)
    assert what in lines[0] and do in lines[-1], (name, lines)
    assert at is None or lines[1] == f"  at: {at}", name


def test_a_submitted_pilot_is_listed_with_its_state_and_the_claim_rate(desk: Desk) -> None:
    assert desk("pilot", "list").out == "no pilot is registered yet: taishan pilot submit PATH\n"
    desk.must(desk.submit())
    row, rate = desk("pilot", "list").out.splitlines()
    assert row.split()[:3] == ["quick-loan", "v1", "submitted"]
    assert rate == "mentors (认领率): 0 of 1 live pilots (0 %)"
    desk.must(desk.act("assign_mentor", WANG, mentor="sun"))
    assert desk("pilot", "list").out.splitlines()[-1] == "mentors (认领率): 1 of 1 live pilots (100 %)"
    (listed,) = desk("pilot", "list", "--format", "json").json
    assert (listed["status"], listed["stage"], listed["mentor"]) == ("submitted", "G1", "sun")


def test_acts_move_the_pilot_and_show_tells_where_it_stands(desk: Desk) -> None:
    desk.must(desk.submit())
    moved = desk.must(desk.go("under_review"))
    assert moved.splitlines() == ["under_review 审核中", "  submitted -> under_review (by wang: as the rules say)"]
    desk.must(desk.go("public_notice"))
    desk.must(desk.act("comment", ZHOU, text="42"))
    desk.must(desk.act("assign_mentor", WANG, mentor="sun"))
    desk.must(desk.act("note", SUN, text="true"))
    text = desk("pilot", "show", SLUG).out
    assert "status    public_notice 公示中; version 1" in text and "mentor    sun" in text
    assert "violations (0)" in text and "max_tx_amount" in text
    dossier = desk.shown()["dossier"]
    assert [(move["to"], move["role"]) for move in dossier["history"]] == [
        ("submitted", "firm"),
        ("under_review", "regulator"),
        ("public_notice", "regulator"),
    ]
    assert [(one["text"], one["by"]) for one in dossier["comments"]] == [("42", "zhou")], "digits are text where text belongs"
    assert [one["text"] for one in dossier["notes"]] == ["true"]
    exported = desk.folder / "log.jsonl"
    desk.must(desk("log", "export", exported))
    desk.must(desk("log", "verify", exported))
    lines = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    acts = [entry for entry in lines if entry.get("type") == "act"]
    assert [(one["act"], one["by"]) for one in acts[1:]] == [
        ("transition", "wang"),
        ("transition", "wang"),
        ("comment", "zhou"),
        ("assign_mentor", "wang"),
        ("note", "sun"),
    ]


def test_what_is_refused_during_the_notice_changes_nothing_and_is_on_record(desk: Desk) -> None:
    desk.in_notice()
    before, size = desk.shown(), len(desk.entries())
    nobody = ("--by", "li", "--role", "conference")
    mover = "a firm cannot move quick-loan from public_notice to registered"
    cases: list[Case] = [
        ("too early", desk.go("registered"), "the public notice of 7 days runs until", "meet each of these"),
        (
            "no arrow",
            desk.go("active"),
            "there is no way from public_notice to active",
            "a regulator can move it to: registered, ",
        ),
        ("wrong role", desk.go("registered", LIANG), mover, "ask the regulator"),
        ("not the mentor's", desk.go("under_review", SUN), "transition is not the mentor's to do", "ask the firm or regulator"),
        (
            "not now",
            desk.act("score", WANG, dimension="service", points=5, reason="x"),
            "score is not possible while",
            "evaluating",
        ),
        (
            "no department",
            desk.act("vote", nobody, motion="registered", approve=True, reason="x"),
            "belongs to no department",
            "register the department",
        ),
        ("no such comment", desk.act("answer_comment", LIANG, number=3, text="x"), "there is no number 3", "take one there is"),
    ]
    for name, done, what, do in cases[:-1]:
        assert_error(name, done, what, do)
    assert (cases[-1][1].code, cases[-1][1].err) == (2, "error: there is no number 3\n")
    assert desk.shown() == before
    new = desk.entries()[size:]
    assert [entry["type"] for entry in new] == ["act_refused"] * len(cases)
    for entry, (name, _, what, _) in zip(new, cases, strict=True):
        assert what in entry["reason"] and entry["pilot"] == SLUG, name
    assert desk("log", "verify").code == 0


def test_what_is_no_act_at_all_is_refused_and_there_is_nothing_to_record(desk: Desk) -> None:
    desk.submitted()
    before, entries = desk.shown(), desk.entries()
    cases: list[Case] = [
        ("unknown act", desk.act("vot", WANG), "there is no act 'vot'", "did you mean 'vote'?"),
        ("unknown field", desk.act("note", WANG, txt="x"), "note has no field 'txt'", "did you mean 'text'?"),
        ("missing field", desk.act("freeze", WANG, who="B-001"), "freeze needs the field 'reason'", "state reason"),
        ("empty field", desk.act("note", WANG, text=" "), "note.text is empty", "state it"),
        ("unknown state", desk.go("actve"), "'actve' is no state; did you mean 'active'?", "correct transition.to"),
        (
            "not a number",
            desk.act("score", WANG, dimension="service", points="many", reason="x"),
            "not a whole number",
            "points",
        ),
        ("huge number", desk.act("answer_comment", LIANG, number=2**60, text="x"), "out of range", "state it"),
    ]
    for name, done, what, do in cases:
        assert_error(name, done, what, do, at=None)
    unknown = desk("pilot", "transition", "quick-lone", "under_review", *WANG, "--reason", "x")
    assert_error("unknown pilot", unknown, "there is no pilot 'quick-lone'", "registered are: quick-loan", at=None)
    for bad in (("--by", "wang", "--role", "king"), ("--by", "system", "--role", "system"), ("--role", "firm")):
        done = desk.go("under_review", bad)
        assert done.code == 2 and done.err.startswith("error: "), "the system acts by itself, nobody acts in its name"
    twice = desk("pilot", "act", SLUG, "note", *WANG, "-f", "text=a", "-f", "text=b")
    assert twice.code == 2 and "is not one field" in twice.err
    assert (desk.shown(), desk.entries()) == (before, entries)


def test_papers_in_notice_cannot_be_handed_in_again(desk: Desk) -> None:
    desk.submitted()
    desk.must(desk.submit())
    for to in ("under_review", "public_notice"):
        desk.must(desk.go(to))
    before, entries = desk.shown(), desk.entries()
    assert before["version"] == 2, "while it is only submitted, they can"
    done = desk.submit()
    assert_error(
        "again", done, "is public_notice: its papers cannot be exchanged now", "ask the regulator to return it", at=None
    )
    assert (desk.shown(), desk.entries()) == (before, entries)


def test_limits_gates_and_violations_hold_against_the_wrong_person_and_the_second_try(quick_desk: Desk) -> None:
    desk = quick_desk
    desk.registered()
    early = desk.go("active", LIANG)
    assert_error("gates", early, "gate code is shut", "meet each of these")
    assert "gate kill_switch is shut" in early.err
    propose = {"changes": {"max_tx_amount": "3000 CNY"}, "reason": "care"}
    assert "limits proposed: version 1" in desk.must(desk.act("propose_limits", WANG, **propose))
    own = desk.act("approve_limits", WANG, version=1, from_block=1)
    assert_error("own proposal", own, "wang proposed version 1 and cannot approve it", "let somebody else approve it")
    assert "limits version 1 from block 1" in desk.must(desk.act("approve_limits", LI, version=1, from_block=1))
    assert "version 1; " in desk("pilot", "show", SLUG).out
    (desk.pilot / "beyond.yaml").write_text(BEYOND, encoding="utf-8")
    for done in (
        desk("run", desk.pilot / "draw-and-repay.yaml"),
        desk.act("pause", WANG, reason="drill"),
        desk.act("resume", WANG, reason="it works"),
        desk.go("active", LIANG),
        desk("run", desk.pilot / "beyond.yaml"),
    ):
        desk.must(done)
    assert desk.shown()["status"] == "rectifying"
    decide = {"violation": 1, "outcome": "no_penalty_minor", "reason": "minor", "education": "told so"}
    assert_error("not corrected", desk.act("decide", WANG, **decide), "is not eligible", "let it be corrected first")
    for act, officer, fields, progress in (
        ("file_rectification", LIANG, {"text": "paid back", "hash": HASH}, "rectified, to be verified"),
        ("verify_rectification", WANG, {"satisfied": True, "reason": "seen"}, "verified, to be decided"),
    ):
        desk.must(desk.act(act, officer, violation=1, **fields))
        assert f"1  max_tx_amount S1  {progress}, due" in desk("pilot", "show", SLUG).out
    desk.must(desk.act("decide", WANG, **decide))
    before = desk.shown()
    assert_error("twice", desk.act("decide", WANG, **decide), "violation 1 was decided already", "a decision stands")
    assert desk.shown() == before
    refusals = [entry for entry in desk.entries() if entry["type"] == "act_refused"]
    assert [entry["act"] for entry in refusals] == ["transition", "approve_limits", "decide", "decide"]
    text = desk("pilot", "show", SLUG).out
    assert "1  max_tx_amount S1  no_penalty_minor" in text
    assert "rectifying 整改中, stage G1" in text


def test_a_client_whose_id_is_digits_can_be_frozen(quick_desk: Desk) -> None:
    quick_desk.registered()
    assert "freeze 1001 (by wang: court order)" in quick_desk.must(
        quick_desk.act("freeze", WANG, who="1001", reason="court order")
    )
    assert "frozen: 1001" in quick_desk("pilot", "show", SLUG).out
    again = quick_desk.act("freeze", WANG, who="1001", reason="court order")
    assert (again.code, "1001 is frozen already" in again.err) == (2, True)


def test_every_act_is_listed_with_its_fields_and_the_roles_that_may(taishan: Taishan) -> None:
    lines = taishan("pilot", "acts").out.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(ACTS)
    assert lines[0].endswith("to, reason, [evidence]") and lines[1].strip() == "by firm, regulator, system"


def test_nothing_runs_out_on_the_first_day(desk: Desk) -> None:
    assert desk("pilot", "elapse").code == 2, "there is no sandbox yet"
    desk.submitted()
    before = desk.entries()
    assert desk.must(desk("pilot", "elapse")) == "nothing has run out\n"
    assert desk.entries() == before


def test_every_state_has_a_name_in_two_languages() -> None:
    assert STATE_NAMES.keys() == set(State)
    assert all(zh and en and not zh.isascii() and en.isascii() for zh, en in STATE_NAMES.values())
