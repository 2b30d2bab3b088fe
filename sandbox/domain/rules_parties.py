"""Checks on who and with what: catalogue rows 13 to 18 and 23."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.domain.book import legs
from sandbox.domain.effects import CREATING, Effects, Frame, FrameKind
from sandbox.domain.limits import Allowed, Grade, Required
from sandbox.domain.policy import Party, PartyKind, Policy, is_system
from sandbox.domain.reading import Reading, Subject
from sandbox.domain.units import ZERO_ADDRESS, Address

PRIVILEGED: Final = frozenset(
    """mint batchMint issue burn batchBurn forcedTransfer batchForcedTransfer forceTransfer controllerTransfer
    controllerRedeem recoveryAddress upgradeTo upgradeToAndCall setImplementation changeAdmin transferOwnership
    renounceOwnership acceptOwnership grantRole revokeRole addAgent removeAgent pause unpause""".split()
)
"""Functions that change supply, ownership, code or other people's holdings in the common token standards (ERC-20
extensions, ERC-1400, ERC-1967, ERC-3643); a manifest's `roles` add its own."""

TELLING_EVENTS: Final = {
    bytes.fromhex("bc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b"): "upgrade",
    bytes.fromhex("1cf3b03a6cf19fa2baba4df148e9dcabedea7f8a5c07840e207e5c089be95d3e"): "upgrade",
    bytes.fromhex("7e644d79422f17c01e4894b5f4f588d331ebfa28653d42ae832dc59e38c9798f"): "changeAdmin",
    bytes.fromhex("8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e0"): "transferOwnership",
}
"""Topics of Upgraded, BeaconUpgraded, AdminChanged (ERC-1967) and OwnershipTransferred (ERC-173): an operation that
leaves its trace is one, whatever the function was called."""

_EXPLAINING: Final = {
    "mint": frozenset({"mint", "batchMint", "issue"}),
    "upgrade": frozenset({"upgradeTo", "upgradeToAndCall", "setImplementation"}),
    "changeAdmin": frozenset({"changeAdmin"}),
    "transferOwnership": frozenset({"transferOwnership", "renounceOwnership", "acceptOwnership"}),
}
_CALLS: Final = frozenset({FrameKind.CALL, FrameKind.STATICCALL})
_ACTING: Final = frozenset({FrameKind.CALL, FrameKind.DELEGATECALL})


def whitelist(subject: Subject) -> Iterator[Reading]:
    """Row 13: whoever sends, receives, operates or comes to owe must be known."""
    if not _on(subject):
        return
    for address, role in _participants(subject.policy, subject.effects):
        if subject.policy.party(address).kind is PartyKind.UNKNOWN:
            yield Reading(f"{role} unknown", "known participants", True, address)


def investor_class(subject: Subject) -> Iterator[Reading]:
    """Row 14: whoever receives an asset or comes to owe must be of a permitted class; of a stranger none is known."""
    yield from _attribute(subject, lambda party: party.client_class)


def jurisdiction(subject: Subject) -> Iterator[Reading]:
    """Row 15: whoever receives an asset or comes to owe must be in a permitted jurisdiction; a stranger is in none."""
    yield from _attribute(subject, lambda party: party.jurisdiction)


def asset_class(subject: Subject) -> Iterator[Reading]:
    """Row 16: every registered asset that moves must be a permitted instrument."""
    assert isinstance(subject.bound, Allowed)
    for asset in dict.fromkeys(move.asset for move in legs(subject.policy, subject.effects)):
        rule = subject.policy.assets[asset]
        if rule.instrument not in subject.bound.names:
            yield Reading(rule.instrument, subject.bound.text(), True, rule.key)


def allowed_contracts(subject: Subject) -> Iterator[Reading]:
    """Row 17: code that runs, and code that is created, must be registered; S4 where the transaction moved value."""
    if not _on(subject):
        return
    policy, effects = subject.policy, subject.effects
    created = {creation.address for creation in effects.creations}
    grade = Grade.S4 if _value_moved(effects) else Grade.S3
    for frame in effects.frames:
        if frame.kind in CREATING:
            known = frame.error is not None or policy.approve_code(frame.data, frame.output) is not None
        elif frame.kind is FrameKind.SELFDESTRUCT:
            continue
        else:
            address = frame.code_address
            known = address in policy.contracts or is_system(address) or address in created or not _runs_code(frame)
        if not known:
            yield Reading("unregistered code", "registered contracts", True, frame.code_address, frame.index, grade)


def allowed_functions(subject: Subject) -> Iterator[Reading]:
    """Row 18: a call into a registered contract must name a function its interface declares (异常接口)."""
    if not _on(subject):
        return
    for frame in subject.effects.frames:
        code = subject.policy.contracts.get(frame.target)
        if code is None or frame.kind not in _CALLS or code.fallback:
            continue
        if frame.selector not in code.functions:
            observed = "0x" + frame.selector.hex() if frame.selector else "plain send"
            yield Reading(observed, f"functions of {code.name}", True, code.name, frame.index)


def privileged_op(subject: Subject) -> Iterator[Reading]:
    """Row 23: privileged operations only by a role that may, and only on request; S4 without a request."""
    if not _on(subject):
        return
    party = subject.policy.party(subject.effects.sender)
    may = subject.policy.roles.get(party.name, frozenset()) if party.kind is PartyKind.ROLE else frozenset()
    for name, frame in privileged_operations(subject.policy, subject.effects):
        if name not in may:
            yield Reading(f"{name} by {party.name}", "a role that may", True, name, frame)
        elif subject.effects.request is None:
            yield Reading(f"{name} without request", "an approved request", True, name, frame, Grade.S4)


def privileged_operations(policy: Policy, effects: Effects) -> Iterator[tuple[str, int | None]]:
    """(function, frame) of every privileged operation the transaction carried out. What happens to a contract that this very
    transaction creates is its deployment and no operation on it.

    What none of the named functions explains is recognised by its effects. A function a manifest adds to `roles` explains
    them all, since only its author knows what it does.
    """
    if not effects.succeeded:
        return
    created = {creation.address for creation in effects.creations}
    named = PRIVILEGED.union(*policy.roles.values())
    seen: set[str] = set()
    for frame in effects.frames:
        if frame.target in created:
            continue
        code = policy.contracts.get(frame.code_address)
        name = code.functions.get(frame.selector) if code is not None and frame.kind in _ACTING else None
        if name is not None and name in named and name not in seen and frame.committed:
            seen.add(name)
            yield name, frame.index
    if seen <= PRIVILEGED:
        for trace in dict.fromkeys(_traces(policy, effects)):
            if not seen & _EXPLAINING[trace]:
                yield trace, None


def _traces(policy: Policy, effects: Effects) -> Iterator[str]:
    created = {creation.address for creation in effects.creations}
    for move in effects.tokens:
        if move.sender == ZERO_ADDRESS and move.amount and move.asset in policy.assets and move.asset not in created:
            yield "mint"
    for log in effects.logs:
        if log.topics and log.topics[0] in TELLING_EVENTS and log.address in policy.contracts and log.address not in created:
            yield TELLING_EVENTS[log.topics[0]]


def _on(subject: Subject) -> bool:
    assert isinstance(subject.bound, Required)
    return subject.bound.on


def _participants(policy: Policy, effects: Effects) -> Iterator[tuple[Address, str]]:
    seen: set[Address] = set()
    pairs: list[tuple[Address, str]] = [(effects.sender, "sender")]
    for move in effects.tokens:
        if move.asset in policy.assets:
            pairs += [(move.operator, "operator"), (move.sender, "sender"), (move.receiver, "receiver")]
    for native in effects.native:
        if native.amount:
            pairs += [(native.sender, "sender"), (native.receiver, "receiver")]
    pairs += [(measured.client, "client") for measured in effects.measured]
    created = {creation.address for creation in effects.creations}
    for address, role in pairs:
        if address not in seen and address not in created:
            seen.add(address)
            yield address, role


def _attribute(subject: Subject, attribute: object) -> Iterator[Reading]:
    assert isinstance(subject.bound, Allowed) and callable(attribute)
    receivers = dict.fromkeys(move.receiver for move in legs(subject.policy, subject.effects) if move.amount)
    owed = (measured.client for measured in subject.effects.measured if measured.to == "exposure" and measured.amount > 0)
    created = {creation.address for creation in subject.effects.creations}
    for address in dict.fromkeys((*receivers, *owed)):
        party: Party = subject.policy.party(address)
        stranger = party.kind is PartyKind.UNKNOWN and address not in created
        if (stranger or party.kind is PartyKind.CLIENT) and attribute(party) not in subject.bound.names:
            who = address if stranger else party.name
            yield Reading(attribute(party) or "not stated", subject.bound.text(), True, who)


def _runs_code(frame: Frame) -> bool:
    """A frame into an account without code costs nothing inside and returns nothing, whatever data it carries."""
    return frame.gas_used > 0 or bool(frame.output)


def _value_moved(effects: Effects) -> bool:
    return any(move.amount for move in effects.native) or any(move.amount for move in effects.tokens)
