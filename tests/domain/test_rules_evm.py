"""Rules on time, resources and what the EVM did, beyond their plain boundary."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.domain.effects import FrameKind
from sandbox.domain.limits import Allowed, Count, CountPer, Forbidden, Required, Resources, Span
from sandbox.domain.supervision import judge
from sandbox.domain.units import Seconds
from tests.domain.builders import (
    ALICE,
    DAY,
    ISSUER,
    LIBRARY,
    NEW,
    ROGUE,
    START,
    VAULT,
    book_of,
    codes,
    creation,
    findings,
    frame,
    opcode,
    policy,
    transaction,
)


@pytest.mark.parametrize(("time", "refused"), [(-1, True), (0, False), (1, False), (DAY, False), (DAY + 1, True)])
def test_the_test_period_includes_its_first_and_last_second_and_nothing_before_or_after(time: int, refused: bool) -> None:
    assert codes(policy(time_box=Span(DAY)), transaction(time=START + time)) == ["time_box"] * refused


def test_gas_and_calldata_are_two_readings_of_one_limit() -> None:
    under = policy(resource=Resources(50_000, 100))
    both = findings(under, transaction(gas_used=50_001, data=b"\x01" * 101))
    assert [(finding.who, finding.observed, finding.bound) for finding in both] == [
        ("gas", "50001", "50000"),
        ("calldata", "101", "100"),
    ]
    assert codes(under, transaction(data=b"\x01" * 100)) == []


def test_init_code_is_not_calldata() -> None:
    under = policy(resource=Resources(50_000, 100))
    assert codes(under, transaction(target=None, data=b"\x01" * 5_000)) == []
    assert codes(under, transaction(data=b"\x01" * 5_000)) == ["resource"]


def test_a_forbidden_opcode_names_the_code_that_ran_it() -> None:
    (finding,) = findings(policy(opcodes=Forbidden(frozenset({"ORIGIN"}))), transaction(opcodes=[opcode("ORIGIN")]))
    assert "pc 7" in finding.detail and "depth 0" in finding.detail and finding.bound == "no ORIGIN"
    assert codes(policy(opcodes=Forbidden(frozenset())), transaction(opcodes=[opcode("ORIGIN")])) == []


def test_call_targets_are_judged_by_the_code_that_runs() -> None:
    under = policy(call_targets=Allowed(frozenset({"Token"})))
    lent = frame(kind=FrameKind.DELEGATECALL, code_address=LIBRARY, index=1, depth=1, parent=0)
    assert codes(under, transaction(frames=[frame(), lent])) == ["call_targets"]
    assert codes(policy(call_targets=Allowed(frozenset({"Token", "Library"}))), transaction(frames=[frame(), lent])) == []


def test_creating_a_contract_is_not_calling_it() -> None:
    under = policy(call_targets=Allowed(frozenset()))
    assert codes(under, transaction(target=None, frames=[frame(VAULT, kind=FrameKind.CREATE)])) == []
    assert codes(under, transaction(frames=[frame(VAULT)])) == ["call_targets"]


def test_the_outermost_frame_has_depth_zero_and_an_empty_transaction_has_none() -> None:
    assert codes(policy(call_depth=Count(0)), transaction()) == []
    assert codes(policy(call_depth=Count(0)), transaction(frames=[])) == []
    (finding,) = findings(
        policy(call_depth=Count(0)), transaction(frames=[frame(), frame(VAULT, index=1, depth=1, parent=0)])
    )
    assert (finding.observed, finding.who, finding.frame) == ("1", VAULT, 1)


def test_a_frame_that_was_rolled_back_was_still_that_deep() -> None:
    failed = frame(VAULT, index=1, depth=1, parent=0, error="Revert", committed=False)
    assert codes(policy(call_depth=Count(0)), transaction(frames=[frame(), failed])) == ["call_depth"]


@pytest.mark.parametrize("kind", [FrameKind.DELEGATECALL, FrameKind.CALLCODE])
def test_lending_storage_to_unregistered_code_is_refused_and_calling_it_is_another_rules_business(kind: FrameKind) -> None:
    under = policy(delegatecall=Required(True))
    lent = frame(kind=kind, code_address=ROGUE, index=1, depth=1, parent=0)
    assert codes(under, transaction(frames=[frame(), lent])) == ["delegatecall"]
    assert codes(under, transaction(frames=[frame(), replace(lent, kind=FrameKind.CALL)])) == []


def test_creations_are_counted_and_each_is_measured() -> None:
    made = [creation(NEW, size=10), creation(ROGUE, size=30), creation(VAULT, size=20)]
    assert codes(policy(creations=Count(3)), transaction(creations=made)) == []
    assert [f.who for f in findings(policy(code_size=Count(10)), transaction(creations=made))] == [ROGUE, VAULT]


def test_a_transaction_without_wei_has_no_reading_of_frame_value() -> None:
    assert "frame_value" not in judge(policy(frame_value=Count(0)), book_of(), transaction()).readings


def test_the_gas_budget_is_the_pilots_whoever_spends_it() -> None:
    spent = book_of(transaction(sender=ISSUER, gas_used=60_000))
    under = policy(gas_budget=CountPer(100_000, DAY))
    assert codes(under, transaction(sender=ALICE, gas_used=40_000), spent) == []
    assert codes(under, transaction(sender=ALICE, gas_used=40_001), spent) == ["gas_budget"]


def test_the_duration_budget_starts_with_the_first_transaction() -> None:
    under = policy(duration_budget=Span(Seconds(60)))
    assert codes(under, transaction(time=START + 10**6)) == []
    assert codes(under, transaction(time=START + 61), book_of(transaction())) == ["duration_budget"]
