"""A run that leads its pilot through a life: what the dossier means for the chain, what the chain means for the dossier."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.domain import recording_acts
from sandbox.domain.act_fields import act_data, act_name
from sandbox.domain.acts import FileReport, Freeze
from sandbox.domain.dossier import Overdue
from sandbox.domain.events import Governed
from sandbox.domain.governing import declared_facts, factor_in_force, limits_in_force, orders_of
from sandbox.domain.outcome import StepOutcome
from sandbox.domain.policy import Policy
from sandbox.domain.reading import Reading
from sandbox.domain.scenario import Official
from sandbox.domain.standing import Officer, same_name
from sandbox.domain.supervision import Finding, judge_fact
from sandbox.domain.terms import Facts
from sandbox.domain.units import format_value
from sandbox.errors import Conflict, InputError
from sandbox.running.describing import governing

if TYPE_CHECKING:
    from sandbox.running.world import World

_UNTOLD: Final = frozenset({"hash", "reason", "text", "education", "evidence", "title"})
"""Fields of an act too long for the title of a step; the log has them."""

_LEADING: Final = re.compile(r"^0+(?=\d)")
"""Zeros that say nothing."""


def govern(world: World) -> None:
    """Bring the policy up to what the dossier says for the block being built; what changes is recorded."""
    policy = governed(world)
    if world.office is not None and policy != world.policy:
        factor = factor_in_force(world.office.dossier, world.office.terms)
        world.record(Governed(**governing(policy, world.chain.engine.pending.number, factor)))
    world.policy = policy


def governed(world: World) -> Policy:
    """The policy as the dossier wants it for the block being built."""
    if world.office is None:
        return world.policy
    dossier, terms = world.office.dossier, world.office.terms
    limits = limits_in_force(world.admitted, dossier, terms, world.chain.engine.pending.number)
    start = world.policy.start if dossier.first_active_at is None else dossier.first_active_at
    orders = replace(orders_of(dossier), foreign=world.foreign)
    return replace(world.policy, limits=limits, orders=orders, start=start)


def facts_of(world: World) -> Facts:
    """What the run knows about its pilot now. Code matches once every contract of the manifest is deployed: code that admission
    did not approve cannot be."""
    return replace(
        declared_facts(world.manifest.declaration, world.chain.timestamp),
        code_matches=world.deployed_code >= world.manifest.contracts.keys(),
        outstanding=world.book.total_exposure(world.policy),
        head=world.chain.head.number,
    )


def elapse(world: World, step: int) -> tuple[Finding, ...]:
    """Let the time that has passed do its work on the dossier; a duty to report that was missed is a finding."""
    if world.office is None:
        return ()
    found: list[Finding] = []
    for missed in world.office.elapse(step, world.chain.timestamp, facts_of(world)):
        finding = judge_fact(world.policy, missed.limit, _late(missed), world.memory, world.chain.timestamp)
        if finding is not None:
            found.append(finding)
            world.raise_findings(step, [finding], missed.ref)
    return tuple(found)


def official(world: World, index: int, step: Official) -> StepOutcome:
    """Let an officer act on the pilot's file."""
    assert world.office is not None  # validate refuses a scenario that acts on a life it does not begin
    officer = world.officers[step.officer]
    told = {key: value for key, value in act_data(step.act).items() if value != "" and key not in _UNTOLD}
    words = ", ".join(f"{key} {_words(value)}" for key, value in told.items())
    title = f"{step.officer}: {act_name(step.act)} {words}".rstrip()
    status, error, why = "done", None, None
    found = elapse(world, index)
    try:
        if isinstance(step.act, Freeze):
            _check_known(world, index, step.act, officer)
        world.office.take(index, step.act, officer, world.chain.timestamp, facts_of(world))
    except (Conflict, InputError) as refusal:
        status, why = "refused", refusal.what
        if step.refused is None:
            error = f"refused: {refusal.what}"
        elif step.refused not in refusal.what:
            error = f"expected a refusal with {step.refused!r}, was: {refusal.what}"
    else:
        error = None if step.refused is None else "expected a refusal, was accepted"
        if isinstance(step.act, FileReport):
            found += _check_figures(world, index, step.act)
    expected = "done" if step.refused is None else "refused"
    return StepOutcome(
        index, "act", title, status, expected, findings=found, refusal=why, error=error, where=step.where
    )


def _check_known(world: World, index: int, act: Freeze, officer: Officer) -> None:
    """Refuse an order against nobody, on record like any refusal: it would bind nobody and look as if it did."""
    assert world.office is not None
    members, who = world.cast.values(), act.who
    known = {member.actor.client for member in members if member.actor.client is not None}
    known |= {*(str(member.address) for member in members), *map(str, world.addresses.values())}
    if (who.lower() if who[:2].lower() == "0x" else who) not in known:
        refusal = InputError(f"there is no client and no address {who!r}", do="freeze one of: " + ", ".join(sorted(known)))
        pilot, now = world.office.dossier.pilot, world.chain.timestamp
        world.record(recording_acts.refused(index, pilot, act, officer, now, refusal.what))
        raise refusal


def _check_figures(world: World, step: int, report: FileReport) -> tuple[Finding, ...]:
    """A figure in a report that the run does not bear out is a misreport (虚假报送): supervision_evasion."""
    own = {
        "transactions": str(world.book.transactions),
        "clients": str(len(world.book.active)),
        "exposure": format_value(world.book.total_exposure(world.policy)),
    }
    told = [(same_name(name), same_name(str(figure))) for name, figure in report.figures.items()]
    stated = dict.fromkeys((name, _LEADING.sub("", text)) for name, text in told if name in own)
    wrong = [
        Reading(f"{name} {text}", f"{name} {own[name]}", True, world.manifest.slug, detail="a report misstates it")
        for name, text in stated
        if text != own[name]
    ]
    judged = (judge_fact(world.policy, "supervision_evasion", one, world.memory, world.chain.timestamp) for one in wrong)
    found = tuple(finding for finding in judged if finding is not None)
    world.raise_findings(step, found)
    return found


def _late(missed: Overdue) -> Reading:
    """In words: how late is late, the duty itself says (twice its time is S2), not by how much a bound is passed."""
    return Reading(f"{missed.observed} s", f"{missed.bound} s", True, missed.who, grade=missed.grade, detail=missed.ref)


def _words(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}: {_words(one)}" for key, one in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
