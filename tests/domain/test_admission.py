"""Admission: what refuses a pilot, what is a note, and that everything is said in one go."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from sandbox.domain.admission import QUESTIONS, Admitted, Refused, admit
from sandbox.domain.artifact import Artifact
from sandbox.domain.declaration import (
    ApplicationType,
    Assessment,
    Commitment,
    ComplaintDesk,
    Complaints,
    Declaration,
    Firm,
    Licence,
    Risk,
    missing_fields,
)
from sandbox.domain.effects import Standard
from sandbox.domain.limits import Allowed, Amount, Bound, Count, Floor, Forbidden, Mode, Required
from sandbox.domain.pilot import (
    Asset,
    Category,
    ContractCode,
    Control,
    Instrument,
    LimitRequest,
    Origin,
    PilotManifest,
    Probe,
    Reserve,
    Text,
)
from sandbox.domain.profiles import Profile, ProfileLimit
from sandbox.domain.units import parse_money

DAY = datetime.date(2026, 11, 2)
STOP = b"\x00"


def declaration() -> Declaration:
    """The smallest declaration that lacks nothing."""
    desks = {name: ComplaintDesk(**_filled(ComplaintDesk)) for name in Complaints.__dataclass_fields__}
    assessment = Assessment(**_filled(Assessment))
    return Declaration(
        type=ApplicationType.FINANCIAL_SERVICE,
        launch=DAY,
        technology=("EVM",),
        service="s",
        innovation="i",
        expected_scale="e",
        channels=("c",),
        hours="7x24",
        users="u",
        legal_assessment=assessment,
        security_assessment=assessment,
        risks=(Risk("p", "m"),),
        compensation="c",
        exit_plan="x",
        emergency_plan="e",
        complaints=Complaints(**desks),
        commitment=Commitment("s", DAY),
    )


def _filled(kind: type) -> dict[str, object]:
    """A value of the right type for every field of a part of the declaration."""
    fields = kind.__dataclass_fields__.values()  # type: ignore[attr-defined]  # all parts are dataclasses
    return {f.name: DAY if "date" in str(f.type) else ("x",) if "tuple" in str(f.type) else "x" for f in fields}


def artifact(runtime: bytes = STOP, init: bytes = b"\x60\x00\x00", selectors: dict[bytes, str] | None = None) -> Artifact:
    """A contract with this code."""
    return Artifact(
        name="Token", source_path="Token.sol", language="prebuilt", compiler="hand", evm_version="prague", optimizer_runs=None,
        abi=(), init_code=init, runtime_code=runtime, immutable_references=(), link_references=(), source_hash="00",
        metadata="", selectors=ERC20 if selectors is None else selectors, topics={}, error_selectors={},
    )  # fmt: skip


ERC20 = {
    bytes.fromhex("a9059cbb"): "transfer(address,uint256)",
    bytes.fromhex("70a08231"): "balanceOf(address)",
    bytes.fromhex("18160ddd"): "totalSupply()",
    bytes.fromhex("40c10f19"): "mint(address,uint256)",
}


def manifest() -> PilotManifest:
    """A pilot that admission has nothing against."""
    return PilotManifest(
        slug="pilot",
        name=Text("试点", "pilot"),
        category=Category.EQUITY,
        firm=Firm("firm", "91330000761336668H", None, Licence("n", "c", "i")),
        declaration=declaration(),
        contracts={"Token": ContractCode("Token", Origin.ARTIFACT, "Token.json", False, "Token")},
        assets={"coin": Asset("coin", "Token", Standard.ERC20, 0, parse_money("1 CNY"), Instrument.SHARE)},
        measures=(),
        probes=(),
        roles={"issuer": frozenset({"mint"})},
        limits=LimitRequest("p"),
    )


def profile(mode: Mode = Mode.ENFORCE, **more: Bound) -> Profile:
    """Limits of every kind that admission looks at, and `more`."""
    bounds: dict[str, Bound] = {
        "max_clients": Count(10),
        "max_total_exposure": Amount(parse_money("100 CNY")),
        "wind_down_trigger": Amount(parse_money("150 CNY")),
        "asset_class": Allowed(frozenset({"share", "bond"})),
        "opcodes": Forbidden(frozenset({"SELFDESTRUCT"})),
        "code_size": Count(100),
        "whitelist": Required(True),
        **more,
    }
    limits = {key: ProfileLimit(key, bound, None, mode, "test", "design") for key, bound in bounds.items()}
    return Profile("p", 1, "模板", "profile", "CNY", "test", limits)


def codes(application: PilotManifest, code: Artifact | None = None, under: Profile | None = None) -> list[str]:
    """Codes of the findings that refuse, () when admitted."""
    decision = admit(application, {"Token": code or artifact()}, under or profile())
    return [] if isinstance(decision, Admitted) else [finding.code for finding in decision.findings if finding.refuses]


def test_a_complete_and_sound_pilot_is_admitted_under_the_profiles_limits() -> None:
    decision = admit(manifest(), {"Token": artifact()}, profile())
    assert missing_fields(manifest().declaration) == ()
    assert isinstance(decision, Admitted)
    assert decision.limits.bound("max_clients") == Count(10)
    assert decision.notes == ()


def wish(**limits: object) -> Callable[[PilotManifest], PilotManifest]:
    return lambda m: replace(m, limits=LimitRequest("p", limits))  # type: ignore[arg-type]  # plain data


def asset(**changes: object) -> Callable[[PilotManifest], PilotManifest]:
    return lambda m: replace(m, assets={"coin": replace(m.assets["coin"], **changes)})  # type: ignore[arg-type]  # test data


def firm(**changes: object) -> Callable[[PilotManifest], PilotManifest]:
    return lambda m: replace(m, firm=replace(m.firm, **changes))  # type: ignore[arg-type]  # test data


def declared(**changes: str | None) -> Callable[[PilotManifest], PilotManifest]:
    return lambda m: replace(m, declaration=replace(m.declaration, **changes))  # type: ignore[arg-type]  # test data


SPOILED: dict[str, tuple[Callable[[PilotManifest], PilotManifest], str]] = {
    "an exit plan is missing": (declared(exit_plan=None), "declaration_incomplete"),
    "the credit code's check digit is wrong": (firm(uscc="913300007613366681"), "uscc_invalid"),
    "there is no credit code": (firm(uscc=None), "uscc_invalid"),
    "the LEI is wrong": (firm(lei="300300QDLW0100EXMP47"), "lei_invalid"),
    "a limit is loosened": (wish(max_clients=11), "limit_loosened"),
    "a mode is loosened": (lambda m: replace(m, limits=LimitRequest("p", {}, {"max_clients": "warn"})), "limit_loosened"),
    "an opcode is forbidden that nobody watches": (wish(opcodes={"forbid": ["SELFDESTRUCT", "ADD"]}), "opcode_unwatched"),
    "the trigger is not above the total": (wish(wind_down_trigger="100 CNY"), "limits_contradict"),
    "an asset has no price": (asset(price=None), "asset_unpriced"),
    "an asset is priced in another currency": (asset(price=parse_money("1 USD")), "asset_unpriced"),
    "an instrument is not permitted": (asset(instrument=Instrument.LOAN), "asset_class"),
    "an asset's contract has another standard": (asset(standard=Standard.ERC721), "standard_incomplete"),
    "nothing makes exposure visible": (lambda m: replace(m, assets={}), "exposure_invisible"),
    "a role may do what no contract can": (lambda m: replace(m, roles={"issuer": frozenset({"fly"})}), "role_unknown_function"),
    "a role takes the supervisor's name": (lambda m: replace(m, roles={"supervisor": frozenset({"mint"})}), "role_reserved"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_pilot_is_refused_when(name: str) -> None:
    spoil, code = SPOILED[name]
    assert codes(manifest()) == []
    assert codes(spoil(manifest())) == [code]


def backed(*reserves: Reserve) -> Callable[[PilotManifest], PilotManifest]:
    return lambda m: replace(m, reserves=reserves)


def controlled(role: str) -> Callable[[PilotManifest], PilotManifest]:
    return lambda m: replace(m, controls=(Control(Probe("pauser", "Token", "pauser"), role),))


CASES: dict[str, list[tuple[str | None, list[str]]]] = {
    "issuer_size": [
        # market capitalisation, codes that refuse
        ("200000000 CNY", []),
        ("200000000.01 CNY", ["issuer_size"]),
        ("1 USD", ["issuer_size"]),
        (None, ["issuer_size"]),
    ],
}
"""The rule that only admission judges: its last keeping and its first breaking case."""


@pytest.mark.parametrize(("size", "expected"), CASES["issuer_size"])
@pytest.mark.parametrize("mode", Mode)
def test_an_issuer_above_the_size_of_its_profile_is_refused_on_every_rung(
    size: str | None, expected: list[str], mode: Mode
) -> None:
    """There is no transaction to flag: a pilot is let in or it is not."""
    application = firm(market_cap=None if size is None else parse_money(size))(manifest())
    bounded = profile(mode, issuer_size=Amount(parse_money("200000000 CNY")))
    assert codes(application, under=bounded) == expected
    assert codes(application, under=profile(mode)) == []


BESIDES: dict[str, tuple[Mapping[str, Bound], Callable[[PilotManifest], PilotManifest], list[str]]] = {
    "a reserve is asked for and stated": (
        {"reserve": Floor(10_000, 9_000)}, backed(Reserve("coin", {"coin": ("Token",)})), []
    ),
    "a reserve is asked for and nothing is stated": ({"reserve": Floor(10_000, 9_000)}, backed(), ["reserve_unstated"]),
    "no reserve is asked for and none stated": ({}, backed(), []),
    "a reserve stands behind what is no asset": ({}, backed(Reserve("cash", {"coin": ("Token",)})), ["reserve_unknown"]),
    "a reserve is held in what is no asset": ({}, backed(Reserve("coin", {"cash": ("Token",)})), ["reserve_unknown"]),
    "a control belongs to a role": ({}, controlled("issuer"), []),
    "a control belongs to the supervisor": ({}, controlled("supervisor"), []),
    "a control belongs to nobody there is": ({}, controlled("wizard"), ["control_unknown_role"]),
}


@pytest.mark.parametrize("name", BESIDES)
def test_what_stands_behind_a_pilot_and_who_holds_it_is_asked_when(name: str) -> None:
    bounds, change, expected = BESIDES[name]
    assert codes(change(manifest()), under=profile(**bounds)) == expected


CODE: dict[str, tuple[Artifact, list[str]]] = {
    "of exactly the size limit": (artifact(runtime=STOP * 100), []),
    "one byte larger": (artifact(runtime=STOP * 101), ["code_too_large"]),
    "with creation code of exactly the limit": (artifact(init=STOP * 49_152), []),
    "with creation code one byte larger": (artifact(init=STOP * 49_153), ["init_code_too_large"]),
    "with a forbidden opcode": (artifact(runtime=bytes.fromhex("33ff")), ["opcode_selfdestruct"]),
    "with that byte only as data of a PUSH": (artifact(runtime=bytes.fromhex("60ff00")), []),
    "with CALLCODE, whatever the profile says": (artifact(runtime=bytes.fromhex("5f5f5f5f5f5f5ff200")), ["opcode_callcode"]),
}


@pytest.mark.parametrize("name", CODE)
def test_a_contract_is_judged_by_its_code(name: str) -> None:
    code, expected = CODE[name]
    assert codes(manifest(), code) == expected


def test_an_opcode_that_is_not_forbidden_is_a_note_with_its_tags() -> None:
    decision = admit(manifest(), {"Token": artifact(runtime=bytes.fromhex("3200"))}, profile())
    assert isinstance(decision, Admitted)
    assert [(note.code, note.tags) for note in decision.notes] == [("opcode_origin", ("SWC-115", "EthTrust-S"))]


def test_a_function_the_abi_does_not_declare_is_refused() -> None:
    dispatcher = bytes.fromhex("5f3560e01c80 63deadbeef 14 6012 57 5f5ffd 5b00".replace(" ", ""))
    declared = {**ERC20, bytes.fromhex("deadbeef"): "hidden()"}
    assert codes(manifest(), artifact(runtime=dispatcher, selectors=declared)) == []
    assert codes(manifest(), artifact(runtime=dispatcher)) == ["hidden_function"]


def test_all_faults_are_found_in_one_go_and_refusals_come_before_notes() -> None:
    spoiled = replace(manifest(), firm=Firm("firm"), roles={"issuer": frozenset({"fly"})})
    decision = admit(spoiled, {"Token": artifact(runtime=bytes.fromhex("32ff"))}, profile())
    assert isinstance(decision, Refused)
    found = [finding.code for finding in decision.findings]
    assert found == ["uscc_invalid", "role_unknown_function", "opcode_selfdestruct", "opcode_origin"]
    assert all(finding.what and finding.do and finding.where for finding in decision.findings)


def test_no_question_is_left_out() -> None:
    assert len(QUESTIONS) == len({question.__name__ for question in QUESTIONS}) == 14
