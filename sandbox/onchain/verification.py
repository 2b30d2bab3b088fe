"""The registry contract against the log: they tell the same, entry by entry, or somebody was at one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from eth_hash.auto import keccak

from sandbox.domain.inscription import Inscription, LoggedWrite
from sandbox.domain.standing import State
from sandbox.errors import VerificationFailed
from sandbox.onchain.registry import PilotRegistry

_RESTORE: Final = "restore the database from a backup"
_FIELDS: Final = ("firm", "code_hash", "manifest_hash", "limits_hash", "paused")


def verify_registry(registry: PilotRegistry, told: Sequence[LoggedWrite]) -> str:
    """A line about a registry that says what the log tells, and in whose blocks. Raises VerificationFailed naming the first
    entry that does not agree."""
    _check_code(registry, told)
    _check_blocks(registry, told)
    pilots = _check_pilots(registry, [one for one in told if one.body["type"] == "registry_written"])
    anchors = _check_anchors(registry, [one for one in told if one.body["type"] == "log_anchored"])
    return f"holds: registry {registry.address}, {pilots} pilots, {anchors} anchors"


def _check_code(registry: PilotRegistry, told: Sequence[LoggedWrite]) -> None:
    code, deployed = registry.code, [one for one in told if one.body["type"] == "registry_deployed"]
    if not deployed:
        _fail("the chain has a registry contract that the log does not know", None)
    first = deployed[0]
    if first.body["address"] != registry.address:
        _fail(f"the registry the log tells of is at {first.body['address']}, the key's at {registry.address}", first)
    if first.body["code_hash"] != "0x" + keccak(code).hex():
        _fail("the code of the registry contract is not what was deployed", first)


def _check_blocks(registry: PilotRegistry, told: Sequence[LoggedWrite]) -> None:
    for one in told:
        if registry.block_hash(one.body["block"]) != one.body["block_hash"]:
            _fail(f"block {one.body['block']} of the chain is not the one the log tells of", one)
        if not registry.holds(one.body["block"], one.body["transaction"]):
            _fail(f"transaction {one.body['transaction']} is not in the block the log tells of", one)


def _check_pilots(registry: PilotRegistry, told: Sequence[LoggedWrite]) -> int:
    last = {one.body["pilot"]: one for one in told}
    names = registry.pilots()
    if names != list(last):
        _fail(f"the registry contract has the pilots {names}, the log tells of {list(last)}", None)
    for pilot, one in last.items():
        entry = registry.entry(pilot)
        expected = Inscription(status=State(one.body["status"]), **{name: one.body[name] for name in _FIELDS})
        if entry is None or (entry.entry, entry.block) != (expected, one.body["block"]):
            _fail(f"the registry contract does not say of pilot {pilot} what was written", one)
    return len(last)


def _check_anchors(registry: PilotRegistry, told: Sequence[LoggedWrite]) -> int:
    for log in {one.body["log"]: None for one in told}:
        mine = [one for one in told if one.body["log"] == log]
        found = [(one.size, "0x" + one.root.hex(), one.block) for one in registry.anchors(log)]
        for place, one in enumerate(mine):
            size, root, block = (one.body[name] for name in ("size", "root", "block"))
            if found[place : place + 1] != [(size, root, block)]:
                _fail(f"the anchor of {size} entries of log {log} is not on the chain as it was written", one)
            if root != one.root:
                _fail(f"the first {size} entries of log {log} are not those whose root is on the chain", one)
        if len(found) > len(mine):
            _fail(f"the chain has {len(found)} anchors of log {log}, the log tells of {len(mine)}", None)
    return len(told)


def _fail(what: str, one: LoggedWrite | None) -> NoReturn:
    where = "the registry contract" if one is None else f"sandbox entry {one.index}"
    raise VerificationFailed(what, where=where, do=_RESTORE)
