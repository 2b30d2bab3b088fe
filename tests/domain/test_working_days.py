"""Working days: the State Council's arrangements, make-up days, and the moment a deadline ends."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.working_days import (
    WEEKDAYS_ONLY,
    Calendar,
    add_working_days,
    calendar_from,
    deadline,
    is_working_day,
    local_day,
    local_text,
)
from sandbox.errors import InputError
from tests.domain.dossiers import HOLIDAYS, chinese_calendar

CHINA = chinese_calendar()
LABOUR_DAY = {"from": "2026-05-01", "to": "2026-05-01"}
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-10-01", False),
        ("2026-10-08", True),
        ("2026-09-20", True),  # a Sunday worked for the national holiday
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-02-14", True),
        ("2026-02-23", False),  # a Monday of the Spring Festival
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2025-01-26", True),
        ("2027-02-05", False),  # New Year's Eve of the lunar calendar
        ("2027-02-09", True),
    ],
)
def test_holidays_are_off_and_make_up_days_are_worked(day: str, works: bool) -> None:
    assert is_working_day(date.fromisoformat(day), CHINA) is works


@pytest.mark.parametrize(("year", "off"), [(2025, 28), (2026, 33), (2027, 13)])
def test_a_year_has_as_many_days_off_as_its_arrangement_names(year: int, off: int) -> None:
    assert len([day for day in CHINA.holidays if day.year == year]) == off


def test_every_make_up_day_is_a_weekend_day() -> None:
    assert CHINA.workdays and all(day.weekday() >= 5 for day in CHINA.workdays)


def test_only_published_arrangements_are_official() -> None:
    assert CHINA.official_years == {2025, 2026}
    assert CHINA.is_official(date(2026, 5, 1)) and not CHINA.is_official(date(2027, 5, 1))


def test_five_working_days_over_the_national_holiday() -> None:
    # 30 September 2026 is a Wednesday; 8, 9, 10 (made up), 12 and 13 October are worked
    assert add_working_days(date(2026, 9, 30), 5, CHINA) == date(2026, 10, 13)
    assert add_working_days(date(2026, 9, 30), 5, WEEKDAYS_ONLY) == date(2026, 10, 7)


def test_the_day_itself_is_not_counted_and_no_days_are_the_day_itself() -> None:
    assert add_working_days(date(2026, 6, 1), 1, CHINA) == date(2026, 6, 2)
    assert add_working_days(date(2026, 6, 6), 0, CHINA) == date(2026, 6, 6)


def test_days_backwards_or_beyond_reason_are_refused() -> None:
    for count in (-1, 10_001):
        with pytest.raises(InputError, match="working days"):
            add_working_days(date(2026, 6, 1), count, CHINA)


def test_a_deadline_is_the_last_second_of_its_day_in_china() -> None:
    evening = int(datetime(2026, 6, 1, 15, 59, 59, tzinfo=UTC).timestamp())  # 23:59:59 there
    assert local_text(deadline(evening, 1, CHINA)) == "2026-06-02 23:59:59 +08:00"
    assert local_text(deadline(evening + 1, 1, CHINA)) == "2026-06-03 23:59:59 +08:00"


def test_a_moment_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(InputError, match="no moment"):
        local_day(10**18)


@given(DAYS, st.integers(1, 30))
def test_the_nth_working_day_is_one_and_n_lie_up_to_it(day: date, count: int) -> None:
    last = add_working_days(day, count, CHINA)
    between = [day + timedelta(offset) for offset in range(1, (last - day).days + 1)]
    assert is_working_day(last, CHINA)
    assert sum(is_working_day(each, CHINA) for each in between) == count


@given(DAYS, st.integers(0, 20), st.integers(0, 20))
def test_days_add_up(day: date, first: int, second: int) -> None:
    stop = add_working_days(day, first, CHINA)
    assert add_working_days(stop, second, CHINA) == add_working_days(day, first + second, CHINA)


def test_every_year_of_the_data_names_its_source() -> None:
    years = json.loads(HOLIDAYS.read_text(encoding="utf-8"))["years"]
    assert all(row["source"] for row in years.values())
    assert "国办发明电〔2024〕12号" in years["2025"]["source"] and "国办发明电〔2025〕7号" in years["2026"]["source"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"years": []},
        {"years": {"2026": {"official": True, "holidays": [], "workdays": ["1 May"]}}},
        {"years": {"2026": {"official": True, "holidays": [{"from": "2026-05-03", "to": "2026-05-01"}], "workdays": []}}},
        {"years": {"2026": {"official": True, "holidays": [LABOUR_DAY], "workdays": ["2026-05-01"]}}},
    ],
)
def test_data_that_is_no_calendar_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(InputError):
        calendar_from(data)


def test_no_calendar_means_monday_to_friday() -> None:
    assert calendar_from({"years": {}}) == Calendar() == WEEKDAYS_ONLY
