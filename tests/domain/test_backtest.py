"""A recorded history judged again under other limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.artifact import Artifact
from sandbox.domain.backtest import History, backtest
from sandbox.domain.backtest_result import Backtest, Kind
from sandbox.domain.bound_plain import Plain, parse_bound
from sandbox.domain.effects import Effects, FrameKind
from sandbox.domain.events import FaultInjected
from sandbox.domain.limit_changes import LimitChanges, lay_over
from sandbox.domain.limits import Amount, Count, LimitSet, Mode, spec_of
from sandbox.domain.report_scan import LogEntry
from sandbox.errors import InputError
from tests.domain.builders import ALICE, BOB, ISSUER, NEW, START, cny, creation, frame, limits, mint, move, transaction
from tests.domain.recorded import INIT, RUNTIME, approved, history, numbered, started

ARTIFACT = Artifact(
    "Token", "Token.sol", "solidity", "solc", "prague", 200, (), INIT, RUNTIME, (), (), "", "", {}, {}, {}
)  # fmt: skip


def changes(modes: dict[str, Mode] | None = None, **bounds: Plain) -> LimitChanges:
    return LimitChanges({key: parse_bound(spec_of(key), plain) for key, plain in bounds.items()}, modes or {})


def judged(entries: list[LogEntry], *, code: bool = True, modes: dict[str, Mode] | None = None, **bounds: Plain) -> Backtest:
    artifacts = {"Token": ARTIFACT} if code else {}
    return backtest("pilot", [History("run.1", entries)], changes(modes, **bounds), artifacts, approved)


def issue(amount: int, at: int = 1) -> Effects:
    """Shares come to alice, 10 CNY each."""
    return transaction(mint(ALICE, amount), sender=ISSUER, time=START + at)


def sell(amount: int, at: int) -> Effects:
    """Alice passes shares on to bob."""
    return transaction(move(ALICE, BOB, amount), time=START + at)


def entry_of(number: int) -> int:
    """Where the log has the n-th happening, as long as nothing is found: 0 begins, 1 deploys."""
    return number + 1


def test_the_same_limits_change_nothing() -> None:
    result = judged(history(started(max_tx_amount="1000 CNY"), [issue(100), sell(101, 2)]), max_tx_amount="1000 CNY")
    assert (result.affected, result.changed, result.left_out, result.transactions) == ((), (), (), 3)


def test_a_tighter_limit_refuses_what_passed_and_says_by_which_limit_against_what() -> None:
    entries = history(started(max_tx_amount="1000 CNY"), [issue(60), sell(60, 2)])
    (issued, sold) = judged(entries, max_tx_amount="500 CNY").affected
    assert (issued.kind, issued.entry, issued.clients, issued.who) == (Kind.REFUSED, entry_of(1), ("C-alice",), "issuer")
    assert [(told.code, told.grade, told.observed, told.bound) for told in sold.by] == [("max_tx_amount", "S2", "600", "500")]
    assert sold.clients == ("C-alice", "C-bob") and sold.value == cny(600).value
    assert (sold.then.status, sold.now.status) == ("success", "blocked")


def test_a_looser_limit_allows_what_was_refused_and_counts_it_from_then_on() -> None:
    first = started(max_tx_amount="500 CNY", max_client_exposure="800 CNY")
    entries = history(first, [issue(60), issue(30, 2)])
    result = judged(entries, max_tx_amount="1000 CNY")
    allowed, later = result.affected
    assert allowed.kind is Kind.ALLOWED and allowed.as_data()["would_be"] is True
    # 600 CNY are there now, so that the 300 that passed then would be too much
    assert later.kind is Kind.REFUSED and [told.code for told in later.by] == ["max_client_exposure"]


def test_what_is_refused_now_makes_room_for_what_comes_after() -> None:
    entries = history(started(max_total_exposure="800 CNY"), [issue(60), issue(50, 2)])
    refused, allowed = judged(entries, max_tx_amount="550 CNY").affected
    assert (refused.kind, allowed.kind) == (Kind.REFUSED, Kind.ALLOWED)


def test_another_mode_changes_the_verdict_and_not_the_finding() -> None:
    entries = history(started(max_tx_amount="500 CNY"), [issue(60)])
    (one,) = judged(entries, modes={"max_tx_amount": Mode.WARN}).affected
    assert (one.then.status, one.now.status, one.kind) == ("blocked", "flagged", Kind.ALLOWED)
    assert [(told.code, told.mode) for told in one.by] == [("max_tx_amount", "warn")]


def test_a_limit_can_be_taken_away() -> None:
    first = started(max_tx_amount="500 CNY", max_clients=9)
    (one,) = judged(history(first, [issue(60)]), max_tx_amount=None).affected
    assert one.kind is Kind.ALLOWED
    assert [told.code for told in one.by] == ["max_tx_amount"]


def test_warnings_alone_affect_nobody_and_are_counted_apart() -> None:
    entries = history(started(max_tx_amount="1000 CNY"), [issue(60)])
    result = judged(entries, max_tx_amount="700 CNY")
    assert result.affected == () and result.runs[0].warned == (entry_of(1),)


def test_a_price_that_fell_then_falls_again() -> None:
    fall = FaultInjected(2, "PriceSet", {"asset": "shares", "price": "1"})
    entries = history(started(max_tx_amount="1000 CNY"), [issue(60), fall, sell(60, 3)])
    result = judged(entries, max_tx_amount="100 CNY")
    assert [one.entry for one in result.affected] == [entry_of(1)]  # 60 CNY, not 600, the second time


def test_units_that_would_not_be_there_are_pointed_out() -> None:
    entries = history(started(max_client_exposure="1000 CNY"), [issue(60), sell(40, 2)])
    result = judged(entries, max_client_exposure="500 CNY")
    assert [one.entry for one in result.affected] == [entry_of(1)]
    assert result.runs[0].stranded == (entry_of(2),)


def test_clients_and_limits_are_counted_with_the_entries_behind_each_figure() -> None:
    entries = history(started(max_tx_amount="1000 CNY"), [issue(60), sell(60, 2), sell(5, 3)])
    result = judged(entries, max_tx_amount="500 CNY")
    alice, bob = result.clients()
    assert (alice.name, alice.refused, alice.value) == ("C-alice", 2, cny(1200).value)
    assert bob.entries == (("run.1", entry_of(2)),)
    (limit,) = result.limits()
    assert limit.as_data("limit") == {
        "limit": "max_tx_amount", "transactions": 2, "refused": 2, "allowed": 0, "findings": 0, "value": "1200",
        "entries": [{"run": "run.1", "entry": entry_of(1)}, {"run": "run.1", "entry": entry_of(2)}],
    }  # fmt: skip
    data = result.as_data()
    assert (data["transactions"], data["unchanged"]) == (4, 2)


def test_limits_judged_elsewhere_are_named_and_not_judged() -> None:
    result = judged(history(started(max_clients=9), [issue(1)]), supply_integrity=True, max_clients=8)
    assert result.not_replayed == ("supply_integrity",)


# --- what cannot be rebuilt is said, and nothing is guessed


def test_a_run_that_does_not_come_out_as_recorded_is_left_out_with_the_entry() -> None:
    entries = history(started(max_tx_amount="1000 CNY"), [issue(60)])
    forged = dict(entries[entry_of(1)].body) | {"status": "blocked"}
    entries[entry_of(1)] = LogEntry(entry_of(1), "", forged)
    result = judged(entries, max_tx_amount="500 CNY")
    assert result.affected == () and result.runs == ()
    (left,) = result.left_out
    assert left.entry == entry_of(1) and "comes out as success" in left.reason and "recorded is blocked" in left.reason


def test_a_run_from_before_logs_held_enough_is_left_out_and_the_others_are_judged() -> None:
    old = history(started(max_clients=9), [issue(1)])
    old[0] = LogEntry(0, "", {key: value for key, value in old[0].body.items() if key != "bounds"})
    new = History("run.2", history(started(max_clients=9), [issue(1)]))
    result = backtest("pilot", [History("run.1", old), new], changes(max_clients=8), {"Token": ARTIFACT}, approved)
    assert [one.run for one in result.left_out] == ["run.1"] and [one.run for one in result.runs] == ["run.2"]


def test_without_the_registrys_code_what_was_deployed_as_a_contract_is_that_contract() -> None:
    entries = history(started(allowed_contracts=True, max_tx_amount="1000 CNY"), [issue(60)])
    result = judged(entries, code=False, max_tx_amount="500 CNY")
    assert result.left_out == () and [one.kind for one in result.affected] == [Kind.REFUSED]


def test_without_the_registrys_code_a_contract_made_by_a_contract_leaves_the_run_out() -> None:
    inner = frame(NEW, index=1, parent=0, depth=1, kind=FrameKind.CREATE, data=b"unknown")
    factory = transaction(sender=ISSUER, frames=[frame(caller=ISSUER), inner], creations=[creation(NEW, frame=1)])
    entries = history(started(max_clients=9), [replace(factory, timestamp=START + 1)])
    assert judged(entries, max_clients=8).left_out == ()
    (left,) = judged(entries, code=False, max_clients=8).left_out
    assert "Token" in left.reason and "registry" in left.reason


def test_an_entry_that_cannot_be_read_leaves_the_run_out() -> None:
    entries = numbered([started(max_clients=9)])
    assert judged(entries, max_clients=8).transactions == 0
    entries[0] = LogEntry(0, "", dict(entries[0].body) | {"bounds": {"max_clients": "many"}})
    assert "max_clients" in judged(entries, max_clients=8).left_out[0].reason


# --- changes that fit nothing


def test_a_bound_in_another_currency_is_refused_with_its_place() -> None:
    wrong = LimitChanges({"max_tx_amount": Amount(replace(cny(5), currency="EUR"))}, where={"max_tx_amount": "l.yaml:1:3"})
    with pytest.raises(InputError, match="not in CNY") as refused:
        lay_over(limits(max_clients=Count(1)), wrong)
    assert refused.value.where == "l.yaml:1:3"


def test_a_mode_without_a_bound_is_refused() -> None:
    with pytest.raises(InputError, match="no bound that a mode"):
        lay_over(limits(max_clients=Count(1)), changes({"max_tx_amount": Mode.WARN}))


def test_a_changed_bound_is_staged_as_the_recorded_ones_are() -> None:
    under: LimitSet = limits(max_tx_amount=Amount(cny(100)), max_client_exposure=Amount(cny(70)), max_clients=Count(9))
    over = lay_over(under, changes(max_tx_amount="50 CNY", max_clients=4), factor=1_000)
    assert over.bound("max_tx_amount") == Amount(cny(5))
    assert over.bound("max_clients") == Count(4)  # not a staged one
    assert over.bound("max_client_exposure") == Amount(cny(70))  # in force already as recorded


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=8),
    st.integers(1, 60),
    st.sampled_from(["max_tx_amount", "max_client_exposure", "max_total_exposure"]),
)
def test_any_history_under_its_own_limits_comes_out_as_it_was(
    happened: list[tuple[bool, int]], bound: int, limit: str
) -> None:
    own: dict[str, Any] = {limit: f"{bound * 10} CNY"}
    first = started(**own, max_clients=1)
    effects = [(issue if issued else sell)(amount, at) for at, (issued, amount) in enumerate(happened, start=1)]
    result = judged(history(first, effects), **own)
    assert (result.affected, result.left_out, result.runs[0].warned) == ((), (), ())
