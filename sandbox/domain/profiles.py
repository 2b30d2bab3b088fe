"""Profiles: limit templates with their sources, and how a pilot's own wishes are bound to one.

A firm may tighten a profile and never loosen it; a value the profile leaves open (null) is the firm's to state, up to the
hard ceiling where there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.domain.bound_plain import Plain as Plain
from sandbox.domain.bound_plain import parse_bound as parse_bound
from sandbox.domain.bound_plain import plain_bound as plain_bound
from sandbox.domain.limits import Amount, AmountPer, Bound, Limit, LimitSet, Mode, Required, spec_of
from sandbox.errors import InputError

UNSETTABLE: Final[Mapping[str, str]] = {
    "supervisory_order": "an order of the supervisor is always in force and nobody's to set, loosen or switch off",
}
"""Limits that stand in no profile and in no pilot's wishes -> why."""


@dataclass(frozen=True, slots=True)
class ProfileLimit:
    """One row of a profile. bound: None where the source gives no number. ceiling: hard upper bound, if any.
    confidence: verified | secondary | unverified | design."""

    id: str
    bound: Bound | None
    ceiling: Bound | None
    mode: Mode
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A limit template. stages: limit factor per stage in basis points. parameters: other numbers of the template
    (notice days, report cadence …) as plain data with their sources."""

    id: str
    version: int
    zh: str
    en: str
    currency: str
    source: str
    limits: Mapping[str, ProfileLimit]
    stages: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loosened:
    """A wish that is looser than the profile. asked and allowed are texts of the two bounds."""

    limit: str
    asked: str
    allowed: str


ALWAYS: Final[Mapping[str, Limit]] = {
    key: Limit(key, Required(True), Mode.ENFORCE, "JR/T 0184-2020 15.5", "verified") for key in UNSETTABLE
}
"""In force under every profile."""


def bind(profile: Profile, wishes: Mapping[str, Plain], modes: Mapping[str, str]) -> LimitSet | tuple[Loosened, ...]:
    """The limits in force for a pilot, or every wish that would loosen the profile. Raises InputError for a wish that is
    not a limit, not the firm's to make, not of its shape, or in another currency than the profile (nothing converts)."""
    for limit_id in sorted({*wishes, *modes} & UNSETTABLE.keys()):
        raise InputError(f"limit {limit_id}: {UNSETTABLE[limit_id]}", do="remove it")
    needed = required_limits(profile)
    loosened: list[Loosened] = []
    bound: dict[str, Limit] = {}
    for limit_id in sorted({*profile.limits, *needed, *wishes, *modes}):
        row = profile.limits.get(limit_id) or _open_row(limit_id)
        wished = parse_bound(spec_of(limit_id), wishes[limit_id]) if limit_id in wishes else row.bound
        if isinstance(wished, Amount | AmountPer) and wished.maximum.currency != profile.currency:
            raise InputError(f"limit {limit_id}: {wished.maximum} is not in {profile.currency}")
        mode = _mode(modes[limit_id]) if limit_id in modes else row.mode
        for roof in (row.bound, row.ceiling):
            if roof is not None and (wished is None or not _covers(roof, wished)):
                loosened.append(Loosened(limit_id, "none" if wished is None else wished.text(), roof.text()))
                break
        else:
            if wished is None and limit_id in needed:
                loosened.append(Loosened(limit_id, "none", "the bound that each pilot must state"))
        if limit_id in profile.limits and mode < row.mode:
            loosened.append(Loosened(limit_id, mode.name.lower(), row.mode.name.lower()))
        own = limit_id in wishes and limit_id in profile.limits
        source, confidence = (f"set by the pilot; {row.source}", "design") if own else (row.source, row.confidence)
        bound[limit_id] = Limit(limit_id, wished, mode, source, confidence)
    if loosened:
        return tuple(loosened)
    own_limits = LimitSet(profile.id, profile.currency, bound)  # refuses a pilot that has none but what is always in force
    return replace(own_limits, limits={**bound, **ALWAYS})


def required_limits(profile: Profile) -> frozenset[str]:
    """Limits the profile gives no number for and wants each pilot to state: its parameter `required_limits`."""
    row = profile.parameters.get("required_limits")
    value = row.get("value") if isinstance(row, Mapping) else None
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset()


def _open_row(limit_id: str) -> ProfileLimit:
    return ProfileLimit(spec_of(limit_id).id, None, None, Mode.ENFORCE, "the pilot's own limit", "design")


def _mode(text: str) -> Mode:
    try:
        return Mode[text.upper()]
    except KeyError as error:
        raise InputError(f"{text!r} is not a mode", do="use observe, warn or enforce") from error


def _covers(roof: Bound, wished: Bound) -> bool:
    return type(roof) is type(wished) and roof.covers(wished)  # type: ignore[arg-type]  # equal types, checked here


def dump_limits(limits: LimitSet) -> dict[str, Plain]:
    """A limit set as plain data for storage."""
    rows: dict[str, Plain] = {
        key: {
            "bound": None if limit.bound is None else plain_bound(limit.bound),
            "mode": limit.mode.name.lower(),
            "source": limit.source,
            "confidence": limit.confidence,
        }
        for key, limit in sorted(limits.limits.items())
    }
    return {"profile": limits.profile, "currency": limits.currency, "limits": rows}


def load_limits(data: Mapping[str, Any]) -> LimitSet:
    """The limit set that `dump_limits` wrote. Raises InputError for a bound that has not its limit's shape."""
    return LimitSet(
        data["profile"],
        data["currency"],
        {
            key: Limit(key, parse_bound(spec_of(key), row["bound"]), _mode(row["mode"]), row["source"], row["confidence"])
            for key, row in data["limits"].items()
        },
    )
