"""Files that are read: shipped ones, the reference examples of the language, schemas, and no crash on any bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sandbox.domain.effects import Standard
from sandbox.domain.expressions import Invoke, ListOf, Literal, Name, parse
from sandbox.domain.limits import Grade, LimitSet
from sandbox.domain.pilot import ApplicationType, Category, Instrument, Origin
from sandbox.domain.profiles import bind
from sandbox.domain.scenario import (
    Advance,
    Balance,
    Call,
    Check,
    Deploy,
    ExpectedError,
    Exposure,
    Inject,
    PriceDrop,
    PriceSet,
    Relation,
    Repeat,
    Status,
    Transfer,
    View,
)
from sandbox.domain.scenario_checks import validate
from sandbox.domain.units import parse_money
from sandbox.errors import InputError, NotFound
from sandbox.scenario_files import (
    json_schema,
    load_manifest,
    load_profile,
    load_scenario,
    parse_manifest,
    parse_profile,
    parse_scenario,
)

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PROFILES = sorted((SCENARIOS / "profiles").glob("*.yaml"))
MANIFESTS = sorted(SCENARIOS.glob("*/pilot.yaml"))

MANIFEST = """
pilot: sme-equity
name: {zh: 中小企业股权登记与转让, en: SME equity register and transfer}
category: equity
firm:
  name: 示例公司
  uscc: 91330000761336668H
  lei: 529900T8BM49AURSDO55
  licence: {name: 牌照, code: "0001", issuer: 人民银行}
declaration: {type: 金融服务, launch: 2027-01-01, technology: [EVM], hours: 7x24, risks: [{point: a, measure: b}]}
contracts:
  Register: {source: "contracts/Register.sol:ShareRegister"}
  Token: {artifact: "npm:@tokenysolutions/t-rex/artifacts/Token.json"}
  Proxy: {artifact: artifacts/Proxy.json, interface: Token, libraries: {MathLib: Register}}
assets:
  shares: {contract: Register, standard: erc20, decimals: 0, price: "12.50 CNY", instrument: share}
  gas: {standard: native, price: "0 CNY"}
measures:
  - name: drawn
    event: "Drawn(address indexed who, uint256 sum)"
    contract: Register
    client: who
    add: sum
    to: exposure
    unit: "0.01 CNY"
  - {event: "Repaid(address indexed who, uint256 sum)", client: who, subtract: sum, to: exposure}
  - {probe: "Register.totalSupply()", name: supply}
roles: {issuer: [mint, pause], transfer_agent: [forcedTransfer]}
limits:
  profile: cn_regional_equity
  set:
    max_clients: 150
    max_client_volume: {value: "20000 CNY", window: 1d}
    opcodes: {forbid: [SELFDESTRUCT]}
  modes: {allowed_functions: enforce}
"""

SCENARIO = (
    """
scenario: secondary-market
pilot: sme-equity
seed: 7
start: 2027-01-04T09:00:00+08:00
actors:
  issuer: {role: issuer}
  alice: {client: C-001, class: qualified, jurisdiction: CN, native: 10 ether}
  alice2: {client: C-001}
  mallory: {}
steps:
  - deploy: Register
    as: issuer
    args: [1000000, "0x00", true, [1, "115792089237316195423570985008687907853269984665640564039457584007913129639935"]]
  - call: Register.transfer(address, uint256)
    as: alice
    args: [$alice2, $int(1)]
    note: first
""".replace("$int(1)", '"$int(1, 5)"')
    + """
    value: 1 ether
    gas: 500000
    request: REQ-1
    expect: {status: reverted, revert: {error: Locked, args: [$alice, 5]}}
  - transfer: {to: $mallory, amount: 1 gwei}
    as: alice
  - transfer: {to: $mallory, amount: "5", asset: shares}
    as: alice
    expect: {status: blocked, finding: [whitelist, max_tx_amount], grade: S3}
  - advance: {days: 30, hours: 1}
  - repeat: {times: 20, as: [alice, issuer], call: Register.transfer, args: [$pick(clients), 1]}
    tally: {success: 18, blocked: 2}
  - repeat: {times: 2, as: alice, transfer: {to: $issuer, amount: 1}}
    expect: {status: success}
  - inject: {fault: price_drop, asset: shares, percent: 40}
  - inject: {fault: price, asset: shares, price: "7 CNY"}
  - check: {view: Register.totalSupply, equals: 1000000}
  - check: {balance: $alice, at_least: 1 ether, at_most: 10 ether}
  - check: {exposure: C-001, at_most: "100 CNY"}
"""
)


def test_a_manifest_is_read_into_the_domains_types() -> None:
    manifest = parse_manifest(MANIFEST.encode())
    assert (manifest.slug, manifest.category, manifest.name.en) == (
        "sme-equity",
        Category.EQUITY,
        "SME equity register and transfer",
    )
    assert manifest.firm.uscc == "91330000761336668H" and manifest.firm.licence is not None
    assert manifest.firm.licence.code == "0001"
    assert manifest.declaration.type is ApplicationType.FINANCIAL_SERVICE
    assert str(manifest.declaration.launch) == "2027-01-01" and manifest.declaration.risks[0].measure == "b"
    register, token, proxy = manifest.contracts.values()
    assert (register.origin, register.path, register.name) == (Origin.SOURCE, "contracts/Register.sol", "ShareRegister")
    assert token.package and token.path == "@tokenysolutions/t-rex/artifacts/Token.json" and token.name == "Token"
    assert (proxy.package, proxy.interface, proxy.libraries) == (False, "Token", {"MathLib": "Register"})
    shares, gas = manifest.assets.values()
    assert (shares.price, shares.instrument) == (parse_money("12.5 CNY"), Instrument.SHARE)
    assert (gas.standard, gas.decimals, gas.contract) == (Standard.NATIVE, 18, None)
    drawn, repaid = manifest.measures
    assert (drawn.sign, drawn.unit, str(drawn.event)) == (1, parse_money("0.01 CNY"), "Drawn(address,uint256)")
    assert (repaid.name, repaid.sign, repaid.unit, repaid.contract) == ("Repaid", -1, None, None)
    assert manifest.probes[0].function == "totalSupply"
    assert manifest.roles["issuer"] == {"mint", "pause"}
    assert manifest.limits.set["max_clients"] == 150 and manifest.limits.modes == {"allowed_functions": "enforce"}


def test_a_scenario_is_read_into_the_domains_types() -> None:
    scenario = parse_scenario(SCENARIO.encode(), "s.yaml")
    assert (scenario.seed, scenario.start, scenario.title.zh) == (7, 1_799_024_400, "secondary-market")
    alice, alice2 = scenario.actors["alice"], scenario.actors["alice2"]
    assert alice.native == 10**19 and (alice2.client_class, alice2.jurisdiction) == ("qualified", "CN")
    deploy, call, wei, shares, advance, calls, transfers, drop, price, view, balance, exposure = scenario.steps
    assert isinstance(deploy, Deploy) and deploy.where == "s.yaml:12:5" and deploy.instance == "Register"
    assert deploy.args[3] == ListOf((Literal(1), Literal(str(2**256 - 1))))
    assert isinstance(call, Call) and call.function == "transfer(address,uint256)" and call.note is not None
    assert call.args == (Name("alice2"), Invoke("int", (Literal(1), Literal(5)))) and call.value == Literal(10**18)
    assert call.expect.revert == ExpectedError("Locked", (Name("alice"), Literal(5)))
    assert isinstance(wei, Transfer) and wei.asset is None and wei.amount == Literal(10**9)
    assert isinstance(shares, Transfer) and shares.amount == Literal(5)
    assert (shares.expect.status, shares.expect.grade) == (Status.BLOCKED, Grade.S3)
    assert shares.expect.findings == ("whitelist", "max_tx_amount")
    assert isinstance(advance, Advance) and advance.seconds == 30 * 86_400 + 3_600
    assert isinstance(calls, Repeat) and calls.tally == {Status.SUCCESS: 18, Status.BLOCKED: 2}
    assert isinstance(transfers, Repeat) and isinstance(transfers.body, Transfer) and transfers.actors == ("alice",)
    assert isinstance(drop, Inject) and drop.fault == PriceDrop("shares", 40)
    assert isinstance(price, Inject) and price.fault == PriceSet("shares", parse_money("7 CNY"))
    assert isinstance(view, Check) and view.subject == View("Register", "totalSupply")
    assert isinstance(balance, Check) and balance.subject == Balance(parse("$alice")) and len(balance.bounds) == 2
    assert isinstance(exposure, Check) and exposure.subject == Exposure("C-001")
    assert exposure.bounds == ((Relation.AT_MOST, parse_money("100 CNY")),)


def test_the_reference_scenario_runs_on_the_reference_manifest() -> None:
    validate(parse_scenario(SCENARIO.encode()), parse_manifest(MANIFEST.encode()))


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.parent.name)
def test_every_shipped_pilot_and_its_scenarios_are_accepted(path: Path) -> None:
    manifest = load_manifest(path)
    profile = load_profile(SCENARIOS / "profiles" / f"{manifest.limits.profile}.yaml")
    assert isinstance(bind(profile, manifest.limits.set, manifest.limits.modes), LimitSet)
    for file in sorted(path.parent.glob("*.yaml")):
        if file != path:
            validate(load_scenario(file), manifest)


@pytest.mark.parametrize("kind", ["manifest", "scenario", "profile"])
def test_a_schema_names_every_key_and_explains_it(kind: str) -> None:
    schema = json_schema(kind)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["title"] == f"Taishan {kind}" and schema["additionalProperties"] is False
    assert schema["description"]
    assert kind.replace("manifest", "pilot") in schema["properties"]


def test_there_is_no_schema_of_another_kind() -> None:
    with pytest.raises(InputError, match="no file kind 'manifst'") as caught:
        json_schema("manifst")
    assert caught.value.do == "did you mean 'manifest'?"


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_scenario(tmp_path / "absent.yaml")
    with pytest.raises(InputError, match="this is no file"):
        load_scenario(tmp_path)


@given(st.binary(max_size=200))
@example(b'a: "\\UFFFFFFFF"')
@example(b"%YAML 9.9\n---\na: 1")
@example(b"%TAG ! tag:x,2000:\n---\na: !b 1")
@example(b"? [a]\n: 1")
@example(b"a: 1\n...\n%")
@example(b"\xef\xbb\xbf")
@example(b"'<event>': 1")
def test_no_bytes_make_the_reader_fail_in_another_way(raw: bytes) -> None:
    for parse_file in (parse_manifest, parse_scenario, parse_profile):
        with pytest.raises(InputError) as caught:
            parse_file(raw)
        assert caught.value.where and caught.value.do


@given(st.text("abc:-[]{},&*!|>'\"%@`#?~0x19.\n \t$", max_size=80))
def test_no_yaml_makes_the_reader_fail_in_another_way(text: str) -> None:
    with pytest.raises(InputError):
        parse_scenario(text.encode())


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data())
def test_no_value_at_any_place_makes_the_models_fail_in_another_way(data: st.DataObject) -> None:
    """JSON is YAML: one value of a good scenario is replaced by anything, and the file is either read or refused."""
    document = json.loads(json.dumps(GOOD))
    holder, keys = document, []
    while isinstance(holder, dict | list) and holder:
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        keys.append(key)
        if data.draw(st.booleans()) or not isinstance(holder[key], dict | list):
            holder[key] = data.draw(PLAIN)
            break
        holder = holder[key]
    try:
        parse_scenario(json.dumps(document).encode())
    except InputError as error:
        assert error.where


GOOD = {
    "scenario": "s",
    "pilot": "p",
    "start": "2027-01-04T09:00:00+08:00",
    "actors": {"a": {"client": "C", "class": "x", "native": "1 ether"}, "b": {"role": "issuer"}},
    "steps": [
        {"deploy": "R", "as": "a", "args": [1, ["$a"]], "note": {"zh": "甲", "en": "A"}},
        {"call": "R.f", "as": "a", "expect": {"status": "blocked", "finding": ["whitelist"], "grade": "S1"}},
        {"call": "R.f", "as": "a", "expect": {"status": "reverted", "revert": {"error": "E", "args": [1]}}},
        {"transfer": {"to": "$a", "amount": 5, "asset": "s"}, "as": "a", "gas": 50000},
        {"repeat": {"times": 2, "as": ["a"], "call": "R.f", "args": ["$int(1, 5)"]}, "tally": {"success": 2}},
        {"inject": {"fault": "price", "asset": "s", "price": "7 CNY"}},
        {"check": {"view": "R.f", "equals": [1]}},
        {"check": {"exposure": "C", "at_most": "5 CNY"}},
        {"advance": {"days": 1}},
    ],
}
