"""Delegates: the code a proxy runs for a selector. It may change where everybody sees it, and is judged; not in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.domain.bytecode import PROXY_SLOTS
from sandbox.domain.effects import Effects, FrameKind
from sandbox.domain.policy import Policy
from sandbox.domain.units import Address

Delegate = tuple[Address, bytes]
"""(proxy, selector)."""

TELLING_EVENTS: Final = {
    bytes.fromhex("bc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b"): "upgrade",
    bytes.fromhex("1cf3b03a6cf19fa2baba4df148e9dcabedea7f8a5c07840e207e5c089be95d3e"): "upgrade",
    bytes.fromhex("7e644d79422f17c01e4894b5f4f588d331ebfa28653d42ae832dc59e38c9798f"): "changeAdmin",
    bytes.fromhex("8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0"): "transferOwnership",
}
"""Topics of Upgraded, BeaconUpgraded, AdminChanged (ERC-1967) and OwnershipTransferred (ERC-173): an operation that
leaves its trace is one, whatever the function was called."""

UPGRADE_SLOTS: Final = {
    int.from_bytes(slot, "big"): "changeAdmin" if name.endswith("admin") else "upgrade" for name, slot in PROXY_SLOTS.items()
}
"""Storage slots of ERC-1967 (and its forerunners): writing one is the operation, with or without an event."""

UPGRADES: Final = frozenset({"upgradeTo", "upgradeToAndCall", "setImplementation"})
"""Functions that say they change the code of a proxy."""


class Delegates:
    """What one transaction shows. ran: code that ran, where a registered contract handed a call on as it came. opened: some
    operation on record changed code (a beacon changes that of proxies it never names), so what ran before proves nothing."""

    def __init__(self, known: Mapping[Delegate, Address], policy: Policy, effects: Effects) -> None:
        self.ran: dict[Delegate, Address] = dict(_handed_on(policy, effects))
        self.opened = effects.succeeded and _opened(policy, effects)
        self.changed = any(known.get(key, code) != code for key, code in self.ran.items())

    def settle(self, book: dict[Delegate, Address]) -> None:
        """Fold into what is known. A change that was noticed is noticed once, whichever functions are called next."""
        if self.opened or self.changed:
            book.clear()
        book.update(self.ran)


def _handed_on(policy: Policy, effects: Effects) -> Iterator[tuple[Delegate, Address]]:
    created = {creation.address for creation in effects.creations}
    for frame in effects.frames:
        parent = effects.frames[frame.parent] if frame.parent >= 0 else None
        passed_on = frame.kind is FrameKind.DELEGATECALL and parent is not None and parent.data == frame.data
        if passed_on and frame.committed and frame.target in policy.contracts and frame.target not in created:
            yield (frame.target, frame.selector), frame.code_address


def _opened(policy: Policy, effects: Effects) -> bool:
    """True for what `privileged_op` judges as an upgrade, or as an operation only its firm knows the meaning of."""
    slots = (UPGRADE_SLOTS.get(write.slot) for write in effects.writes if write.address in policy.contracts)
    events = (TELLING_EVENTS.get(log.topics[0]) for log in effects.logs if log.topics and log.address in policy.contracts)
    if "upgrade" in (*slots, *events):
        return True
    own = UPGRADES.union(*policy.roles.values())
    codes = ((policy.contracts.get(frame.code_address), frame) for frame in effects.frames if frame.committed)
    return any(code is not None and code.functions.get(frame.selector) in own for code, frame in codes)
