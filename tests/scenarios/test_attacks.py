"""The attack suite: every labelled attack ends in the finding it names, and its innocent twin in none above a warning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.domain.limits import SPECS, Grade
from sandbox.domain.outcome import RunOutcome
from sandbox.domain.scenario import Case, Expectation, Scenario, Status
from sandbox.scenario_files import load_scenario
from sandbox.service import Sandbox
from sandbox.settings import Settings

ATTACKS = Settings().scenarios / "attacks"
FILES = sorted(file for file in ATTACKS.glob("*/*.yaml") if file.name != "pilot.yaml")
CAUGHT = frozenset({Status.BLOCKED, Status.FLAGGED})
LEAST, LEAST_RULES = 120, 27
"""Attacks, and rules that catch one."""

of_an_attack = pytest.mark.parametrize(
    "file", [file for file in FILES if ".attack." in file.name], ids=lambda file: f"{file.parent.name}/{file.name}"
)
of_a_twin = pytest.mark.parametrize(
    "file", [file for file in FILES if ".benign." in file.name], ids=lambda file: f"{file.parent.name}/{file.name}"
)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the whole suite; compiled contracts come from the cache all sandboxes of a machine share."""
    with Sandbox.open(Settings(), tmp_path_factory.mktemp("attacks")) as opened:
        yield opened


@pytest.fixture(scope="module")
def scenarios() -> dict[Path, Scenario]:
    return {file: load_scenario(file) for file in FILES}


def outcome_of(sandbox: Sandbox, file: Path) -> RunOutcome:
    return sandbox.run(file, engine=None, seed=None, progress=lambda *_: None)


def faults(outcome: RunOutcome) -> list[str]:
    return [f"step {step.index} {step.title}: {step.error}" for step in outcome.steps if step.error is not None]


def expected(scenario: Scenario) -> list[tuple[int, Expectation]]:
    """(step, expectation) of each transaction that must be caught."""
    stated = ((index, getattr(step, "expect", None)) for index, step in enumerate(scenario.steps, start=1))
    return [(index, expect) for index, expect in stated if expect is not None and expect.status in CAUGHT]


@of_an_attack
def test_an_attack_ends_in_the_finding_it_names(file: Path, sandbox: Sandbox) -> None:
    outcome = outcome_of(sandbox, file)
    assert outcome.passed, faults(outcome)
    for index, expect in expected(load_scenario(file)):
        step = outcome.steps[index - 1]
        assert step.reverted is None, "the EVM stopped it already, so nothing is shown of the supervisor"
        found = {(finding.code, finding.grade) for finding in step.findings}
        assert set(expect.findings) <= {code for code, _ in found}
        assert any((code, expect.grade) in found for code in expect.findings)


@of_a_twin
def test_its_twin_is_left_in_peace(file: Path, sandbox: Sandbox) -> None:
    outcome = outcome_of(sandbox, file)
    assert outcome.passed, faults(outcome)
    assert outcome.statuses().keys() == {Status.SUCCESS.value}
    graver = [f.code for step in outcome.steps for f in step.findings if f.grade > Grade.S0]
    assert not graver


def test_every_attack_is_labelled_and_says_what_catches_it(scenarios: dict[Path, Scenario]) -> None:
    for file, scenario in scenarios.items():
        attack = ".attack." in file.name
        assert scenario.case is (Case.ATTACK if attack else Case.BENIGN), file
        caught = [expect for _, expect in expected(scenario)]
        assert bool(caught) is attack, file
        assert all(expect.findings and expect.grade is not None and expect.findings[0] in SPECS for expect in caught), file


def test_every_attack_has_one_twin_beside_it(scenarios: dict[Path, Scenario]) -> None:
    attacks = {scenario.name: file for file, scenario in scenarios.items() if scenario.case is Case.ATTACK}
    twins = {scenario.twin: file for file, scenario in scenarios.items() if scenario.case is Case.BENIGN}
    assert attacks.keys() == twins.keys()
    for name, file in attacks.items():
        assert twins[name] == file.with_name(file.name.replace(".attack.", ".benign."))
        assert scenarios[twins[name]].pilot == scenarios[file].pilot == f"attacks-{file.parent.name}"


def test_labels_are_unique(scenarios: dict[Path, Scenario]) -> None:
    names = Counter(scenario.name for scenario in scenarios.values())
    titles = Counter(text for scenario in scenarios.values() for text in (scenario.title.zh, scenario.title.en))
    assert {name for name, times in (names + titles).items() if times > 1} == set()


def test_there_are_enough_of_them(scenarios: dict[Path, Scenario]) -> None:
    attacks = [scenario for scenario in scenarios.values() if scenario.case is Case.ATTACK]
    rules = {code for scenario in attacks for _, expect in expected(scenario) for code in expect.findings}
    assert len(attacks) >= LEAST
    assert len(rules) >= LEAST_RULES, sorted(rules)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_files_stay_small_and_open_with_both_languages(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 60
    chinese, english = lines[0], lines[1]
    assert chinese.startswith(("# 攻击：", "# 清白："))
    assert english.startswith(("# Attack: ", "# Benign: "))
