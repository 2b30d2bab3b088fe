"""The world of one run: its chain, its policy, its book, and the one way a transaction takes place (`World.take`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.chain.chain import Chain
from sandbox.chain.codec import Interface
from sandbox.chain.coercion import text_of
from sandbox.domain import recording
from sandbox.domain.artifact import Artifact
from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, Measured
from sandbox.domain.events import BlockSealed, ContractDeployed, Event, FindingRaised, ProbeRead
from sandbox.domain.limits import Resources
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.pilot import Asset, PilotManifest
from sandbox.domain.policy import Policy
from sandbox.domain.supervision import AssetProbe, Block, Finding, Judgement, judge, judge_block
from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits, Value
from sandbox.engines.base import Transaction
from sandbox.running.cast import Member, Prompter
from sandbox.running.opening import approve, asset_rule, contract_address, merged_abi
from sandbox.running.probing import probe

DEFAULT_GAS = 16_000_000


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deploying transaction brings. instance: its name from then on. contract and interface: artifact keys."""

    instance: str
    contract: str
    interface: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction somebody wants. action and args: in words, for the log. deploys: what it brings, None for a call."""

    step: int
    actor: str
    action: str
    args: tuple[str, ...]
    to: Address | None
    data: bytes
    value: BaseUnits
    gas: int | None
    request: str | None
    deploys: Deployment | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A transaction that was executed or refused."""

    status: str
    effects: Effects
    judgement: Judgement


class World:
    """Everything a run changes. `take` is the whole idea of the sandbox: execute in a snapshot, judge, keep or revert."""

    def __init__(
        self,
        manifest: PilotManifest,
        artifacts: Mapping[str, Artifact],
        cast: Mapping[str, Member],
        chain: Chain,
        policy: Policy,
        record: Callable[[Event], None],
        seed: int,
    ) -> None:
        self.manifest = manifest
        self.artifacts = artifacts
        self.cast = cast
        self.chain = chain
        self.policy = policy
        self.record = record
        self.book = Book()
        self.addresses: dict[str, Address] = {}
        self.prompter = Prompter(cast, self.addresses, seed, lambda: chain.timestamp)
        self._touched: set[Address] = set()
        self._probed: dict[str, str | None] = {}
        self._code_of: dict[str, str] = {}
        self._disagreed: dict[tuple[str, str], str] = {}
        resources = policy.limits.bound("resource")
        self._gas = resources.gas if isinstance(resources, Resources) else DEFAULT_GAS
        chain.observer.watch_measures(None, [m for m in manifest.measures if m.contract is None])
        native = policy.assets.get(ZERO_ADDRESS)
        for member in cast.values():
            if native is not None and member.actor.client is not None and member.actor.native:
                self.book.open_with(native, member.actor.client, member.address, member.actor.native)
        for name, artifact in artifacts.items():
            chain.contracts.declare(Interface(name, artifact.abi))

    def take(self, intent: Intent) -> Taken:
        """One transaction, by the supervised path. A refused one leaves no state and no counter, but an entry."""
        member = self.cast[intent.actor]
        self._watch(intent, member.address)
        with self.chain.anchor() as keep:
            gas = self._gas if intent.gas is None else intent.gas
            sent = Transaction(member.key, intent.to, intent.data, intent.value, gas)
            effects = self.chain.send(sent, request=intent.request)
            policy = self._foresee(intent, effects)
            effects = replace(effects, measured=tuple(m for m in effects.measured if self._speaks(policy, effects, m)))
            judgement = judge(policy, self.book, effects)
            kept = not isinstance(judgement.verdict, Block)
            if kept:
                keep()
        if kept:
            self._settle(intent, effects, policy, judgement)
        self.record(recording.transaction(intent.step, intent.actor, intent.action, intent.args, effects, judgement))
        for event in recording.findings(intent.step, effects, judgement.findings):
            self.record(event)
        if kept and effects.succeeded and intent.deploys is not None:
            self.record(self._deployed(intent, effects))
        return Taken(recording.status_of(effects, judgement), effects, judgement)

    def seal(self, step: int) -> tuple[Finding, ...]:
        """Close the block, if it holds anything, and let the registered assets that moved answer for themselves."""
        if not self.chain.engine.pending.count:
            return ()
        block = self.chain.seal()
        self.record(
            BlockSealed(
                number=block.number,
                hash="0x" + block.hash.hex(),
                state_root="0x" + block.state_root.hex(),
                timestamp=block.timestamp,
                transactions=len(block.transactions),
                gas_used=block.gas_used,
            )
        )
        self._read_probes(step, block.number)
        touched, self._touched = self._touched, set()
        return self._raise(step, [made for asset in sorted(touched) if (made := self._probe(asset, everyone=False))])

    def final_probe(self, outcomes: list[StepOutcome]) -> list[StepOutcome]:
        """Ask every registered asset about every holder; what differs is a finding of the last step."""
        probes = [made for asset in sorted(self.policy.assets) if (made := self._probe(asset, everyone=True))]
        fresh = self._raise(len(outcomes), probes)
        if not fresh or not outcomes:
            return outcomes
        last = outcomes[-1]
        error = last.error or "at the end of the run: " + "; ".join(f"{f.who}: {f.detail}" for f in fresh)
        return [*outcomes[:-1], replace(last, findings=(*last.findings, *fresh), error=error)]

    def describe(self, name: str) -> dict[str, object]:
        """An actor as the log names it."""
        member = self.cast[name]
        actor = member.actor
        return {
            "address": member.address,
            "client": actor.client,
            "class": actor.client_class,
            "jurisdiction": actor.jurisdiction,
            "role": actor.role,
        }

    def named(self, text: str) -> str:
        """The actor's or instance's name behind an address; any other text as it is."""
        for name, member in self.cast.items():
            if member.address == text:
                return name
        return next((name for name, address in self.addresses.items() if address == text), text)

    def interface_of(self, contract: str) -> Interface:
        """ABI of a contract of the manifest, for its constructor."""
        return Interface(contract, self.artifacts[contract].abi)

    def approve(self, contract: str, linked: Artifact) -> None:
        """Recognise a contract's code with its libraries' addresses filled in."""
        self.policy = replace(self.policy, approved={**self.policy.approved, contract: approve(contract, linked)})

    def reprice(self, asset: str, price: Value) -> None:
        """Give a registered asset a new worth per base unit; exposures follow at once."""
        for address, rule in self.policy.assets.items():
            if rule.key == asset:
                self.policy = self.policy.with_asset(address, replace(rule, price=price))

    def asset_address(self, key: str) -> Address:
        """Contract address of a registered asset. Raises KeyError before it is deployed."""
        return next(address for address, rule in self.policy.assets.items() if rule.key == key)

    def _speaks(self, policy: Policy, effects: Effects, measured: Measured) -> bool:
        """A measure that names no contract may come from any registered one, also one made in this transaction."""
        return effects.logs[measured.log_index].address in policy.contracts

    def _watch(self, intent: Intent, sender: Address) -> None:
        """An asset's events count from its own deployment on, so the address it will get is watched beforehand."""
        address = contract_address(sender, self.chain.nonce(sender))
        self.chain.observer.forget(address)
        if intent.deploys is None:
            return
        for asset in self._assets_of(intent.deploys):
            self.chain.observer.watch_asset(address, asset.standard)
        own = [measure for measure in self.manifest.measures if measure.contract == intent.deploys.instance]
        self.chain.observer.watch_measures(address, own)

    def _foresee(self, intent: Intent, effects: Effects) -> Policy:
        """The policy as it stands if the transaction is kept: contracts of approved code, and the asset a deployment
        brings, count from their own creation on."""
        policy = self.policy
        for creation in effects.creations:
            code = policy.approve_code(effects.frames[creation.frame].data, effects.frames[creation.frame].output)
            if code is not None:
                policy = policy.with_contract(creation.address, code)
        if intent.deploys is None or effects.created is None:
            return policy
        code = policy.contracts.get(effects.created)
        if code is not None and intent.deploys.interface != intent.deploys.contract:
            face = self.policy.approved[intent.deploys.interface]
            merged = replace(code, functions={**code.functions, **face.functions}, fallback=False)
            policy = policy.with_contract(effects.created, merged)
        for asset in self._assets_of(intent.deploys):
            policy = policy.with_asset(effects.created, asset_rule(asset, effects.created))
        return policy

    def _assets_of(self, deploys: Deployment) -> list[Asset]:
        """Assets a deployment brings: those of its instance, and those another instance of the same code already is, so
        that a second copy of a registered asset is as visible as the first."""
        return [
            asset
            for asset in self.manifest.assets.values()
            if deploys.instance == asset.contract or deploys.contract == self._code_of.get(asset.contract or "", asset.contract)
        ]

    def _settle(self, intent: Intent, effects: Effects, policy: Policy, judgement: Judgement) -> None:
        self.policy = policy
        self.book.apply(judgement.draft)
        self._touched |= {move.asset for move in effects.tokens}
        self._touched |= {write.address for write in effects.writes if write.address in policy.assets}
        if intent.deploys is not None and effects.created is not None:
            self._code_of[intent.deploys.instance] = intent.deploys.contract
            self.addresses[intent.deploys.instance] = effects.created
            self.chain.contracts.add(effects.created, intent.deploys.instance, self._interface(intent.deploys))

    def _interface(self, deploys: Deployment) -> Interface:
        own, face = self.artifacts[deploys.contract].abi, self.artifacts[deploys.interface].abi
        return Interface(deploys.instance, own if own is face else merged_abi(face, own))

    def _deployed(self, intent: Intent, effects: Effects) -> ContractDeployed:
        assert intent.deploys is not None and effects.created is not None
        made = next(creation for creation in effects.creations if creation.address == effects.created)
        return ContractDeployed(
            step=intent.step,
            name=intent.deploys.instance,
            contract=intent.deploys.contract,
            address=effects.created,
            code_hash="0x" + made.code_hash.hex(),
            code_size=made.code_size,
            transaction="0x" + effects.hash.hex(),
        )

    def _read_probes(self, step: int, block: int) -> None:
        """Ask the manifest's probes whose contract is deployed, and record each answer that is new."""
        for wanted in self.manifest.probes:
            address = self.addresses.get(wanted.contract)
            if address is None:
                continue
            face = self.chain.contracts.named(wanted.contract).interface
            answer = self.chain.view(address, face.call(wanted.function, []))
            values = face.result(face.function(wanted.function, 0), answer.output) if answer.succeeded else ()
            value = ", ".join(map(text_of, values)) if values else None
            if self._probed.get(wanted.name, "") != value:
                self._probed[wanted.name] = value
                self.record(ProbeRead(step, wanted.name, f"{wanted.contract}.{wanted.function}", value, block))

    def _raise(self, step: int, probes: Sequence[AssetProbe]) -> tuple[Finding, ...]:
        """Record what the probes disagree about, each disagreement once."""
        head = self.chain.engine.head
        found = judge_block(self.policy, self.book, probes)
        raised = tuple(f for f in found if self._disagreed.get((f.who, f.detail)) != f.observed)
        for finding in raised:
            self._disagreed[finding.who, finding.detail] = finding.observed
            self.record(FindingRaised(step, None, head.number, head.timestamp, finding.as_data()))
        return raised

    def _probe(self, asset: Address, *, everyone: bool) -> AssetProbe | None:
        rule = self.policy.assets.get(asset)
        others = [*(member.address for member in self.cast.values()), *self.addresses.values()]
        return None if rule is None else probe(self.chain, self.book, asset, rule, others, everyone=everyone)
