"""How effects and verdicts become log events.

A row in an entry holds the fields of its class in `effects` in their order: bytes as 0x-hex, amounts and token ids as
decimal text, everything else as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final

from sandbox.domain.effects import Effects, Frame, Log, Measured, NativeMove, OpcodeUse, StorageWrite, TokenMove
from sandbox.domain.events import FindingRaised, TransactionRecorded
from sandbox.domain.limits import Grade
from sandbox.domain.rules_privileged import UPGRADE_SLOTS
from sandbox.domain.supervision import Block, Finding, Flag, Judgement

_DECIMAL: Final = frozenset({"value", "amount", "token_id", "slot"})


def _fields(kind: type) -> tuple[tuple[str, ...], attrgetter[tuple[object, ...]]]:
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)


_FIELDS: Final = {kind: _fields(kind) for kind in (Frame, Log, NativeMove, TokenMove, Measured, OpcodeUse, StorageWrite)}


def status_of(effects: Effects, judgement: Judgement) -> str:
    """success | reverted | flagged | blocked."""
    match judgement.verdict:
        case Block():
            return "blocked"
        case Flag():
            return "flagged"
        case _:
            return "success" if effects.succeeded else "reverted"


def transaction(
    step: int,
    actor: str,
    action: str,
    args: Sequence[str],
    effects: Effects,
    judgement: Judgement,
    deploys: Mapping[str, str] | None = None,
) -> TransactionRecorded:
    """The entry of one transaction; for a refused one it holds what it would have done. deploys: see the event."""
    return TransactionRecorded(
        step=step,
        actor=actor,
        action=action,
        args=args,
        status=status_of(effects, judgement),
        hash=_hex(effects.hash),
        block=effects.block,
        timestamp=effects.timestamp,
        sender=effects.sender,
        target=effects.target,
        nonce=effects.nonce,
        value=str(effects.value),
        data=_hex(effects.data),
        gas_limit=effects.gas_limit,
        gas_used=effects.gas_used,
        revert=None if effects.reverted is None else str(effects.reverted),
        created=effects.created,
        frames=[_row(frame) for frame in effects.frames],
        logs=[_row(log) for log in effects.logs],
        native=[_row(move) for move in effects.native],
        tokens=[_row(move) for move in effects.tokens],
        measured=[_row(measured) for measured in effects.measured],
        opcodes=[_row(use) for use in effects.opcodes],
        writes=[_row(write) for write in effects.writes if write.slot in UPGRADE_SLOTS],
        readings=judgement.readings_as_data(),
        findings=[finding.code for finding in judgement.findings],
        request=effects.request,
        deploys=deploys,
    )


def findings(
    step: int, effects: Effects, raised: Sequence[Finding], expecting: frozenset[str] = frozenset()
) -> Iterator[FindingRaised]:
    """One entry per finding of a transaction. expecting: codes the scenario provokes on purpose."""
    for finding in raised:
        on_purpose = finding.code in expecting and finding.grade > Grade.S0
        yield FindingRaised(step, _hex(effects.hash), effects.block, effects.timestamp, finding.as_data(), on_purpose)


def _row(item: Frame | Log | NativeMove | TokenMove | Measured | OpcodeUse | StorageWrite) -> list[object]:
    names, values = _FIELDS[type(item)]
    return [
        str(value) if name in _DECIMAL and value is not None else value
        for name, value in zip(names, values(item), strict=True)
    ]


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
