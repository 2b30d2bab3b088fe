"""The world of one run: its chain, its policy, its book, and the one way a transaction takes place (`World.take`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Final

from sandbox.chain.chain import Chain
from sandbox.chain.codec import Interface
from sandbox.domain import recording
from sandbox.domain.artifact import Artifact
from sandbox.domain.book import Book
from sandbox.domain.effects import Effects, Measured
from sandbox.domain.events import BlockSealed, ContractDeployed, Event, FindingRaised
from sandbox.domain.foresight import with_creations, with_deployment
from sandbox.domain.grading import Memory
from sandbox.domain.keeping import KeptBook
from sandbox.domain.limits import Resources
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.pilot import Asset, PilotManifest
from sandbox.domain.policy import Policy
from sandbox.domain.standing import Officer
from sandbox.domain.supervision import Block, Finding, Judgement, judge, judge_block
from sandbox.domain.units import ZERO_ADDRESS, Address, Value
from sandbox.engines.base import Transaction
from sandbox.running.cast import Member, Prompter
from sandbox.running.intent import Deployment as Deployment
from sandbox.running.intent import Intent as Intent
from sandbox.running.intent import Taken as Taken
from sandbox.running.life import facts_of, govern, governed
from sandbox.running.lookout import Lookout
from sandbox.running.office import Office
from sandbox.running.opening import approve, asset_rule, contract_address, merged_abi
from sandbox.running.rebasing import settle_rebased

DEFAULT_GAS: Final = 16_000_000


class World:
    """Everything a run changes. `take` is the whole idea of the sandbox: execute in a snapshot, judge, keep or revert.

    expecting: codes of findings the present step provokes on purpose. office: of the pilot's life, where there is one.
    code_of: instance name -> contract. kept: book and memory to go on with, in which the cast's ether is counted already.
    foreign: addresses of other pilots on the chain.
    """

    def __init__(
        self,
        manifest: PilotManifest,
        artifacts: Mapping[str, Artifact],
        cast: Mapping[str, Member],
        chain: Chain,
        policy: Policy,
        record: Callable[[Event], None],
        seed: int,
        kept: KeptBook | None = None,
    ) -> None:
        self.manifest = manifest
        self.artifacts = artifacts
        self.cast = cast
        self.chain = chain
        self.policy = policy
        self.record = record
        self.book = Book() if kept is None else kept.book
        self.addresses: dict[str, Address] = {}
        self.prompter = Prompter(cast, self.addresses, seed, lambda: chain.timestamp)
        self.memory = Memory() if kept is None else kept.memory
        self.expecting: frozenset[str] = frozenset()
        self.office: Office | None = None
        self.officers: Mapping[str, Officer] = {}
        self.admitted = policy.limits
        self.foreign: frozenset[str] = frozenset()
        self.code_of: dict[str, str] = {}
        self.lookout = Lookout(manifest, chain, cast, self.addresses, self.code_of)
        resources = policy.limits.bound("resource")
        self._gas = resources.gas if isinstance(resources, Resources) else DEFAULT_GAS
        chain.observer.watch_measures(None, [m for m in manifest.measures if m.contract is None])
        native = policy.assets.get(ZERO_ADDRESS)
        for member in cast.values() if kept is None else ():
            if native is not None and member.actor.client is not None and member.actor.native:
                self.book.open_with(native, member.actor.client, member.address, member.actor.native)
        for name, artifact in artifacts.items():
            chain.contracts.declare(Interface(name, artifact.abi))

    def take(self, intent: Intent) -> Taken:
        """One transaction, by the supervised path. A refused one leaves no state and no counter, but an entry."""
        govern(self)
        self._watch(intent, self.cast[intent.actor].address)
        with self.chain.anchor() as keep:
            effects, policy, judgement = self._try(intent)
            kept = not isinstance(judgement.verdict, Block)
            if kept:
                keep()
        if kept:
            self._settle(intent, effects, policy, judgement)
        deploys = None if intent.deploys is None else asdict(intent.deploys)
        entry = recording.transaction(intent.step, intent.actor, intent.action, intent.args, effects, judgement, deploys)
        self.record(entry)
        for event in recording.findings(intent.step, effects, judgement.findings + judgement.warnings, self.expecting):
            self.record(event)
        self.memory.note([(f.code, f.who) for f in judgement.findings], effects.timestamp, judgement.told)
        if kept and effects.succeeded and intent.deploys is not None:
            self.record(self._deployed(intent, effects))
        if kept and self.office is not None:
            ref, harm = f"step {intent.step}, transaction 0x{effects.hash.hex()}", max(0, judgement.draft.losses)
            self.office.answer_for(intent.step, judgement.findings, ref, harm, effects.timestamp, facts_of(self))
        return Taken(recording.status_of(effects, judgement), effects, judgement)

    def ask(self, intent: Intent) -> Taken:
        """What `take` would come to: executed, judged and taken back. Nothing is recorded, and nothing is different after."""
        before, sender = self.policy, self.cast[intent.actor].address
        self.policy = governed(self)
        try:
            self._watch(intent, sender)
            with self.chain.anchor():
                effects, _, judgement = self._try(intent)
        finally:
            self.policy = before
            self.chain.observer.forget(contract_address(sender, self.chain.nonce(sender)))
        return Taken(recording.status_of(effects, judgement), effects, judgement)

    def seal(self, step: int, *, everyone: bool = False) -> tuple[Finding, ...]:
        """Close the block, if it holds anything, and let the registered assets that moved answer for themselves. everyone:
        about every holder; where no run ends, there is no other moment for it."""
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
        for answered in self.lookout.probes(step, block.number):
            self.record(answered)
        return self._judge_block(step, everyone=everyone)

    def raise_findings(self, step: int, findings: Sequence[Finding], ref: str = "") -> None:
        """Record findings that no transaction raised: a sealed block's, or the clock's. ref: the duty that was missed."""
        head = self.chain.engine.head
        for finding in findings:
            on_purpose = finding.code in self.expecting
            self.record(FindingRaised(step, None, head.number, head.timestamp, finding.as_data(), on_purpose))
        self.memory.note([(finding.code, finding.who) for finding in findings], head.timestamp)
        if self.office is not None:
            where = ref or f"step {step}, block {head.number}"
            self.office.answer_for(step, findings, where, 0, self.chain.timestamp, facts_of(self))

    def final_probe(self, outcomes: list[StepOutcome]) -> list[StepOutcome]:
        """Ask every registered asset about every holder; what differs is a finding of the last step."""
        self.expecting = frozenset()
        fresh = self._judge_block(len(outcomes), everyone=True)
        if not fresh or not outcomes:
            return outcomes
        last = outcomes[-1]
        error = last.error or "at the end of the run: " + "; ".join(f"{f.who}: {f.detail}" for f in fresh)
        return [*outcomes[:-1], replace(last, findings=(*last.findings, *fresh), error=error)]

    @property
    def deployed_code(self) -> set[str]:
        """Contracts of the manifest that have an instance."""
        return set(self.code_of.values())

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
            "native": str(actor.native),
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

    def _try(self, intent: Intent) -> tuple[Effects, Policy, Judgement]:
        """Execute and judge, inside an anchor; the policy is the one in force if the transaction is kept."""
        effects = self.chain.send(self._transaction(intent), request=intent.request)
        policy = self._foresee(intent, effects)
        unwatched = {at: rule.standard for at, rule in policy.assets.items() if at not in self.chain.observer.assets}
        if len(unwatched) > (ZERO_ADDRESS in unwatched):
            effects = self.chain.observer.reread(effects, unwatched)
        effects = replace(effects, measured=tuple(m for m in effects.measured if self._speaks(policy, effects, m)))
        return effects, policy, judge(policy, self.book, effects, self.memory)

    def _transaction(self, intent: Intent) -> Transaction | bytes:
        if intent.signed is not None:
            return intent.signed
        gas = self._gas if intent.gas is None else intent.gas
        return Transaction(self.cast[intent.actor].key, intent.to, intent.data, intent.value, gas)

    def _foresee(self, intent: Intent, effects: Effects) -> Policy:
        """Contracts of approved code, and the asset a deployment brings, count from their own creation on."""
        policy, deploys = with_creations(self.policy, effects), intent.deploys
        if deploys is None:
            return policy
        assets = (asset_rule(asset, effects.created or ZERO_ADDRESS) for asset in self._assets_of(deploys))
        return with_deployment(policy, effects, deploys.contract, deploys.interface, assets)

    def _assets_of(self, deploys: Deployment) -> list[Asset]:
        """Assets a deployment brings: those of its instance, and those another instance of the same code already is, so
        that a second copy of a registered asset is as visible as the first."""
        return [
            asset
            for asset in self.manifest.assets.values()
            if deploys.instance == asset.contract or deploys.contract == self.code_of.get(asset.contract or "", asset.contract)
        ]

    def _settle(self, intent: Intent, effects: Effects, policy: Policy, judgement: Judgement) -> None:
        for address in policy.assets.keys() - self.policy.assets.keys():
            self.chain.observer.watch_asset(address, policy.assets[address].standard)
        self.policy = policy
        self.book.apply(judgement.draft)
        if intent.deploys is not None and effects.created is not None:
            self.code_of[intent.deploys.instance] = intent.deploys.contract
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

    def _judge_block(self, step: int, *, everyone: bool) -> tuple[Finding, ...]:
        """Let contracts answer for themselves; record what is new about it."""
        seen = self.lookout.look(self.policy, self.book, everyone=everyone)
        raised = self.lookout.fresh(judge_block(self.policy, self.book, seen, self.memory), seen)
        raised += settle_rebased(self, step, seen)
        self.raise_findings(step, raised)
        return raised
