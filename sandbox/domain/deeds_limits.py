"""What happens on acts that change limits: two people for a change, one for a cap that only tightens. Every version stays on
file, with the block from which it governs, so that a report can say which limits were in force at any block."""

from __future__ import annotations

from dataclasses import replace

from sandbox.domain.acts import ApproveLimits, CapDown, ProposeLimits, RejectLimits
from sandbox.domain.dossier import Dossier, LimitsChanged, LimitVersion, VersionKind, VersionStatus, changes_in_force
from sandbox.domain.limits import Amount, AmountPer, Bound, LimitSet, spec_of
from sandbox.domain.moving import Occasion, Step
from sandbox.domain.profiles import Plain, parse_bound
from sandbox.domain.terms import Terms
from sandbox.errors import Conflict, InputError, NotFound


def propose_limits(dossier: Dossier, act: ProposeLimits, at: Occasion) -> Step:
    """Raises InputError for a limit that does not exist or a bound that has not its shape, Conflict for one above the profile
    or its hard ceiling."""
    for limit, plain in act.changes.items():
        bound = _bound(dossier, limit, plain, at.terms)
        for roof in at.terms.roofs.get(limit, ()):
            if not _covers(roof, bound):
                what = f"limit {limit}: {bound.text()} is looser than the profile's {roof.text()}"
                raise Conflict(what, where=dossier.pilot, do="propose a bound within the profile")
    number = len(dossier.versions) + 1
    version = LimitVersion(
        number, dict(act.changes), VersionKind.CHANGE, VersionStatus.PROPOSED, at.by.name, act.reason, at.now
    )
    return replace(dossier, versions=(*dossier.versions, version)), ()


def approve_limits(dossier: Dossier, act: ApproveLimits, at: Occasion) -> Step:
    """Raises Conflict when the approver proposed it, when it is no longer a proposal, when a later version changed one of its
    limits meanwhile (a cap must not be lifted by signing an older paper), or when its block is not ahead."""
    version = _proposed(dossier, act.version)
    for later in dossier.versions[version.number :]:
        shared = sorted(later.changes.keys() & version.changes.keys()) if later.status is VersionStatus.IN_FORCE else []
        if shared:
            what = f"version {version.number} is older than version {later.number}, which set {', '.join(shared)}"
            raise Conflict(what, where=dossier.pilot, do="propose the change again")
    if at.by.is_one_of([version.proposer]):
        do = "let somebody else approve it"
        raise Conflict(f"{at.by.name} proposed version {version.number} and cannot approve it", where=dossier.pilot, do=do)
    head = _head(dossier, at)
    if act.from_block <= head:
        what = f"block {act.from_block} is not ahead of the chain's head, {head}"
        raise Conflict(what, where=dossier.pilot, do=f"let it govern from block {head + 1} on, or later")
    return _in_force(
        dossier,
        replace(
            version,
            status=VersionStatus.IN_FORCE,
            approver=at.by.name,
            approved_at=at.now,
            from_block=act.from_block,
            rank=_next_rank(dossier),
        ),
    )


def reject_limits(dossier: Dossier, act: RejectLimits, at: Occasion) -> Step:
    """Raises Conflict when it is no longer a proposal. The reason stands with the act in the log."""
    version = replace(_proposed(dossier, act.version), status=VersionStatus.REJECTED, approver=at.by.name, approved_at=at.now)
    return _placed(dossier, version), ()


def cap_down(dossier: Dossier, act: CapDown, at: Occasion) -> Step:
    """Raises Conflict unless the bound is tighter than the one in force, whoever set that."""
    bound = _bound(dossier, act.limit, act.value, at.terms)
    block = _head(dossier, at) + 1
    changed = changes_in_force(dossier, block)
    if act.limit in changed:
        present = parse_bound(spec_of(act.limit), changed[act.limit])
    else:
        present = _limits(dossier, at.terms).bound(act.limit)
    if present is not None and (bound == present or not _covers(present, bound)):
        what = f"limit {act.limit}: {bound.text()} is not tighter than {present.text()}, which is in force"
        raise Conflict(what, where=dossier.pilot, do="propose a change instead; a cap only tightens")
    version = LimitVersion(
        number=len(dossier.versions) + 1,
        changes={act.limit: act.value},
        kind=VersionKind.CAP_DOWN,
        status=VersionStatus.IN_FORCE,
        proposer=at.by.name,
        reason=act.reason,
        proposed_at=at.now,
        approved_at=at.now,
        from_block=block,
        rank=_next_rank(dossier),
    )
    return _in_force(replace(dossier, versions=(*dossier.versions, version)), version)


def _in_force(dossier: Dossier, version: LimitVersion) -> Step:
    return _placed(dossier, version), (LimitsChanged(version),)


def _placed(dossier: Dossier, version: LimitVersion) -> Dossier:
    return replace(dossier, versions=tuple(version if each.number == version.number else each for each in dossier.versions))


def _next_rank(dossier: Dossier) -> int:
    return 1 + max((version.rank for version in dossier.versions), default=0)


def _proposed(dossier: Dossier, number: int) -> LimitVersion:
    if not 1 <= number <= len(dossier.versions):
        raise NotFound(f"there is no version {number} of the limits of {dossier.pilot}", do="propose one first")
    version = dossier.versions[number - 1]
    if version.status is not VersionStatus.PROPOSED:
        raise Conflict(f"version {number} is {version.status} already", where=dossier.pilot, do="propose a new version")
    return version


def _head(dossier: Dossier, at: Occasion) -> int:
    if at.facts.head is None:
        what = "the head of the chain is not known, so no block can be named from which limits govern"
        raise Conflict(what, where=dossier.pilot, do="state the head among the facts")
    return at.facts.head


def _limits(dossier: Dossier, terms: Terms) -> LimitSet:
    if terms.limits is None:
        raise Conflict("the limits of admission are not known", where=dossier.pilot, do="bind the limits to the profile first")
    return terms.limits


def _bound(dossier: Dossier, limit: str, plain: Plain, terms: Terms) -> Bound:
    bound = parse_bound(spec_of(limit), plain)
    currency = _limits(dossier, terms).currency
    if bound is None:
        raise InputError(f"limit {limit} cannot be taken away", do="state a bound")
    if isinstance(bound, Amount | AmountPer) and bound.maximum.currency != currency:
        raise InputError(f"limit {limit}: {bound.maximum} is not in {currency}", do=f"write it in {currency}")
    return bound


def _covers(roof: Bound, bound: Bound) -> bool:
    return type(roof) is type(bound) and roof.covers(bound)  # type: ignore[arg-type]  # equal types, checked here
