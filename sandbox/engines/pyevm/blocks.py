"""Blocks that are made rather than imported: the ones `eth_simulateV1` asks for, and the next one on top of a parent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from time import monotonic
from typing import Any, Final

from sandbox.engines.archive import (
    Attributes,
    BlockOverride,
    Built,
    Event,
    FullBlock,
    Message,
    Outcome,
    Simulated,
    SimulatedBlock,
)
from sandbox.engines.pyevm.bench import Bench
from sandbox.engines.pyevm.failures import translated
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.gas import GAS_PER_BLOB, base_fee_after, excess_after, gas_limit_after
from sandbox.engines.pyevm.history import embedded
from sandbox.engines.pyevm.messages import check, message_of, run, transaction_of
from sandbox.engines.pyevm.requests import deposits_of, requests_hash
from sandbox.engines.pyevm.sealing import bloom_of, ordered_root, receipt_of
from sandbox.engines.pyevm.transfers import NATIVE
from sandbox.engines.rlp_items import encode
from sandbox.engines.wire import EMPTY_OMMERS, EMPTY_REQUESTS, EMPTY_ROOT, Header, WireTransaction, Withdrawal
from sandbox.errors import Rejected

MOST_BLOCKS: Final = 256
"""Blocks one simulation may span, gaps included."""

CALL_GAS: Final = 50_000_000
"""Gas all messages of one simulation may use together; also the default of a single call."""

GAS_TARGET: Final = 60_000_000
"""Gas limit that blocks built here move towards."""

_SECONDS_PER_BLOCK: Final = 12


class Draft:
    """A block being made: runs messages one after the other and closes over what they did."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.gas_used = 0
        self.blob_gas = 0
        self.tips = 0
        self.transactions: list[WireTransaction] = []
        self.outcomes: list[Outcome] = []
        self._receipts: list[bytes] = []
        self._bloom = 0

    def add(self, transaction: WireTransaction, message: Message, *, transfers: bool = False) -> Outcome:
        """Run a message that was checked as this transaction."""
        outcome = run(self.bench, message, transaction.gas, transfers=transfers)
        base_fee = self.bench.header.base_fee or 0
        self.gas_used += outcome.gas_used
        self.blob_gas += GAS_PER_BLOB * len(transaction.blob_hashes)
        self.tips += outcome.gas_used * max(transaction.price(base_fee) - base_fee, 0)
        entries = [_entry(event) for event in outcome.logs if not (transfers and event.address == NATIVE)]
        bloom = bloom_of(entries)
        kind = transaction.kind or None
        self._receipts.append(receipt_of(kind, outcome.error is None, self.gas_used, bloom, entries))
        self._bloom |= bloom
        self.transactions.append(transaction)
        self.outcomes.append(outcome)
        return outcome

    def close(self, withdrawals: Sequence[Withdrawal]) -> tuple[FullBlock, tuple[bytes, ...]]:
        """The finished block and its requests to the consensus layer."""
        bench, header, nodes = self.bench, self.bench.header, dict[bytes, bytes]()
        bench.withdraw(withdrawals)
        requests: tuple[bytes, ...] = ()
        if header.requests_hash is not None:
            events = (event for outcome in self.outcomes for event in outcome.logs)
            requests = bench.requests(deposits_of(events, bench.config.deposits))
        header = replace(
            header,
            state_root=bench.root(),
            gas_used=self.gas_used,
            blob_gas_used=None if header.blob_gas_used is None else self.blob_gas,
            logs_bloom=self._bloom.to_bytes(256, "big"),
            transactions_root=ordered_root([one.raw for one in self.transactions], nodes),
            receipts_root=ordered_root(self._receipts, nodes),
            withdrawals_root=None if header.withdrawals_root is None else _withdrawals_root(withdrawals),
            requests_hash=None if header.requests_hash is None else requests_hash(requests),
        )
        shanghai = header.withdrawals_root is not None
        body: list[Any] = [header.items, [embedded(one.raw) for one in self.transactions], []]
        body += [[one.items for one in withdrawals]] if shanghai else []
        block = FullBlock(
            header, tuple(self.transactions), (), tuple(withdrawals) if shanghai else None, encode(body)
        )
        return block, requests


def _entry(event: Event) -> tuple[bytes, tuple[int, ...], bytes]:
    return bytes.fromhex(event.address[2:]), tuple(int.from_bytes(topic, "big") for topic in event.topics), event.data


def _withdrawals_root(withdrawals: Sequence[Withdrawal]) -> bytes:
    return ordered_root([encode(one.items) for one in withdrawals], {})


class Simulation:
    """One `eth_simulateV1`. history: gives database, config and hashes. base: the block everything stands on.

    validation: messages must be good transactions. transfers: native transfers appear as logs. seconds: for all of it.
    """

    def __init__(self, history: Any, base: Header, *, validation: bool, transfers: bool, seconds: float) -> None:
        self._history = history
        self._config: ChainConfig = history.config
        self._base = base
        self._validation = validation
        self._transfers = transfers
        self._deadline = monotonic() + seconds
        self._gas = CALL_GAS
        self._database: Any = history.database

    def run(self, blocks: Sequence[SimulatedBlock]) -> tuple[Simulated, ...]:
        """Raises Rejected, InputError, EngineError."""
        parent, done = self._base, list[Simulated]()
        for asked in spread(blocks, self._base):
            made = self._block(asked, parent, done)
            done.append(made)
            parent = made.block.header
        return tuple(done)

    def _block(self, asked: SimulatedBlock, parent: Header, done: Sequence[Simulated]) -> Simulated:
        header = self._header(asked.block, parent)
        previous = [one.block.header.hash for one in reversed(done)]
        bench = Bench(
            self._database,
            self._config,
            header,
            previous=chain(previous, self._history.hashes_until(self._base)),
            seconds=self._deadline - monotonic(),
        )
        bench.state.blob_fee = asked.block.blob_base_fee
        bench.override(asked.accounts)
        bench.prepare()
        draft = Draft(bench)
        for message in asked.calls:
            self._add(draft, message)
        block, _ = draft.close(asked.block.withdrawals or ())
        self._database = bench.database
        return Simulated(block, tuple(draft.outcomes))

    def _add(self, draft: Draft, message: Message) -> None:
        bench, limit = draft.bench, draft.bench.header.gas_limit
        nonce = bench.state.get_nonce(bytes.fromhex(message.sender[2:])) if message.nonce is None else message.nonce
        gas = limit - draft.gas_used if message.gas is None else message.gas
        if draft.gas_used + gas > limit:
            raise Rejected("block_gas", f"block gas limit reached: {draft.gas_used + gas} >= {limit}")
        gas = min(gas, self._gas)
        message = replace(message, nonce=nonce)
        check(bench, message, gas, nonce=self._validation, fees=self._validation)
        transaction = transaction_of(message, self._config.chain_id, gas, nonce)
        with translated("the simulated call"):
            outcome = draft.add(transaction, message, transfers=self._transfers)
        self._gas -= outcome.gas_used

    def _header(self, asked: BlockOverride, parent: Header) -> Header:
        at, time = asked.number or 0, asked.time or 0
        base_fee = asked.base_fee
        if base_fee is None:
            base_fee = base_fee_after(parent) if self._validation else 0
        return framed(
            self._config,
            parent,
            Header(
                **{
                    **_BLANK,
                    "parent_hash": parent.hash,
                    "coinbase": asked.coinbase or parent.coinbase,
                    "state_root": self._history.root_after(parent),
                    "difficulty": 0 if self._config.active("paris", at, time) else parent.difficulty,
                    "number": at,
                    "gas_limit": asked.gas_limit if asked.gas_limit is not None else parent.gas_limit,
                    "timestamp": time,
                    "mix_hash": asked.random or bytes(32),
                    "base_fee": base_fee,
                    "beacon_root": asked.beacon_root or bytes(32),
                }
            ),
        )


_BLANK: Final[dict[str, Any]] = {
    "ommers_hash": EMPTY_OMMERS,
    "transactions_root": EMPTY_ROOT,
    "receipts_root": EMPTY_ROOT,
    "logs_bloom": bytes(256),
    "gas_used": 0,
    "extra_data": b"",
    "nonce": bytes(8),
}


def framed(config: ChainConfig, parent: Header, header: Header) -> Header:
    """The header with the fields its fork asks for, and none of later forks."""
    at, time = header.number, header.timestamp
    limits = config.blob_limits(time)
    cancun = config.active("cancun", at, time) and limits is not None
    excess = excess_after(parent, limits, config.active("osaka", at, time)) if cancun and limits else None
    return replace(
        header,
        base_fee=header.base_fee if config.active("london", at, time) else None,
        withdrawals_root=EMPTY_ROOT if config.active("shanghai", at, time) else None,
        blob_gas_used=0 if cancun else None,
        excess_blob_gas=excess,
        beacon_root=header.beacon_root if cancun else None,
        requests_hash=EMPTY_REQUESTS if config.active("prague", at, time) else None,
    )


def spread(blocks: Sequence[SimulatedBlock], base: Header) -> Iterator[SimulatedBlock]:
    """The blocks asked for, numbered and timed, gaps filled with empty ones. Raises Rejected: out of order, too many."""
    last, time = base.number, base.timestamp
    result = []
    for asked in blocks:
        at = last + 1 if asked.block.number is None else asked.block.number
        if at <= last:
            raise Rejected("block_number", f"block numbers must be in order: {at} <= {last}")
        if at - base.number > MOST_BLOCKS:
            raise Rejected("too_many", "too many blocks")
        for between in range(last + 1, at):
            time += _SECONDS_PER_BLOCK
            result.append(SimulatedBlock(BlockOverride(number=between, time=time)))
        moment = time + _SECONDS_PER_BLOCK if asked.block.time is None else asked.block.time
        if moment <= time:
            raise Rejected("block_time", f"block timestamps must be in order: {moment} <= {time}")
        last, time = at, moment
        result.append(replace(asked, block=replace(asked.block, number=at, time=moment)))
    return iter(result)


def build(history: Any, parent: Header, attributes: Attributes, raw: Sequence[bytes], seconds: float) -> Built:
    """The block on top of `parent` (see `Archive.build`). Raises Rejected, InputError, EngineError."""
    config: ChainConfig = history.config
    wanted = GAS_TARGET if attributes.gas_limit is None else attributes.gas_limit
    header = framed(
        config,
        parent,
        Header(
            **{
                **_BLANK,
                "parent_hash": parent.hash,
                "coinbase": attributes.coinbase,
                "state_root": history.root_after(parent),
                "difficulty": 0,
                "number": parent.number + 1,
                "gas_limit": gas_limit_after(parent.gas_limit, wanted),
                "timestamp": attributes.timestamp,
                "extra_data": attributes.extra_data or b"",
                "mix_hash": attributes.random,
                "base_fee": base_fee_after(parent),
                "beacon_root": attributes.beacon_root,
            }
        ),
    )
    if attributes.timestamp <= parent.timestamp:
        raise Rejected("block_time", f"invalid timestamp: parent {parent.timestamp}, given {attributes.timestamp}")
    bench = Bench(history.database, config, header, previous=history.hashes_until(parent), seconds=seconds)
    bench.prepare()
    draft = Draft(bench)
    for one in map(WireTransaction.decode, raw):
        message = message_of(one)
        if draft.gas_used + one.gas > header.gas_limit:
            raise Rejected("block_gas", "gas limit reached")
        check(bench, message, one.gas, nonce=True, fees=True)
        with translated("the transaction"):
            draft.add(one, message)
    block, requests = draft.close(attributes.withdrawals)
    return Built(block, draft.tips, requests)
