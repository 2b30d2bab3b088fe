"""The lookout: what contracts answer when a block is sealed, for `supervision.judge_block`, and what was already told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sandbox.chain.chain import Chain
from sandbox.chain.coercion import text_of
from sandbox.domain.book import Book
from sandbox.domain.events import ProbeRead
from sandbox.domain.pilot import PilotManifest, Probe, Reserve
from sandbox.domain.policy import Policy
from sandbox.domain.supervision import AssetProbe, ControlProbe, Finding, ReserveProbe, Sighting
from sandbox.domain.units import ZERO_ADDRESS, Address
from sandbox.running.cast import Member
from sandbox.running.probing import probe, read_address, read_word

Told = tuple[str, str, str, str]
"""(code, who, detail, base grade) of a departure that lasts."""

FIRM: Final = "firm"


class Lookout:
    """Asks on behalf of one run. addresses: instance name -> address, and code_of: instance name -> contract, filled in as
    contracts are deployed."""

    def __init__(
        self,
        manifest: PilotManifest,
        chain: Chain,
        cast: Mapping[str, Member],
        addresses: Mapping[str, Address],
        code_of: Mapping[str, str],
    ) -> None:
        self._manifest = manifest
        self._chain = chain
        self._cast = cast
        self._addresses = addresses
        self._code_of = code_of
        self._probed: dict[str, str | None] = {}
        self._told: set[Told] = set()

    def look(self, policy: Policy, book: Book, *, everyone: bool) -> Sighting:
        """Everything judged on a sealed block. Every asset is asked, moved or not: balances can be kept elsewhere, or grow with
        time. everyone: ask about every holder, not just so many; of rebasing assets always."""
        assets = (
            self._asset(policy, book, asset, everyone or policy.assets[asset].rebasing) for asset in sorted(policy.assets)
        )
        return Sighting(
            timestamp=self._chain.head.timestamp,
            assets=tuple(made for made in assets if made is not None),
            reserves=tuple(self._reserve(policy, one) for one in self._manifest.reserves),
            controls=tuple(self._controls()),
        )

    def fresh(self, found: Iterable[Finding], seen: Sighting) -> tuple[Finding, ...]:
        """Of what a sighting shows, what was not told yet: each departure once while it lasts."""
        examined = {one.key for one in seen.assets} | {one.liabilities for one in seen.reserves}
        examined |= {one.view for one in seen.controls}
        lasting = {_told(finding): finding for finding in found}
        new = tuple(finding for told, finding in lasting.items() if told not in self._told)
        self._told = {told for told in self._told if told[1] not in examined} | lasting.keys()
        return new

    def probes(self, step: int, block: int) -> Iterator[ProbeRead]:
        """The manifest's probes whose contract is deployed, each answer that is new."""
        for wanted in self._manifest.probes:
            if wanted.contract in self._addresses:
                value = self._answer(wanted)
                if self._probed.get(wanted.name, "") != value:
                    self._probed[wanted.name] = value
                    yield ProbeRead(step, wanted.name, f"{wanted.contract}.{wanted.function}", value, block)

    def told(self) -> tuple[dict[str, str | None], set[Told]]:
        """What it has told by now, to come back to."""
        return dict(self._probed), set(self._told)

    def return_to(self, told: tuple[dict[str, str | None], set[Told]]) -> None:
        """Take what it told since for untold."""
        self._probed, self._told = dict(told[0]), set(told[1])

    def _answer(self, wanted: Probe) -> str | None:
        face = self._chain.contracts.named(wanted.contract).interface
        answer = self._chain.view(self._addresses[wanted.contract], face.call(wanted.function, []))
        values = face.result(face.function(wanted.function, 0), answer.output) if answer.succeeded else ()
        return ", ".join(map(text_of, values)) if values else None

    def _asset(self, policy: Policy, book: Book, asset: Address, everyone: bool) -> AssetProbe | None:
        rule = policy.assets.get(asset)
        others = [*(member.address for member in self._cast.values()), *self._addresses.values()]
        return None if rule is None else probe(self._chain, book, asset, rule, others, everyone=everyone)

    def _reserve(self, policy: Policy, reserve: Reserve) -> ReserveProbe:
        held = tuple(
            (asset, holder)
            for key, names in reserve.held.items()
            for asset in self._contracts_of(policy, key)
            for name in names
            for holder in self._holders(name)
        )
        claimed = None if reserve.attested is None else self._word(reserve.attested)
        native = {holder: self._chain.balance(holder) for asset, holder in held if asset == ZERO_ADDRESS}
        return ReserveProbe(reserve.liabilities, held, claimed, native)

    def _contracts_of(self, policy: Policy, key: str) -> list[Address]:
        return [address for address, rule in policy.assets.items() if rule.key == key]

    def _controls(self) -> Iterator[ControlProbe]:
        for control in self._manifest.controls:
            rightful = self._holders(control.held_by)
            for instance in self._instances(control.view.contract):
                contract, data = self._call(instance, control.view)
                asker = rightful[0] if rightful else ZERO_ADDRESS
                holder = read_address(self._chain, contract, data, asker)
                yield ControlProbe(f"{instance}.{control.view.function}", holder, frozenset(rightful))

    def _instances(self, name: str) -> list[str]:
        """The instance of that name and every other instance of that contract."""
        return [one for one in self._addresses if name in (one, self._code_of.get(one))]

    def _holders(self, name: str) -> list[Address]:
        """Addresses behind an instance's, a contract's or a role's name."""
        instances = self._instances(name)
        if instances:
            return [self._addresses[one] for one in instances]
        return [member.address for member in self._cast.values() if member.actor.role == name]

    def _word(self, view: Probe) -> int | None:
        if view.contract not in self._addresses:
            return None
        contract, data = self._call(view.contract, view)
        return read_word(self._chain, contract, data, next(iter(self._cast.values())).address)

    def _call(self, instance: str, view: Probe) -> tuple[Address, bytes]:
        face = self._chain.contracts.named(instance).interface
        return self._addresses[instance], face.call(view.function, [])


def _told(finding: Finding) -> Told:
    return (finding.code, finding.who, finding.detail, finding.base_grade.name)
