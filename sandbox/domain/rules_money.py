"""Checks on amounts, clients and rates: catalogue rows 1 to 9, 11, 12, 19, 21 and 27."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox.domain.book import Book
from sandbox.domain.limits import Amount, AmountPer, Count, CountPer, Rates, Span
from sandbox.domain.policy import AssetRule, PartyKind, Policy
from sandbox.domain.reading import Reading, Subject, at_most
from sandbox.domain.units import Address


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
    yield at_most(subject.draft.moved, subject.bound.maximum.value, subject.policy.identity(subject.effects.sender))


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


def max_issue_size(subject: Subject) -> Iterator[Reading]:
    """Row 9: worth of everything in existence of an instrument, whenever more of it is issued."""
    assert isinstance(subject.bound, Amount)
    draft = subject.draft
    for asset, rule in _moved_assets(subject):
        after = draft.supply_of(rule.key) * rule.price
        grew = draft.supply.get(asset, 0) > draft.book.supply.get(asset, 0)
        yield Reading(after, subject.bound.maximum.value, grew and after > subject.bound.maximum.value, rule.key)


def concentration(subject: Subject) -> Iterator[Reading]:
    """Row 11: share of one client in a supply, in basis points rounded up; only a holding that grows breaches it anew."""
    assert isinstance(subject.bound, Count)
    draft = subject.draft
    supplies = {rule.key: draft.supply_of(rule.key) for _, rule in _moved_assets(subject)}
    for (asset, client), held in draft.holdings.items():
        supply = supplies.get(asset, 0)
        if supply > 0:
            share = -(-held * 10_000 // supply)
            grew = held > draft.book.holdings.get((asset, client), 0)
            yield Reading(share, subject.bound.maximum, grew and share > subject.bound.maximum, client, detail=asset)


def price_rate_cap(subject: Subject) -> Iterator[Reading]:
    """Row 19: interest or return a year and fees, in basis points, as declared measures `to: rate` and `to: fee` tell."""
    assert isinstance(subject.bound, Rates)
    caps = {"rate": subject.bound.annual, "fee": subject.bound.fee}
    for measured in subject.effects.measured:
        if measured.to in caps:
            who = subject.policy.identity(measured.client)
            yield at_most(abs(measured.amount), caps[measured.to], who)._replace(detail=measured.to)


def min_holding(subject: Subject) -> Iterator[Reading]:
    """Row 21: what a client acquired within `(t - W, t]`, this transaction included, it must not sell. The firm moves units on
    request (a court's order, say) without selling them."""
    assert isinstance(subject.bound, Span)
    if subject.effects.request is not None and subject.policy.party(subject.effects.sender).kind is PartyKind.ROLE:
        return
    for (asset, client), sold in subject.draft.sold.items():
        free = subject.draft.free_to_sell(asset, client, subject.bound.maximum)
        if sold > free:
            observed = f"{sold - free} of {asset} held for less"
            yield Reading(observed, subject.bound.text(), True, client, detail=f"sells {sold}, {free} of them held long enough")


def loss_floor(subject: Subject) -> Iterator[Reading]:
    """Row 27: losses clients realised (measures `to: loss`) must not pass the reserve that compensates them."""
    assert isinstance(subject.bound, Amount)
    losses = subject.draft.book.losses + subject.draft.losses
    yield Reading(losses, subject.bound.maximum.value, subject.draft.losses > 0 and losses > subject.bound.maximum.value)


def _moved_assets(subject: Subject) -> Iterator[tuple[Address, AssetRule]]:
    for asset in dict.fromkeys(move.asset for move in subject.effects.tokens):
        rule = subject.policy.assets.get(asset)
        if rule is not None:
            yield asset, rule


def grown_unasked(
    policy: Policy, book: Book, before: Mapping[str, int], total: int, issued: Mapping[Address, int] | None = None
) -> Iterator[tuple[str, Reading]]:
    """Rows 2, 3 and 9 for exposures and issues that grew without a transaction: (code, reading) of each that is past its bound.
    before: worth each client held, total: all of them, issued: base units of each asset, before the growth."""
    one, every = (policy.limits.bound(code) for code in ("max_client_exposure", "max_total_exposure"))
    for client, held in sorted(before.items()):
        after = book.exposure(policy, client)
        if isinstance(one, Amount) and after > max(held, one.maximum.value):
            yield "max_client_exposure", at_most(after, one.maximum.value, client)
    issue = policy.limits.bound("max_issue_size")
    for asset, supply in sorted((issued or {}).items()):
        rule = policy.assets[asset]
        after = book.supply.get(asset, 0) * rule.price
        if isinstance(issue, Amount) and after > max(supply * rule.price, issue.maximum.value):
            yield "max_issue_size", at_most(after, issue.maximum.value, rule.key)
    if isinstance(every, Amount) and book.total_exposure(policy) > max(total, every.maximum.value):
        yield "max_total_exposure", at_most(book.total_exposure(policy), every.maximum.value)
