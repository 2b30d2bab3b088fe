"""Scenario types, and the look-up of every name before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain.declaration import Declaration, Firm
from sandbox.domain.effects import Standard
from sandbox.domain.expressions import Literal, parse
from sandbox.domain.limits import Grade
from sandbox.domain.pilot import Asset, Category, ContractCode, Instrument, LimitRequest, Origin, PilotManifest, Text
from sandbox.domain.scenario import (
    Actor,
    AnyStep,
    Balance,
    Call,
    Check,
    Deploy,
    Expectation,
    ExpectedError,
    ExpectedEvent,
    Exposure,
    Inject,
    PriceDrop,
    Relation,
    Repeat,
    Scenario,
    Status,
    Transfer,
    View,
    settle_clients,
)
from sandbox.domain.scenario_checks import combined, suggestion, validate
from sandbox.errors import InputError

W = "s.yaml:9:5"
ACTORS = (
    Actor("issuer", "s.yaml:4:3", role="issuer"),
    Actor("alice", "s.yaml:5:3", client="C-001", client_class="qualified"),
    Actor("mallory", "s.yaml:6:3"),
)


def contract(key: str, **more: Any) -> ContractCode:
    return ContractCode(key, Origin.SOURCE, f"{key}.sol", False, key, **more)


MANIFEST = PilotManifest(
    slug="p",
    name=Text("p", "p"),
    category=Category.EQUITY,
    firm=Firm("F"),
    declaration=Declaration(),
    contracts={"Lib": contract("Lib"), "Register": contract("Register"), "User": contract("User", libraries={"L": "Lib"})},
    assets={
        "shares": Asset("shares", "Register", Standard.ERC20, 0, None, Instrument.SHARE),
        "gas": Asset("gas", None, Standard.NATIVE, 18, None, Instrument.OTHER),
    },
    measures=(),
    probes=(),
    roles={"issuer": frozenset({"mint"})},
    limits=LimitRequest("taishan_default"),
)


def scenario(*steps: AnyStep, actors: tuple[Actor, ...] = ACTORS, pilot: str = "p") -> Scenario:
    return Scenario("s", Text("s", "s"), pilot, 7, 0, {actor.name: actor for actor in actors}, steps, "s.yaml")


def deploy(contract: str = "Register", **more: Any) -> Deploy:
    return Deploy(**{"where": W, "actor": "issuer", "contract": contract, "instance": contract, **more})


def call(instance: str = "Register", **more: Any) -> Call:
    return Call(**{"where": W, "actor": "alice", "instance": instance, "function": "transfer", **more})


ONE = Literal(1)
GOOD = [
    (deploy(), call(args=(parse("$alice"), parse("$Register"), parse("$pick(clients)")))),
    (deploy(), Transfer(where=W, actor="alice", to=parse("$mallory"), amount=ONE, asset="shares")),
    (Transfer(where=W, actor="alice", to=parse("$mallory"), amount=ONE),),
    (Transfer(where=W, actor="alice", to=parse("$mallory"), amount=ONE, asset="gas"),),
    (deploy(), Repeat(where=W, times=3, actors=("alice", "issuer"), body=call())),
    (Inject(where=W, fault=PriceDrop("shares", 40)),),
    (deploy(), Check(where=W, subject=View("Register", "totalSupply"), bounds=((Relation.EQUALS, ONE),))),
    (deploy("Lib"), deploy("User")),
    (deploy(expect=Expectation(Status.BLOCKED)), deploy()),
    (deploy(instance="Small"), call("Small")),
]
BAD: list[tuple[tuple[AnyStep, ...], str]] = [
    ((deploy(actor="bob"),), "no actor 'bob'"),
    ((deploy("Registry"),), "no contract 'Registry'"),
    ((deploy(interface="IRegister"),), "no contract 'IRegister'"),
    ((deploy(), deploy()), "'Register' is already taken"),
    ((deploy(instance="alice"),), "'alice' is already taken"),
    ((deploy("User"),), "library 'Lib' of 'User' is not deployed"),
    ((deploy(args=(parse("$Register"),)),), "'Register' is used before it is deployed"),
    ((call(),), "'Register' is used before it is deployed"),
    ((deploy(expect=Expectation(Status.REVERTED)), call()), "'Register' is used before it is deployed"),
    ((deploy(), call("Small")), "no instance 'Small'"),
    ((deploy(), call(args=(parse("$pick([$alice, $bob])"),))), "no actor or instance 'bob'"),
    ((deploy(), call(value=parse("$carol"))), "no actor or instance 'carol'"),
    ((deploy(), call(expect=Expectation(Status.BLOCKED, ("max_client",)))), "no finding 'max_client'"),
    ((deploy(), call(expect=Expectation(emits=(ExpectedEvent("E", {"to": parse("$bob")}),)))), "no actor or instance 'bob'"),
    ((deploy(), call(expect=Expectation(emits=(ExpectedEvent("E", {}, "Other"),)))), "no instance 'Other'"),
    (
        (deploy(), call(expect=Expectation(Status.REVERTED, revert=ExpectedError("E", (parse("$bob"),))))),
        "no actor or instance 'bob'",
    ),
    ((Transfer(where=W, actor="alice", to=ONE, amount=ONE, asset="shares"),), "'Register' is used before it is deployed"),
    ((Transfer(where=W, actor="alice", to=ONE, amount=ONE, asset="bonds"),), "no asset 'bonds'"),
    ((deploy(), Repeat(where=W, times=3, actors=("alice", "bob"), body=call())), "no actor 'bob'"),
    ((Inject(where=W, fault=PriceDrop("bonds", 40)),), "no asset 'bonds'"),
    ((Check(where=W, subject=View("Register", "f"), bounds=((Relation.EQUALS, ONE),)),), "used before it is deployed"),
    ((Check(where=W, subject=Exposure("C-002"), bounds=((Relation.EQUALS, ONE),)),), "no client 'C-002'"),
    ((Check(where=W, subject=Balance(parse("$bob")), bounds=((Relation.EQUALS, ONE),)),), "no actor or instance 'bob'"),
]


@pytest.mark.parametrize("steps", GOOD)
def test_a_scenario_that_names_only_what_there_is_passes(steps: tuple[AnyStep, ...]) -> None:
    validate(scenario(*steps), MANIFEST)


@pytest.mark.parametrize(("steps", "message"), BAD, ids=[message for _, message in BAD])
def test_a_scenario_that_names_anything_else_is_refused_with_its_place(steps: tuple[AnyStep, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        validate(scenario(*steps), MANIFEST)
    assert message in caught.value.what
    assert caught.value.where == W
    assert caught.value.do


def test_a_scenario_of_another_pilot_is_refused() -> None:
    with pytest.raises(InputError, match="written for pilot 'q'"):
        validate(scenario(deploy(), pilot="q"), MANIFEST)


def test_a_role_is_one_of_the_manifest_or_built_in() -> None:
    validate(scenario(actors=(Actor("f", W, role="firm"), Actor("s", W, role="supervisor"))), MANIFEST)
    with pytest.raises(InputError, match="no role 'minter'"):
        validate(scenario(actors=(Actor("f", W, role="minter"),)), MANIFEST)


def test_the_first_five_problems_stand_one_to_a_line() -> None:
    with pytest.raises(InputError) as caught:
        validate(scenario(*(deploy(f"Missing{n}") for n in range(7))), MANIFEST)
    lines = caught.value.what.splitlines()
    assert lines[0] == "7 problems" and lines[-1].strip() == "and 2 more" and len(lines) == 7
    assert all(W in line for line in lines[1:-1])


def test_a_single_problem_is_raised_as_it_is() -> None:
    error = InputError("one", where=W)
    assert combined([error], "file") is error


def test_a_near_word_is_suggested_and_otherwise_the_whole_list() -> None:
    assert suggestion("isuer", ["issuer", "agent"]) == "did you mean 'issuer'?"
    assert suggestion("zzz", ["issuer", "agent"]) == "use one of: agent, issuer"
    assert suggestion("zzz", []) == "there is none"


def test_every_address_of_a_client_gets_the_class_it_stated_once() -> None:
    first, second, other = settle_clients(
        [Actor("a", W, client="C-1"), Actor("b", W, client="C-1", client_class="retail", jurisdiction="CN"), Actor("m", W)]
    )
    assert (first.client_class, first.jurisdiction) == ("retail", "CN") == (second.client_class, second.jurisdiction)
    assert other.client_class is None


@pytest.mark.parametrize("key", ["client_class", "jurisdiction"])
def test_two_addresses_of_a_client_may_not_contradict_each_other(key: str) -> None:
    actors = [Actor("a", "f:1:1", client="C-1", **{key: "x"}), Actor("b", "f:2:1", client="C-1", **{key: "y"})]
    with pytest.raises(InputError, match="two values") as caught:
        settle_clients(actors)
    assert caught.value.where == "f:2:1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"client": "C-1", "role": "issuer"},
        {"client_class": "retail"},
        {"jurisdiction": "CN"},
    ],
)
def test_an_actor_is_a_client_or_holds_a_role(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Actor("a", W, **wrong)  # type: ignore[arg-type]  # names of text fields


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": Status.SUCCESS, "findings": ("whitelist",)},
        {"status": Status.REVERTED, "grade": Grade.S1},
        {"status": Status.BLOCKED, "emits": (ExpectedEvent("E"),)},
        {"status": Status.REVERTED, "returns": ONE},
        {"status": Status.BLOCKED, "revert": "no"},
    ],
)
def test_an_expectation_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot have"):
        Expectation(**wrong)


def test_actors_of_a_repeat_take_turns() -> None:
    repeat = Repeat(where=W, times=3, actors=("alice", "issuer"), body=call())
    assert [repeat.turn(index).actor for index in range(3)] == ["alice", "issuer", "alice"]


def test_a_tally_counts_no_more_than_there_are() -> None:
    Repeat(where=W, times=3, actors=("alice",), body=call(), tally={Status.SUCCESS: 2, Status.BLOCKED: 1})
    with pytest.raises(InputError, match="counts 4 of 3"):
        Repeat(where=W, times=3, actors=("alice",), body=call(), tally={Status.SUCCESS: 4})


def test_clients_are_listed_once_in_the_order_of_the_file() -> None:
    actors = tuple(Actor(name, W, client=client) for name, client in (("b", "C-2"), ("a", "C-1"), ("c", "C-2")))
    assert scenario(actors=actors).clients() == ("C-2", "C-1")
