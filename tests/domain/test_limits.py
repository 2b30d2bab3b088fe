"""The catalogue of limits, and sets of them."""

from __future__ import annotations

import pytest

from sandbox.domain.limits import CATALOGUE, SPECS, Count, Hold, Limit, LimitSet, Mode, format_observed, spec_of
from sandbox.errors import InputError
from tests.domain.builders import cny


def test_ids_are_unique_and_looked_up_exactly() -> None:
    assert len(SPECS) == len(CATALOGUE) == len({(spec.zh, spec.en) for spec in CATALOGUE})
    assert spec_of("max_clients").shape is Count
    for unknown in ("", "Max_Clients", "max_client"):
        with pytest.raises(InputError):
            spec_of(unknown)


def test_the_rows_of_the_domain_study_come_first_in_its_order_and_then_what_an_evm_can_tell() -> None:
    study = """max_clients max_client_exposure max_total_exposure wind_down_trigger max_tx_amount max_client_volume
        max_pilot_volume max_tx_rate max_issue_size issuer_size concentration holder_count whitelist investor_class jurisdiction
        asset_class allowed_contracts allowed_functions price_rate_cap reserve min_holding time_box privileged_op
        supply_integrity resource reporting_deadline loss_floor supervision_evasion""".split()
    assert [spec.id for spec in CATALOGUE][: len(study)] == study
    assert len(study) == 28 and len(CATALOGUE) == 38


def test_a_holding_period_is_tightened_by_a_longer_wait_as_no_other_span_is() -> None:
    assert [spec.id for spec in CATALOGUE if spec.shape is Hold] == ["min_holding"]


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
