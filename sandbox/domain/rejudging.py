"""Judging a recorded run again: the same transactions in the same order, on a book that follows what is decided now.

Nothing is executed: what a transaction did, or would have done, is what the log holds of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final

from sandbox.domain import replaying
from sandbox.domain.artifact import Artifact, link
from sandbox.domain.book import Book
from sandbox.domain.effects import CREATING, Effects
from sandbox.domain.foresight import with_creations, with_deployment
from sandbox.domain.grading import Memory
from sandbox.domain.limits import LimitSet
from sandbox.domain.policy import Approved, AssetRule, Business, Orders, Policy
from sandbox.domain.replaying import Body, Opening
from sandbox.domain.report_scan import LogEntry
from sandbox.domain.supervision import Block, Judgement, judge
from sandbox.domain.units import ZERO_ADDRESS, Address, Value
from sandbox.errors import InputError

Approve = Callable[[str, Artifact], Approved]
"""An admitted artifact as the supervisor recognises it."""

Overlay = Callable[[LimitSet, int], LimitSet]
"""The limits to judge under instead of those recorded; the factor is in basis points of each staged limit."""

_WHOLE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """Code a run can be judged with. approved: as at its beginning. linkable: artifacts whose libraries' addresses come with
    their deployments."""

    approved: Mapping[str, Approved]
    linkable: Mapping[str, Artifact]


def known_code(
    begun: Opening, entries: Sequence[LogEntry], artifacts: Mapping[str, Artifact], approve: Approve
) -> Known:
    """The code the run recognised: of the artifacts given where they are the run's own (by the hash of their init code), else
    of its deployments. Raises InputError where neither tells all of it."""
    approved: dict[str, Approved] = {}
    linkable: dict[str, Artifact] = {}
    gone: list[str] = []
    for name, plan in begun.code.items():
        artifact = artifacts.get(name)
        if artifact is not None and sha256(artifact.init_code).hexdigest() == plan.init_hash:
            code = approve(name, artifact)
            approved[name] = replace(code, functions=plan.functions, fallback=plan.fallback)
            if artifact.link_references:
                linkable[name] = artifact
        else:
            gone.append(name)
            approved[name] = Approved(name, b"", plan.functions, plan.fallback)
    if gone:
        approved |= _deployed(gone, approved, [entry.body for entry in entries if entry.type == "transaction"])
    return Known(approved, linkable)


def _deployed(gone: Sequence[str], plain: Mapping[str, Approved], transactions: Sequence[Body]) -> dict[str, Approved]:
    """What was deployed and recorded as a contract is that contract, to the byte."""
    found: dict[str, Approved] = {}
    for body in transactions:
        deploys = body["deploys"]
        frames = replaying.effects(body).frames
        inner = [frame for frame in frames[1:] if frame.kind in CREATING]
        if inner:
            names = ", ".join(sorted(gone)[:3]) + (" …" if len(gone) > 3 else "")
            raise InputError(f"contracts create contracts, and the registry does not hold the code of {names} that was run")
        if deploys is None or deploys["contract"] not in gone or "allowed_contracts" in body["findings"]:
            continue
        name = deploys["contract"]
        key = name if name not in found else f"{name} ({len(found)})"
        found[key] = replace(plain[name], init_code=frames[0].data, runtime=frames[0].output)
    return found


@dataclass(frozen=True, slots=True)
class Judged:
    """A recorded transaction judged again. entry: its number in the log. policy: it was judged under."""

    entry: int
    body: Body
    effects: Effects
    policy: Policy
    judgement: Judgement


class Rerun:
    """One run, judged again. `judge_all` is the way in."""

    def __init__(self, begun: Opening, known: Known, approve: Approve, overlay: Overlay) -> None:
        self._begun = begun
        self._linkable = known.linkable
        self._approve = approve
        self._overlay = overlay
        self._code_of: dict[str, str] = {}
        native = next((plan.rule for plan in begun.assets.values() if plan.contract is None), None)
        self.book = Book()
        self.memory = Memory()
        self.policy = Policy(
            limits=overlay(begun.limits, _WHOLE),
            parties=begun.parties,
            approved=known.approved,
            roles=begun.roles,
            start=begun.start,
            assets={} if native is None else {ZERO_ADDRESS: replace(native, address=ZERO_ADDRESS)},
            measures=begun.measures,
            templates={
                plan.contract: (plan.rule,)
                for plan in begun.assets.values()
                if plan.contract is not None and plan.contract in begun.code
            },
        )
        for client, address, amount in begun.natives if native is not None else ():
            self.book.open_with(self.policy.assets[ZERO_ADDRESS], client, address, amount)

    def judge_all(self, entries: Sequence[LogEntry]) -> Iterator[Judged]:
        """Every transaction of the log in its order. Raises InputError for an entry that cannot be read."""
        for entry in entries:
            if entry.type == "transaction":
                yield self._take(entry)
            elif entry.type in _FOLLOWED:
                _FOLLOWED[entry.type](self, entry.body)

    def _take(self, entry: LogEntry) -> Judged:
        body = entry.body
        effects, deploys = replaying.effects(body), body["deploys"]
        if deploys is not None:
            self._link(deploys["contract"], effects)
        policy = with_creations(self.policy, effects)
        if deploys is not None:
            policy = with_deployment(policy, effects, deploys["contract"], deploys["interface"], self._brought(deploys))
        judgement = judge(policy, self.book, effects, self.memory)
        if not isinstance(judgement.verdict, Block):
            self.policy = policy
            self.book.apply(judgement.draft)
            if deploys is not None and effects.created is not None:
                self._code_of[deploys["instance"]] = deploys["contract"]
        self.memory.note([(one.code, one.who) for one in judgement.findings], effects.timestamp, judgement.told)
        return Judged(entry.index, body, effects, policy, judgement)

    def _brought(self, deploys: Mapping[str, str]) -> list[AssetRule]:
        """Assets of this instance, and those another instance of the same code already is."""
        instance, contract = deploys["instance"], deploys["contract"]
        return [
            plan.rule
            for plan in self._begun.assets.values()
            if plan.contract is not None
            and (instance == plan.contract or contract == self._code_of.get(plan.contract, plan.contract))
        ]

    def _link(self, contract: str, effects: Effects) -> None:
        """Libraries' addresses stand in the init code that was sent."""
        artifact = self._linkable.get(contract)
        if artifact is None:
            return
        addresses = {
            one.library: "0x" + effects.data[one.start : one.start + one.length].hex()
            for one in artifact.link_references
            if one.code == "init"
        }
        functions = self._begun.code[contract]
        code = replace(
            self._approve(contract, link(artifact, addresses)), functions=functions.functions, fallback=functions.fallback
        )
        self.policy = replace(self.policy, approved={**self.policy.approved, contract: code})

    def _reprice(self, body: Body) -> None:
        plan = self._begun.assets[body["details"]["asset"]]
        price = Value(replaying.worth(body["details"]["price"], self.policy.limits.currency) // 10**plan.decimals)
        for address, rule in self.policy.assets.items():
            if rule.key == plan.rule.key:
                self.policy = self.policy.with_asset(address, replace(rule, price=price))

    def _govern(self, body: Body) -> None:
        known = self._begun.limits
        recorded = replaying.limit_set(known.profile, known.currency, body["bounds"], body["modes"])
        foreign = frozenset(body.get("foreign", ()))
        orders = Orders(Business(body["business"]), body["why"], frozenset(body["frozen"]), body["paused"], foreign)
        limits = self._overlay(recorded, body["factor"])
        self.policy = replace(self.policy, limits=limits, orders=orders, start=body["start"])

    def _settle(self, body: Body) -> None:
        asset = Address(body["asset"])
        if asset in self.policy.assets:
            balances = {Address(holder): int(amount) for holder, amount in body["balances"].items()}
            self.book.settle(self.policy, asset, int(body["supply"]), balances)

    def _remember(self, body: Body) -> None:
        """Findings that no transaction raised are priors of later ones."""
        finding: Mapping[str, Any] = body["finding"]
        if body["transaction"] is None:
            self.memory.note([(finding["code"], finding["who"])], body["timestamp"])


_FOLLOWED: Final[Mapping[str, Callable[[Rerun, Body], None]]] = {
    "fault_injected": Rerun._reprice,
    "governed": Rerun._govern,
    "balances_read": Rerun._settle,
    "finding": Rerun._remember,
}
"""Type of an entry, besides transactions -> what it means for what follows."""
