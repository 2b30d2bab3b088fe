"""Working days (工作日): deadlines of the supervisor are counted in them, in Chinese time.

A calendar is data, read from outside: public holidays and the weekend days worked in their stead (调休), year by year. A year
the State Council has not arranged yet, or that is not in the data, is known by its weekends and statutory days only;
`Calendar.is_official` tells a report so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sandbox.errors import InputError

DAY: Final = 86_400
OFFSET: Final = 8 * 3_600
"""Seconds by which Asia/Shanghai is ahead of UTC; no summer time since 1991, so that a fixed offset is exact."""

_EPOCH: Final = 719_163
"""1970-01-01 as a proleptic Gregorian ordinal."""
_ONE_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
MAX_WORKING_DAYS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """holidays: days off, weekends beside them included or not. workdays: weekend days that are worked. official_years: those
    whose arrangement the State Council has published."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    official_years: frozenset[int] = frozenset()

    def is_official(self, day: date) -> bool:
        """Whether the day's year is arranged officially, so that the count is final."""
        return day.year in self.official_years


WEEKDAYS_ONLY: Final = Calendar()
"""No holiday known: Monday to Friday."""


def is_working_day(day: date, calendar: Calendar) -> bool:
    """A make-up day is worked, a holiday is not; otherwise Monday to Friday are."""
    return day in calendar.workdays or (day not in calendar.holidays and day.weekday() < _SATURDAY)


def add_working_days(day: date, count: int, calendar: Calendar) -> date:
    """The count-th working day after `day`, which itself is not counted (行政处罚法 Art. 85 counts in working days).
    0 gives the day itself. Raises InputError for a negative or unreasonable count."""
    if not 0 <= count <= MAX_WORKING_DAYS:
        raise InputError(f"{count} working days cannot be counted", do=f"use 0 to {MAX_WORKING_DAYS}")
    while count:
        day += _ONE_DAY
        count -= is_working_day(day, calendar)
    return day


def deadline(seconds: int, count: int, calendar: Calendar) -> int:
    """Unix seconds of the last second (23:59:59 +08:00) of the count-th working day after the moment `seconds`."""
    last = add_working_days(local_day(seconds), count, calendar)
    return (last.toordinal() - _EPOCH + 1) * DAY - OFFSET - 1


def local_day(seconds: int) -> date:
    """The date in China at that moment. Raises InputError beyond the year 9999."""
    try:
        return date.fromordinal(_EPOCH + (seconds + OFFSET) // DAY)
    except (OverflowError, ValueError) as error:
        raise InputError(f"{seconds} is no moment in time", do="use unix seconds") from error


def local_text(seconds: int) -> str:
    """The moment as text for people: `2026-10-10 23:59:59 +08:00`."""
    minutes, second = divmod((seconds + OFFSET) % DAY, 60)
    return f"{local_day(seconds)} {minutes // 60:02}:{minutes % 60:02}:{second:02} +08:00"


def calendar_from(data: Mapping[str, Any]) -> Calendar:
    """The calendar of a data file: `years` -> {official, holidays: [{from, to}], workdays: [day]}. Raises InputError."""
    holidays: set[date] = set()
    workdays: set[date] = set()
    official: set[int] = set()
    try:
        for year, row in data["years"].items():
            for span in row["holidays"]:
                holidays |= _days(date.fromisoformat(span["from"]), date.fromisoformat(span["to"]))
            workdays |= set(map(date.fromisoformat, row["workdays"]))
            official |= {int(year)} if row["official"] is True else set()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"this is not a calendar of holidays ({error})", do="see sandbox/data/cn_holidays.json") from error
    if holidays & workdays:
        raise InputError(f"{min(holidays & workdays)} cannot be a holiday and a working day", do="correct the calendar")
    return Calendar(frozenset(holidays), frozenset(workdays), frozenset(official))


def _days(first: date, last: date) -> set[date]:
    if last < first or (last - first).days > 30:
        raise ValueError(f"a holiday from {first} to {last}")
    return {first + timedelta(days=offset) for offset in range((last - first).days + 1)}
