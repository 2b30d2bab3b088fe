"""Profiles that contradict themselves, each beside the nearest one that does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.domain.bounds import Allowed, Amount, AmountPer, Bound, Count, Forbidden, Required, Span
from sandbox.domain.limits import Mode
from sandbox.domain.profile_checks import CHECKS, STAGES, contradictions
from sandbox.domain.profile_parameters import PARAMETERS, Flag, Levels, LimitNames, Sum, Whole
from sandbox.domain.profiles import Plain, Profile, ProfileLimit
from sandbox.domain.standing import Stage
from sandbox.domain.units import Money, Seconds
from tests.domain.builders import DAY, cny

PLAIN = Profile("p", 1, "模板", "Template", "CNY", "a law", {})


def limits(**bounds: Bound | None) -> Profile:
    rows = {key: ProfileLimit(key, bound, None, Mode.ENFORCE, "clause 1", "design") for key, bound in bounds.items()}
    return replace(PLAIN, limits=rows)


def stages(**factors: int) -> Profile:
    return replace(PLAIN, stages=factors)


def parameter(name: str, value: Plain, unit: str | None) -> Profile:
    return replace(PLAIN, parameters={name: {"value": value, "unit": unit, "source": "clause 1", "confidence": "design"}})


def said(profile: Profile) -> list[str]:
    return [str(one) for one in contradictions(profile)]


def amount(number: int) -> Amount:
    return Amount(cny(number))


def per(money: Money, seconds: int) -> AmountPer:
    return AmountPer(money, Seconds(seconds))


def test_a_profile_that_says_nothing_contradicts_nothing() -> None:
    assert said(PLAIN) == []


def test_the_trigger_comes_after_the_total() -> None:
    assert said(limits(max_total_exposure=amount(100), wind_down_trigger=amount(101))) == []
    for trigger in (100, 99):
        (what,) = said(limits(max_total_exposure=amount(100), wind_down_trigger=amount(trigger)))
        assert what == f"the wind_down_trigger {trigger} CNY is not above max_total_exposure 100 CNY"


def test_one_client_is_part_of_all() -> None:
    assert said(limits(max_client_exposure=amount(100), max_total_exposure=amount(100))) == []
    (what,) = said(limits(max_client_exposure=amount(101), max_total_exposure=amount(100)))
    assert what == "max_client_exposure 101 CNY is above max_total_exposure 100 CNY"


def test_a_transaction_may_move_more_than_any_client_holds_and_than_all_hold() -> None:
    assert said(limits(max_tx_amount=amount(500), max_client_exposure=amount(10), max_total_exposure=amount(100))) == []


def test_what_is_null_contradicts_nothing() -> None:
    assert said(limits(max_client_exposure=amount(101), max_total_exposure=None, wind_down_trigger=amount(1))) == []


@pytest.mark.parametrize(
    ("client", "pilot", "holds"),
    [
        (per(cny(10), DAY), per(cny(10), DAY), True),
        (per(cny(11), DAY), per(cny(10), DAY), False),
        (per(cny(11), 3_600), per(cny(10), DAY), False),
        (per(cny(11), DAY), per(cny(10), 3_600), True),
    ],
)
def test_what_one_client_sends_is_part_of_what_the_pilot_moves_in_that_time(client: Any, pilot: Any, holds: bool) -> None:
    found = said(limits(max_client_volume=client, max_pilot_volume=pilot))
    assert (found == []) is holds and all("max_client_volume" in what for what in found)


def test_a_share_is_at_most_the_whole() -> None:
    assert said(limits(concentration=Count(10_000))) == []
    assert said(limits(concentration=Count(10_001))) == ["a concentration of 10001 basis points is more than the whole supply"]


@pytest.mark.parametrize("limit", ["supply_integrity", "supervision_evasion"])
def test_a_red_line_is_held_or_left_unset_and_never_waived(limit: str) -> None:
    assert said(limits(**{limit: Required(True)})) == said(limits(**{limit: None})) == []
    assert said(limits(**{limit: Required(False)})) == [f"{limit} is a red line and cannot be waived"]
    assert said(limits(whitelist=Required(False))) == []


def test_instruments_and_opcodes_are_ones_that_can_occur() -> None:
    assert said(limits(asset_class=Allowed(frozenset({"share"})), opcodes=Forbidden(frozenset({"ORIGIN"})))) == []
    assert said(limits(asset_class=Allowed(frozenset({"share", "shares"})))) == ["'shares' is no instrument"]
    (what,) = said(limits(opcodes=Forbidden(frozenset({"ADD"}))))
    assert what == "nobody watches the opcode ADD, so it cannot be forbidden"


def test_an_order_of_the_supervisor_stands_in_no_profile() -> None:
    for on in (True, False):
        (what,) = said(limits(supervisory_order=Required(on)))
        assert "always in force" in what


def test_the_stages_are_those_of_an_active_pilot() -> None:
    assert list(STAGES) == [stage.value for stage in Stage]


@pytest.mark.parametrize("factors", [{}, {"G1": 0, "G2": 2_000, "G3": 10_000}, {"G1": 10_000, "G2": 10_000, "G3": 10_000}])
def test_stages_that_grow_to_the_whole_hold(factors: dict[str, int]) -> None:
    assert said(stages(**factors)) == []


@pytest.mark.parametrize(
    ("factors", "whats"),
    [
        ({"G1": 0, "G2": 2_000}, ["the stages lack G3"]),
        ({"G3": 10_000}, ["the stages lack G1, G2"]),
        ({"G1": 0, "G2": 1, "G3": 10_000, "G4": 10_000}, ["there is no stage 'G4'"]),
        ({"G1": 1, "G2": 0, "G3": 10_000}, ["stage G2 has 0, less than 1 of stage G1 before it"]),
        ({"G1": 0, "G2": 0, "G3": 9_999}, ["stage G3 has 9999 basis points, not the whole of each limit"]),
    ],
)
def test_stages_that_shrink_stop_short_or_are_unknown_are_refused(factors: dict[str, int], whats: list[str]) -> None:
    assert said(stages(**factors)) == whats


VALUES: dict[type, tuple[list[Plain], list[Plain]]] = {
    Whole: ([1], ["1", True, -1, 10**9, [1], "90d"]),
    Sum: (["0 CNY", "12.50 CNY"], ["1 USD", "-1 CNY", 5, True, "much"]),
    Levels: ([[70], [70, 80, 90]], [[], [0], [100], [80, 70], [70, 70], ["70"], 70, [True]]),
    LimitNames: ([[], ["max_clients"]], ["max_clients", ["max_customers"], [1]]),
    Flag: ([True, False], ["true", 1, "yes"]),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_of_a_known_name_has_its_type_and_its_unit(name: str) -> None:
    known = PARAMETERS[name]
    unit = known.units[0] if known.units else None
    fitting, wrong = VALUES[type(known.kind)]
    assert [said(parameter(name, value, unit)) for value in [*fitting, None]] == [[]] * (len(fitting) + 1)
    for value in wrong:
        (what,) = said(parameter(name, value, unit))
        assert what.startswith(f"parameter {name}: ")
    (what,) = said(parameter(name, fitting[0], "furlongs"))
    assert what.startswith(f"parameter {name} has the unit ") and "'furlongs'" in what


@pytest.mark.parametrize("name", [name for name, known in PARAMETERS.items() if isinstance(known.kind, Whole)])
def test_the_ends_of_a_range_belong_to_it(name: str) -> None:
    kind, unit = PARAMETERS[name].kind, PARAMETERS[name].units[0]
    assert isinstance(kind, Whole)
    assert said(parameter(name, kind.low, unit)) == said(parameter(name, kind.high, unit)) == []
    assert said(parameter(name, kind.low - 1, unit)) and said(parameter(name, kind.high + 1, unit))


def test_a_parameter_of_a_name_nobody_knows_is_for_people_and_may_be_anything() -> None:
    assert said(parameter("licence_years", ["two"], "whatever")) == []


def test_the_test_period_has_one_length() -> None:
    days = parameter("test_days", 180, "days")
    box = {"time_box": ProfileLimit("time_box", Span(Seconds(180 * DAY)), None, Mode.ENFORCE, "clause 1", "design")}
    assert said(replace(days, limits=box)) == []
    other = {"time_box": replace(box["time_box"], bound=Span(Seconds(181 * DAY)))}
    assert said(replace(days, limits=other)) == ["test_days 180 and time_box 181 d name two periods"]
    assert said(replace(days, limits={"time_box": replace(box["time_box"], bound=None)})) == []


def test_everything_wrong_is_told_in_one_go_with_its_place_and_what_to_do() -> None:
    wrong = replace(limits(max_client_exposure=amount(2), max_total_exposure=amount(1)), stages={"G9": 1})
    found = list(contradictions(wrong))
    assert [one.path for one in found] == [("limits", "max_client_exposure", "value"), ("stages", "G9"), ("stages",)]
    assert all(one.do for one in found) and len(CHECKS) == len(set(CHECKS))
