"""A firm may tighten a profile and never loosen it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.limits import (
    SPECS,
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
    LimitSet,
    Mode,
    Rates,
    Required,
    Resources,
    Span,
    spec_of,
)
from sandbox.domain.profiles import (
    ALWAYS,
    Loosened,
    Plain,
    Profile,
    ProfileLimit,
    bind,
    dump_limits,
    load_limits,
    parse_bound,
    plain_bound,
)
from sandbox.domain.units import Seconds
from sandbox.errors import InputError
from tests.domain.builders import DAY, cny


def row(limit: str, bound: Bound | None, ceiling: Bound | None = None, mode: Mode = Mode.ENFORCE) -> ProfileLimit:
    return ProfileLimit(limit, bound, ceiling, mode, "clause 1", "verified")


def profile(*rows: ProfileLimit) -> Profile:
    return Profile("p", 1, "模板", "Template", "CNY", "a law", {one.id: one for one in rows})


BASE = profile(
    row("max_clients", Count(100)),
    row("max_tx_amount", Amount(cny(50)), mode=Mode.WARN),
    row("max_client_volume", AmountPer(cny(100), DAY)),
    row("investor_class", Allowed(frozenset({"a", "b"}))),
    row("opcodes", Forbidden(frozenset({"ORIGIN"}))),
    row("whitelist", Required(True)),
    row("max_total_exposure", None, Amount(cny(1000))),
    row("max_tx_rate", None),
)
STATED: dict[str, Plain] = {"max_total_exposure": "1000 CNY"}


def bound(wishes: dict[str, Plain], modes: dict[str, str] | None = None) -> LimitSet:
    limits = bind(BASE, {**STATED, **wishes}, modes or {})
    assert isinstance(limits, LimitSet), limits
    return limits


def refused(wishes: dict[str, Plain], modes: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    loosened = bind(BASE, {**STATED, **wishes}, modes or {})
    assert isinstance(loosened, tuple), loosened
    return [(one.limit, one.asked, one.allowed) for one in loosened]


def test_without_wishes_the_profile_holds_as_it_stands() -> None:
    limits = bound({})
    assert {key: limit.bound for key, limit in limits.limits.items() if key not in {*STATED, *ALWAYS}} == {
        key: one.bound for key, one in BASE.limits.items() if key not in STATED
    }
    assert (limits.profile, limits.currency, limits.limits["max_tx_amount"].mode) == ("p", "CNY", Mode.WARN)
    assert (limits.limits["max_clients"].source, limits.limits["max_clients"].confidence) == ("clause 1", "verified")


def test_a_limit_may_be_tightened_and_not_loosened() -> None:
    assert bound({"max_clients": 100}).bound("max_clients") == Count(100)
    assert bound({"max_clients": 99}).bound("max_clients") == Count(99)
    assert refused({"max_clients": 101}) == [("max_clients", "101", "100")]


def test_a_limit_that_a_firm_sets_says_so_beside_its_source() -> None:
    limit = bound({"max_clients": 99}).limits["max_clients"]
    assert "clause 1" in limit.source and limit.source != "clause 1" and limit.confidence == "design"


def test_unsetting_a_limit_is_loosening_it() -> None:
    assert refused({"max_clients": None}) == [("max_clients", "none", "100")]


def test_every_loosening_is_named_and_not_only_the_first() -> None:
    wishes: dict[str, Plain] = {"max_clients": 101, "whitelist": False, "investor_class": {"allow": ["a", "c"]}}
    assert [one[0] for one in refused(wishes, {"opcodes": "observe"})] == [
        "investor_class", "max_clients", "opcodes", "whitelist",
    ]  # fmt: skip


def test_what_the_profile_leaves_open_is_the_firms_to_state_below_the_ceiling() -> None:
    assert bound({"max_total_exposure": "999 CNY"}).bound("max_total_exposure") == Amount(cny(999))
    assert refused({"max_total_exposure": "1000.01 CNY"}) == [("max_total_exposure", "1000.01 CNY", "1000 CNY")]
    assert bind(BASE, {}, {}) == (Loosened("max_total_exposure", "none", "1000 CNY"),)


def test_what_the_profile_leaves_open_without_a_ceiling_may_stay_open() -> None:
    assert bound({}).bound("max_tx_rate") is None
    assert bound({"max_tx_rate": {"value": 10**9, "window": "1d"}}).bound("max_tx_rate") == CountPer(10**9, DAY)


def test_a_mode_may_climb_the_ladder_and_not_step_down() -> None:
    assert bound({}, {"max_tx_amount": "enforce"}).limits["max_tx_amount"].mode is Mode.ENFORCE
    assert refused({}, {"max_tx_amount": "observe"}) == [("max_tx_amount", "observe", "warn")]


def test_a_limit_of_the_firms_own_may_begin_on_any_rung() -> None:
    own = bound({"creations": 3}, {"creations": "observe"}).limits["creations"]
    assert (own.bound, own.mode) == (Count(3), Mode.OBSERVE)
    assert bound({"creations": 3}).limits["creations"].mode is Mode.ENFORCE


@pytest.mark.parametrize(
    ("wishes", "modes"),
    [
        ({"max_customers": 1}, {}),
        ({}, {"max_customers": "warn"}),
        ({}, {"max_clients": "strict"}),
        ({"max_clients": "many"}, {}),
        ({"max_tx_amount": "50 USD"}, {}),
        ({"max_client_exposure": "50 USD"}, {}),
        ({"max_pilot_volume": {"value": "50 USD", "window": "1d"}}, {}),
    ],
)
def test_a_wish_that_is_no_limit_of_its_shape_and_currency_is_an_input_error(wishes: Any, modes: Any) -> None:
    with pytest.raises(InputError):
        bind(BASE, {**STATED, **wishes}, modes)


@pytest.mark.parametrize(("wishes", "modes"), [({"supervisory_order": True}, {}), ({}, {"supervisory_order": "observe"})])
def test_an_order_of_the_supervisor_is_not_a_firms_to_set_or_to_switch_off(wishes: Any, modes: Any) -> None:
    with pytest.raises(InputError, match="an order of the supervisor is always in force"):
        bind(BASE, {**STATED, **wishes}, modes)


def test_an_order_of_the_supervisor_is_in_force_under_every_profile_and_is_not_yet_a_limit_of_ones_own() -> None:
    assert bound({}).bound("supervisory_order") == Required(True)
    with pytest.raises(InputError, match="without a single limit"):
        bind(profile(row("max_clients", None)), {}, {})


def test_a_holding_period_may_be_lengthened_and_not_shortened() -> None:
    held = profile(row("min_holding", Hold(Seconds(5 * DAY))))
    longer = bind(held, {"min_holding": "6d"}, {})
    assert isinstance(longer, LimitSet) and longer.bound("min_holding") == Hold(Seconds(6 * DAY))
    assert bind(held, {"min_holding": "4d"}, {}) == (Loosened("min_holding", "at least 4 d", "at least 5 d"),)


def test_what_a_profile_wants_each_pilot_to_state_is_stated_or_the_pilot_is_refused() -> None:
    asked: dict[str, Plain] = {"required_limits": {"value": ["max_clients", "max_tx_rate"]}}
    open_ones = replace(profile(row("max_clients", None), row("whitelist", Required(True))), parameters=asked)
    refusals = bind(open_ones, {}, {})
    assert isinstance(refusals, tuple) and [one.limit for one in refusals] == ["max_clients", "max_tx_rate"]
    assert bind(open_ones, {"max_clients": None, "max_tx_rate": None}, {}) == refusals
    stated = bind(open_ones, {"max_clients": 5, "max_tx_rate": {"value": 1, "window": "1d"}}, {})
    assert isinstance(stated, LimitSet) and stated.bound("max_clients") == Count(5)


WISHES = {
    "max_clients": st.none() | st.integers(0, 200),
    "max_tx_amount": st.integers(0, 100).map(lambda n: f"{n} CNY"),
    "max_client_volume": st.fixed_dictionaries(
        {"value": st.integers(0, 200).map(lambda n: f"{n} CNY"), "window": st.sampled_from(["12h", "1d", "7d"])}
    ),
    "investor_class": st.fixed_dictionaries({"allow": st.lists(st.sampled_from("abc"))}),
    "opcodes": st.fixed_dictionaries({"forbid": st.lists(st.sampled_from(["ORIGIN", "CREATE2"]))}),
    "whitelist": st.booleans(),
    "max_total_exposure": st.integers(900, 1100).map(lambda n: f"{n} CNY"),
    "call_depth": st.integers(0, 9),
}
MODES = st.dictionaries(st.sampled_from(sorted({*WISHES})), st.sampled_from(["observe", "warn", "enforce"]))


@given(st.fixed_dictionaries({}, optional=WISHES), MODES)
def test_binding_never_loosens(wishes: dict[str, Plain], modes: dict[str, str]) -> None:
    result = bind(BASE, wishes, modes)
    if isinstance(result, tuple):
        assert result and all(isinstance(one, Loosened) and one.limit in BASE.limits for one in result)
        return
    for key, given_row in BASE.limits.items():
        limit = result.limits[key]
        assert limit.mode >= given_row.mode
        for roof in (given_row.bound, given_row.ceiling):
            assert roof is None or (limit.bound is not None and roof.covers(limit.bound))  # type: ignore[arg-type]


SAMPLES: dict[str, tuple[Plain, Bound]] = {
    "max_clients": ("1_000", Count(1000)),
    "frame_value": ("10 ether", Count(10**19)),
    "max_tx_amount": ("5000 CNY", Amount(cny(5000))),
    "max_client_volume": ({"value": "1 CNY", "window": 60}, AmountPer(cny(1), Seconds(60))),
    "max_tx_rate": ({"value": 20, "window": "1d"}, CountPer(20, DAY)),
    "time_box": ("180d", Span(Seconds(180 * DAY))),
    "jurisdiction": ({"allow": ["CN", "SG"]}, Allowed(frozenset({"CN", "SG"}))),
    "opcodes": ({"forbid": []}, Forbidden(frozenset())),
    "whitelist": (True, Required(True)),
    "min_holding": ("5d", Hold(Seconds(5 * DAY))),
    "resource": ({"gas": 8_000_000, "calldata": 65_536}, Resources(8_000_000, 65_536)),
    "reserve": ({"minimum": 10_000, "hard": "9_000"}, Floor(10_000, 9_000)),
    "price_rate_cap": ({"annual": 1_500, "fee": 100}, Rates(1_500, 100)),
    "reporting_deadline": ({"report": "30d", "incident": "24h"}, Deadlines(Seconds(30 * DAY), DAY)),
}


@pytest.mark.parametrize("limit", SAMPLES)
def test_a_bound_is_read_from_plain_data_and_written_back(limit: str) -> None:
    plain, expected = SAMPLES[limit]
    assert parse_bound(spec_of(limit), plain) == expected
    assert parse_bound(spec_of(limit), plain_bound(expected)) == expected
    assert parse_bound(spec_of(limit), None) is None


WRONG: tuple[Plain, ...] = (
    -1, "", "x", "-1 CNY", True, [], {}, "1" * 5_000,
    {"value": 1}, {"value": "1 CNY", "window": 0}, {"value": -1, "window": "1d"}, {"value": "1 CNY", "window": "1d", "x": 1},
    {"allow": "CN"}, {"allow": [1]}, {"forbid": [None]}, {"gas": 1}, {"gas": -1, "calldata": 1},
    {"minimum": 1}, {"minimum": 1, "hard": 2}, {"minimum": 1, "hard": -1}, {"annual": -1, "fee": 1},
    {"annual": 1, "fee": 0, "x": 1},
    {"report": "30d"}, {"report": 0, "incident": 1}, {"report": "30d", "incident": "soon"},
)  # fmt: skip


@pytest.mark.parametrize("limit", SAMPLES)
@pytest.mark.parametrize("plain", WRONG, ids=lambda plain: repr(plain)[:30])
def test_what_has_not_the_shape_of_a_limit_names_it_and_says_what_to_write(limit: str, plain: Plain) -> None:
    if limit == "whitelist" and plain is True:
        return
    with pytest.raises(InputError, match=f"^limit {limit}: ") as raised:
        parse_bound(spec_of(limit), plain)
    assert raised.value.do is not None and raised.value.do.startswith("write ")


def test_every_limit_of_the_catalogue_can_be_stated_in_a_file() -> None:
    shapes = {spec_of(limit).shape for limit in SAMPLES}
    assert shapes == {spec.shape for spec in SPECS.values()}


def test_a_stored_set_of_limits_is_read_back_the_same() -> None:
    limits = bound({"max_clients": 7, "creations": 2}, {"creations": "warn"})
    assert load_limits(dump_limits(limits)) == limits
