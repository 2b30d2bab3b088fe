"""What a scenario may say of a pilot's life, its officers, its label and its actors' addresses; each mistake at its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.domain.acts import Freeze, ProposeLimits, Transition, Vote
from sandbox.domain.scenario import Case, Life, Official, Scenario
from sandbox.domain.scenario_checks import validate
from sandbox.domain.standing import Officer, Role, Stage, State
from sandbox.errors import InputError
from sandbox.running.cast import assemble
from sandbox.scenario_files import json_schema, parse_manifest, parse_scenario
from sandbox.service import Sandbox
from sandbox.settings import Settings

FILES = Path(__file__).parents[1] / "vectors" / "bad_files"
FILE = "life.yaml"

GOOD = """\
scenario: s
pilot: sme-equity
life: {state: active, stage: G2}
officers:
  wang: {role: regulator, department: finance}
  zhou: {role: public}
actors:
  issuer: {role: issuer}
  alice: {client: C-001, class: qualified}
steps:
  - {act: transition, by: wang, with: {to: suspended, reason: a look}}
  - {act: vote, by: wang, with: {motion: active, approve: true, reason: yea}, refused: no vote is held}
  - {act: freeze, by: wang, with: {who: "1001", reason: order}}
  - {act: propose_limits, by: wang, with: {changes: {max_clients: 3, max_tx_amount: "1 CNY"}, reason: care}}
  - advance: {days: 1}
"""
LAST = "  - advance: {days: 1}\n"


def read(text: str) -> Scenario:
    """Parsed and looked up against its pilot, as before a run."""
    scenario = parse_scenario(text.encode(), FILE)
    validate(scenario, parse_manifest((FILES / "good_pilot.yaml").read_bytes()))
    return scenario


def test_a_life_its_officers_and_their_acts_are_read() -> None:
    scenario = read(GOOD)
    assert scenario.life == Life(State.ACTIVE, Stage.G2)
    assert scenario.officers == {"wang": Officer("wang", Role.REGULATOR, "finance"), "zhou": Officer("zhou", Role.PUBLIC)}
    officials = [step for step in scenario.steps if isinstance(step, Official)]
    assert [(step.officer, step.act, step.refused) for step in officials] == [
        ("wang", Transition(State.SUSPENDED, "a look"), None),
        ("wang", Vote(State.ACTIVE, True, "yea"), "no vote is held"),
        ("wang", Freeze("1001", "order"), None),
        ("wang", ProposeLimits({"max_clients": 3, "max_tx_amount": "1 CNY"}, "care"), None),
    ]
    assert officials[1].where == f"{FILE}:12:5"


def test_a_life_begins_in_the_first_stage_unless_it_says_otherwise() -> None:
    assert read(GOOD.replace(", stage: G2", "")).life == Life(State.ACTIVE, Stage.G1)
    assert read(GOOD[: GOOD.index("life:")] + GOOD[GOOD.index("actors:") : GOOD.index("  - {act")] + LAST).life is None


ADDRESS = "0x" + "aB" * 20
SECOND = "  - {act: vote, by: wang, with: {motion: active, approve: true, reason: yea}, refused: no vote is held}\n"

Bad = tuple[str, str, int, int, str, str]
BAD: dict[str, Bad] = {
    "unknown act": ("{act: vote,", "{act: vot,", 12, 5, "there is no act 'vot'", "did you mean 'vote'?"),
    "missing field": (", reason: a look", "", 11, 5, "transition needs the field 'reason'", "state reason"),
    "unknown field": ("who:", "whom:", 13, 5, "freeze has no field 'whom'", "did you mean 'who'?"),
    "empty field": ("reason: a look", 'reason: " "', 11, 5, "transition.reason is empty", "state it"),
    "unknown state of an act": ("to: suspended", "to: suspend", 11, 5, "'suspend' is no state", "correct transition.to"),
    "field of another kind": ('who: "1001"', "who: 1001", 13, 5, "freeze.who: 1001 is not text", "correct freeze.who"),
    "text for yes or no": (
        "approve: true",
        'approve: "true"',
        12,
        5,
        "'true' is neither true nor false",
        "correct vote.approve",
    ),
    "a number above every log entry": ("max_clients: 3", f"max_clients: {2**53}", 14, 5, "holds a number above", "state it"),
    "unknown officer": (
        "by: wang, with: {to",
        "by: wong, with: {to",
        11,
        5,
        "there is no officer 'wong'",
        "did you mean 'wang'?",
    ),
    "act without by": (", by: wang, with: {to", ", with: {to", 11, 5, "the key 'by' is missing", "add by"),
    "unknown key of an act": ("refused:", "refuse:", 12, 79, "unknown key 'refuse'", "did you mean 'refused'?"),
    "unknown state": ("{state: active,", "{state: activ,", 3, 15, "'activ' is not one of draft, ", "did you mean 'active'?"),
    "unknown stage": ("stage: G2", "stage: G4", 3, 30, "'G4' is not one of G1, G2, G3", "use one of: G1, G2, G3"),
    "life without state": ("{state: active, stage: G2}", "{stage: G2}", 3, 7, "the key 'state' is missing", "add state"),
    "unknown role of an officer": ("role: public", "role: king", 6, 16, "'king' is not one of firm, ", "use one of"),
    "officer without role": ("{role: public}", "{department: bank}", 6, 9, "the key 'role' is missing", "add role"),
    "an address that is none": (
        "class: qualified}",
        'class: qualified, address: "0x12"}',
        9,
        53,
        "'0x12' is not an address",
        "40 hex digits",
    ),
    "an address without quotes": (
        "class: qualified}",
        f"class: qualified, address: {ADDRESS}}}",
        9,
        53,
        "is hex without quotes",
        "quotes",
    ),
    "a sender whose key is elsewhere": (
        LAST,
        "  - {deploy: MathLib, as: alice}\n",
        15,
        5,
        "actor 'alice' has its key elsewhere, so it cannot send",
        "leave out its address",
    ),
    "unknown case": (
        "pilot: sme-equity\n",
        "pilot: sme-equity\ncase: atack\n",
        3,
        7,
        "'atack' is not one of attack, benign",
        "attack",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_life_is_refused_at_its_place(name: str) -> None:
    old, new, line, column, what, do = BAD[name]
    text = GOOD.replace("class: qualified}", f'class: qualified, address: "{ADDRESS}"}}') if "sender" in name else GOOD
    assert text.count(old) == 1, "the table spoils one place"
    with pytest.raises(InputError) as caught:
        read(text.replace(old, new))
    assert what in caught.value.what and do in (caught.value.do or "")
    assert caught.value.where == f"{FILE}:{line}:{column}"


def test_an_act_needs_a_life_to_act_on() -> None:
    lifeless = GOOD.replace("life: {state: active, stage: G2}\n", "").replace(SECOND, "")
    with pytest.raises(InputError, match="3 problems") as caught:
        read(lifeless)
    for line in (10, 11, 12):
        assert f"{FILE}:{line}:5: nobody can act on a life cycle the scenario does not begin" in caught.value.what


def test_several_mistakes_in_a_life_are_told_together_in_the_order_of_the_file() -> None:
    text = (
        GOOD.replace("state: active,", "state: activ,")
        .replace("role: public", "role: king")
        .replace("{act: vote,", "{act: vot,")
    )
    with pytest.raises(InputError) as caught:
        read(text)
    assert re.findall(rf"{FILE}:\d+:\d+", caught.value.what) == [f"{FILE}:3:15", f"{FILE}:6:16"], "shapes come before acts"


# --- labels


LABELLED = """\
scenario: s
pilot: sme-equity
case: {case}
actors:
  issuer: {{role: issuer}}
steps:
  - {{deploy: MathLib, as: issuer}}
  - {{deploy: Register, as: issuer{expect}}}
"""
CAUGHT = ", expect: {status: blocked, finding: privileged_op, grade: S4}"
NO_FINDING = "an attack expects no finding with its grade"
TWIN = "a benign scenario names its attack as twin:, and nothing else does"


@pytest.mark.parametrize(
    ("case", "expect", "problem"),
    [
        ("attack", CAUGHT, None),
        ("attack", "", NO_FINDING),
        ("attack", ", expect: {status: blocked}", NO_FINDING),
        ("attack", ", expect: {status: blocked, finding: privileged_op}", NO_FINDING),
        ("attack\ntwin: other", CAUGHT, TWIN),
        ("benign\ntwin: other", "", None),
        ("benign", "", TWIN),
        ("benign\ntwin: other", ", expect: {status: blocked}", "a benign scenario expects something else than success"),
        ("benign\ntwin: other", ", expect: {status: reverted}", "a benign scenario expects something else than success"),
    ],
    ids=[
        "attack with finding and grade",
        "attack without expectation",
        "attack without finding",
        "attack without grade",
        "attack with a twin",
        "benign with its twin",
        "benign without twin",
        "benign that expects a refusal",
        "benign that expects a revert",
    ],
)
def test_a_label_holds_a_scenario_to_what_it_claims(case: str, expect: str, problem: str | None) -> None:
    text = LABELLED.format(case=case, expect=expect)
    if problem is None:
        assert read(text).case is Case(case.partition("\n")[0])
        return
    with pytest.raises(InputError, match=re.escape(problem)) as caught:
        read(text)
    assert caught.value.where == FILE and caught.value.do


def test_a_scenario_without_a_label_has_no_twin() -> None:
    text = LABELLED.format(case="attack", expect=CAUGHT).replace("case: attack\n", "")
    assert read(text).case is None
    with pytest.raises(InputError, match=re.escape(TWIN)):
        read(text.replace("pilot: sme-equity", "pilot: sme-equity\ntwin: other"))


# --- addresses


def test_an_actor_may_have_an_address_whose_key_is_elsewhere() -> None:
    scenario = read(GOOD.replace("class: qualified}", f'class: qualified, address: "{ADDRESS}"}}'))
    member = assemble(scenario, 1)["alice"]
    assert (member.address, member.key) == (ADDRESS.lower(), b"")


def two(first: str, second: str) -> str:
    return GOOD.replace(
        "  alice: {client: C-001, class: qualified}\n",
        f'  alice: {{client: C-001, address: "{first}"}}\n  bob: {{client: C-002, address: "{second}"}}\n',
    )


def test_two_clients_with_one_address_are_refused_whatever_its_letters() -> None:
    other = "0x" + "cd" * 20
    assert len(assemble(read(two(ADDRESS, other)), 1)) == 3
    with pytest.raises(InputError, match=f"actor 'bob' has the address of 'alice', {ADDRESS.lower()}") as caught:
        assemble(read(two(ADDRESS, ADDRESS.lower())), 1)
    assert caught.value.where == f"{FILE}:10:8" and caught.value.do


def test_a_run_with_one_address_for_two_clients_is_refused_and_nothing_is_recorded(tmp_path: Path) -> None:
    loan = Settings().scenarios / "quick-loan"
    folder = tmp_path / "quick-loan"
    (folder / "contracts").mkdir(parents=True)
    for name in ("pilot.yaml", "contracts/QuickLoan.vy"):
        (folder / name).write_bytes((loan / name).read_bytes())
    file = folder / "shared.yaml"
    text = (loan / "draw-and-repay.yaml").read_text(encoding="utf-8").replace("draw-and-repay", "shared")
    chen = "  chen: {client: B-001, class: retail, jurisdiction: CN}\n"
    receiver = f'  {{}}: {{{{client: {{}}, address: "{ADDRESS}"}}}}\n'
    with Sandbox.open(Settings(cache=tmp_path / "compiled"), tmp_path / "home") as sandbox:
        file.write_text(text.replace(chen, chen + receiver.format("guo", "B-002") + receiver.format("luo", "B-003")), "utf-8")
        with pytest.raises(InputError, match="actor 'luo' has the address of 'guo'") as caught:
            sandbox.run(file, engine=None, seed=None, progress=lambda *_: None)
        assert caught.value.where == f"{file}:11:8"
        assert sandbox.head() == (0, sandbox.head()[1]) and sandbox.pilots() == []
        file.write_text(text.replace(chen, chen + receiver.format("guo", "B-002")), "utf-8")
        assert sandbox.run(file, engine=None, seed=None, progress=lambda *_: None).passed
        assert sandbox.head()[0] == 1


# --- the schema an editor reads


def test_the_schema_of_a_scenario_knows_states_stages_roles_and_labels() -> None:
    text = str(json_schema("scenario"))
    for word in (*State, *Stage, *Role, *Case):
        assert f"'{word.value}'" in text, word
