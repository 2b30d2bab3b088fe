"""Assets whose balances move without events: what they answer on a sealed block is taken for true, and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.domain.events import BalancesRead
from sandbox.domain.rules_money import grown_unasked
from sandbox.domain.supervision import AssetProbe, Finding, Sighting, judge_fact

if TYPE_CHECKING:
    from sandbox.running.world import World


def settle_rebased(world: World, step: int, seen: Sighting) -> tuple[Finding, ...]:
    """Bring the book up to what rebasing assets answer; exposures that grew past a bound by it are findings, for nobody sent a
    transaction that could have been refused."""
    policy, book = world.policy, world.book
    rebased = [one for one in seen.assets if policy.assets[one.asset].rebasing and one.supply is not None]
    clients = {client for one in rebased for holder in one.balances if (client := policy.client(holder)) is not None}
    before = {client: book.exposure(policy, client) for client in clients}
    total, issued = book.total_exposure(policy), {one.asset: book.supply.get(one.asset, 0) for one in rebased}
    for one in rebased:
        _settle(world, step, one)
    readings = grown_unasked(policy, book, before, total, issued) if rebased else ()
    judged = (judge_fact(policy, code, reading, world.memory, seen.timestamp) for code, reading in readings)
    return tuple(finding for finding in judged if finding is not None)


def _settle(world: World, step: int, one: AssetProbe) -> None:
    book, supply = world.book, one.supply or 0
    told = {who: amount for who, amount in one.balances.items() if book.balances.get((one.asset, who), 0) != amount}
    if told or book.supply.get(one.asset, 0) != supply:
        texts = {str(who): str(amount) for who, amount in told.items()}
        world.record(BalancesRead(step, one.asset, str(supply), texts, world.chain.head.number))
        book.settle(world.policy, one.asset, supply, told)
