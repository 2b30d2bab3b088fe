"""What a node's tracers tell, as frames, moves, creations, opcode uses and writes.

Frames come from `callTracer`, writes from `prestateTracer` in diff mode, opcodes from the plain steps: the native tracers of
go-ethereum's debug API, which other nodes model theirs on. A trace that does not add up is an error, never half an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from eth_hash.auto import keccak

from sandbox.domain.effects import CREATING, Creation, Frame, FrameKind, NativeMove, OpcodeUse, StorageWrite
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.rpc.values import Json, address, data, members, quantity
from sandbox.errors import EngineError

TOP_CALL: Final = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
CALLS: Final = {"tracer": "callTracer"}
CHANGES: Final = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
STEPS: Final = {"disableStack": True, "disableStorage": True, "disableMemory": True, "disableReturnData": True}

_ENTERING: Final = frozenset({"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2"})
_WATCHED: Final = {
    **{name: name for name in ("ORIGIN", "BLOCKHASH", "BLOBHASH", "CREATE", "CREATE2", "CALLCODE", "DELEGATECALL")},
    **dict.fromkeys(("PREVRANDAO", "DIFFICULTY", "RANDOM"), "PREVRANDAO"),
    **dict.fromkeys(("SELFDESTRUCT", "SUICIDE"), "SELFDESTRUCT"),
}
_TOLD: Final = _ENTERING | _WATCHED.keys()

_WORDS: Final = (
    ("revert", "Revert"),
    ("out of gas", "OutOfGas"),
    ("outofgas", "OutOfGas"),
    ("code storage", "OutOfGas"),
    ("invalid jump", "InvalidJumpDestination"),
    ("invalidjump", "InvalidJumpDestination"),
    ("stack underflow", "StackUnderflow"),
    ("stackunderflow", "StackUnderflow"),
    ("stack limit", "StackOverflow"),
    ("stack overflow", "StackOverflow"),
    ("stackoverflow", "StackOverflow"),
    ("opcode", "InvalidOpcode"),
    ("write protection", "WriteProtection"),
    ("state change", "WriteProtection"),
    ("static", "WriteProtection"),
    ("collision", "AddressCollision"),
    ("already exists", "AddressCollision"),
    ("out of bounds", "OutOfBoundsRead"),
    ("outofbounds", "OutOfBoundsRead"),
    ("0xef", "ReservedBytesInCode"),
    ("startingwithef", "ReservedBytesInCode"),
    ("balance", "InsufficientFunds"),
    ("depth", "StackDepthLimit"),
    ("code size", "OutOfGas"),
    ("precompile", "PrecompileFailed"),
)
"""A piece of a node's own words for a failure -> the engine's word."""

_NEVER_BEGAN: Final = frozenset({"InsufficientFunds", "StackDepthLimit", "AddressCollision"})


def thin(told: dict[str, Any]) -> Any:
    """A step of a trace as (opcode, pc, depth), or None if nobody asks about it; any other object as it is. Traces of millions
    of steps are read with it."""
    if "op" not in told or "pc" not in told:
        return told
    return (told["op"], told["pc"], told["depth"]) if told["op"] in _TOLD else None


def word_of(error: str) -> str:
    """The engine's word for a failure as the node words it; the node's own for one that is not known."""
    low = error.lower()
    return next((word for piece, word in _WORDS if piece in low), error)


@dataclass(frozen=True, slots=True)
class Traced:
    """What a transaction did, as far as its trace tells. output, error: of the outermost frame. native, creations, writes: only
    what was committed."""

    frames: tuple[Frame, ...]
    output: bytes
    error: str | None
    native: tuple[NativeMove, ...] = ()
    creations: tuple[Creation, ...] = ()
    opcodes: tuple[OpcodeUse, ...] = ()
    writes: tuple[StorageWrite, ...] = ()


def top_of(told: Any, created: Address) -> Traced:
    """Only the outermost frame. told: by `callTracer`. created: the contract, if the transaction makes one."""
    frame = _frame({"to": created, **members(told, "a trace")}, 0, -1, ())
    return Traced((frame,), frame.output, frame.error)


def traced_of(calls: Any, steps: Any, created: Address) -> Traced:
    """Everything but writes. calls: told by `callTracer`. steps: the plain trace. created: the contract, if the transaction
    makes one."""
    told = _flat({"to": created, **members(calls, "a trace")})
    opcodes = _opcodes(members(steps, "a trace").get("structLogs", ()), told)
    frames, places = list[Frame](), dict[int, int]()
    for at, (parent, one) in enumerate(told):
        if _began(told, at):
            places[at] = len(frames)
            frames.append(_frame(one, len(frames), places[parent] if at else -1, frames))
    uses = ((_WATCHED[op], frames[places[at]], pc) for op, at, pc in opcodes)
    return Traced(
        frames=tuple(frames),
        output=frames[0].output,
        error=frames[0].error,
        native=_native(frames),
        creations=tuple(_creation(frame) for frame in frames if frame.committed and frame.kind in CREATING),
        opcodes=tuple(dict.fromkeys(OpcodeUse(name, frame.code_address, pc, frame.depth) for name, frame, pc in uses)),
    )


def _flat(root: Json) -> list[tuple[int, Json]]:
    """Frames depth first, each with the number of its parent. No recursion: calls nest a thousand deep."""
    flat: list[tuple[int, Json]] = []
    waiting = [(-1, root)]
    while waiting:
        parent, one = waiting.pop()
        at = len(flat)
        flat.append((parent, one))
        waiting += [(at, members(child, "a frame")) for child in reversed(one.get("calls") or ())]
    return flat


def _began(told: Sequence[tuple[int, Json]], at: int) -> bool:
    """False for a call or creation that never began (means, depth, address taken), and for a selfdestruct that failed."""
    parent, one = told[at]
    if one["type"] == "SELFDESTRUCT":
        return not told[parent][1].get("error")
    return at == 0 or word_of(one.get("error") or "") not in _NEVER_BEGAN


def _opcodes(steps: Any, told: Sequence[tuple[int, Json]]) -> list[tuple[str, int, int]]:
    """Watched opcodes as (name, number of the frame, pc). A step that opens a frame opens the next one its own frame has."""
    children, opened = defaultdict[int, list[int]](list), defaultdict[int, int](int)
    for at, (parent, one) in enumerate(told):
        if one["type"] != "SELFDESTRUCT":
            children[parent].append(at)
    path, found = {1: 0}, list[tuple[str, int, int]]()
    for op, pc, depth in (step for step in steps if step is not None):
        at = path.get(depth, -1)
        if op in _WATCHED and at >= 0:
            found.append((op, at, pc))
        if op in _ENTERING:
            below = children[at][opened[at] :][:1]
            path[depth + 1] = below[0] if below else -1
            opened[at] += 1
    for at, (_, one) in enumerate(told):
        if opened[at] != len(children[at]) and not (one.get("error") and opened[at] == len(children[at]) + 1):
            raise EngineError("the node's traces of one transaction do not fit each other", do="use another node or version")
    return found


def _frame(told: Json, index: int, parent: int, before: Sequence[Frame]) -> Frame:
    kind = FrameKind(told["type"].lower())
    above = before[parent] if parent >= 0 else None
    to, sender = address(told.get("to") or "0x0"), address(told["from"])
    caller, target, value = sender, to, quantity(told.get("value") or "0x0")
    if above is not None and kind is FrameKind.DELEGATECALL:
        caller, target, value = above.caller, above.target, 0
    elif above is not None and kind is FrameKind.CALLCODE:
        target = above.target
    error = word_of(told["error"]) if told.get("error") else None
    return Frame(
        index=index,
        parent=parent,
        depth=0 if above is None else above.depth + 1,
        kind=kind,
        caller=caller,
        target=target,
        code_address=to,
        value=BaseUnits(value),
        gas=quantity(told.get("gas") or 0),
        gas_used=quantity(told.get("gasUsed") or 0),
        data=b"" if kind is FrameKind.SELFDESTRUCT else data(told.get("input")),
        output=data(told.get("output")) if error in (None, "Revert") else b"",
        error=error,
        committed=error is None and (above is None or above.committed),
    )


def _native(frames: Sequence[Frame]) -> tuple[NativeMove, ...]:
    return tuple(
        NativeMove(frame.caller, frame.target, frame.value, frame.index)
        for frame in frames
        if frame.committed and frame.value and frame.caller != frame.target
    )


def _creation(frame: Frame) -> Creation:
    code = frame.output
    return Creation(frame.caller, frame.target, keccak(code), len(code), keccak(frame.data), len(frame.data), frame.index)


def changed_by(traced: Traced, told: Any) -> tuple[Traced, frozenset[Address]]:
    """With the slots that changed, and every account that did. told: by `prestateTracer` in diff mode."""
    body = members(told, "a trace")
    before, after = members(body.get("pre"), "a state"), members(body.get("post"), "a state")
    writes: dict[tuple[Address, int], int] = {}
    for state, gone in ((before, True), (after, False)):
        for where, account in state.items():
            for slot, value in members(account, "an account").get("storage", {}).items():
                writes[address(where), quantity(slot)] = 0 if gone else quantity(value)
    found = tuple(StorageWrite(where, slot, value) for (where, slot), value in writes.items())
    return replace(traced, writes=found), frozenset(address(where) for where in (*before, *after))
