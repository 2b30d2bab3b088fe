"""Other limits than those that were in force: what a what-if lays over them, tighter or looser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sandbox.domain.limits import Amount, AmountPer, Bound, Limit, LimitSet, Mode
from sandbox.errors import InputError


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """bounds: limit -> its new bound, None for no limit at all. modes: limit -> its new mode. where: limit -> its place in the
    file they come from."""

    bounds: Mapping[str, Bound | None]
    modes: Mapping[str, Mode] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def touched(self) -> tuple[str, ...]:
        """Every limit that is named."""
        return tuple(sorted({*self.bounds, *self.modes}))


NO_CHANGES = LimitChanges({})


@dataclass(frozen=True, slots=True)
class ChangedLimit:
    """One limit before and after, in words. then and now: "not set" where there is no bound."""

    limit: str
    then: str
    now: str
    mode_then: str
    mode_now: str

    def as_data(self) -> dict[str, str]:
        """Plain data for JSON output."""
        modes = {"mode_then": self.mode_then, "mode_now": self.mode_now}
        return {"limit": self.limit, "then": self.then, "now": self.now, **modes}


def lay_over(limits: LimitSet, changes: LimitChanges, factor: int = 10_000) -> LimitSet:
    """The limits with the changes over them; a staged bound that is changed is in force at `factor` basis points, as those are
    that stand. Raises InputError for a bound in another currency, or a mode of a limit that has no bound."""
    if not changes.touched:
        return limits
    rows = dict(limits.limits)
    for limit_id in changes.touched:
        rows[limit_id] = _changed(limits, limit_id, changes)
    scaled = replace(limits, limits=rows).scaled(factor)
    return replace(limits, limits={**rows, **{key: scaled.limits[key] for key in changes.bounds}})


def compared(before: LimitSet, after: LimitSet) -> tuple[ChangedLimit, ...]:
    """The limits that differ."""
    changed = []
    for key in sorted({*before.limits, *after.limits}):
        then, now = before.limits.get(key), after.limits.get(key)
        row = ChangedLimit(key, _bound(then), _bound(now), _mode(then), _mode(now))
        if (row.then, row.mode_then) != (row.now, row.mode_now):
            changed.append(row)
    return tuple(changed)


def _changed(limits: LimitSet, limit_id: str, changes: LimitChanges) -> Limit:
    known = limits.limits.get(limit_id, Limit(limit_id, None, Mode.ENFORCE, "", "design"))
    bound = changes.bounds.get(limit_id, known.bound)
    if isinstance(bound, Amount | AmountPer) and bound.maximum.currency != limits.currency:
        raise InputError(
            f"limit {limit_id}: {bound.maximum} is not in {limits.currency}",
            where=changes.where.get(limit_id),
            do=f"write it in {limits.currency}",
        )
    if bound is None and limit_id not in changes.bounds:
        raise InputError(
            f"limit {limit_id} has no bound that a mode could go with",
            where=changes.where.get(limit_id),
            do="give it one under limits:",
        )
    return replace(known, bound=bound, mode=changes.modes.get(limit_id, known.mode))


def _bound(limit: Limit | None) -> str:
    return "not set" if limit is None or limit.bound is None else limit.bound.text()


def _mode(limit: Limit | None) -> str:
    return "" if limit is None or limit.bound is None else limit.mode.name.lower()
