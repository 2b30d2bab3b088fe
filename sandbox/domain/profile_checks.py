"""Does a profile contradict itself? Numbers that cannot both mean what they say are refused before any pilot relies on them.

A contradiction is a pair of limits of which one is a part of the other and yet larger, or a word that means nothing to the
sandbox. A bound that merely never bites because a tighter one stands beside it is none: statutes state such pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sandbox.domain.bounds import Allowed, Amount, AmountPer, Bound, Count, Forbidden, Required, Span
from sandbox.domain.effects import WATCHED_OPCODES
from sandbox.domain.pilot import Instrument
from sandbox.domain.profile_parameters import parameter_fault
from sandbox.domain.profiles import UNSETTABLE, Plain, Profile
from sandbox.domain.units import format_value

STAGES: Final = ("G1", "G2", "G3")
"""Dry run, limited, scaled: the stages of an active pilot in their order (synthesis (a))."""

FULL: Final = 10_000
"""The whole of a limit in basis points."""

_DAY: Final = 86_400
_WHOLE_SHARE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing wrong with a profile. path: where in the file. what: one sentence without a full stop. do: what to do."""

    path: tuple[str, ...]
    what: str
    do: str

    def __str__(self) -> str:
        return self.what


def contradictions(profile: Profile) -> Iterator[Contradiction]:
    """Everything about the profile that cannot be meant, in the order of `CHECKS`; nothing for a profile that holds."""
    for check in CHECKS:
        yield from check(profile)


def _unsettable(profile: Profile) -> Iterator[Contradiction]:
    """What is always in force is nobody's to set."""
    for limit_id in sorted(UNSETTABLE.keys() & profile.limits.keys()):
        yield Contradiction(("limits", limit_id), f"limit {limit_id}: {UNSETTABLE[limit_id]}", "remove it")


def _trigger(profile: Profile) -> Iterator[Contradiction]:
    """The wind-down trigger comes after the total (Regulation (EU) 2022/858 Art. 3: 6 bn, then 9 bn). At or below it, winding
    down would begin while business is still within its limit."""
    total, trigger = (_money(profile, key) for key in ("max_total_exposure", "wind_down_trigger"))
    if total is not None and trigger is not None and trigger <= total:
        what = f"the wind_down_trigger {_text(profile, trigger)} is not above max_total_exposure {_text(profile, total)}"
        yield Contradiction(_value("wind_down_trigger"), what, "raise it above the total, or set it to null")


def _exposures(profile: Profile) -> Iterator[Contradiction]:
    """One client's exposure is a summand of the total. The amount of a transaction is not compared with either: it is the sum
    of the legs, so a batch to ten clients moves ten exposures, and value passed on twice within one transaction counts twice;
    an amount above the total can be reached."""
    client, total = (_money(profile, key) for key in ("max_client_exposure", "max_total_exposure"))
    if client is not None and total is not None and client > total:
        what = f"max_client_exposure {_text(profile, client)} is above max_total_exposure {_text(profile, total)}"
        yield Contradiction(_value("max_client_exposure"), what, "one client is part of all: lower it, or raise the total")


def _volumes(profile: Profile) -> Iterator[Contradiction]:
    """What one client sends is a summand of what the pilot moves, over the same window and over any longer one."""
    client, pilot = (_bound(profile, key) for key in ("max_client_volume", "max_pilot_volume"))
    if isinstance(client, AmountPer) and isinstance(pilot, AmountPer) and client.window <= pilot.window:
        if client.maximum.value > pilot.maximum.value:
            what = f"max_client_volume {client.text()} is above max_pilot_volume {pilot.text()}"
            yield Contradiction(_value("max_client_volume"), what, "one client is part of the pilot: lower it")


def _concentration(profile: Profile) -> Iterator[Contradiction]:
    """A share is at most the whole."""
    share = _bound(profile, "concentration")
    if isinstance(share, Count) and share.maximum > _WHOLE_SHARE:
        what = f"a concentration of {share.maximum} basis points is more than the whole supply"
        yield Contradiction(_value("concentration"), what, f"write {_WHOLE_SHARE} or less, or null")


def _red_lines(profile: Profile) -> Iterator[Contradiction]:
    """A red line may be left unset, and is then shown as such; it cannot be declared not to matter."""
    for limit_id in ("supply_integrity", "supervision_evasion"):
        if _bound(profile, limit_id) == Required(False):
            yield Contradiction(_value(limit_id), f"{limit_id} is a red line and cannot be waived", "write true")


def _words(profile: Profile) -> Iterator[Contradiction]:
    """Names that a limit compares with must be names that can occur."""
    assets, opcodes = _bound(profile, "asset_class"), _bound(profile, "opcodes")
    instruments = frozenset(one.value for one in Instrument)
    for name in sorted(assets.names - instruments) if isinstance(assets, Allowed) else ():
        do = f"use some of {', '.join(sorted(instruments))}"
        yield Contradiction(_value("asset_class"), f"{name!r} is no instrument", do)
    for name in sorted(opcodes.names - WATCHED_OPCODES) if isinstance(opcodes, Forbidden) else ():
        what = f"nobody watches the opcode {name}, so it cannot be forbidden"
        yield Contradiction(_value("opcodes"), what, f"forbid some of {', '.join(sorted(WATCHED_OPCODES))}")


def _stages(profile: Profile) -> Iterator[Contradiction]:
    """No stages at all (the sandbox's own ladder then holds), or all: none tighter than the one before, the last the whole."""
    if not profile.stages:
        return
    for name in sorted(profile.stages.keys() - set(STAGES)):
        yield Contradiction(("stages", name), f"there is no stage {name!r}", f"use {', '.join(STAGES)}")
    missing = [name for name in STAGES if name not in profile.stages]
    if missing:
        yield Contradiction(("stages",), f"the stages lack {', '.join(missing)}", f"state {', '.join(STAGES)}, or no stages")
        return
    for one, two in pairwise(STAGES):
        if profile.stages[two] < profile.stages[one]:
            what = f"stage {two} has {profile.stages[two]}, less than {profile.stages[one]} of stage {one} before it"
            yield Contradiction(("stages", two), what, "limits grow from stage to stage")
    if profile.stages[STAGES[-1]] != FULL:
        what = f"stage {STAGES[-1]} has {profile.stages[STAGES[-1]]} basis points, not the whole of each limit"
        yield Contradiction(("stages", STAGES[-1]), what, f"write {FULL}")


def _parameters(profile: Profile) -> Iterator[Contradiction]:
    """A parameter of a known name has the type and unit that the code behind it expects."""
    for name, row in profile.parameters.items():
        plain = row if isinstance(row, Mapping) else {"value": row}
        fault = parameter_fault(name, plain, profile.currency)
        if fault is not None:
            what, part = fault
            yield Contradiction(("parameters", name, part), what, "correct it; null where there is no number")


def _test_period(profile: Profile) -> Iterator[Contradiction]:
    """The period that plans the test and the limit that holds it are one number."""
    days, box = _number(profile, "test_days"), _bound(profile, "time_box")
    if days is not None and isinstance(box, Span) and days * _DAY != box.maximum:
        what = f"test_days {days} and time_box {box.text()} name two periods"
        yield Contradiction(("parameters", "test_days", "value"), what, "write the same in both")


CHECKS: Final[tuple[Callable[[Profile], Iterator[Contradiction]], ...]] = (
    _unsettable,
    _trigger,
    _exposures,
    _volumes,
    _concentration,
    _red_lines,
    _words,
    _stages,
    _parameters,
    _test_period,
)


def _bound(profile: Profile, limit_id: str) -> Bound | None:
    row = profile.limits.get(limit_id)
    return None if row is None else row.bound


def _money(profile: Profile, limit_id: str) -> int | None:
    bound = _bound(profile, limit_id)
    return bound.maximum.value if isinstance(bound, Amount) else None


def _text(profile: Profile, value: int) -> str:
    return f"{format_value(value)} {profile.currency}"


def _value(limit_id: str) -> tuple[str, ...]:
    return ("limits", limit_id, "value")


def _number(profile: Profile, name: str) -> int | None:
    row = profile.parameters.get(name)
    value: Plain = row.get("value") if isinstance(row, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
