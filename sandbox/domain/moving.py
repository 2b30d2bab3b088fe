"""Moving a dossier along the arrows of `lifecycle.TRANSITIONS`: on request, by time, and the votes two-person moves need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.domain.acts import Transition, Vote
from sandbox.domain.dossier import Ballot, Consequence, Dossier, Moved
from sandbox.domain.lifecycle import MOTIONS, TRANSITIONS, Arrow, arrived, arrows, unmet
from sandbox.domain.standing import APPROVERS, SYSTEM, Officer, State, same_name
from sandbox.domain.terms import Facts, Terms
from sandbox.errors import Conflict

Step = tuple[Dossier, tuple[Consequence, ...]]
"""A dossier after an act, and what the act brought about."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who acts, when (unix seconds), and what is known then."""

    by: Officer
    now: int
    facts: Facts
    terms: Terms


def transition(dossier: Dossier, act: Transition, at: Occasion) -> Step:
    """Move where the act says. Raises Conflict: no such arrow, not this actor's, conditions unmet, approvals missing."""
    rows = arrows(dossier.state, act.to, at.by.role)
    if not rows:
        raise _no_way(dossier, act.to, at)
    refusals: list[tuple[str, ...]] = []
    for arrow in rows:
        votes = approvals(dossier, act.to, at.by)
        reasons = (*unmet(arrow, dossier, at.facts, at.terms, at.now), *_missing_votes(arrow, votes, at.by))
        if not reasons:
            given = votes if arrow.quorum > 1 else ()
            moved, step = _record(dossier, act, at.by, at, given)
            return moved, (step,)
        refusals.append(reasons)
    nearest = min(refusals, key=len)
    what = f"{dossier.pilot} cannot go from {dossier.state} to {act.to}: " + "; ".join(nearest)
    raise Conflict(what, where=dossier.pilot, do="meet each of these, then ask again")


def settle(dossier: Dossier, at: Occasion) -> Step:
    """Move along every arrow that time or a violation has opened by itself, until none is left."""
    steps: list[Moved] = []
    while arrow := _opened(dossier, at):
        dossier, step = _record(dossier, Transition(arrow.to, arrow.because), SYSTEM, at)
        steps.append(step)
    return dossier, tuple(steps)


def vote(dossier: Dossier, act: Vote, at: Occasion) -> Step:
    """Keep an approver's word on a move out of the present state. Raises Conflict when no vote is held on it."""
    motions = MOTIONS[dossier.state]
    if act.motion not in motions:
        do = "vote on: " + ", ".join(sorted(motions)) if motions else f"no move out of {dossier.state} needs a vote"
        raise Conflict(f"no vote is held on {act.motion} while {dossier.state}", where=dossier.pilot, do=do)
    if not same_name(at.by.department):
        what = f"{at.by.name} belongs to no department, so the vote could not count"
        raise Conflict(what, where=dossier.pilot, do="register the department of this officer")
    others = tuple(
        each for each in dossier.votes if each.motion is not act.motion or not at.by.is_one_of([each.officer.name])
    )
    return replace(dossier, votes=(*others, Ballot(act.motion, act.approve, act.reason, at.by, at.now))), ()


def approvals(dossier: Dossier, motion: State, mover: Officer) -> tuple[Ballot, ...]:
    """Approving votes on the motion of others than the mover that count: of an approver with a department, who is neither a
    submitter nor the mentor by now."""
    barred = {*dossier.submitters, dossier.mentor, mover.name}
    return tuple(
        each
        for each in dossier.votes
        if each.motion is motion and each.approve and each.officer.role in APPROVERS and not each.officer.is_one_of(barred)
    )


def _missing_votes(arrow: Arrow, votes: tuple[Ballot, ...], mover: Officer) -> Iterator[str]:
    if arrow.quorum == 1:
        return
    departments = {same_name(each) for each in (mover.department, *(one.officer.department for one in votes))}
    found = len(departments - {""})
    if found < arrow.quorum:
        yield f"{arrow.quorum} people of different departments must approve, {found} did (vote on {arrow.to})"


def _opened(dossier: Dossier, at: Occasion) -> Arrow | None:
    rows = (arrow for arrow in TRANSITIONS if arrow.origin is dossier.state and arrow.because)
    return next((arrow for arrow in rows if not unmet(arrow, dossier, at.facts, at.terms, at.now)), None)


def _record(
    dossier: Dossier, act: Transition, by: Officer, at: Occasion, votes: tuple[Ballot, ...] = ()
) -> tuple[Dossier, Moved]:
    origin = dossier.state
    there = arrived(replace(dossier, state=act.to, since=at.now, votes=()), origin, at.now, at.terms)
    step = Moved(origin, act.to, there.stage, by.name, by.role, act.reason, at.now, act.evidence, votes)
    return replace(there, history=(*there.history, step)), step


def _no_way(dossier: Dossier, to: State, at: Occasion) -> Conflict:
    actors = sorted({role for arrow in TRANSITIONS if (arrow.origin, arrow.to) == (dossier.state, to) for role in arrow.actors})
    if actors:
        what = f"a {at.by.role} cannot move {dossier.pilot} from {dossier.state} to {to}"
        return Conflict(what, where=dossier.pilot, do=f"ask the {' or '.join(actors)}")
    ways = sorted({arrow.to for arrow in TRANSITIONS if arrow.origin is dossier.state and at.by.role in arrow.actors})
    do = f"a {at.by.role} can move it to: {', '.join(ways)}" if ways else f"a {at.by.role} can move it nowhere from here"
    return Conflict(f"there is no way from {dossier.state} to {to}", where=dossier.pilot, do=do)
