"""`taishan run --what-if`: the verdict of a transaction without sending it, and nothing different after."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.cases.prepare import prepare
from sandbox.domain.canonical import canonical
from sandbox.domain.events import Event, body
from sandbox.domain.scenario import Call, Deploy, Repeat, Transfer
from sandbox.errors import InputError
from sandbox.runner import run
from sandbox.running import steps
from sandbox.running.world import World
from sandbox.scenario_files import load_questions
from sandbox.settings import Settings
from tests.e2e.conftest import ROOT, Taishan
from tests.e2e.test_bad_input import assert_refused

EQUITY = ROOT / "scenarios" / "sme-equity"
TRADE = EQUITY / "issue-and-trade.yaml"
SELL = "{call: Register.transfer, as: alice, args: [$bob, 500]}"
TOO_MUCH = "{call: Register.issue, as: issuer, args: [$bob, 1201], request: REQ-9}"


def dump(home: Path) -> list[str]:
    with sqlite3.connect(home / "sandbox.db") as connection:
        return list(connection.iterdump())


def test_a_transaction_that_would_pass_is_told_with_its_headroom_and_exit_0(taishan: Taishan) -> None:
    done = taishan("run", TRADE, "--what-if", SELL, "--format", "json")
    assert done.code == 0 and done.err == ""
    assert set(done.json) >= {"engine", "scenarios", "what_if"}
    scenario = done.json["scenarios"][0]
    assert set(scenario) >= {"scenario", "pilot", "passed", "log_root", "steps"} and scenario["run"] == ""
    (answer,) = done.json["what_if"]
    assert (answer["status"], answer["passes"], answer["findings"]) == ("success", True, [])
    assert answer["title"] == "alice: Register.transfer(bob, 500)" and answer["gas_used"] > 21_000
    room = {row["limit"]: row for row in answer["headroom"]}
    assert room["max_tx_amount"] == {
        "limit": "max_tx_amount", "observed": "6250", "bound": "15000", "headroom": "8750", "unit": "money", "share_bp": 4_167,
        "who": "C-001",
    }  # fmt: skip
    assert room["max_client_exposure"]["who"] == "C-002"


def test_one_that_would_be_refused_is_told_by_which_limit_and_exit_1(taishan: Taishan) -> None:
    done = taishan("run", TRADE, "--what-if", TOO_MUCH)
    assert done.code == 1
    assert "would be refused" in done.out and "max_tx_amount S1: 15012.5 > 15000" in done.out
    assert "-12.5" in done.out and "0 of 1 would pass; nothing was sent, nothing is recorded" in done.out
    assert max(len(line.rstrip()) for line in done.out.splitlines()) <= 100


def test_one_that_would_revert_is_told_with_its_reason(taishan: Taishan) -> None:
    question = "{call: Register.transfer, as: bob, args: [$alice, 100000]}"
    (answer,) = taishan("run", TRADE, "--what-if", question, "--format", "json").json["what_if"]
    assert answer["passes"] is False and answer["reverted"]


@pytest.mark.parametrize("order", [("FILE", "--what-if"), ("--what-if", "FILE")], ids=["after", "before"])
def test_without_a_step_the_scenarios_own_last_transaction_is_asked_about(order: tuple[str, ...], taishan: Taishan) -> None:
    file = EQUITY / "refuse-oversize-transfer.yaml"
    done = taishan("run", *(str(file) if word == "FILE" else word for word in order), "--format", "json")
    (answer,) = done.json["what_if"]
    sent = [step for step in taishan("run", file, "--format", "json").json["scenarios"][0]["steps"] if step["gas_used"]]
    assert answer["title"] == sent[-1]["title"] and answer["status"] == sent[-1]["status"]
    assert answer["gas_used"] == sent[-1]["gas_used"]
    assert len(done.json["scenarios"][0]["steps"]) == sent[-1]["index"] - 1


def test_a_file_may_ask_several_questions_each_on_the_same_state(taishan: Taishan, tmp_path: Path) -> None:
    file = tmp_path / "questions.yaml"
    deploy = "{deploy: Register, name: Second, as: issuer, args: [名册, REG, 200, $issuer, $agent]}"
    file.write_text(f"steps:\n  - {deploy}\n  - {SELL}\n  - {SELL}\n  - {TOO_MUCH}\n", encoding="utf-8")
    done = taishan("run", TRADE, "--what-if", file, "--format", "json")
    first, second, third, last = done.json["what_if"]
    assert done.code == 1 and [one["passes"] for one in (first, second, third, last)] == [True, True, True, False]
    same = ("status", "gas_used", "headroom", "findings")
    assert [second[key] for key in same] == [third[key] for key in same]
    assert third["where"].startswith(f"{file}:4:") and [one["index"] for one in done.json["what_if"]] == [1, 2, 3, 4]


def test_nothing_is_recorded_anywhere(taishan: Taishan, tmp_path: Path) -> None:
    assert taishan("run", TRADE).code == 0
    before, sound = dump(tmp_path / "home"), taishan("log", "verify").out
    assert taishan("run", TRADE, "--what-if", TOO_MUCH).code == 1
    assert dump(tmp_path / "home") == before and taishan("log", "verify").out == sound


def test_a_set_up_that_does_not_hold_ends_with_exit_1(equity: Path, taishan: Taishan) -> None:
    file = equity / "issue-and-trade.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("equals: 2200", "equals: 2201"), encoding="utf-8")
    done = taishan("run", file, "--what-if", SELL)
    assert done.code == 1 and "would pass" in done.out and "expected equals 2201" in done.out


MISFITS: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown key": ("{call: Register.transfer, from: alice}", ("from", "<what-if>:1:")),
    "hex without quotes": ("{call: Register.transfer, as: alice, args: [0x12, 1]}", ("0x12", "<what-if>:1:45")),
    "no transaction": ("{advance: {days: 1}}", ("only a transaction", "<what-if>:1:1", "deploy, call, transfer")),
    "no step": ("{cal: Register.transfer}", ("not a step", "<what-if>:1:1")),
    "broken yaml": ("{call: Register.transfer, as: [", ("not YAML", "<what-if>:1:")),
    "no such file": ("questions.yaml", ("no such file", "questions.yaml")),
}
STRANGERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "actor": ("{call: Register.transfer, as: alise, args: [$bob, 1]}", ("alise", "'alice'", "<what-if>:1:1")),
    "name in a value": ("{call: Register.transfer, as: alice, args: [$bobby, 1]}", ("bobby", "<what-if>:1:1")),
    "instance": ("{call: Registry.transfer, as: alice, args: [$bob, 1]}", ("Registry", "<what-if>:1:1")),
    "function": ("{call: Register.transferr, as: alice, args: [$bob, 1]}", ("transferr", "<what-if>:1:1")),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_question_that_does_not_read_is_refused_with_its_place(name: str) -> None:
    question, pieces = MISFITS[name]
    with pytest.raises(InputError) as refused:
        load_questions(question)
    assert all(piece in f"{refused.value.where} {refused.value} {refused.value.do}" for piece in pieces)


@pytest.mark.parametrize("name", STRANGERS)
def test_a_question_about_somebody_unknown_is_refused_with_its_place(name: str, taishan: Taishan) -> None:
    question, pieces = STRANGERS[name]
    assert_refused(taishan("run", TRADE, "--what-if", question), *pieces)


def test_a_file_of_steps_that_are_not_transactions_is_refused_with_its_line(taishan: Taishan, tmp_path: Path) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text(f"steps:\n  - {SELL}\n  - check: {{balance: $bob, equals: 1}}\n", encoding="utf-8")
    assert_refused(taishan("run", TRADE, "--what-if", file), "questions.yaml:3:", "only a transaction")


def test_usage_is_checked(taishan: Taishan, tmp_path: Path) -> None:
    assert_refused(taishan("run"), "FILES")
    assert_refused(taishan("run", "--what-if"), "FILES")
    assert_refused(taishan("run", "--what-if", SELL), "FILES")
    assert_refused(taishan("run", TRADE, "--what-if", SELL, "--format", "junit"), "junit")
    assert_refused(taishan("run", tmp_path / "gone.yaml", "--what-if", SELL), "gone.yaml")


def test_asking_between_all_steps_leaves_the_same_log_as_not_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chain, book, memory, observer and seed together: whatever asking disturbed would show in what follows."""
    for file in (EQUITY / "secondary-market.yaml", ROOT / "scenarios" / "quick-loan" / "draw-and-repay.yaml"):
        _, job = prepare(file, Settings(), None, None)
        questions = [step for step in job.scenario.steps if isinstance(step, Deploy | Call | Transfer)]
        questions += [step.turn(0) for step in job.scenario.steps if isinstance(step, Repeat)]

        def asking(
            world: World, index: int, step: Any, carry_out: Callable[..., Any] = steps.perform, asked: Any = questions
        ) -> Any:
            for question in asked:
                if isinstance(question, Deploy) or getattr(question, "instance", "") in world.addresses:
                    steps.ask(world, index, question)
            return carry_out(world, index, step)

        plain = recorded(job)
        monkeypatch.setattr("sandbox.runner.perform", asking)
        assert recorded(job) == plain
        monkeypatch.undo()


def recorded(job: Any) -> list[bytes]:
    events: list[Event] = []
    run(job, events.append, lambda *_: None)
    return [canonical(body(event)) for event in events]
