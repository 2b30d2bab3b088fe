"""The check on privileged operations, catalogue row 23: recognised by their names, and by their traces where they hide them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sandbox.domain.delegates import TELLING_EVENTS as TELLING_EVENTS
from sandbox.domain.delegates import UPGRADE_SLOTS as UPGRADE_SLOTS
from sandbox.domain.delegates import UPGRADES
from sandbox.domain.draft import Draft, legs
from sandbox.domain.effects import Effects, FrameKind, Standard, TokenMove
from sandbox.domain.limits import Grade, Required
from sandbox.domain.policy import PartyKind, Policy
from sandbox.domain.reading import Reading, Subject
from sandbox.domain.rules_orders import supervises
from sandbox.domain.units import ZERO_ADDRESS, Address

PRIVILEGED: Final = frozenset(
    """mint batchMint issue burn batchBurn forcedTransfer batchForcedTransfer forceTransfer controllerTransfer
    controllerRedeem recoveryAddress upgradeTo upgradeToAndCall setImplementation changeAdmin transferOwnership
    renounceOwnership acceptOwnership grantRole revokeRole addAgent removeAgent pause unpause""".split()
)
"""Functions that change supply, ownership, code or other people's holdings in the common token standards (ERC-20
extensions, ERC-1400, ERC-1967, ERC-3643); a manifest's `roles` add its own."""

_EXPLAINING: Final = {
    "mint": frozenset({"mint", "batchMint", "issue"}),
    "upgrade": UPGRADES,
    "forcedTransfer": frozenset(
        """forcedTransfer batchForcedTransfer forceTransfer controllerTransfer recoveryAddress""".split()
    ),
    "burn": frozenset({"burn", "batchBurn", "controllerRedeem"}),
    "changeAdmin": frozenset({"changeAdmin"}),
    "transferOwnership": frozenset({"transferOwnership", "renounceOwnership", "acceptOwnership"}),
}

INTERVENTIONS: Final = frozenset({"pause", "unpause", "freeze", "unfreeze"})
"""What the supervisor may do to a contract of its own accord (JR/T 0184-2020 15.5)."""

VAULT_FUNCTIONS: Final = frozenset(map(bytes.fromhex, ("6e553f65", "94bf804d", "b460af94", "ba087652")))
"""Selectors of deposit, mint, withdraw and redeem of ERC-4626: open to everybody, they issue and take back shares."""

ISSUING_FUNCTIONS: Final = frozenset(map(bytes.fromhex, ("6e553f65", "94bf804d")))
"""Selectors of deposit and mint among them, which issue shares for what comes in."""

_ACTING: Final = frozenset({FrameKind.CALL, FrameKind.DELEGATECALL})


def privileged_op(subject: Subject) -> Iterator[Reading]:
    """Row 23: privileged operations only by a role that may, and only on request; S4 without a request, or on one given
    for something else. What the supervisor does by INTERVENTIONS is its own business."""
    assert isinstance(subject.bound, Required)
    party, who = subject.policy.party(subject.effects.sender), subject.policy.identity(subject.effects.sender)
    if not subject.bound.on:
        return
    intervening = supervises(subject.policy, subject.effects.sender)
    request = subject.effects.request
    may = subject.policy.roles.get(party.name, frozenset()) if party.kind is PartyKind.ROLE else frozenset()
    for name, frame in privileged_operations(subject.policy, subject.effects, subject.draft):
        if intervening and name in INTERVENTIONS:
            continue
        if name not in may:
            yield Reading(f"{name} by {party.name}", "a role that may", True, who, frame)
        elif request is None:
            yield Reading(f"{name} without request", "an approved request", True, who, frame, Grade.S4)
        elif subject.draft.book.requests.get(request, subject.draft.purpose) != subject.draft.purpose:
            detail = f"{request} served another operation before"
            yield Reading(f"{name} on another's request", "an approved request", True, who, frame, Grade.S4, detail)


def privileged_operations(policy: Policy, effects: Effects, draft: Draft) -> Iterator[tuple[str, int | None]]:
    """(function, frame) of every privileged operation the transaction carried out. What happens to a contract that this very
    transaction creates is its deployment and no operation on it; but bringing an asset into being is one.

    What none of the named functions explains is recognised by its effects. A function a manifest adds to `roles` explains
    them all, since only its author knows what it does.
    """
    if not effects.succeeded:
        return
    created = {creation.address for creation in effects.creations}
    named, own = PRIVILEGED.union(*policy.roles.values()), _own_burns(policy, effects)
    seen: set[str] = set()
    for frame in effects.frames:
        if frame.target in created:
            continue
        code = policy.contracts.get(frame.code_address)
        name = code.functions.get(frame.selector) if code is not None and frame.kind in _ACTING else None
        open_to_all = frame.selector in VAULT_FUNCTIONS and _is_vault(policy, frame.target)
        if name is None or name not in named or name in seen or not frame.committed or open_to_all or name in own:
            continue
        seen.add(name)
        yield name, frame.index
    if seen <= PRIVILEGED:
        for trace in dict.fromkeys(_traces(policy, effects, draft)):
            if not seen & _EXPLAINING[trace]:
                yield trace, None
    if effects.created in policy.assets and policy.client(effects.sender) is not None:
        yield "deploy", None


def _own_burns(policy: Policy, effects: Effects) -> frozenset[str]:
    """Burning one's own units is nobody else's business."""
    client = policy.client(effects.sender)
    burnt = [move.sender for move in effects.tokens if move.receiver == ZERO_ADDRESS and move.asset in policy.assets]
    mine = client is not None and bool(burnt) and all(policy.client(holder) == client for holder in burnt)
    return frozenset({"burn"}) if mine else frozenset()


def _is_vault(policy: Policy, address: Address) -> bool:
    rule = policy.assets.get(address)
    return rule is not None and rule.standard is Standard.ERC4626


def _paid_for(policy: Policy, effects: Effects) -> frozenset[Address]:
    """Assets whose new units were paid for: by something that came into a vault through its own functions, or by clients who
    gave at least what the units they got are worth (liquidity for its token, a price for a ticket)."""
    moves = list(legs(policy, effects))
    minted = [move for move in moves if move.sender == ZERO_ADDRESS and move.amount]
    entered = {frame.target for frame in effects.frames if frame.selector in ISSUING_FUNCTIONS and frame.committed}
    fed = {move.receiver for move in moves if move.amount and move.receiver != move.asset}
    vaults = {move.asset for move in minted if _is_vault(policy, move.asset) and move.asset in entered & fed}
    unpaid = {move.asset for move in minted if not _bought(policy, moves, move)}
    return frozenset(vaults | ({move.asset for move in minted} - unpaid))


def _bought(policy: Policy, moves: Sequence[TokenMove], mint: TokenMove) -> bool:
    """True if the client gave, in other assets, at least what all units of this one that came into being for it are worth.
    Units without a price are worth something that nobody can tell, so nothing pays for them."""
    client = policy.client(mint.receiver)
    if client is None:
        return False
    due = gave = 0
    for move in moves:
        worth = move.amount * policy.assets[move.asset].price
        if move.asset == mint.asset:
            due += worth if move.sender == ZERO_ADDRESS and policy.client(move.receiver) == client else 0
        else:
            gave += worth * ((policy.client(move.sender) == client) - (policy.client(move.receiver) == client))
    return gave >= due > 0


def _traces(policy: Policy, effects: Effects, draft: Draft) -> Iterator[str]:
    created = {creation.address for creation in effects.creations}
    firm = policy.client(effects.sender) is None
    paid_for = _paid_for(policy, effects)
    for move in effects.tokens:
        issued = firm and move.asset in created  # what a new asset starts with, unless a client brought it into being
        if move.asset not in policy.assets or issued or not move.amount:
            continue
        if move.sender == ZERO_ADDRESS and move.asset not in paid_for:
            yield "mint"
        elif not draft.consents.covers(move):
            yield "burn" if move.receiver == ZERO_ADDRESS else "forcedTransfer"
    for write in effects.writes:
        if write.slot in UPGRADE_SLOTS and write.address in policy.contracts and write.address not in created:
            yield UPGRADE_SLOTS[write.slot]
    for log in effects.logs:
        if log.topics and log.topics[0] in TELLING_EVENTS and log.address in policy.contracts and log.address not in created:
            yield TELLING_EVENTS[log.topics[0]]
    if draft.delegates.changed:
        yield "upgrade"
