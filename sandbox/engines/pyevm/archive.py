"""A chain with its whole history behind py-evm: reading (`History`) and trying things out at any block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sandbox.engines.archive import (
    Attributes,
    BlockOverride,
    Built,
    Message,
    Outcome,
    Overrides,
    Simulated,
    SimulatedBlock,
    TraceOptions,
)
from sandbox.engines.pyevm.bench import Bench
from sandbox.engines.pyevm.blocks import CALL_GAS, Simulation, build
from sandbox.engines.pyevm.call_trace import call_trace, prestate
from sandbox.engines.pyevm.failures import translated
from sandbox.engines.pyevm.history import History, StateAt
from sandbox.engines.pyevm.messages import check, least_gas, message_of, run
from sandbox.engines.pyevm.opcode_trace import OpcodeTracer, opcode_trace, traced
from sandbox.engines.wire import Header, WireTransaction
from sandbox.errors import InputError

SECONDS: Final = 5.0
"""Wall-clock budget of one question, unless the archive is told otherwise; a trace has twice that."""

_TRACERS: Final = ("", "callTracer", "prestateTracer")


class PyEvmArchive(History):
    """An `Archive` over any database that py-evm's `ChainDB` can read. seconds: wall-clock budget of one question."""

    seconds = SECONDS

    def least_gas(self, header: Header, transaction: WireTransaction) -> int:
        """Gas without which a transaction cannot be part of the block after this one."""
        return least_gas(self.config, header, message_of(transaction))

    def call(
        self, header: Header, message: Message, accounts: Overrides | None = None, block: BlockOverride | None = None
    ) -> Outcome:
        """Try a message on the state after a block."""
        bench, gas = self._at(header, message, accounts, block, None)
        with translated("the call"):
            check(bench, message, gas, nonce=False, fees=False)
            outcome = run(bench, message, gas)
        self._ran(bench)
        return outcome

    def trace_call(
        self,
        header: Header,
        message: Message,
        options: TraceOptions,
        accounts: Overrides | None = None,
        block: BlockOverride | None = None,
    ) -> Any:
        """Trace a message on the state after a block."""
        bench, gas = self._at(header, message, accounts, block, _table(options), times=2)
        with translated("the call"):
            check(bench, message, gas, nonce=False, fees=False)
            return self._traced(bench, message, gas, options)

    def trace_block(self, header: Header, options: TraceOptions, *, only: int | None = None) -> tuple[Any, ...]:
        """Run a block again and trace its transactions. Raises InputError for the genesis."""
        if header.number == 0:
            raise InputError("genesis is not traceable", do="trace a later block")
        return tuple(self._retraced(header, options, only))

    def simulate(
        self, header: Header, blocks: Sequence[SimulatedBlock], *, validation: bool, transfers: bool
    ) -> tuple[Simulated, ...]:
        """Blocks on top of one."""
        simulation = Simulation(self, header, validation=validation, transfers=transfers, seconds=self.seconds)
        return simulation.run(blocks)

    def build(self, parent: Header, attributes: Attributes, raw: Sequence[bytes]) -> Built:
        """The block on top of `parent` that holds these transactions."""
        return build(self, parent, attributes, raw, self.seconds)

    def _ran(self, bench: Bench) -> None:
        """For those who look at more of a call than its outcome."""

    def _at(
        self,
        header: Header,
        message: Message,
        accounts: Overrides | None,
        block: BlockOverride | None,
        opcodes: Any,
        *,
        times: int = 1,
    ) -> tuple[Bench, int]:
        """A bench at a block for one message, and the gas the message may use. times: how often the usual time it has."""
        free = not (message.gas_price or message.max_fee or message.tip)
        base_fee = 0 if free and header.base_fee is not None else header.base_fee
        changed = replace(header, **{"state_root": self.root_after(header), "base_fee": base_fee, **_changes(block)})
        previous = self._previous(header, changed)
        seconds = times * self.seconds
        bench = Bench(self.database, self.config, changed, previous=previous, seconds=seconds, opcodes=opcodes)
        if block is not None:
            bench.state.blob_fee = block.blob_base_fee
        if accounts:
            bench.override(accounts)
        return bench, CALL_GAS if message.gas is None else min(message.gas, CALL_GAS)

    def _previous(self, header: Header, changed: Header) -> Iterator[bytes]:
        """Hashes before the block a call pretends to be in; numbers that do not exist yet have none."""
        hashes = self.hashes_until(header)
        if changed.number <= header.number:
            next(hashes)
        yield from (b"" for _ in range(changed.number - header.number - 1))
        yield from hashes

    def _retraced(self, header: Header, options: TraceOptions, only: int | None) -> Iterator[Any]:
        parent, block = self.header(header.number - 1), self.block(header.hash)
        start = replace(header, state_root=self.root_after(parent))
        previous = self.hashes_until(parent)
        seconds = 2 * self.seconds
        bench = Bench(self.database, self.config, start, previous=previous, seconds=seconds, opcodes=_table(options))
        with translated(f"the trace of block {header.number}"):
            bench.prepare()
            for index, transaction in enumerate(block.transactions):
                message = message_of(transaction)
                if only in (None, index):
                    yield self._traced(bench, message, transaction.gas, options)
                else:
                    run(bench, message, transaction.gas)
                if only == index:
                    return

    def _traced(self, bench: Bench, message: Message, gas: int, options: TraceOptions) -> Any:
        if options.tracer == "prestateTracer":
            before = StateAt(bench.database, bench.root())
            bench.state.touched = {bytes.fromhex(bench.header.coinbase[2:]): set()}
            run(bench, message, gas)
            touched = dict(bench.state.touched)
            return prestate(before, StateAt(bench.database, bench.root()), touched, options)
        if options.tracer == "callTracer":
            outcome = run(bench, message, gas)
            return call_trace(bench.last, gas, outcome.gas_used, options, bench.logs - len(outcome.logs))
        tracer = bench.state.tracer = OpcodeTracer(options)
        try:
            outcome = run(bench, message, gas)
        finally:
            bench.state.tracer = None
        return opcode_trace(tracer, bench.last, outcome.gas_used)


def _table(options: TraceOptions) -> Any:
    """What makes opcodes visible, None where the tracer does not look at them. Raises InputError for an unknown tracer."""
    if options.tracer not in _TRACERS:
        raise InputError(f"there is no tracer {options.tracer!r}", do="ask for callTracer, prestateTracer or none")
    return None if options.tracer else traced


_OVERRIDDEN: Final = {
    "number": "number",
    "time": "timestamp",
    "gas_limit": "gas_limit",
    "coinbase": "coinbase",
    "random": "mix_hash",
    "base_fee": "base_fee",
}
"""Field of a `BlockOverride` -> field of a header."""


def _changes(block: BlockOverride | None) -> dict[str, Any]:
    values = {field: getattr(block, name, None) for name, field in _OVERRIDDEN.items()}
    return {field: value for field, value in values.items() if value is not None}
