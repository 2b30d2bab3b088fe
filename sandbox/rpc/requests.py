"""What whole methods are asked: simulations, log filters, traces, blocks to build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.units import Address
from sandbox.engines.archive import AccountOverride, Attributes, BlockOverride, SimulatedBlock, TraceOptions
from sandbox.rpc.errors import invalid
from sandbox.rpc.objects import MOST_ITEMS, Readers, accounts, block, message, withdrawal
from sandbox.rpc.params import address, block_number, digest, fields, flag, listed, text, uint64

_MOST_TOPICS: Final = 4


def _simulated(value: Any) -> SimulatedBlock:
    readers = {"blockOverrides": block, "stateOverrides": accounts, "calls": listed(message, MOST_ITEMS)}
    read = fields(value, readers)
    return SimulatedBlock(read.get("blockOverrides", BlockOverride()), read.get("stateOverrides", {}), read.get("calls", ()))


@dataclass(frozen=True, slots=True)
class SimulationRequest:
    """What `eth_simulateV1` is asked."""

    blocks: tuple[SimulatedBlock, ...]
    validation: bool
    transfers: bool
    full: bool


def simulation(value: Any) -> SimulationRequest:
    """The first parameter of `eth_simulateV1`."""
    readers = {
        "blockStateCalls": listed(_simulated, MOST_ITEMS),
        "validation": flag,
        "traceTransfers": flag,
        "returnFullTransactions": flag,
    }
    read = fields(value, readers)
    if not read.get("blockStateCalls"):
        raise invalid("empty input")
    return SimulationRequest(
        read["blockStateCalls"],
        read.get("validation", False),
        read.get("traceTransfers", False),
        read.get("returnFullTransactions", False),
    )


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs somebody wants. block: one block by hash, else the range. addresses: none means any. topics: by position,
    each the ones allowed there, none means any."""

    block: bytes | None
    first: int | str
    last: int | str
    addresses: frozenset[Address]
    topics: tuple[frozenset[bytes], ...]


def _addresses(value: Any) -> tuple[Address, ...]:
    return listed(address, MOST_ITEMS)(value) if isinstance(value, list) else (address(value),)


def _topic(value: Any) -> frozenset[bytes]:
    if value is None:
        return frozenset()
    if isinstance(value, list):
        items = listed(lambda one: None if one is None else digest(one), MOST_ITEMS)(value)
        return frozenset() if None in items else frozenset(one for one in items if one is not None)
    return frozenset({digest(value)})


def log_filter(value: Any) -> LogFilter:
    """The object of `eth_getLogs` and `eth_newFilter`."""
    readers = {
        "blockHash": digest,
        "fromBlock": block_number,
        "toBlock": block_number,
        "address": _addresses,
        "topics": listed(_topic, _MOST_TOPICS),
    }
    read = fields(value, readers)
    if "blockHash" in read and ("fromBlock" in read or "toBlock" in read):
        raise invalid("cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other")
    return LogFilter(
        read.get("blockHash"),
        read.get("fromBlock", "latest"),
        read.get("toBlock", "latest"),
        frozenset(read.get("address", ())),
        read.get("topics", ()),
    )


def trace_options(value: Any) -> TraceOptions:
    """The configuration of `debug_trace*`."""
    config = {"onlyTopCall": flag, "withLog": flag, "diffMode": flag}
    readers: Readers = {
        "tracer": text,
        "tracerConfig": lambda one: fields(one, config),
        "enableMemory": flag,
        "disableStack": flag,
        "disableStorage": flag,
        "enableReturnData": flag,
        "limit": _count,
    }
    read = fields(value, readers)
    inner = read.get("tracerConfig", {})
    return TraceOptions(
        tracer=read.get("tracer", ""),
        memory=read.get("enableMemory", False),
        stack=not read.get("disableStack", False),
        storage=not read.get("disableStorage", False),
        return_data=read.get("enableReturnData", False),
        limit=read.get("limit", 0),
        only_top_call=inner.get("onlyTopCall", False),
        with_log=inner.get("withLog", False),
        diff_mode=inner.get("diffMode", False),
    )


def trace_overrides(value: Any) -> tuple[dict[Address, AccountOverride] | None, BlockOverride | None]:
    """State and block overrides among the configuration of `debug_traceCall`."""
    read = fields(value, {"stateOverrides": accounts, "blockOverrides": block})
    return read.get("stateOverrides"), read.get("blockOverrides")


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise invalid("a number from 0 on is needed")
    return value


def attributes(value: Any) -> Attributes:
    """The payload attributes of `testing_buildBlockV1`."""
    readers = {
        "timestamp": uint64,
        "prevRandao": digest,
        "suggestedFeeRecipient": address,
        "withdrawals": listed(withdrawal, MOST_ITEMS),
        "parentBeaconBlockRoot": digest,
    }
    read = fields(value, readers)
    missing = {"timestamp", "prevRandao", "suggestedFeeRecipient"} - read.keys()
    if missing:
        raise invalid(f"missing {sorted(missing)[0]}")
    return Attributes(
        timestamp=read["timestamp"],
        random=read["prevRandao"],
        coinbase=read["suggestedFeeRecipient"],
        withdrawals=read.get("withdrawals", ()),
        beacon_root=read.get("parentBeaconBlockRoot", bytes(32)),
    )
