"""The twelve presets hold the numbers of the domain study, with its marks; what it could not find stays null."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.domain.limits import SPECS, LimitSet
from sandbox.domain.profile_checks import contradictions
from sandbox.domain.profiles import UNSETTABLE, Plain, Profile, bind, parse_bound, required_limits
from sandbox.domain.terms import terms_of
from sandbox.domain.units import parse_money
from sandbox.scenario_files import load_profile

FOLDER = Path(__file__).parents[2] / "scenarios" / "profiles"
PATHS = sorted(FOLDER.glob("*.yaml"))
PROFILES = {path.stem: load_profile(path) for path in PATHS}
each_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

PRESETS = """aifc_fintech_lab asic_2016 asic_ers billsure_demo cn_regional_equity eu_dlt_pilot fca_sandbox hkma_fss
    mas_sandbox_express pboc_fintech taishan_default uk_dss""".split()

V, S, U, D = "verified", "secondary", "unverified", "design"

LIMITS: list[tuple[str, str, Plain, str]] = [
    ("eu_dlt_pilot", "max_total_exposure", "6000000000 EUR", V),
    ("eu_dlt_pilot", "wind_down_trigger", "9000000000 EUR", S),
    ("eu_dlt_pilot", "max_issue_size", "999999999.99 EUR", V),  # less than EUR 1 bn, to the cent
    ("eu_dlt_pilot", "issuer_size", "499999999.99 EUR", V),  # less than EUR 500 m, to the cent
    ("eu_dlt_pilot", "asset_class", {"allow": ["bond", "fund_unit", "share"]}, V),
    ("eu_dlt_pilot", "time_box", "2190d", S),
    ("eu_dlt_pilot", "reporting_deadline", {"report": "180d", "incident": "24h"}, U),
    ("asic_ers", "max_client_exposure", "10000 AUD", S),
    ("asic_ers", "max_total_exposure", "5000000 AUD", S),
    ("asic_ers", "time_box", "730d", S),
    ("asic_2016", "max_clients", 100, S),
    ("asic_2016", "max_client_exposure", "10000 AUD", S),
    ("asic_2016", "max_total_exposure", "5000000 AUD", S),
    ("asic_2016", "time_box", "365d", S),
    ("mas_sandbox_express", "time_box", "270d", U),
    ("mas_sandbox_express", "reporting_deadline", {"report": "60d", "incident": "24h"}, U),
    ("uk_dss", "time_box", "1825d", S),
    ("fca_sandbox", "time_box", "180d", S),
    ("aifc_fintech_lab", "max_client_exposure", "1000 USD", V),
    ("aifc_fintech_lab", "max_total_exposure", "200000 USD", V),
    ("aifc_fintech_lab", "time_box", "730d", V),
    ("aifc_fintech_lab", "reporting_deadline", {"report": "30d", "incident": "24h"}, U),
    ("cn_regional_equity", "holder_count", 200, U),
    ("cn_regional_equity", "investor_class", {"allow": ["institution", "qualified"]}, S),
    ("cn_regional_equity", "jurisdiction", {"allow": ["CN"]}, S),
    ("taishan_default", "max_clients", 50, D),
    ("taishan_default", "max_client_exposure", "10000 CNY", D),
    ("taishan_default", "max_total_exposure", "500000 CNY", D),
    ("taishan_default", "max_tx_amount", "5000 CNY", D),
    ("taishan_default", "max_tx_rate", {"value": 20, "window": "1d"}, D),
    ("taishan_default", "time_box", "180d", D),
    ("billsure_demo", "max_clients", 25, V),
    ("billsure_demo", "max_client_exposure", "2500 AUD", V),
    ("billsure_demo", "max_total_exposure", "62500 AUD", V),
    ("billsure_demo", "max_tx_amount", "1500 AUD", V),
    ("billsure_demo", "time_box", "180d", V),
]

CEILINGS: list[tuple[str, str, Plain]] = [
    ("eu_dlt_pilot", "max_total_exposure", "6000000000 EUR"),
    ("eu_dlt_pilot", "wind_down_trigger", "9000000000 EUR"),
    ("eu_dlt_pilot", "max_issue_size", "999999999.99 EUR"),
    ("eu_dlt_pilot", "issuer_size", "499999999.99 EUR"),
    ("eu_dlt_pilot", "time_box", "2190d"),
    ("asic_ers", "max_client_exposure", "10000 AUD"),
    ("asic_ers", "max_total_exposure", "5000000 AUD"),
    ("asic_ers", "time_box", "730d"),
    ("asic_2016", "max_clients", 100),
    ("asic_2016", "max_client_exposure", "10000 AUD"),
    ("asic_2016", "max_total_exposure", "5000000 AUD"),
    ("aifc_fintech_lab", "max_client_exposure", "20000 USD"),
    ("aifc_fintech_lab", "max_total_exposure", "200000 USD"),
    ("cn_regional_equity", "holder_count", 200),
]

PARAMETERS: list[tuple[str, str, Plain, str]] = [
    ("eu_dlt_pilot", "share_issuer_market_cap", "500000000 EUR", V),
    ("eu_dlt_pilot", "bond_issue_size", "1000000000 EUR", V),
    ("eu_dlt_pilot", "fund_assets", "500000000 EUR", V),
    ("eu_dlt_pilot", "small_bond_issuer_market_cap", "200000000 EUR", V),
    ("eu_dlt_pilot", "permission_years", 6, S),
    ("eu_dlt_pilot", "report_months", 6, S),
    ("eu_dlt_pilot", "threshold_report_months", 1, S),
    ("eu_dlt_pilot", "change_notice_months", 4, V),
    ("eu_dlt_pilot", "completeness_days", 30, S),
    ("eu_dlt_pilot", "decision_days", 90, S),
    ("eu_dlt_pilot", "esma_opinion_days", 30, S),
    ("asic_ers", "objection_days", 30, S),
    ("asic_ers", "derivatives_allowed", False, S),
    ("asic_ers", "insurance_required", True, S),
    ("asic_ers", "afca_membership_required", True, S),
    ("asic_ers", "run_off_cover_months", 12, S),
    ("asic_ers", "final_report_required", True, S),
    ("mas_sandbox_express", "activities", ["insurance broking", "recognised market operator", "remittance"], S),
    ("mas_sandbox_express", "decision_days", 21, S),
    ("mas_sandbox_express", "report_months", 2, U),
    ("mas_sandbox_express", "disclosure_required", True, S),
    ("uk_dss", "gates", ["G1", "G2", "G3", "G4"], S),
    ("uk_dss", "regime_years", 5, S),
    ("fca_sandbox", "test_design_weeks", 10, S),
    ("fca_sandbox", "final_report_required", True, S),
    ("aifc_fintech_lab", "retail_natural_exposure", "1000 USD", V),
    ("aifc_fintech_lab", "retail_corporate_exposure", "20000 USD", V),
    ("aifc_fintech_lab", "retail_aggregate", "200000 USD", V),
    ("aifc_fintech_lab", "digital_asset_natural", "0.5 BTC", V),
    ("aifc_fintech_lab", "digital_asset_corporate", "5 BTC", V),
    ("aifc_fintech_lab", "other_digital_natural", "0.25 BTC", V),
    ("aifc_fintech_lab", "other_digital_corporate", "2.5 BTC", V),
    ("aifc_fintech_lab", "digital_asset_aggregate", "50 BTC", V),
    ("aifc_fintech_lab", "licence_years", 2, V),
    ("aifc_fintech_lab", "report_months", 1, V),
    ("aifc_fintech_lab", "quarterly_report_months", 3, V),
    ("pboc_fintech", "licensed_lead_required", True, S),
    ("pboc_fintech", "notice_days", 7, U),
    ("pboc_fintech", "operation_logs_pushed", True, V),
    ("cn_regional_equity", "qualified_investor_assets", "500000 CNY", S),
    ("cn_regional_equity", "qualified_investor_years", 2, S),
    ("cn_regional_equity", "min_trading_interval", 5, U),
    ("taishan_default", "test_days", 180, D),
    ("taishan_default", "tolerance_days", 90, D),
    ("taishan_default", "notice_days", 7, D),
    ("taishan_default", "rectification_days", 5, D),
    ("taishan_default", "max_suspension_days", 30, D),
    ("taishan_default", "lookback_days", 730, U),
    ("taishan_default", "incident_hours", 24, U),
    ("taishan_default", "rectifying_factor", 5_000, D),
    ("taishan_default", "warning_levels", [70, 80, 90], D),
    ("billsure_demo", "warning_levels", [70, 80, 90], V),
]

NULL = [
    *[("uk_dss", key) for key in ("max_total_exposure", "max_client_exposure", "max_clients", "max_issue_size")],
    *[("hkma_fss", key) for key in ("max_clients", "max_client_exposure", "max_total_exposure", "time_box")],
    *[("mas_sandbox_express", key) for key in ("max_clients", "max_client_exposure", "max_total_exposure", "max_tx_amount")],
    *[("pboc_fintech", key) for key in ("max_clients", "max_client_exposure", "max_total_exposure", "time_box")],
    *[("fca_sandbox", key) for key in ("max_clients", "max_client_exposure", "max_total_exposure", "reporting_deadline")],
    *[("cn_regional_equity", key) for key in ("max_clients", "max_client_exposure", "max_total_exposure", "min_holding")],
    *[("eu_dlt_pilot", key) for key in ("max_clients", "max_client_exposure", "max_tx_amount")],
    *[("asic_ers", key) for key in ("max_clients", "wind_down_trigger")],
]
"""What the study found no number for: the 100 clients of 2016 in particular are not those of the ERS."""


def stated(profile: Profile, name: str) -> Any:
    row = profile.parameters[name]
    assert isinstance(row, dict)
    return row


def test_there_are_twelve_and_each_is_called_like_its_file() -> None:
    assert sorted(PROFILES) == PRESETS
    assert all(profile.id == stem for stem, profile in PROFILES.items())


@pytest.mark.parametrize(("preset", "limit", "value", "confidence"), LIMITS, ids=lambda one: str(one)[:30])
def test_a_limit_has_the_number_and_the_mark_of_the_study(preset: str, limit: str, value: Plain, confidence: str) -> None:
    row = PROFILES[preset].limits[limit]
    assert (row.bound, row.confidence) == (parse_bound(SPECS[limit], value), confidence)


@pytest.mark.parametrize(("preset", "limit", "value"), CEILINGS, ids=lambda one: str(one)[:30])
def test_a_number_of_a_statute_is_a_hard_ceiling(preset: str, limit: str, value: Plain) -> None:
    assert PROFILES[preset].limits[limit].ceiling == parse_bound(SPECS[limit], value)


@pytest.mark.parametrize(("preset", "name", "value", "confidence"), PARAMETERS, ids=lambda one: str(one)[:30])
def test_a_parameter_has_the_number_and_the_mark_of_the_study(preset: str, name: str, value: Plain, confidence: str) -> None:
    row = stated(PROFILES[preset], name)
    assert (row["value"], row["confidence"]) == (value, confidence)
    assert type(row["value"]) is type(value)


@pytest.mark.parametrize(("preset", "limit"), NULL)
def test_what_nobody_found_stays_null(preset: str, limit: str) -> None:
    assert PROFILES[preset].limits[limit].bound is None


@pytest.mark.parametrize("name", ["limit_gilts", "limit_corporate_bonds", "limit_equities", "gate_limit_factors"])
def test_limits_of_the_digital_securities_sandbox_per_asset_class_stay_null(name: str) -> None:
    row = stated(PROFILES["uk_dss"], name)
    assert (row["value"], row["confidence"]) == (None, U)


def test_the_eight_dimensions_of_the_evaluation() -> None:
    words = "创新价值 服务质量 用户满意度 业务连续性保障 合法合规 交易安全 数据安全 风险防控".split()
    assert stated(PROFILES["pboc_fintech"], "evaluation_dimensions")["value"] == words


def test_the_exposure_of_25_clients_adds_up_to_the_total_of_billsure() -> None:
    assert 25 * parse_money("2500 AUD").value == parse_money("62500 AUD").value


@each_profile
def test_no_profile_contradicts_itself(profile: Profile) -> None:
    assert [str(one) for one in contradictions(profile)] == []


@each_profile
def test_what_is_marked_verified_or_secondary_names_a_document(profile: Profile) -> None:
    """An article, a clause, a standard or a page: something with a number or an address to look up."""
    rows = [(key, row.source, row.confidence) for key, row in profile.limits.items()]
    rows += [(key, stated(profile, key)["source"], stated(profile, key)["confidence"]) for key in profile.parameters]
    cited = re.compile(
        r"Art\. \d|JR/T \d|EIP-\d|INFO \d|\w\.(com|au|hk|com\.au|info|net)\b|github\.com/|freshfields|Ledova|lexology"
    )
    vague = re.compile(r"design choice|general practice|well known|no text read|text not read")
    weak = {"asic_2016"}
    for key, source, confidence in rows:
        assert source.strip(), key
        if confidence in (V, S) and profile.id not in weak:
            assert cited.search(source) or source in ("the HKMA states no number",), f"{key}: {source}"
        if confidence == V:
            assert not vague.search(source), f"{key}: {source}"


@each_profile
def test_a_number_of_our_own_says_so(profile: Profile) -> None:
    for key in profile.parameters:
        row = stated(profile, key)
        assert row["confidence"] != D or "design choice" in row["source"], key
    for key, limit in profile.limits.items():
        assert limit.confidence != D or "design choice" in limit.source or limit.bound is None, key


@each_profile
def test_every_profile_states_what_its_pilots_are_supervised_by(profile: Profile) -> None:
    names = """notice_days rectification_days tolerance_days max_suspension_days lookback_days extension_days slight_harm
        warning_levels rectifying_factor incident_hours""".split()
    assert [name for name in names if stated(profile, name)["value"] is None] == []
    terms = terms_of(profile)
    for name in (
        "notice_days",
        "rectification_days",
        "tolerance_days",
        "max_suspension_days",
        "lookback_days",
        "extension_days",
    ):
        assert getattr(terms, name) == stated(profile, name)["value"], name
    assert terms.slight_harm == parse_money(stated(profile, "slight_harm")["value"]).value
    assert {stage.value: factor for stage, factor in terms.stages.items()} == {"G1": 0, "G2": 2_000, "G3": 10_000}


def test_tolerance_of_chinese_law_is_no_part_of_a_foreign_regime() -> None:
    chinese = {"taishan_default", "pboc_fintech", "cn_regional_equity"}
    assert {stem for stem, profile in PROFILES.items() if stated(profile, "tolerance_days")["value"]} == chinese


@each_profile
def test_a_pilot_binds_as_soon_as_it_states_what_the_profile_asks_of_it(profile: Profile) -> None:
    samples: dict[str, Plain] = {"max_clients": 5, "time_box": "30d", "max_total_exposure": f"1000 {profile.currency}"}
    wishes = {key: samples[key] for key in required_limits(profile)}
    assert isinstance(bind(profile, wishes, {}), LimitSet)
    for left_out in wishes:
        refusals = bind(profile, {key: value for key, value in wishes.items() if key != left_out}, {})
        assert isinstance(refusals, tuple) and [one.limit for one in refusals] == [left_out]


def test_which_presets_ask_for_a_number_of_the_pilots_own() -> None:
    assert {stem: sorted(required_limits(profile)) for stem, profile in PROFILES.items() if required_limits(profile)} == {
        "fca_sandbox": ["max_clients"],
        "hkma_fss": ["max_clients", "time_box"],
        "pboc_fintech": ["max_clients", "max_total_exposure"],
        "uk_dss": ["max_total_exposure"],
    }


def test_our_own_default_states_every_limit_that_can_be_stated() -> None:
    default = PROFILES["taishan_default"]
    assert default.limits.keys() == SPECS.keys() - UNSETTABLE.keys()
    assert {row.confidence for row in default.limits.values() if row.bound is None} == {D}
    assert {row.source for row in default.limits.values() if row.bound is None} == {"left to the pilot"}


@each_profile
def test_every_limit_of_the_domain_study_is_stated_if_only_as_null(profile: Profile) -> None:
    study = list(SPECS)[:28]
    assert [key for key in study if key not in profile.limits] == []
    assert "supervisory_order" not in profile.limits
