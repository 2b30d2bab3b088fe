"""py-evm's rules with eyes: the same opcodes, gas and state, and a record of what happened.

Nothing of py-evm is patched. A subclass of a fork's computation has its own opcode table, where some entries note something
and then do exactly what py-evm does; it reaches the chain through the virtual machine's `_state_class`.

The time budget is checked where time can be spent without end: at jumps, at calls, and inside the precompiles that py-evm
computes in Python. `OutOfTime` is no `VMError` and no `Exception`, so no frame can swallow it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from time import monotonic
from typing import Any, Final

from eth.vm.base import VM
from eth.vm.computation import BaseComputation
from eth.vm.forks.prague import PragueVM
from eth.vm.state import BaseState

from sandbox.domain.effects import FrameKind
from sandbox.engines.base import WATCHED_OPCODES
from sandbox.engines.pyevm.accounts import Accounts

_ENTERING: Final = {kind.value.upper(): kind for kind in FrameKind if kind is not FrameKind.SELFDESTRUCT}
_JUMPS: Final = frozenset({"JUMP", "JUMPI"})
_JUMPS_PER_LOOK: Final = 64
_PYTHON_PRECOMPILES: Final = frozenset({0x06, 0x07, 0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11})


class OutOfTime(BaseException):
    """The transaction used up its wall-clock budget."""


class OutOfRoom(OutOfTime):
    """Its frames take more memory than there is for one transaction."""


ROOM: Final = 2**27
"""Bytes that the frames of one transaction may hold together; what the EVM charges for memory does not bound it, since a
caller's memory is paid for once and handed to any number of frames."""

_FRAME: Final = 2**11
"""Bytes a frame takes when it holds nothing."""


class Watch:
    """What one transaction did that the computation tree does not tell.

    deadline: on the monotonic clock, infinite until a transaction starts. uses: watched opcodes as (name, code address,
    pc, depth), each once, in the order they first ran. writes: (computation, slot, value) in the order they happened.
    room: bytes its frames may still take, infinite likewise.
    """

    __slots__ = ("deadline", "jumps", "room", "uses", "writes")

    def __init__(self, deadline: float = float("inf"), room: float = float("inf")) -> None:
        self.deadline = deadline
        self.jumps = 0
        self.room = room
        self.uses: dict[tuple[str, bytes, int, int], None] = {}
        self.writes: list[tuple[Any, int, int]] = []

    def look(self) -> None:
        """Raises OutOfTime past the deadline."""
        if monotonic() > self.deadline:
            raise OutOfTime

    def hold(self, size: int) -> None:
        """A frame holds so many bytes more. Raises OutOfRoom."""
        self.room -= size
        if self.room < 0:
            raise OutOfRoom


class _Opcode:
    """Notes something, then runs py-evm's own opcode."""

    __slots__ = ("inner", "mnemonic", "note")

    def __init__(self, inner: Callable[..., None], mnemonic: str, note: Callable[[Any], None]) -> None:
        self.inner = inner
        self.mnemonic = mnemonic
        self.note = note

    def __call__(self, computation: Any) -> None:
        self.note(computation)
        self.inner(computation)


def _jump(computation: Any) -> None:
    watch = computation.state.watch
    watch.jumps += 1
    if not watch.jumps % _JUMPS_PER_LOOK:
        watch.look()


def _number(item: int | bytes) -> int:
    return item if isinstance(item, int) else int.from_bytes(item, "big")


def _write(computation: Any) -> None:
    stack = computation._stack.values
    if len(stack) > 1:
        computation.state.watch.writes.append((computation, _number(stack[-1]), _number(stack[-2])))


def _destroy(computation: Any) -> None:
    stack = computation._stack.values
    if stack and not computation.msg.is_static:
        heir = _number(stack[-1]).to_bytes(32, "big")[12:]
        computation.destroyed = (heir, computation.state.get_balance(computation.msg.storage_address))


def _note_of(mnemonic: str) -> Callable[[Any], None] | None:
    kind = _ENTERING.get(mnemonic)
    watched = mnemonic in WATCHED_OPCODES
    special = {"SSTORE": _write, "SELFDESTRUCT": _destroy}.get(mnemonic, _jump if mnemonic in _JUMPS else None)
    if kind is None and not watched:
        return special

    def note(computation: Any) -> None:
        if watched:
            msg = computation.msg
            address = msg.code_address or msg.storage_address
            pc = computation.code.program_counter - 1
            computation.state.watch.uses[(mnemonic, address, pc, msg.depth)] = None
        if kind is not None:
            computation.entering = kind
        if special is not None:
            special(computation)

    return note


def _opcodes(known: Mapping[int, Any]) -> dict[int, Any]:
    table: dict[int, Any] = dict(known)
    for code, opcode in known.items():
        inner = getattr(opcode, "__wrapped__", opcode)  # SELFDESTRUCT comes wrapped in a Python warning
        note = _note_of(mnemonic := "PREVRANDAO" if code == 0x44 else inner.mnemonic)
        if note is not None:
            table[code] = _Opcode(inner, mnemonic, note)
    return table


def _interruptible(precompile: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A precompile written in Python, which looks at the clock whenever it calls a function of its own."""

    def run(computation: Any) -> Any:
        watch = computation.state.watch
        before = sys.getprofile()
        sys.setprofile(lambda _frame, event, _argument: watch.look() if event == "call" else None)
        try:
            return precompile(computation)
        finally:
            sys.setprofile(before)

    return run


def _precompiles(known: Mapping[bytes, Callable[[Any], Any]]) -> dict[bytes, Callable[[Any], Any]]:
    return {
        address: _interruptible(precompile) if int.from_bytes(address, "big") in _PYTHON_PRECOMPILES else precompile
        for address, precompile in known.items()
    }


@lru_cache(maxsize=256)
def _positions(_code: bytes) -> tuple[set[int], set[int]]:
    """Valid and invalid jump targets found so far; py-evm fills them in as it meets them, anew for every frame."""
    return set(), set()


class SupervisedComputation(BaseComputation):  # type: ignore[misc]
    """A frame that knows how it was entered and what it did.

    kind: how it was entered. entering: how the frame it is about to open is entered. destroyed: heir and balance of its
    SELFDESTRUCT, None if it ran none.
    """

    kind = FrameKind.CALL
    entering = FrameKind.CALL
    destroyed: tuple[bytes, int] | None = None

    def __init__(self, state: Any, message: Any, transaction_context: Any) -> None:
        super().__init__(state, message, transaction_context)
        self.consume_gas = self._gas_meter.consume_gas  # as py-evm does for the stack: one call less per opcode
        if not message.is_create:
            self.code.valid_positions, self.code.invalid_positions = _positions(message.code)

    def generate_child_computation(self, child_msg: Any) -> Any:
        """Open a frame, unless time or room is up."""
        watch = self.state.watch
        watch.look()
        watch.hold(_FRAME + len(child_msg.data) + (len(child_msg.code) if child_msg.is_create else 0))
        child = super().generate_child_computation(child_msg)
        watch.hold(len(child.output))
        child.kind = self.entering
        return child


class SupervisedState(BaseState):  # type: ignore[misc]
    """A state with the watch of the transaction that is running, over the sandbox's own accounts."""

    account_db_class = Accounts

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.watch = Watch()

    def snapshot(self) -> int:
        """Mark this point."""
        return int(self._account_db.record())

    def revert(self, snapshot: int) -> None:
        """Go back to a point of this block, whichever transaction it is in."""
        self._account_db.discard(snapshot)

    def commit(self, snapshot: int) -> None:
        """Give up a point."""

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        """EIP-1153."""
        return bytes(self._account_db.get_transient_storage(address, slot))

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        """EIP-1153."""
        self._account_db.set_transient_storage(address, slot, value)

    def clear_transient_storage(self) -> None:
        """Nothing is left of it when the next transaction begins."""


class SupervisedMachine(VM):  # type: ignore[misc]
    """A virtual machine whose receipts say what was paid."""

    @classmethod
    def finalize_gas_used(cls, transaction: Any, computation: Any) -> int:
        """Gas the transaction pays for. py-evm bounds the refund by a fifth of what was used with the floor of EIP-7623 in it:
        then the receipt shows less gas than the floor, and less than what the sender was charged."""
        used = transaction.gas - computation.get_gas_remaining()
        refund = cls.calculate_net_gas_refund(used, computation.get_gas_refund())
        return int(used - refund + computation.data_floor_gas)


def supervised(machine: Any) -> Any:
    """The same virtual machine, supervised. machine: any fork's `VM` class of py-evm."""
    state = machine._state_class
    computation = state.computation_class
    overrides = {"opcodes": _opcodes(computation.opcodes), "_precompiles": _precompiles(computation.get_precompiles())}
    frames = type("SupervisedComputation", (SupervisedComputation, computation), overrides)
    watched = type("SupervisedState", (SupervisedState, state), {"computation_class": frames})
    return type(f"Supervised{machine.__name__}", (SupervisedMachine, machine), {"_state_class": watched})


SupervisedVM: Final[Any] = supervised(PragueVM)
"""Prague's virtual machine, supervised."""
