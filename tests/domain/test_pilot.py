"""The manifest's types: events, measures, assets, and what a declaration lacks."""

from __future__ import annotations

import datetime

import pytest

from sandbox.domain.declaration import (
    ApplicationType,
    Assessment,
    Commitment,
    ComplaintDesk,
    Complaints,
    Declaration,
    Risk,
    missing_fields,
)
from sandbox.domain.effects import Standard
from sandbox.domain.pilot import Asset, EventSignature, Instrument, Measure, Parameter, Probe, parse_event, parse_probe
from sandbox.domain.units import parse_money
from sandbox.errors import InputError

DAY = datetime.date(2027, 1, 1)
ASSESSMENT = Assessment("Assessor", DAY, DAY, "sound", "report 1")
DESK = ComplaintDesk(channel="hotline", department="service", deadline="5 days")
COMPLETE = Declaration(
    type=ApplicationType.FINANCIAL_SERVICE,
    launch=DAY,
    technology=("EVM",),
    service="s",
    innovation="i",
    expected_scale="10 clients",
    channels=("web",),
    hours="7x24",
    users="u",
    legal_assessment=ASSESSMENT,
    security_assessment=ASSESSMENT,
    risks=(Risk("p", "m"),),
    compensation="c",
    exit_plan="e",
    emergency_plan="e",
    complaints=Complaints(DESK, DESK),
    commitment=Commitment("s", DAY),
)


def test_a_complete_declaration_lacks_nothing() -> None:
    assert missing_fields(COMPLETE) == ()


def test_an_empty_declaration_lacks_every_required_part() -> None:
    missing = missing_fields(Declaration())
    assert missing[:3] == ("type", "launch", "technology")
    assert {"exit_plan", "emergency_plan", "risks", "complaints", "commitment"} <= set(missing)
    assert not {"partners", "agreement", "expected_outcome"} & set(missing)


def test_what_a_part_lacks_is_named_by_its_path() -> None:
    declaration = Declaration(
        risks=(Risk("p", "m"), Risk("p", None)),
        legal_assessment=Assessment(assessor="A"),
        complaints=Complaints(institution=DESK),
        service="  ",
    )
    missing = set(missing_fields(declaration))
    assert {"risks[1].measure", "legal_assessment.date", "complaints.association", "service"} <= missing
    assert not {"risks[0].point", "legal_assessment.assessor", "complaints.institution.process"} & missing


def test_an_event_is_parsed_into_canonical_types() -> None:
    event = parse_event("event LoanDrawn(address indexed borrower, uint principal, bytes32[] marks);")
    assert event == EventSignature(
        "LoanDrawn",
        (
            Parameter("borrower", "address", True),
            Parameter("principal", "uint256", False),
            Parameter("marks", "bytes32[]", False),
        ),
    )
    assert str(event) == "LoanDrawn(address,uint256,bytes32[])"
    assert str(parse_event("Paused()")) == "Paused()"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LoanDrawn",
        "LoanDrawn(",
        "LoanDrawn(address)",
        "LoanDrawn(address indexed)",
        "LoanDrawn(uint7 a)",
        "LoanDrawn(bytes33 a)",
        "LoanDrawn(bytes0 a)",
        "LoanDrawn(float a)",
        "LoanDrawn(address a, address a)",
        "LoanDrawn(address a,)",
        "LoanDrawn((uint256 x) a)",
        "1Drawn(address a)",
    ],
)
def test_a_malformed_event_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_event(text)


def measure(client: str | None = "who", amount: str = "sum", unit: str = "0.01 CNY") -> Measure:
    event = parse_event("Drawn(address indexed who, uint256 sum, string note)")
    return Measure("drawn", event, None, client, amount, 1, "exposure", parse_money(unit))


def test_a_measure_names_an_address_and_an_integer_of_its_event() -> None:
    assert measure().amount == "sum"
    assert measure(client=None).client is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"client": "sum"}, "not an address"),
        ({"amount": "note"}, "not an integer"),
        ({"amount": "total"}, "no parameter 'total'"),
        ({"unit": "-1 CNY"}, "negative"),
    ],
)
def test_a_measure_of_anything_else_is_refused(wrong: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        measure(**wrong)


def asset(standard: Standard, contract: str | None, price: str | None = None, decimals: int = 0) -> Asset:
    return Asset("a", contract, standard, decimals, None if price is None else parse_money(price), Instrument.SHARE)


def test_a_native_asset_has_no_contract_and_any_other_needs_one() -> None:
    assert asset(Standard.NATIVE, None).contract is None
    assert asset(Standard.ERC20, "Register", "12.50 CNY", 18).price == parse_money("12.50 CNY")
    with pytest.raises(InputError, match="no contract"):
        asset(Standard.NATIVE, "Register")
    with pytest.raises(InputError, match="needs a contract"):
        asset(Standard.ERC20, None)


def test_a_price_is_exact_and_not_negative() -> None:
    with pytest.raises(InputError, match="negative"):
        asset(Standard.ERC20, "R", "-1 CNY")
    with pytest.raises(InputError, match="exactly"):
        asset(Standard.ERC20, "R", "0.0000000000000000001 CNY", 18)


def test_a_probe_is_a_view_without_arguments() -> None:
    assert parse_probe("supply", "Register.totalSupply()") == Probe("supply", "Register", "totalSupply")
    for text in ("totalSupply()", "Register.totalSupply", "Register.balanceOf(alice)", ""):
        with pytest.raises(InputError, match="not a probe"):
            parse_probe("supply", text)
