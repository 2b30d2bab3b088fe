"""Checks on amounts, clients and rates: catalogue rows 1 to 8 and 12."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.domain.limits import Amount, AmountPer, Count, CountPer
from sandbox.domain.reading import Reading, Subject, at_most


def max_clients(subject: Subject) -> Iterator[Reading]:
    """Row 1: distinct clients that ever held or transacted. Above the bound, only a new client breaches it."""
    assert isinstance(subject.bound, Count)
    new, clients = sorted(subject.draft.active), subject.draft.clients()
    yield Reading(clients, subject.bound.maximum, bool(new) and clients > subject.bound.maximum, ", ".join(new))


def max_client_exposure(subject: Subject) -> Iterator[Reading]:
    """Row 2: per client, what it holds or owes after the transaction. A client above the bound whose exposure does not
    grow (a repayment, a price that rose) breaches nothing anew."""
    assert isinstance(subject.bound, Amount)
    draft = subject.draft
    for client in draft.touched():
        after, before = draft.exposure(client), draft.book.exposure(subject.policy, client)
        reading = at_most(after, subject.bound.maximum.value, client)
        yield reading if after > before else Reading(after, reading.bound, False, client)


def max_total_exposure(subject: Subject) -> Iterator[Reading]:
    """Row 3: what all clients hold or owe after the transaction, if it grew."""
    assert isinstance(subject.bound, Amount)
    after, before = subject.draft.total_exposure(), subject.draft.book.total_exposure(subject.policy)
    grew = after > before
    yield Reading(after, subject.bound.maximum.value, grew and after > subject.bound.maximum.value)


def wind_down_trigger(subject: Subject) -> Iterator[Reading]:
    """Row 4: total exposure that reaches the trigger starts the transition; reaching it is enough, also by a price that
    rose. Said once."""
    assert isinstance(subject.bound, Amount)
    after, trigger = subject.draft.total_exposure(), subject.bound.maximum.value
    yield Reading(after, trigger, after >= trigger and not subject.draft.book.triggered)


def max_tx_amount(subject: Subject) -> Iterator[Reading]:
    """Row 5: worth of all legs of one transaction together, so that splitting it into many legs changes nothing."""
    assert isinstance(subject.bound, Amount)
    yield at_most(subject.draft.moved, subject.bound.maximum.value)


def max_client_volume(subject: Subject) -> Iterator[Reading]:
    """Row 6: outgoing worth of a client, all its addresses together, in the rolling window."""
    assert isinstance(subject.bound, AmountPer)
    for client in subject.draft.outgoing:
        yield at_most(subject.draft.volume(client, subject.bound.window), subject.bound.maximum.value, client)


def max_pilot_volume(subject: Subject) -> Iterator[Reading]:
    """Row 7: worth the pilot moved in the rolling window. A transaction that moves nothing (a pause, say) breaches nothing."""
    assert isinstance(subject.bound, AmountPer)
    volume, maximum = subject.draft.pilot_volume(subject.bound.window), subject.bound.maximum.value
    yield Reading(volume, maximum, subject.draft.moved > 0 and volume > maximum)


def max_tx_rate(subject: Subject) -> Iterator[Reading]:
    """Row 8: transactions of the client that sent this one, in the rolling window."""
    assert isinstance(subject.bound, CountPer)
    client = subject.draft.client
    if client is not None:
        yield at_most(subject.draft.rate(client, subject.bound.window), subject.bound.maximum, client)


def holder_count(subject: Subject) -> Iterator[Reading]:
    """Row 12: identities that hold more than nothing of one instrument; the firm's own addresses are not holders."""
    assert isinstance(subject.bound, Count)
    for asset, holders in subject.draft.holders.items():
        before = subject.draft.book.holders.get(asset, 0)
        breached = holders > subject.bound.maximum and holders > before
        yield Reading(holders, subject.bound.maximum, breached, subject.policy.assets[asset].key)
