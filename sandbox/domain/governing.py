"""What a dossier means for the next transaction: limits in force at a block, orders in force, facts of a manifest."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from sandbox.domain.bound_plain import Plain, parse_bound
from sandbox.domain.declaration import Declaration, missing_fields
from sandbox.domain.dossier import Dossier, LimitVersion, VersionKind, limit_factor, versions_at
from sandbox.domain.limits import SPECS, Bound, Limit, LimitSet, Mode
from sandbox.domain.policy import Business, Orders
from sandbox.domain.standing import RUNNING, Access, State, may_transact
from sandbox.domain.terms import WHOLE, Facts, Terms
from sandbox.domain.working_days import local_day

_BUSINESS: Final = {
    Access.EVERYBODY: Business.ALL,
    Access.ROLES: Business.ROLES,
    Access.REDUCTION: Business.NO_GROWTH,
    Access.NOBODY: Business.NOTHING,
}
_STAGED: Final = RUNNING | {State.WIND_DOWN}
"""States whose limits go by the stage. Before the test starts, no client may take part and the limits stand whole."""


def limits_in_force(admitted: LimitSet, dossier: Dossier, terms: Terms, block: int) -> LimitSet:
    """The limits that judge a transaction of that block: as admitted, changed by every version in force, at the share that
    stage and state allow. A cap is what the regulator said, whatever the stage; where the stage allows less, less it is."""
    versions = versions_at(dossier, block)
    changed = {limit: version for version in versions for limit in version.changes}
    caps = {limit: version for limit, version in changed.items() if version.kind is VersionKind.CAP_DOWN}
    limits = _changed(admitted, [version for version in versions if version.kind is VersionKind.CHANGE])
    limits = limits.scaled(factor_in_force(dossier, terms))
    tighter = [version for limit, version in caps.items() if _tightens(limits.bound(limit), version.changes[limit], limit)]
    return _changed(limits, tighter)


def longest_window(admitted: LimitSet, dossier: Dossier) -> int:
    """Seconds a rolling sum can reach back under the limits as admitted or as any version changes them; 0 when none does."""
    return max(admitted.longest_window(), *(_changed(admitted, [one]).longest_window() for one in dossier.versions), 0)


def factor_in_force(dossier: Dossier, terms: Terms) -> int:
    """Basis points of each staged limit that are in force."""
    return limit_factor(dossier, terms) if dossier.state in _STAGED else WHOLE


def _changed(limits: LimitSet, versions: Iterable[LimitVersion]) -> LimitSet:
    rows = dict(limits.limits)
    for version in versions:
        for limit_id, plain in version.changes.items():
            known = rows.get(limit_id, Limit(limit_id, None, Mode.ENFORCE, "", "design"))
            source = f"version {version.number}; {known.source}".removesuffix("; ")
            rows[limit_id] = replace(known, bound=parse_bound(SPECS[limit_id], plain), source=source)
    return replace(limits, limits=rows)


def _tightens(present: Bound | None, plain: Plain, limit_id: str) -> bool:
    bound = parse_bound(SPECS[limit_id], plain)
    if present is None or bound is None:
        return True
    return type(present) is type(bound) and present.covers(bound)  # type: ignore[arg-type]  # equal types, checked here


def orders_of(dossier: Dossier) -> Orders:
    """The orders in force."""
    business = _BUSINESS[may_transact(dossier.state)]
    return Orders(business, dossier.state.value, dossier.frozen, dossier.paused)


def declared_facts(declaration: Declaration, now: int) -> Facts:
    """What the declaration alone tells; a paper counts until the end of its last day. now: unix seconds."""
    today, desks = local_day(now), declaration.complaints
    papers = (declaration.legal_assessment, declaration.security_assessment)
    return Facts(
        exit_plan=bool(declaration.exit_plan),
        complaint_channel=desks is not None and desks.institution is not None and bool(desks.institution.channel),
        assessments_valid=all(_in_date(None if paper is None else paper.valid_until, today) for paper in papers),
        declaration_complete=not missing_fields(declaration),
        limits_bound=True,
    )


def _in_date(until: datetime.date | None, today: datetime.date) -> bool:
    return until is not None and today <= until
