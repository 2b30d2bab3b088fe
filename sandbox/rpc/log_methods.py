"""`eth_*`: logs, and the filters that report them as they come."""

from __future__ import annotations

from collections.abc import Iterator

from eth_hash.auto import keccak

from sandbox.engines.archive import Event
from sandbox.engines.wire import Header
from sandbox.rpc import encoding, requests
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import SERVER_ERROR, RpcError, invalid
from sandbox.rpc.node import Node, Watching
from sandbox.rpc.params import Params, uint64
from sandbox.rpc.requests import LogFilter


def logs(node: Node, params: Params) -> Json:
    """`eth_getLogs`."""
    return found(node, params.read(0, requests.log_filter))


def found(node: Node, wanted: LogFilter) -> list[Json]:
    """Logs that a filter lets through. Raises RpcError past the bounds of a query."""
    if wanted.block is not None:
        try:
            header = node.header(wanted.block)
        except RpcError as error:
            raise RpcError(SERVER_ERROR, "unknown block") from error
        return list(_bounded(node, _of_block(node, header, wanted)))
    head = node.archive.head.number
    first, last = (_number(one, head) for one in (wanted.first, wanted.last))
    if first > last:
        raise invalid("invalid block range params")
    if first > head:
        return []
    last = min(last, head)
    node.limits.check("blocks", last - first + 1, node.limits.blocks)
    matching = (one for at in range(first, last + 1) for one in _of_block(node, node.archive.header(at), wanted))
    return list(_bounded(node, matching))


def _number(key: int | str, head: int) -> int:
    return key if isinstance(key, int) else 0 if key == "earliest" else head


def _bounded(node: Node, items: Iterator[Json]) -> Iterator[Json]:
    for count, item in enumerate(items, 1):
        node.limits.check("logs", count, node.limits.logs)
        yield item


def _of_block(node: Node, header: Header, wanted: LogFilter) -> Iterator[Json]:
    if not _possible(header.logs_bloom, wanted):
        return
    for receipt in node.archive.receipts(header.hash):
        for event, shown in zip(receipt.logs, encoding.logs(receipt, header), strict=True):
            if matches(event, wanted):
                yield shown


def matches(event: Event, wanted: LogFilter) -> bool:
    """True if a filter lets a log through."""
    if wanted.addresses and event.address not in wanted.addresses:
        return False
    if len(wanted.topics) > len(event.topics):
        return False
    return all(not allowed or topic in allowed for allowed, topic in zip(wanted.topics, event.topics, strict=False))


def _possible(bloom: bytes, wanted: LogFilter) -> bool:
    """False if the bloom filter of a block rules every match out."""
    bits = int.from_bytes(bloom, "big")
    groups = [frozenset(bytes.fromhex(one[2:]) for one in wanted.addresses), *wanted.topics]
    return all(not group or any(bits & mask == mask for mask in map(_mask, group)) for group in groups)


def _mask(item: bytes) -> int:
    digest, mask = keccak(item), 0
    for at in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return mask


def new_filter(node: Node, params: Params) -> Json:
    """`eth_newFilter`."""
    wanted = params.read(0, requests.log_filter)
    if wanted.block is not None:
        raise invalid("a filter follows a range, not one block", 0)
    return _opened(node, wanted, sent=False)


def new_block_filter(node: Node, _params: Params) -> Json:
    """`eth_newBlockFilter`."""
    return _opened(node, None, sent=False)


def new_pending_filter(node: Node, _params: Params) -> Json:
    """`eth_newPendingTransactionFilter`."""
    return _opened(node, None, sent=True)


def _opened(node: Node, wanted: LogFilter | None, *, sent: bool) -> Json:
    return encoding.quantity(node.filters.open(node.watching(wanted, sent=sent)))


def uninstall(node: Node, params: Params) -> Json:
    """`eth_uninstallFilter`."""
    return node.filters.close(params.read(0, uint64))


def filter_logs(node: Node, params: Params) -> Json:
    """`eth_getFilterLogs`."""
    watching = node.filters.get(params.read(0, uint64))
    if watching.logs is None:
        raise RpcError(SERVER_ERROR, "filter not found")
    return found(node, watching.logs)


def filter_changes(node: Node, params: Params) -> Json:
    """`eth_getFilterChanges`."""
    return changes(node, node.filters.get(params.read(0, uint64)), node.limits.blocks)


def changes(node: Node, watching: Watching, blocks: int) -> list[Json]:
    """What is new since this was last asked, of at most so many blocks and about as many logs as a query may find; the rest
    is for the next time."""
    if watching.sent:
        fresh, watching.arrival = node.inbox.since(watching.arrival), node.inbox.arrivals()
        return [encoding.data(one) for one in fresh]
    found: list[Json] = []
    for at in node.fresh(watching, blocks):
        header, watching.block = node.archive.header(at), at
        found += [encoding.data(header.hash)] if watching.logs is None else _within(node, header, watching.logs)
        if len(found) >= node.limits.logs:
            break
    return found


def _within(node: Node, header: Header, wanted: LogFilter) -> Iterator[Json]:
    first = wanted.first if isinstance(wanted.first, int) else 0
    last = wanted.last if isinstance(wanted.last, int) else header.number
    return _of_block(node, header, wanted) if first <= header.number <= last else iter(())
