"""The check on orders of the supervisor: freezes, pauses, and what a pilot may do in the state it is in."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.domain.effects import Effects
from sandbox.domain.limits import Required
from sandbox.domain.policy import Business, PartyKind, Policy
from sandbox.domain.reading import Reading, Subject
from sandbox.domain.units import Address

SUPERVISOR = "supervisor"
"""The role that an order does not bind as long as it carries it out: what touches clients' holdings is no intervention."""


def supervisory_order(subject: Subject) -> Iterator[Reading]:
    """JR/T 0184-2020 15.5: who is frozen takes no part, a paused pilot stands still, a state allows what it allows."""
    if subject.bound != Required(True):
        return
    policy, effects, orders = subject.policy, subject.effects, subject.policy.orders
    if supervises(policy, effects.sender) and not any(subject.draft.touched()):
        return
    if orders.paused:
        yield Reading("transacts", "the pilot is paused", True, policy.identity(effects.sender), detail=orders.why)
    if orders.foreign:
        for address in sorted(orders.foreign & set(_taking_part(effects))):
            yield Reading("takes part", "another pilot's", True, address, detail="each pilot is supervised by itself")
    if orders.frozen:
        yield from _frozen(subject)
    if orders.business is not Business.ALL:
        yield from _beyond_state(subject)


def supervises(policy: Policy, address: Address) -> bool:
    """True for an address of the supervisor; a client who calls himself so is a client."""
    party = policy.party(address)
    return party.kind is PartyKind.ROLE and party.name == SUPERVISOR


def _frozen(subject: Subject) -> Iterator[Reading]:
    """An order against one address of a client is one against the client: another wallet is no way round it, nor is what it
    parked in a contract."""
    policy, effects, frozen = subject.policy, subject.effects, subject.policy.orders.frozen
    clients = {policy.client(Address(one)) for one in frozen} - {None}
    taking_part = {address: policy.identity(address) for address in _taking_part(effects)}
    taking_part |= {who: policy.identity(who) for _, who in subject.draft.claims.changed}
    held = {who for address, who in taking_part.items() if who in frozen or address in frozen}
    held |= {who for address, who in taking_part.items() if policy.client(address) in clients}
    for who in dict.fromkeys(taking_part.values()):
        if who in held:
            yield Reading("takes part", "frozen", True, who)


def _taking_part(effects: Effects) -> Iterator[Address]:
    yield effects.sender
    for frame in effects.frames:
        yield from (frame.caller, frame.target)
    for move in effects.tokens:
        yield from (move.operator, move.sender, move.receiver)
    for native in effects.native:
        yield from (native.sender, native.receiver)
    for measured in effects.measured:
        yield measured.client


def _beyond_state(subject: Subject) -> Iterator[Reading]:
    policy, draft, orders = subject.policy, subject.draft, subject.policy.orders
    sender = policy.identity(subject.effects.sender)
    state = f"state {orders.why}"
    match orders.business:
        case Business.NOTHING:
            yield Reading("transacts", "no transactions", True, sender, detail=state)
        case Business.ROLES:
            clients = sorted(draft.active | set(draft.touched()))
            if clients or policy.party(subject.effects.sender).kind is not PartyKind.ROLE:
                who = ", ".join(clients) or sender
                yield Reading("clients take part", "the firm's own addresses only", True, who, detail=state)
        case _:
            growing = [one for one in draft.touched() if draft.exposure(one) > draft.book.exposure(policy, one)]
            if growing:
                yield Reading("exposure grows", "exposure only falls", True, ", ".join(growing), detail=state)
            elif draft.active:
                yield Reading("a client comes", "no new clients", True, ", ".join(sorted(draft.active)), detail=state)
