"""Checks on who and with what: catalogue rows 13 to 18."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.domain.draft import legs
from sandbox.domain.effects import CREATING, Effects, Frame, FrameKind
from sandbox.domain.limits import Allowed, Grade, Required
from sandbox.domain.policy import Party, PartyKind, Policy, is_system
from sandbox.domain.reading import Reading, Subject
from sandbox.domain.units import ZERO_ADDRESS, Address

MOVING_EVENTS: Final = {
    bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"): 3,
    bytes.fromhex("c3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"): 4,
    bytes.fromhex("4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"): 4,
}
"""Topics of Transfer (ERC-20, ERC-721), TransferSingle and TransferBatch (ERC-1155) -> topics such a log has at least."""

_CALLS: Final = frozenset({FrameKind.CALL, FrameKind.STATICCALL})


def whitelist(subject: Subject) -> Iterator[Reading]:
    """Row 13: whoever sends, receives, operates or comes to owe must be known."""
    if not _on(subject):
        return
    for address, role in _participants(subject.policy, subject.effects):
        kind = subject.policy.party(address).kind
        if kind in (PartyKind.UNKNOWN, PartyKind.SYSTEM):
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
    if ZERO_ADDRESS not in policy.assets and (moved := _ether_of_clients(policy, effects)):
        detail = f"{moved} wei of a client's moves, and ether is no registered asset"
        yield Reading("unregistered asset", "registered assets", True, "ether", grade=Grade.S4, detail=detail)
    for token in dict.fromkeys(_unlisted_tokens(policy, effects)):
        name = policy.contracts[token].name
        detail = f"{name} moves a token that is no registered asset"
        yield Reading("unregistered asset", "registered assets", True, name, grade=Grade.S4, detail=detail)


def _ether_of_clients(policy: Policy, effects: Effects) -> int:
    """Wei that clients give the firm or its contracts, or get from them; what two clients hand each other is no custody."""
    sides = ((move.amount, policy.client(move.sender), policy.client(move.receiver)) for move in effects.native)
    return sum(amount for amount, sender, receiver in sides if (sender is None) != (receiver is None))


def _unlisted_tokens(policy: Policy, effects: Effects) -> Iterator[Address]:
    """Registered contracts that move a token nobody registered: no limit in money could see it."""
    for log in effects.logs:
        moves = bool(log.topics) and log.topics[0] in MOVING_EVENTS and len(log.topics) >= MOVING_EVENTS[log.topics[0]]
        if moves and log.address not in policy.assets and log.address in policy.contracts:
            yield log.address


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


def _on(subject: Subject) -> bool:
    assert isinstance(subject.bound, Required)
    return subject.bound.on


def _participants(policy: Policy, effects: Effects) -> Iterator[tuple[Address, str]]:
    seen: set[Address] = set()
    pairs: list[tuple[Address, str]] = [(effects.sender, "sender")]
    for move in effects.tokens:
        if move.asset in policy.assets:
            legs_of = ((move.operator, "operator"), (move.sender, "sender"), (move.receiver, "receiver"))
            pairs += [pair for pair in legs_of if pair[0] != ZERO_ADDRESS]  # of tokens nobody: a mint, or a burn
    for native in effects.native:
        if native.amount:
            pairs += [(native.sender, "sender"), (native.receiver, "receiver")]
    pairs += [(measured.client, "client") for measured in effects.measured if measured.client != ZERO_ADDRESS]
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
