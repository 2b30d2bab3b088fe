"""Turns py-evm's computation tree into the sandbox's frames, logs, moves, creations, opcode uses and writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from eth_hash.auto import keccak

from sandbox.domain.effects import CREATING, Creation, Frame, FrameKind, Log, NativeMove, OpcodeUse, StorageWrite
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Execution
from sandbox.engines.pyevm.supervised import Watch
from sandbox.engines.pyevm.transactions import Signed

_WORDS: Final = {
    "InvalidInstruction": "InvalidOpcode",
    "InsufficientStack": "StackUnderflow",
    "FullStack": "StackOverflow",
    "ContractCreationCollision": "AddressCollision",
    "VMError": "PrecompileFailed",
}


@lru_cache(maxsize=4096)
def hexed(address: bytes) -> Address:
    """20 bytes as the sandbox writes addresses."""
    return Address("0x" + address.hex())


@dataclass(slots=True)
class Collected:
    """What a transaction did, as far as the tree tells it. Everything but `frames` holds only what was committed."""

    frames: list[Frame] = field(default_factory=list)
    native: list[NativeMove] = field(default_factory=list)
    creations: list[Creation] = field(default_factory=list)
    alive: set[int] = field(default_factory=set)


def error_of(computation: Any) -> str | None:
    """The EVM's word for why a frame failed, None if it did not."""
    if computation.is_success:
        return None
    word = type(computation.error).__name__
    return _WORDS.get(word, word)


def collect(root: Any) -> Collected:
    """Walk the tree, depth first."""
    collected = Collected()
    root.kind = FrameKind.CREATE if root.msg.is_create else FrameKind.CALL
    _visit(root, -1, True, collected)
    return collected


def _visit(computation: Any, parent: int, committed: bool, into: Collected) -> None:
    msg = computation.msg
    index = len(into.frames)
    error = error_of(computation)
    committed = committed and error is None
    frame = _frame(computation, index, parent, error, committed)
    into.frames.append(frame)
    if committed:
        into.alive.add(id(computation))
        _settle(frame, into)
    for child in computation.children:
        _visit(child, index, committed, into)
    if computation.destroyed is not None and error is None:
        heir, balance = computation.destroyed
        _bequeath(frame, msg.depth + 1, hexed(heir), BaseUnits(balance), into)


def _frame(computation: Any, index: int, parent: int, error: str | None, committed: bool) -> Frame:
    msg, kind = computation.msg, computation.kind
    target = hexed(msg.storage_address)
    return Frame(
        index=index,
        parent=parent,
        depth=msg.depth,
        kind=kind,
        caller=hexed(msg.sender),
        target=target,
        code_address=hexed(msg.code_address) if msg.code_address else target,
        value=BaseUnits(msg.value if msg.should_transfer_value else 0),
        gas=msg.gas,
        gas_used=computation.get_gas_used(),
        data=bytes(msg.code if kind in CREATING else msg.data),
        output=computation.output,
        error=error,
        committed=committed,
    )


def _settle(frame: Frame, into: Collected) -> None:
    if frame.value and frame.caller != frame.target:
        into.native.append(NativeMove(frame.caller, frame.target, frame.value, frame.index))
    if frame.kind in CREATING:
        code = frame.output
        into.creations.append(
            Creation(frame.caller, frame.target, keccak(code), len(code), keccak(frame.data), len(frame.data), frame.index)
        )


def _bequeath(frame: Frame, depth: int, heir: Address, balance: BaseUnits, into: Collected) -> None:
    index = len(into.frames)
    into.frames.append(
        Frame(
            index=index,
            parent=frame.index,
            depth=depth,
            kind=FrameKind.SELFDESTRUCT,
            caller=frame.target,
            target=heir,
            code_address=heir,
            value=balance,
            gas=0,
            gas_used=0,
            data=b"",
            output=b"",
            error=None,
            committed=frame.committed,
        )
    )
    if frame.committed and balance and heir != frame.target:
        into.native.append(NativeMove(frame.target, heir, balance, index))


def logs_of(root: Any) -> tuple[Log, ...]:
    """Events of the committed frames, in the order they were written."""
    return tuple(
        Log(index, hexed(address), tuple(topic.to_bytes(32, "big") for topic in topics), data)
        for index, (address, topics, data) in enumerate(root.get_log_entries())
    )


def uses_of(watch: Watch) -> tuple[OpcodeUse, ...]:
    """Watched opcodes that ran, also in frames that were rolled back."""
    return tuple(OpcodeUse(name, hexed(address), pc, depth) for name, address, pc, depth in watch.uses)


def writes_of(watch: Watch, alive: set[int], root: Any) -> tuple[StorageWrite, ...]:
    """The last value that committed frames wrote to each slot, accounts that are gone left out."""
    if not watch.writes:
        return ()
    final: dict[tuple[bytes, int], int] = {}
    for computation, slot, value in watch.writes:
        if id(computation) in alive:
            final[(computation.msg.storage_address, slot)] = value
    gone = set(root.get_accounts_for_deletion())
    return tuple(StorageWrite(hexed(address), slot, value) for (address, slot), value in final.items() if address not in gone)


@dataclass(frozen=True, slots=True)
class Viewed:
    """The fields of a transaction that a call has."""

    to: bytes
    nonce: int
    value: int
    data: bytes
    gas: int


def execution_of(signed: Signed, computation: Any, watch: Watch, gas_used: int, gas_price: int) -> Execution:
    """Everything one outermost computation did. gas_used: of the transaction. gas_price: wei per gas paid."""
    body, collected = signed.body, collect(computation)
    root = collected.frames[0]
    return Execution(
        hash=signed.hash,
        raw=signed.raw,
        sender=hexed(signed.sender),
        to=hexed(body.to) if body.to else None,
        nonce=body.nonce,
        value=BaseUnits(body.value),
        data=body.data,
        gas_limit=body.gas,
        gas_price=gas_price,
        gas_used=gas_used,
        output=root.output,
        error=error_of(computation),
        created=root.target if not body.to and root.committed else None,
        frames=tuple(collected.frames),
        logs=logs_of(computation),
        native=tuple(collected.native),
        creations=tuple(collected.creations),
        opcodes=uses_of(watch),
        writes=writes_of(watch, collected.alive, computation),
    )
