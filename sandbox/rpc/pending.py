"""Transactions on their way: sending, the pool's content, and the block that would come next."""

from __future__ import annotations

from typing import Any

from sandbox.engines.archive import Attributes
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError
from sandbox.rpc import encoding, requests
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import INVALID_PARAMS, SERVER_ERROR, RpcError
from sandbox.rpc.node import By, Node
from sandbox.rpc.params import Params, address, data, digest, listed

_SECONDS_PER_BLOCK = 12
_MOST_TRANSACTIONS = 10_000


def send_raw(node: Node, params: Params) -> Json:
    """`eth_sendRawTransaction`."""
    return encoding.data(node.inbox.submit(params.read(0, data)))


def status(node: Node, _params: Params) -> Json:
    """`txpool_status`."""
    return {"pending": _count(node.inbox.pending()), "queued": _count(node.inbox.queued())}


def _count(waiting: By) -> str:
    return encoding.quantity(sum(map(len, waiting.values())))


def content(node: Node, _params: Params) -> Json:
    """`txpool_content`."""
    return {"pending": _by_sender(node.inbox.pending()), "queued": _by_sender(node.inbox.queued())}


def _by_sender(waiting: By) -> dict[str, Json]:
    return {encoding.checksummed(who): _by_nonce(sent) for who, sent in sorted(waiting.items())}


def _by_nonce(sent: tuple[WireTransaction, ...]) -> dict[str, Json]:
    return {str(one.nonce): encoding.transaction(one) for one in sent}


def content_from(node: Node, params: Params) -> Json:
    """`txpool_contentFrom`."""
    who = params.read(0, address)
    return {
        "pending": _by_nonce(node.inbox.pending().get(who, ())),
        "queued": _by_nonce(node.inbox.queued().get(who, ())),
    }


def inspect(node: Node, _params: Params) -> Json:
    """`txpool_inspect`."""

    def lines(waiting: By) -> dict[str, Json]:
        return {encoding.checksummed(who): {str(one.nonce): _line(one) for one in sent} for who, sent in waiting.items()}

    return {"pending": lines(node.inbox.pending()), "queued": lines(node.inbox.queued())}


def _line(one: WireTransaction) -> str:
    target = "contract creation" if one.to is None else encoding.checksummed(one.to)
    return f"{target}: {one.value} wei + {one.gas} gas × {one.fee_cap} wei"


def pending_block(node: Node, *, full: bool) -> Json:
    """The block that would come next, with what is ready for it. It has no hash, nonce or miner yet."""
    head = node.archive.head
    now = head.timestamp + _SECONDS_PER_BLOCK if node.now is None else max(node.now(), head.timestamp + 1)
    attributes = Attributes(now, bytes(32), head.coinbase, gas_limit=head.gas_limit)
    ready = [one.raw for sent in node.inbox.pending().values() for one in sent if one.kind != 3]
    try:
        made = node.archive.build(head, attributes, ready)
    except InputError:  # one of them does not fit on the others
        made = node.archive.build(head, attributes, ())
    return {**encoding.block(made.block, full=full), "hash": None, "nonce": None, "miner": None}


def build_block(node: Node, params: Params) -> Json:
    """`testing_buildBlockV1`."""
    parent = params.read(0, digest)
    attributes = params.read(1, requests.attributes)
    raw = params.optional(2, listed(data, _MOST_TRANSACTIONS), ())
    extra = params.optional(3, data, None)
    try:
        header = node.header(parent)
    except RpcError as error:
        raise RpcError(INVALID_PARAMS, "unknown parent block") from error
    built = node.archive.build(header, _with_extra(attributes, extra), raw)
    return encoding.payload(built)


def _with_extra(attributes: Attributes, extra: bytes | None) -> Attributes:
    if extra is not None and len(extra) > 32:
        raise RpcError(SERVER_ERROR, "extra data of more than 32 bytes")
    values: dict[str, Any] = {name: getattr(attributes, name) for name in Attributes.__slots__}
    return Attributes(**{**values, "extra_data": extra})
