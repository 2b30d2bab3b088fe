"""Whether a scenario can run on a pilot at all: every name it uses is looked up before anything happens."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from sandbox.domain.expressions import Expression, names_used
from sandbox.domain.limits import SPECS
from sandbox.domain.pilot import BUILT_IN_ROLES, NATIVE, PilotManifest
from sandbox.domain.scenario import (
    Balance,
    Call,
    Case,
    Check,
    Deploy,
    Expectation,
    Exposure,
    Inject,
    Official,
    Repeat,
    Scenario,
    Status,
    Transfer,
    View,
)
from sandbox.errors import InputError

MAX_SHOWN: Final = 5


def validate(scenario: Scenario, manifest: PilotManifest) -> None:
    """Raises one InputError for everything (the first MAX_SHOWN) that the scenario names and the pilot or the scenario itself
    does not have: actors, roles, contracts, instances before their deployment, assets, clients, findings."""
    problems = list(_Checker(scenario, manifest).problems())
    if problems:
        raise combined(problems, scenario.where)


def combined(problems: Iterable[InputError], where: str) -> InputError:
    """One error for several: the only one as it is, or the first MAX_SHOWN, one to a line."""
    listed = list(problems)
    if len(listed) == 1:
        return listed[0]
    lines = [f"{e.where or where}: {e.what}" + (f" ({e.do})" if e.do else "") for e in listed[:MAX_SHOWN]]
    more = [f"and {len(listed) - MAX_SHOWN} more"] if len(listed) > MAX_SHOWN else []
    return InputError("\n  ".join([f"{len(listed)} problems", *lines, *more]), where=where, do="correct these lines")


def suggestion(word: str, known: Collection[str]) -> str:
    """What to do about an unknown word: the nearest known one, or the whole list."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "use one of: " + ", ".join(sorted(known)) if known else "there is none"


class _Checker:
    """Walks the steps in order, so that an instance is known only after its deployment."""

    def __init__(self, scenario: Scenario, manifest: PilotManifest) -> None:
        self.scenario = scenario
        self.manifest = manifest
        self.instances: dict[str, str] = {}
        self.where = scenario.where

    def problems(self) -> Iterator[InputError]:
        if self.scenario.pilot != self.manifest.slug:
            what = f"the scenario is written for pilot {self.scenario.pilot!r}, not {self.manifest.slug!r}"
            yield InputError(what, where=self.scenario.where, do="run it with that pilot's manifest, or correct pilot:")
        for actor in self.scenario.actors.values():
            self.where = actor.where
            if actor.role is not None:
                yield from self._known("role", actor.role, self.manifest.roles.keys() | BUILT_IN_ROLES)
        self.where = self.scenario.where
        yield from self._label()
        for step in self.scenario.steps:
            self.where = step.where
            check = _STEP_CHECKS.get(type(step))
            if check is not None:
                yield from check(self, step)

    def _label(self) -> Iterator[InputError]:
        """An attack must expect a finding with its grade; its benign twin must expect none."""
        case, twin = self.scenario.case, self.scenario.twin
        expected = self.scenario.expectations()
        found = [one for one in expected if one.findings and one.grade is not None]
        if case is Case.ATTACK and not found:
            yield self._problem("an attack expects no finding with its grade", "say which rule must catch it")
        if case is Case.BENIGN and any(one.status is not Status.SUCCESS for one in expected):
            yield self._problem("a benign scenario expects something else than success", "label it as an attack")
        if (case is Case.BENIGN) != (twin is not None):
            yield self._problem("a benign scenario names its attack as twin:, and nothing else does", "add or remove twin:")

    def deploy(self, step: Deploy) -> Iterator[InputError]:
        yield from self._actor(step.actor)
        yield from self._known("contract", step.contract, self.manifest.contracts)
        if step.interface is not None:
            yield from self._known("contract", step.interface, self.manifest.contracts)
        if step.instance in self.instances or step.instance in self.scenario.actors:
            yield self._problem(f"the name {step.instance!r} is already taken", "give the instance another name:")
        yield from self._libraries(step.contract)
        yield from self._values(*step.args, step.value)
        yield from self._expectation(step.expect)
        if step.expect.status in (Status.SUCCESS, Status.FLAGGED):
            self.instances[step.instance] = step.contract

    def call(self, step: Call) -> Iterator[InputError]:
        yield from self._actor(step.actor)
        yield from self._instance(step.instance)
        yield from self._values(*step.args, step.value)
        yield from self._expectation(step.expect)

    def transfer(self, step: Transfer) -> Iterator[InputError]:
        yield from self._actor(step.actor)
        yield from self._asset(step.asset)
        yield from self._values(step.to, step.amount, step.token_id)
        yield from self._expectation(step.expect)

    def repeat(self, step: Repeat) -> Iterator[InputError]:
        for name in dict.fromkeys(step.actors[1:]):
            yield from self._actor(name)
        yield from self.call(step.body) if isinstance(step.body, Call) else self.transfer(step.body)

    def inject(self, step: Inject) -> Iterator[InputError]:
        yield from self._known("asset", step.fault.asset, self.manifest.assets)

    def check(self, step: Check) -> Iterator[InputError]:
        match step.subject:
            case View(instance, _, args):
                yield from self._instance(instance)
                yield from self._values(*args)
            case Balance(of, asset, token_id):
                yield from self._asset(asset)
                yield from self._values(of, token_id)
            case Exposure(client):
                yield from self._known("client", client, self.scenario.clients())
        yield from self._values(*(bound for _, bound in step.bounds if isinstance(bound, Expression)))

    def official(self, step: Official) -> Iterator[InputError]:
        yield from self._known("officer", step.officer, self.scenario.officers)
        if self.scenario.life is None:
            yield self._problem("nobody can act on a life cycle the scenario does not begin", "add life: {state: draft}")

    def _actor(self, name: str) -> Iterator[InputError]:
        yield from self._known("actor", name, self.scenario.actors)
        actor = self.scenario.actors.get(name)
        if actor is not None and actor.address is not None:
            yield self._problem(f"actor {name!r} has its key elsewhere, so it cannot send", "leave out its address:")

    def _instance(self, name: str) -> Iterator[InputError]:
        if name not in self.instances and name in self.manifest.contracts:
            yield self._problem(f"{name!r} is used before it is deployed", f"put a step `deploy: {name}` before this one")
        else:
            yield from self._known("instance", name, self.instances)

    def _asset(self, key: str | None) -> Iterator[InputError]:
        if key is None or key == NATIVE:
            return
        yield from self._known("asset", key, self.manifest.assets)
        asset = self.manifest.assets.get(key)
        if asset is not None and asset.contract is not None:
            yield from self._instance(asset.contract)

    def _libraries(self, contract: str) -> Iterator[InputError]:
        code = self.manifest.contracts.get(contract)
        for library in () if code is None else code.libraries.values():
            if library not in self.instances.values():
                what = f"library {library!r} of {contract!r} is not deployed yet"
                yield self._problem(what, f"put a step `deploy: {library}` before this one")

    def _values(self, *values: Expression | None) -> Iterator[InputError]:
        used = {name for value in values if value is not None for name in names_used(value)}
        for name in sorted(used - self.scenario.actors.keys() - self.instances.keys()):
            if name in self.manifest.contracts:
                yield from self._instance(name)
            else:
                yield from self._known("actor or instance", name, {*self.scenario.actors, *self.instances})

    def _expectation(self, expect: Expectation) -> Iterator[InputError]:
        for code in expect.findings:
            yield from self._known("finding", code, SPECS)
        for event in expect.emits:
            yield from self._values(*event.args.values())
            if event.contract is not None:
                yield from self._instance(event.contract)
        yield from self._values(expect.returns)
        if expect.revert is not None and not isinstance(expect.revert, str):
            yield from self._values(*(expect.revert.args or ()))

    def _known(self, kind: str, name: str, known: Collection[str]) -> Iterator[InputError]:
        if name not in known:
            yield self._problem(f"there is no {kind} {name!r}", suggestion(name, known))

    def _problem(self, what: str, do: str) -> InputError:
        return InputError(what, where=self.where, do=do)


_STEP_CHECKS: Final[dict[type, Callable[..., Iterator[InputError]]]] = {
    Deploy: _Checker.deploy,
    Call: _Checker.call,
    Transfer: _Checker.transfer,
    Repeat: _Checker.repeat,
    Inject: _Checker.inject,
    Check: _Checker.check,
    Official: _Checker.official,
}
