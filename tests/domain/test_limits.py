"""Bounds, what "tighter" means, and the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.limits import (
    CATALOGUE,
    SPECS,
    Allowed,
    Amount,
    AmountPer,
    Bound,
    Count,
    CountPer,
    Forbidden,
    Limit,
    LimitSet,
    Mode,
    Required,
    Resources,
    Span,
    format_observed,
    spec_of,
)
from sandbox.domain.units import Money, Seconds, Value
from sandbox.errors import InputError
from tests.domain.builders import cny

NUMBER = st.integers(0, 3)
MONEY = st.builds(Money, NUMBER.map(Value), st.sampled_from(["CNY", "USD"]))
WINDOW = st.integers(1, 3).map(Seconds)
NAMES = st.frozensets(st.sampled_from("abc"))
SHAPES: dict[type[Bound], st.SearchStrategy[Any]] = {
    Count: st.builds(Count, NUMBER),
    Amount: st.builds(Amount, MONEY),
    AmountPer: st.builds(AmountPer, MONEY, WINDOW),
    CountPer: st.builds(CountPer, NUMBER, WINDOW),
    Span: st.builds(Span, WINDOW),
    Allowed: st.builds(Allowed, NAMES),
    Forbidden: st.builds(Forbidden, NAMES),
    Required: st.builds(Required, st.booleans()),
    Resources: st.builds(Resources, NUMBER, NUMBER),
}
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)


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
        (Allowed(frozenset("ab")), Allowed(frozenset("a")), Allowed(frozenset("abc"))),
        (Forbidden(frozenset("ab")), Forbidden(frozenset("abc")), Forbidden(frozenset("a"))),
        (Required(True), Required(True), Required(False)),
        (Resources(5, 5), Resources(4, 5), Resources(4, 6)),
    ],
)
def test_a_tighter_bound_is_covered_and_a_looser_one_is_not(roof: Any, tighter: Any, looser: Any) -> None:
    assert roof.covers(tighter) and not roof.covers(looser)


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
        (Allowed(frozenset({"b", "a"})), "a, b"),
        (Allowed(frozenset()), "none"),
        (Forbidden(frozenset({"ORIGIN"})), "no ORIGIN"),
        (Resources(8, 9), "gas 8, calldata 9 bytes"),
    ],
)
def test_words_of_a_bound(bound: Bound, text: str) -> None:
    assert bound.text() == text


def test_every_shape_is_used_by_a_limit_and_every_limit_has_a_known_shape() -> None:
    assert {spec.shape for spec in CATALOGUE} == set(SHAPES)


def test_ids_are_unique_and_looked_up_exactly() -> None:
    assert len(SPECS) == len(CATALOGUE) == len({(spec.zh, spec.en) for spec in CATALOGUE})
    assert spec_of("max_clients").shape is Count
    for unknown in ("", "Max_Clients", "max_client"):
        with pytest.raises(InputError):
            spec_of(unknown)


def test_a_set_of_limits_without_a_single_bound_cannot_exist() -> None:
    unset = Limit("max_clients", None, Mode.ENFORCE, "", "design")
    for limits in ({}, {"max_clients": unset}):
        with pytest.raises(InputError):
            LimitSet("p", "CNY", limits)
    held = LimitSet("p", "CNY", {"max_clients": unset, "creations": Limit("creations", Count(1), Mode.WARN, "", "design")})
    assert (held.bound("max_clients"), held.bound("creations"), held.bound("resource")) == (None, Count(1), None)
    assert held.as_data() == {"profile": "p", "currency": "CNY", "limits": {"creations": {"bound": "1", "mode": "warn"}}}


def test_observed_money_is_written_as_a_decimal_and_everything_else_as_it_is() -> None:
    assert format_observed(spec_of("max_tx_amount"), cny("12.50").value) == "12.5"
    assert format_observed(spec_of("max_clients"), 12) == "12"
    assert format_observed(spec_of("whitelist"), "sender unknown") == "sender unknown"


def test_grades_and_modes_are_ordered() -> None:
    assert Mode.OBSERVE < Mode.WARN < Mode.ENFORCE
