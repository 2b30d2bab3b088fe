"""Every opcode of a message, the way `debug_trace*` shows them without a named tracer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from eth.exceptions import Halt, VMError

from sandbox.domain.effects import FrameKind
from sandbox.engines.archive import TraceOptions
from sandbox.engines.pyevm.effects import error_of
from sandbox.engines.rlp_items import padded
from sandbox.errors import EngineError

MOST_STEPS: Final = 100_000
"""Opcodes one trace may show."""

MOST_BYTES: Final = 2**28
"""Bytes that what one trace shows may take in memory, about."""

_ENTRY, _STACK_ITEM, _SLOT, _PER_BYTE = 400, 80, 250, 4
"""Bytes taken by an entry, by an item of the stack or the storage it shows, by a byte of memory or returned data."""

_NAMES: Final = {"SHA3": "KECCAK256"}
_STORAGE: Final = frozenset({"SLOAD", "SSTORE"})
_CHUNK: Final = 32


class _Traced:
    """Tells the tracer of an opcode, runs it, and tells what it took."""

    __slots__ = ("inner", "mnemonic")

    def __init__(self, inner: Callable[..., None], mnemonic: str) -> None:
        self.inner = inner
        self.mnemonic = mnemonic

    def __call__(self, computation: Any) -> None:
        tracer = computation.state.tracer
        if tracer is None or tracer.full or not len(computation.code):
            self.inner(computation)
            return
        entry = tracer.before(computation, self.mnemonic)
        try:
            self.inner(computation)
        except Halt:
            tracer.after(computation, entry)
            raise
        except VMError as error:
            tracer.failed(computation, entry, error)
            raise
        tracer.after(computation, entry)


def traced(opcodes: Mapping[int, Any]) -> dict[int, Any]:
    """The same opcodes, seen by the state's tracer."""
    table = {}
    for code, opcode in opcodes.items():
        name = getattr(opcode, "mnemonic", None) or getattr(opcode, "__wrapped__", opcode).mnemonic
        table[code] = _Traced(opcode, _NAMES.get(name, name))
    return table


class OpcodeTracer:
    """Collects entries; what they show is up to the options. Raises EngineError past its bounds."""

    def __init__(self, options: TraceOptions) -> None:
        self.entries: list[dict[str, Any]] = []
        self._options = options
        self._most = min(options.limit or MOST_STEPS, MOST_STEPS)
        self._bytes = 0
        self._left: dict[int, int] = {}
        self._slots: dict[bytes, dict[str, str]] = {}

    @property
    def full(self) -> bool:
        """True if it has as many entries as were asked for; nothing more need be told to it."""
        return self._options.limit > 0 and len(self.entries) >= self._most

    def before(self, computation: Any, name: str) -> dict[str, Any]:
        """An opcode is about to run."""
        options = self._options
        stack = [value if isinstance(value, int) else int.from_bytes(value, "big") for value in computation._stack.values]
        entry: dict[str, Any] = {
            "pc": _position(computation.code, name),
            "op": name,
            "gas": computation.get_gas_remaining(),
            "gasCost": 0,
            "depth": computation.msg.depth + 1,
        }
        if options.stack:
            entry["stack"] = [hex(value) for value in stack]
        if options.memory and len(computation._memory):
            entry["memory"] = _chunks(bytes(computation._memory.read_bytes(0, len(computation._memory))))
        if options.return_data and computation.return_data:
            entry["returnData"] = "0x" + bytes(computation.return_data).hex()
        if options.storage and name in _STORAGE and stack:
            entry["storage"] = self._storage(computation, name, stack)
        self._keep(entry)
        return entry

    def entering(self, computation: Any, child: Any) -> None:
        """The opcode that runs in this frame opens a child frame."""
        left = computation.get_gas_remaining()
        creates = computation.entering in (FrameKind.CREATE, FrameKind.CREATE2)
        self._left[id(computation)] = left + child.gas if creates else left

    def after(self, computation: Any, entry: dict[str, Any]) -> None:
        """The opcode ran."""
        left = self._left.pop(id(computation), None)
        entry["gasCost"] = max(entry["gas"] - (computation.get_gas_remaining() if left is None else left), 0)

    def failed(self, computation: Any, entry: dict[str, Any], error: Exception) -> None:
        """The opcode failed, and its frame with it. A revert is no failure of the opcode."""
        self.after(computation, entry)
        word = type(error).__name__
        if word != "Revert":
            entry["error"] = word

    def _storage(self, computation: Any, name: str, stack: list[int]) -> dict[str, str]:
        address, slot = computation.msg.storage_address, stack[-1]
        known = self._slots.setdefault(address, {})
        value = stack[-2] if name == "SSTORE" and len(stack) > 1 else computation.state.get_storage(address, slot)
        known["0x" + padded(slot).hex()] = "0x" + padded(value).hex()
        return dict(known)

    def _keep(self, entry: dict[str, Any]) -> None:
        shown = len(entry.get("memory", ())) * _CHUNK + len(entry.get("returnData", "")) // 2
        lists = _STACK_ITEM * len(entry.get("stack", ())) + _SLOT * len(entry.get("storage", ()))
        self._bytes += _ENTRY + lists + _PER_BYTE * shown
        if len(self.entries) >= self._most or self._bytes > MOST_BYTES:
            raise EngineError(
                f"the trace is longer than {MOST_STEPS} steps or {MOST_BYTES} bytes",
                do="set `limit`, leave out memory, stack and storage, or ask for the callTracer",
            )
        self.entries.append(entry)


def _position(code: Any, name: str) -> int:
    """Where the opcode stands. py-evm runs a STOP behind the last byte without moving on."""
    at: int = code.program_counter - 1
    explicit = name != "STOP" or (at < len(code) and code[at] == 0 and code.is_valid_opcode(at))
    return at if explicit else at + 1


def _chunks(memory: bytes) -> list[str]:
    return ["0x" + memory[at : at + _CHUNK].ljust(_CHUNK, b"\x00").hex() for at in range(0, len(memory), _CHUNK)]


def opcode_trace(tracer: OpcodeTracer, root: Any, gas_used: int) -> dict[str, Any]:
    """The answer of a trace. root: the outermost frame. gas_used: of the transaction."""
    failed = error_of(root) is not None
    return {
        "gas": gas_used,
        "failed": failed,
        "returnValue": "0x" + bytes(root.output).hex(),
        "structLogs": tracer.entries,
    }
