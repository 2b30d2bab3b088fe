"""The frames of a message (`callTracer`), and the accounts it started from (`prestateTracer`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any, Final

from sandbox.domain.effects import FrameKind
from sandbox.engines.archive import Event, TraceOptions
from sandbox.engines.evm_words import phrase, reason_of
from sandbox.engines.pyevm.effects import error_of
from sandbox.engines.pyevm.history import StateAt
from sandbox.engines.rlp_items import address, padded
from sandbox.errors import EngineError

_CREATING: Final = (FrameKind.CREATE, FrameKind.CREATE2)
_NOTHING: Final = {"balance": "0x0"}


MOST_BYTES: Final = 2**25
"""Bytes of input and output that the frames of one trace may show."""


def call_trace(root: Any, gas: int, gas_used: int, options: TraceOptions, logs_before: int) -> dict[str, Any]:
    """The tree of frames below `root`. gas, gas_used: of the transaction. logs_before: in its block. Raises EngineError if
    there is too much to show."""
    if (options.with_log or not options.only_top_call) and _size(root) > MOST_BYTES:
        what = f"the calls carry more than {MOST_BYTES} bytes of input and output"
        raise EngineError(what, do="ask for the outermost call alone (onlyTopCall) without logs")
    root.kind = FrameKind.CREATE if root.msg.is_create else FrameKind.CALL
    return {**_frame(root, options, count(logs_before), alive=True), "gas": hex(gas), "gasUsed": hex(gas_used)}


def _size(frame: Any) -> int:
    inner = sum(_size(one) for one in frame.order if not isinstance(one, tuple))
    return len(frame.msg.data) + len(frame.output) + inner


def _frame(frame: Any, options: TraceOptions, places: Iterator[int], *, alive: bool) -> dict[str, Any]:
    """places: of logs in their block. alive: False below a frame that failed, whose logs there never were."""
    msg, kind, error = frame.msg, frame.kind, error_of(frame)
    creates = kind in _CREATING
    shown: dict[str, Any] = {
        "from": "0x" + bytes(msg.sender).hex(),
        "gas": hex(msg.gas),
        "gasUsed": hex(frame.get_gas_used()),
        "to": _target(frame),
        "input": "0x" + bytes(msg.code if creates else msg.data).hex(),
    }
    if kind is FrameKind.DELEGATECALL:
        shown["from"] = "0x" + bytes(msg.storage_address).hex()
    if frame.output:
        shown["output"] = "0x" + bytes(frame.output).hex()
    if error is not None:
        shown["error"] = phrase(error)
        reason = reason_of(bytes(frame.output)) if error == "Revert" else None
        shown |= {"revertReason": reason} if reason else {}
        if creates:
            del shown["to"]
    _add_children(frame, shown, options, places, alive=alive and error is None)
    if kind is not FrameKind.STATICCALL:
        shown["value"] = hex(msg.value)
    shown["type"] = kind.value.upper()
    return shown


def _target(frame: Any) -> str:
    msg = frame.msg
    where = msg.storage_address if msg.is_create or not msg.code_address else msg.code_address
    return "0x" + bytes(msg.storage_address if msg.is_delegation else where).hex()


def _add_children(frame: Any, shown: dict[str, Any], options: TraceOptions, places: Iterator[int], *, alive: bool) -> None:
    calls: list[dict[str, Any]] = []
    logs: list[dict[str, Any]] = []
    for happened in frame.order:
        if not isinstance(happened, tuple):
            if not options.only_top_call:
                calls.append(_frame(happened, options, places, alive=alive))
            elif options.with_log:  # its logs have places too
                _frame(happened, options, places, alive=alive)
        elif options.with_log and alive:
            where, topics, data = happened
            event = Event(address(bytes(where)), tuple(map(padded, topics)), bytes(data))
            logs.append({**_log(event), "index": hex(next(places)), "position": hex(len(calls))})
    if frame.destroyed is not None and not options.only_top_call:
        calls.append(_destruction(frame))
    shown |= {"calls": calls} if calls else {}
    shown |= {"logs": logs} if logs else {}


def _log(event: Event) -> dict[str, Any]:
    return {
        "address": event.address,
        "topics": ["0x" + topic.hex() for topic in event.topics],
        "data": "0x" + event.data.hex(),
    }


def _destruction(frame: Any) -> dict[str, Any]:
    heir, balance = frame.destroyed
    return {
        "from": "0x" + bytes(frame.msg.storage_address).hex(),
        "gas": "0x0",
        "gasUsed": "0x0",
        "to": "0x" + bytes(heir).hex(),
        "input": "0x",
        "value": hex(balance),
        "type": "SELFDESTRUCT",
    }


def prestate(before: StateAt, after: StateAt, touched: Mapping[bytes, Iterable[int]], options: TraceOptions) -> dict[str, Any]:
    """Accounts as they were before a message, those left out that there were not; in diff mode only those it changed, and
    what they became. Of their slots diff mode shows the changed ones, those left out that are zero."""
    pre: dict[str, Any] = {address(who): _account(before, who, slots) for who, slots in sorted(touched.items())}
    if not options.diff_mode:
        return {who: account for who, account in pre.items() if _exists(account)}
    post: dict[str, Any] = {address(who): _account(after, who, slots) for who, slots in sorted(touched.items())}
    changed = [who for who, account in pre.items() if account != post[who]]
    return {
        "pre": {who: _fields(pre[who]) | _slots(pre[who], post[who]) for who in changed if _exists(pre[who])},
        "post": {who: _changes(pre[who], post[who]) for who in changed if _exists(post[who])},
    }


def _exists(account: Mapping[str, Any]) -> bool:
    return _fields(account) != _NOTHING or any(int(value, 16) for value in account.get("storage", {}).values())


def _fields(account: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in account.items() if name != "storage"}


def _slots(account: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The slots in which an account differs from another one, unless they are zero."""
    theirs = other.get("storage", {})
    own = {slot: value for slot, value in account.get("storage", {}).items() if theirs.get(slot) != value and int(value, 16)}
    return {"storage": own} if own else {}


def _account(state: StateAt, raw: bytes, slots: Iterable[int]) -> dict[str, Any]:
    who = address(raw)
    nonce, code = state.nonce(who), state.code(who)
    shown: dict[str, Any] = {"balance": hex(state.balance(who))}
    shown |= {"nonce": nonce} if nonce else {}
    shown |= {"code": "0x" + code.hex()} if code else {}
    values = {slot: state.storage(who, slot) for slot in sorted(slots)}
    storage = {"0x" + padded(slot).hex(): "0x" + padded(value).hex() for slot, value in values.items()}
    shown |= {"storage": storage} if storage else {}
    return shown


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    changed = {name: value for name, value in _fields(after).items() if before.get(name) != value}
    return changed | _slots(after, before)
