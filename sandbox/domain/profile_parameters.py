"""Parameters of a profile that the sandbox itself reads: their names, units and ranges.

A profile may carry any further parameter as information for people; one of these names must have the type and unit that the
code behind it expects, or null where the source gives no number. Null never stands for a default: what needs the number
fails closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.domain.bound_plain import Plain
from sandbox.domain.limits import SPECS
from sandbox.domain.units import parse_money
from sandbox.errors import InputError


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from low to high, both included."""

    low: int
    high: int

    def fault(self, value: Plain, currency: str) -> str | None:
        """Why the value is not one; None if it is."""
        if isinstance(value, bool) or not isinstance(value, int):
            return f"{value!r} is not a whole number"
        return None if self.low <= value <= self.high else f"{value} is not between {self.low} and {self.high}"


@dataclass(frozen=True, slots=True)
class Sum:
    """Money of zero or more in the profile's currency."""

    def fault(self, value: Plain, currency: str) -> str | None:
        """Why the value is not one; None if it is."""
        try:
            money = parse_money(value)  # type: ignore[arg-type]  # parse_money refuses anything but text
        except InputError as error:
            return error.what
        if money.currency != currency:
            return f"{value!r} is not in {currency}, the currency of the profile"
        return f"{value!r} is negative" if money.value < 0 else None


@dataclass(frozen=True, slots=True)
class Levels:
    """Percents of a limit at which it warns: from 1 to 99, each higher than the one before, at least one."""

    def fault(self, value: Plain, currency: str) -> str | None:
        """Why the value is not one; None if it is."""
        if not isinstance(value, list) or not value:
            return f"{value!r} is not a list of percents"
        for level in value:
            if (wrong := Whole(1, 99).fault(level, currency)) is not None:
                return wrong
        rising = all(one < two for one, two in zip(value, value[1:], strict=False))  # type: ignore[operator]  # whole, seen above
        return None if rising else f"the levels {value!r} do not rise"


@dataclass(frozen=True, slots=True)
class LimitNames:
    """A list of limits of the catalogue."""

    def fault(self, value: Plain, currency: str) -> str | None:
        """Why the value is not one; None if it is."""
        if not isinstance(value, list):
            return f"{value!r} is not a list of limits"
        return next((f"there is no limit {one!r}" for one in value if not isinstance(one, str) or one not in SPECS), None)


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def fault(self, value: Plain, currency: str) -> str | None:
        """Why the value is not one; None if it is."""
        return None if isinstance(value, bool) else f"{value!r} is neither true nor false"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One known parameter. units: the unit as a profile must write it, any of them; none for a bare yes or no or a list."""

    kind: Whole | Sum | Levels | LimitNames | Flag
    units: tuple[str, ...] = ()


_YEARS: Final = Whole(0, 3_650)

PARAMETERS: Final[Mapping[str, Parameter]] = {
    "notice_days": Parameter(Whole(0, 365), ("days",)),
    "rectification_days": Parameter(Whole(1, 365), ("working days",)),
    "tolerance_days": Parameter(_YEARS, ("days",)),
    "lookback_days": Parameter(Whole(1, 3_650), ("days",)),
    "slight_harm": Parameter(Sum(), ("money",)),
    "max_suspension_days": Parameter(Whole(1, 3_650), ("days",)),
    "test_days": Parameter(Whole(1, 3_650), ("days",)),
    "extension_days": Parameter(_YEARS, ("days",)),
    "decision_days": Parameter(Whole(1, 365), ("days", "working days")),
    "objection_days": Parameter(Whole(1, 365), ("days",)),
    "report_months": Parameter(Whole(1, 60), ("months",)),
    "report_days": Parameter(Whole(1, 1_825), ("days",)),
    "incident_hours": Parameter(Whole(1, 8_760), ("hours",)),
    "warning_levels": Parameter(Levels(), ("percent of a limit",)),
    "rectifying_factor": Parameter(Whole(0, 10_000), ("basis points",)),
    "required_limits": Parameter(LimitNames()),
    "final_report_required": Parameter(Flag()),
    "licensed_lead_required": Parameter(Flag()),
}


def parameter_fault(name: str, row: Mapping[str, Plain], currency: str) -> tuple[str, str] | None:
    """What is wrong with a parameter of a known name, and whether it is its `value` or its `unit`; None for one that holds, and
    for a name nobody knows."""
    known = PARAMETERS.get(name)
    if known is None:
        return None
    if row.get("unit") not in (known.units or (None,)):
        written = " or ".join(known.units) or "nothing"
        return f"parameter {name} has the unit {written}, not {row.get('unit')!r}", "unit"
    if row.get("value") is None:
        return None
    wrong = known.kind.fault(row["value"], currency)
    return None if wrong is None else (f"parameter {name}: {wrong}", "value")
