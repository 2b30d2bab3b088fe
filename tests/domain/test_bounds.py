"""Bounds: what "tighter" means for each shape, the words of a report, and the way into a file and back."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.bound_plain import parse_bound, plain_bound
from sandbox.domain.bounds import (
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Deadlines,
    Floor,
    Forbidden,
    Hold,
    Rates,
    Required,
    Resources,
    Span,
    duration_text,
)
from sandbox.domain.limits import CATALOGUE
from sandbox.domain.units import Money, Seconds, Value
from sandbox.errors import InputError
from tests.domain.builders import cny

NUMBER = st.integers(0, 3)
MONEY = st.builds(Money, NUMBER.map(Value), st.sampled_from(["CNY", "USD"]))
WINDOW = st.integers(1, 3).map(Seconds)
NAMES = st.frozensets(st.sampled_from(["CN", "HK", "SG"]))
SHAPES: dict[type[Bound], st.SearchStrategy[Any]] = {
    Count: st.builds(Count, NUMBER),
    Amount: st.builds(Amount, MONEY),
    AmountPer: st.builds(AmountPer, MONEY, WINDOW),
    CountPer: st.builds(CountPer, NUMBER, WINDOW),
    Span: st.builds(Span, WINDOW),
    Hold: st.builds(Hold, WINDOW),
    Allowed: st.builds(Allowed, NAMES),
    Forbidden: st.builds(Forbidden, NAMES),
    Required: st.builds(Required, st.booleans()),
    Resources: st.builds(Resources, NUMBER, NUMBER),
    Floor: st.builds(lambda hard, more: Floor(hard + more, hard), NUMBER, NUMBER),
    Rates: st.builds(Rates, NUMBER, NUMBER),
    Deadlines: st.builds(Deadlines, WINDOW, WINDOW),
}
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)


def test_every_shape_of_the_union_is_tried_and_used_by_a_limit() -> None:
    assert set(SHAPES) == set(get_args(Bound)) == {spec.shape for spec in CATALOGUE}


@each_shape
@given(st.data())
def test_being_at_least_as_tight_is_a_partial_order(shape: type[Bound], data: st.DataObject) -> None:
    a, b, c = (data.draw(SHAPES[shape]) for _ in range(3))
    assert a.covers(a)
    assert not (a.covers(b) and b.covers(a)) or a == b
    assert not (a.covers(b) and b.covers(c)) or a.covers(c)


@pytest.mark.parametrize(
    ("roof", "tighter", "looser"),
    [
        (Count(5), Count(4), Count(6)),
        (Count(5), Count(0), Count(-1)),
        (Amount(cny(5)), Amount(cny("4.99")), Amount(cny("5.01"))),
        (Amount(cny(5)), Amount(cny(0)), Amount(Money(Value(1), "USD"))),
        (AmountPer(cny(5), Seconds(10)), AmountPer(cny(5), Seconds(20)), AmountPer(cny(5), Seconds(9))),
        (CountPer(5, Seconds(10)), CountPer(4, Seconds(10)), CountPer(4, Seconds(9))),
        (Span(Seconds(5)), Span(Seconds(4)), Span(Seconds(6))),
        (Hold(Seconds(5)), Hold(Seconds(6)), Hold(Seconds(4))),
        (Allowed(frozenset("ab")), Allowed(frozenset("a")), Allowed(frozenset("abc"))),
        (Forbidden(frozenset("ab")), Forbidden(frozenset("abc")), Forbidden(frozenset("a"))),
        (Required(True), Required(True), Required(False)),
        (Required(False), Required(True), None),
        (Resources(5, 5), Resources(4, 5), Resources(4, 6)),
        (Floor(10_000, 9_000), Floor(10_001, 9_000), Floor(9_999, 9_000)),
        (Floor(10_000, 9_000), Floor(10_000, 9_001), Floor(11_000, 8_999)),
        (Rates(1_500, 100), Rates(1_499, 100), Rates(1_000, 101)),
        (Rates(1_500, 100), Rates(1_500, 0), Rates(1_501, 0)),
        (Deadlines(Seconds(30), Seconds(5)), Deadlines(Seconds(29), Seconds(5)), Deadlines(Seconds(31), Seconds(5))),
        (Deadlines(Seconds(30), Seconds(5)), Deadlines(Seconds(30), Seconds(4)), Deadlines(Seconds(1), Seconds(6))),
        (Deadlines(Seconds(30), Seconds(5)), Deadlines(Seconds(1), Seconds(1)), Deadlines(Seconds(0), Seconds(1))),
    ],
)
def test_a_tighter_bound_is_covered_and_a_looser_one_is_not(roof: Any, tighter: Any, looser: Any) -> None:
    assert roof.covers(tighter) and (looser is None or not roof.covers(looser))


@each_shape
@given(st.data())
def test_every_bound_has_words_for_a_report(shape: type[Bound], data: st.DataObject) -> None:
    text = data.draw(SHAPES[shape]).text()
    assert text and text == text.strip() and text.isprintable()


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (AmountPer(cny("20000.5"), Seconds(86_400)), "20000.5 CNY / 1 d"),
        (CountPer(20, Seconds(5_400)), "20 / 90 min"),
        (Span(Seconds(61)), "61 s"),
        (Span(Seconds(7_200)), "2 h"),
        (Hold(Seconds(5 * 86_400)), "at least 5 d"),
        (Allowed(frozenset({"b", "a"})), "a, b"),
        (Allowed(frozenset()), "none"),
        (Forbidden(frozenset({"ORIGIN"})), "no ORIGIN"),
        (Forbidden(frozenset()), "none"),
        (Required(True), "required"),
        (Required(False), "not required"),
        (Resources(8, 9), "gas 8, calldata 9 bytes"),
        (Floor(10_000, 9_000), "at least 10000 bp, never below 9000 bp"),
        (Rates(1_500, 100), "1500 bp a year, fee 100 bp"),
        (Deadlines(Seconds(30 * 86_400), Seconds(3_600)), "report every 30 d, incident within 1 h"),
    ],
)
def test_words_of_a_bound(bound: Bound, text: str) -> None:
    assert bound.text() == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (86_400, "1 d"), (90_000, "25 h")])
def test_a_duration_is_told_in_its_largest_whole_unit(seconds: int, text: str) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.id)
@given(st.data())
def test_a_bound_written_to_a_file_is_read_back_the_same(spec: Any, data: st.DataObject) -> None:
    bound = data.draw(SHAPES[spec.shape])
    assert parse_bound(spec, plain_bound(bound)) == bound
    assert type(parse_bound(spec, plain_bound(bound))) is spec.shape


@pytest.mark.parametrize("spec", CATALOGUE, ids=lambda spec: spec.id)
def test_no_bound_is_read_as_no_bound(spec: Any) -> None:
    assert parse_bound(spec, None) is None


def test_a_hard_floor_above_the_minimum_is_refused_and_one_at_it_is_not() -> None:
    reserve = next(spec for spec in CATALOGUE if spec.id == "reserve")
    assert parse_bound(reserve, {"minimum": 9_000, "hard": 9_000}) == Floor(9_000, 9_000)
    with pytest.raises(InputError, match="the hard floor 9001 lies above the minimum 9000"):
        parse_bound(reserve, {"minimum": 9_000, "hard": 9_001})


def test_a_jurisdiction_is_an_official_code_and_other_names_are_free() -> None:
    places, classes = (next(spec for spec in CATALOGUE if spec.id == key) for key in ("jurisdiction", "investor_class"))
    assert parse_bound(places, {"allow": ["CN", "SG"]}) == Allowed(frozenset({"CN", "SG"}))
    assert parse_bound(classes, {"allow": ["XX"]}) == Allowed(frozenset({"XX"}))
    for wrong in ("XX", "cn", "156", "UK", ""):
        with pytest.raises(InputError, match="limit jurisdiction: .* is not the ISO 3166-1 alpha-2 code"):
            parse_bound(places, {"allow": ["CN", wrong]})
