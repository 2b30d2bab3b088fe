"""Checks on a sealed block: catalogue rows 20, 24 and 28. What contracts answer is compared with what was seen to happen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.book import Book
from sandbox.domain.limits import Bound, Floor, Grade, Required
from sandbox.domain.policy import Policy
from sandbox.domain.reading import Reading
from sandbox.domain.units import ZERO_ADDRESS, Address

ROUNDING: Final = 2
"""Base units by which a rebasing asset may round one holding."""


@dataclass(frozen=True, slots=True)
class AssetProbe:
    """What a registered asset itself answers. supply: totalSupply(), None where its standard has none. balances:
    balanceOf(holder) for everyone who was asked. silent: views its standard wants and that gave no answer. everyone: nobody
    who might hold some was left out. decimals: decimals(), None if it does not say. owners: ownerOf(token), None for none."""

    asset: Address
    key: str
    supply: int | None
    balances: Mapping[Address, int]
    silent: tuple[str, ...] = ()
    everyone: bool = False
    decimals: int | None = None
    owners: Mapping[int, Address | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReserveProbe:
    """What stands behind what is owed. liabilities: asset key, all its supply is owed. held: (asset contract, holder) pairs
    whose balances are the reserve. claimed: base units of the first of these assets the pilot says there are, None if it says
    nothing. native: wei by holder, since no event tells them."""

    liabilities: str
    held: tuple[tuple[Address, Address], ...]
    claimed: int | None = None
    native: Mapping[Address, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ControlProbe:
    """Who holds a supervisory control. view: as declared. holder: what it answers, None for no address. rightful: addresses of
    the role that must hold it."""

    view: str
    holder: Address | None
    rightful: frozenset[Address]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Everything asked when a block was sealed. timestamp: of the block, unix seconds."""

    timestamp: int
    assets: tuple[AssetProbe, ...] = ()
    reserves: tuple[ReserveProbe, ...] = ()
    controls: tuple[ControlProbe, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a check on a block sees."""

    policy: Policy
    book: Book
    bound: Bound
    seen: Sighting


def supply_integrity(standing: Standing) -> Iterator[Reading]:
    """Row 24: a registered asset's own answers agree with what its events told. A rebasing one may scale, but every
    holding by the same factor, give or take ROUNDING units."""
    if standing.bound != Required(True):
        return
    for probe in standing.seen.assets:
        for view in probe.silent:
            detail = f"{view} gives no answer, so nothing can be checked"
            yield Reading("no answer", "an answer", True, probe.key, detail=detail)
        rule = standing.policy.assets[probe.asset]
        if probe.decimals not in (None, rule.decimals) and rule.decimals is not None:
            detail = "decimals() is not what the manifest declares, so every amount of money is wrong"
            yield Reading(f"{probe.decimals} decimals", f"{rule.decimals} decimals", True, probe.key, detail=detail)
        if rule.rebasing:
            yield from _rebased_unevenly(standing.book, probe)
        else:
            yield from _disagreements(standing.book, probe)


def reserve(standing: Standing) -> Iterator[Reading]:
    """Row 20: worth of reserves, in basis points of what is owed, at least the minimum; S4 below the hard floor."""
    assert isinstance(standing.bound, Floor)
    for probe in standing.seen.reserves:
        assets, book = standing.policy.assets, standing.book
        supplies = ((assets[asset], amount) for asset, amount in book.supply.items())
        owed = sum(amount * rule.price for rule, amount in supplies if rule.key == probe.liabilities)
        if owed > 0:
            ratio = sum(assets[asset].price * amount for asset, amount in _held(book, probe)) * 10_000 // owed
            short, grade = ratio < standing.bound.minimum, Grade.S4 if ratio < standing.bound.hard else None
            yield Reading(ratio, standing.bound.minimum, short, probe.liabilities, grade=grade, least=True)


def supervision_evasion(standing: Standing) -> Iterator[Reading]:
    """Row 28: a declared control is where it belongs, and a pilot claims no reserve it does not hold."""
    if standing.bound != Required(True):
        return
    for control in standing.seen.controls:
        if control.holder not in control.rightful:
            yield Reading(control.holder or "nobody", ", ".join(sorted(control.rightful)) or "nobody", True, control.view)
    for probe in standing.seen.reserves:
        held = list(_held(standing.book, probe))
        first = sum(amount for asset, amount in held if asset == held[0][0])
        if probe.claimed is not None and probe.claimed > first:
            detail = "claims a reserve it does not hold"
            yield Reading(f"claims {probe.claimed}", f"holds {first}", True, probe.liabilities, detail=detail)


def _held(book: Book, probe: ReserveProbe) -> Iterator[tuple[Address, int]]:
    for asset, holder in probe.held:
        known = probe.native.get(holder, 0) if asset == ZERO_ADDRESS else book.balances.get((asset, holder), 0)
        yield asset, known


def _disagreements(book: Book, probe: AssetProbe) -> Iterator[Reading]:
    told = book.supply.get(probe.asset, 0)
    if probe.supply is not None and probe.supply != told:
        detail = f"totalSupply() is {probe.supply}, the mint and burn events add up to {told}"
        yield Reading(str(probe.supply), str(told), True, probe.key, detail=detail)
    for holder, balance in sorted(probe.balances.items()):
        expected = book.balances.get((probe.asset, holder), 0)
        if balance != expected:
            detail = f"balanceOf({holder}) is {balance}, the transfer events add up to {expected}"
            yield Reading(str(balance), str(expected), True, probe.key, detail=detail)
    for token, owner in sorted(probe.owners.items()):
        known = book.owners.get((probe.asset, token), ZERO_ADDRESS)
        if (owner or ZERO_ADDRESS) != known:
            detail = f"ownerOf({token}) is {owner or 'nobody'}, by the transfer events it is {known}"
            yield Reading(owner or "nobody", known, True, probe.key, detail=detail)


def _rebased_unevenly(book: Book, probe: AssetProbe) -> Iterator[Reading]:
    before = {holder: book.balances.get((probe.asset, holder), 0) for holder in probe.balances}
    told, together = sum(before.values()), sum(probe.balances.values())
    for holder, balance in sorted(probe.balances.items()):
        uneven = balance > ROUNDING if told == 0 else abs(balance * told - before[holder] * together) > ROUNDING * told
        if uneven:
            detail = f"balanceOf({holder}) is {balance}: not scaled like the others, {before[holder]} before"
            yield Reading(str(balance), str(before[holder]), True, probe.key, detail=detail)
    if probe.supply is not None and probe.everyone and abs(probe.supply - together) > len(probe.balances):
        detail = f"totalSupply() is {probe.supply}, all balances add up to {together}"
        yield Reading(str(probe.supply), str(together), True, probe.key, detail=detail)
