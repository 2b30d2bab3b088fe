"""Terms and facts: what a pilot's supervision is measured by, and what the shell knows about the world at the moment of an act.

Terms come from the profile (`terms_of`); the defaults are those of `taishan_default`, all of them design choices. Facts are
kept beside every act in the log, so that a dossier can be folded again from the same premises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.domain.limits import Bound, LimitSet, Span
from sandbox.domain.profiles import Plain, Profile
from sandbox.domain.standing import Stage
from sandbox.domain.units import Value, parse_duration, parse_money
from sandbox.domain.working_days import DAY, WEEKDAYS_ONLY, Calendar
from sandbox.errors import InputError

WHOLE: Final = 10_000
"""Basis points of the whole."""

HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class Facts:
    """What the shell knows. None is "not known" and shuts the gate that asks for it.

    code_matches: the bytecode on hand hashes to what admission approved. limits_bound: within the profile and its ceilings.
    outstanding: clients' exposure left, as a Value. head: number of the newest block of the pilot's chain.
    """

    code_matches: bool | None = None
    limits_bound: bool | None = None
    exit_plan: bool | None = None
    complaint_channel: bool | None = None
    assessments_valid: bool | None = None
    declaration_complete: bool | None = None
    outstanding: int | None = None
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Numbers of one pilot's supervision. Days are calendar days except rectification_days (working days); stages and
    rectifying_factor are basis points of each limit; slight_harm: the most harm that is still slight (危害后果轻微).

    report_days: between periodic reports, None for none. limits: as bound at admission. roofs: limit -> bounds of the profile
    and its hard ceiling, above which no change may go.
    """

    notice_days: int = 7
    rectification_days: int = 5
    max_suspension_days: int = 30
    test_days: int = 180
    tolerance_days: int = 90
    lookback_days: int = 730
    slight_harm: Value = Value(0)
    extension_days: int = 90
    stages: Mapping[Stage, int] = field(default_factory=lambda: {Stage.G1: 0, Stage.G2: 2_000, Stage.G3: WHOLE})
    rectifying_factor: int = 5_000
    report_days: int | None = None
    incident_hours: int = 24
    holidays: Calendar = WEEKDAYS_ONLY
    limits: LimitSet | None = None
    roofs: Mapping[str, tuple[Bound, ...]] = field(default_factory=dict)


def terms_of(profile: Profile, limits: LimitSet | None = None, holidays: Calendar = WEEKDAYS_ONLY) -> Terms:
    """The terms of a pilot under this profile; what the profile does not state keeps its default. The test lasts as long as the
    time box, where one is bound. Raises InputError for a parameter that is not of its kind."""
    stated = {key: read(profile, key) for key, (_, read) in _PARAMETERS.items() if key in profile.parameters}
    changes: dict[str, Any] = {_PARAMETERS[key][0]: value for key, value in stated.items()}
    box = None if limits is None else limits.bound("time_box")
    if isinstance(box, Span):
        changes["test_days"] = -(-box.maximum // DAY)
    if profile.stages:
        changes["stages"] = {stage: profile.stages.get(stage.value, 0) for stage in Stage}
    rows = ((key, (row.bound, row.ceiling)) for key, row in profile.limits.items())
    roofs = {key: tuple(bound for bound in pair if bound is not None) for key, pair in rows}
    return replace(Terms(), limits=limits, roofs=roofs, holidays=holidays, **changes)


def _stated(profile: Profile, key: str) -> Plain:
    row = profile.parameters[key]
    return row["value"] if isinstance(row, Mapping) and "value" in row else row


def _number(profile: Profile, key: str) -> int:
    value = _stated(profile, key)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"parameter {key} of {profile.id}: {value!r} is not a whole number", do="correct the profile")
    return value


def _days(profile: Profile, key: str) -> int:
    value = _stated(profile, key)
    if not isinstance(value, str | int):
        raise InputError(f"parameter {key} of {profile.id}: {value!r} is not a duration", do='write such as "90d"')
    return parse_duration(value) // DAY


def _months(profile: Profile, key: str) -> int:
    """Thirty days each, so that nothing falls due later than its month."""
    return 30 * _number(profile, key)


def _worth(profile: Profile, key: str) -> Value:
    value = _stated(profile, key)
    if not isinstance(value, str):
        raise InputError(f"parameter {key} of {profile.id}: {value!r} is not a sum of money", do='write such as "100 CNY"')
    money = parse_money(value)
    if money.currency != profile.currency:
        raise InputError(f"parameter {key} of {profile.id}: {money} is not in {profile.currency}")
    return money.value


_PARAMETERS: Final[Mapping[str, tuple[str, Callable[[Profile, str], int]]]] = {
    "notice_days": ("notice_days", _number),
    "rectification_days": ("rectification_days", _number),
    "max_suspension_days": ("max_suspension_days", _number),
    "test_days": ("test_days", _number),
    "tolerance_period": ("tolerance_days", _days),
    "tolerance_days": ("tolerance_days", _number),
    "lookback_days": ("lookback_days", _number),
    "slight_harm": ("slight_harm", _worth),
    "extension_days": ("extension_days", _number),
    "rectifying_factor": ("rectifying_factor", _number),
    "report_months": ("report_days", _months),
    "report_days": ("report_days", _number),
    "incident_hours": ("incident_hours", _number),
}
"""parameter of a profile -> field of Terms, and how its value is read."""
