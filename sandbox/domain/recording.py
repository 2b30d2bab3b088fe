"""How effects and verdicts become log events: compact rows of exact texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.domain.effects import Effects, Frame
from sandbox.domain.events import FindingRaised, TransactionRecorded
from sandbox.domain.supervision import Block, Finding, Flag, Judgement


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
    step: int, actor: str, action: str, args: Sequence[str], effects: Effects, judgement: Judgement
) -> TransactionRecorded:
    """The entry of one transaction; for a refused one it holds what it would have done."""
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
        frames=[_frame(frame) for frame in effects.frames],
        logs=[[log.address, [_hex(topic) for topic in log.topics], _hex(log.data)] for log in effects.logs],
        native=[[move.sender, move.receiver, str(move.amount)] for move in effects.native],
        tokens=[
            [move.asset, move.sender, move.receiver, str(move.amount), "" if move.token_id is None else str(move.token_id)]
            for move in effects.tokens
        ],
        measured=[[m.measure, m.to, m.client, str(m.amount)] for m in effects.measured],
        readings=judgement.readings_as_data(),
        findings=[finding.code for finding in judgement.findings],
        request=effects.request,
    )


def findings(step: int, effects: Effects, raised: Sequence[Finding]) -> Iterator[FindingRaised]:
    """One entry per finding of a transaction."""
    for finding in raised:
        yield FindingRaised(step, _hex(effects.hash), effects.block, effects.timestamp, finding.as_data())


def _frame(frame: Frame) -> list[object]:
    """[kind, depth, caller, target, code address, value, selector, gas used, error, committed]"""
    return [
        frame.kind.value,
        frame.depth,
        frame.caller,
        frame.target,
        frame.code_address,
        str(frame.value),
        _hex(frame.selector),
        frame.gas_used,
        frame.error,
        frame.committed,
    ]


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
