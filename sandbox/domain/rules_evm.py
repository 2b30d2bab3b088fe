"""Checks on time, resources and what the EVM did: catalogue rows 22 and 25 and the EVM-level rows."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.domain.effects import CREATING, FrameKind
from sandbox.domain.limits import Allowed, Count, CountPer, Forbidden, Required, Resources, Span
from sandbox.domain.reading import Reading, Subject, at_most


def time_box(subject: Subject) -> Iterator[Reading]:
    """Row 22: block time must lie within the test period, its first and its last second included."""
    assert isinstance(subject.bound, Span)
    elapsed = subject.effects.timestamp - subject.policy.start
    yield Reading(elapsed, subject.bound.maximum, not 0 <= elapsed <= subject.bound.maximum)


def resource(subject: Subject) -> Iterator[Reading]:
    """Row 25: gas used and calldata of one transaction."""
    assert isinstance(subject.bound, Resources)
    yield at_most(subject.effects.gas_used, subject.bound.gas, "gas")
    calldata = len(subject.effects.data) if subject.effects.target is not None else 0
    if calldata > subject.bound.calldata:
        yield at_most(calldata, subject.bound.calldata, "calldata")


def opcodes(subject: Subject) -> Iterator[Reading]:
    """Opcodes that must not run, wherever in the call tree."""
    assert isinstance(subject.bound, Forbidden)
    for use in subject.effects.opcodes:
        if use.name in subject.bound.names:
            where = f"pc {use.pc} of {use.code_address}, depth {use.depth}"
            yield Reading(use.name, subject.bound.text(), True, use.code_address, detail=where)


def call_targets(subject: Subject) -> Iterator[Reading]:
    """Contracts that may be called, by their registered names."""
    assert isinstance(subject.bound, Allowed)
    for frame in subject.effects.frames:
        code = subject.policy.contracts.get(frame.code_address)
        if code is not None and frame.kind not in CREATING and code.name not in subject.bound.names:
            yield Reading(code.name, subject.bound.text(), True, code.name, frame.index)


def call_depth(subject: Subject) -> Iterator[Reading]:
    """Depth of the call tree; the outermost frame is depth 0."""
    assert isinstance(subject.bound, Count)
    deepest = max(subject.effects.frames, key=lambda frame: frame.depth, default=None)
    if deepest is not None:
        yield at_most(deepest.depth, subject.bound.maximum, deepest.target, deepest.index)


def creations(subject: Subject) -> Iterator[Reading]:
    """Contracts one transaction creates, creations inside creations included."""
    assert isinstance(subject.bound, Count)
    yield at_most(len(subject.effects.creations), subject.bound.maximum)


def delegatecall(subject: Subject) -> Iterator[Reading]:
    """Delegatecall and callcode only into registered code."""
    assert isinstance(subject.bound, Required)
    if not subject.bound.on:
        return
    for frame in subject.effects.frames:
        if frame.kind in (FrameKind.DELEGATECALL, FrameKind.CALLCODE) and frame.code_address not in subject.policy.contracts:
            yield Reading(frame.kind.value, "registered code", True, frame.code_address, frame.index)


def frame_value(subject: Subject) -> Iterator[Reading]:
    """Wei one frame moves; a delegatecall shows its parent's value and moves none."""
    assert isinstance(subject.bound, Count)
    largest = max(subject.effects.native, key=lambda move: move.amount, default=None)
    if largest is not None:
        yield at_most(largest.amount, subject.bound.maximum, largest.receiver, largest.frame)


def code_size(subject: Subject) -> Iterator[Reading]:
    """Bytes of runtime code of each created contract."""
    assert isinstance(subject.bound, Count)
    for creation in subject.effects.creations:
        yield at_most(creation.code_size, subject.bound.maximum, creation.address, creation.frame)


def gas_budget(subject: Subject) -> Iterator[Reading]:
    """Gas the pilot uses in the rolling window."""
    assert isinstance(subject.bound, CountPer)
    yield at_most(subject.draft.gas_within(subject.bound.window), subject.bound.maximum)


def duration_budget(subject: Subject) -> Iterator[Reading]:
    """Block time since the pilot's first transaction."""
    assert isinstance(subject.bound, Span)
    first = subject.draft.book.first
    yield at_most(0 if first is None else subject.effects.timestamp - first, subject.bound.maximum)
