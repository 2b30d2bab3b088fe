"""The documents say what the code does: tables are current, rules and commands named, the example is the shipped file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.domain.act_table import ACTS
from sandbox.domain.lifecycle import TRANSITIONS
from sandbox.domain.rules import RULES
from sandbox.domain.standing import Role, State
from sandbox.settings import Settings
from tests.architecture import yaml_example

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")


@pytest.mark.parametrize("name", READMES)
def test_every_rule_is_in_the_readme(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [rule.code for rule in RULES if f"| `{rule.code}` |" not in text] == []


@pytest.mark.parametrize("name", READMES)
def test_every_act_is_in_the_readme_with_everybody_who_may(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    rows = {line.split("|")[1].strip(" `"): line for line in lines if line.startswith("| `")}
    assert [act for act in ACTS if act not in rows] == []
    silent = {act: role for act, row in ACTS.items() for role in row.roles if role.value not in rows[act].split("|")[-2]}
    assert silent == {}


@pytest.mark.parametrize("name", READMES)
def test_every_way_of_a_pilots_life_is_in_the_readme_and_no_other(name: str) -> None:
    text = table(name, "transitions")
    told = set(re.findall(r"^\| `(\w+)`[^|]*\| `(\w+)`[^|]*\|", text, re.MULTILINE))
    assert told == {(arrow.origin.value, arrow.to.value) for arrow in TRANSITIONS}
    assert {state for way in told for state in way} == {state.value for state in State}, "every state can be reached or left"


@pytest.mark.parametrize("name", READMES)
def test_every_role_is_in_the_readme(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [word.value for word in Role if not re.search(rf"\b{word.value}\b", text)] == []


@pytest.mark.parametrize("name", READMES)
def test_every_table_that_is_made_has_its_place_in_the_readme(name: str) -> None:
    """A table without its markers would be made and written nowhere."""
    script = (ROOT / "docs" / "tables.py").read_text(encoding="utf-8")
    block = re.search(r"^TABLES: .*?^\}", script, re.DOTALL | re.MULTILINE)
    assert block is not None
    made = re.findall(r'^ +"(\w+)": \w+,', block[0], re.MULTILINE)
    assert made and [one for one in made if len(table(name, one).splitlines()) < 3] == []


def table(name: str, marker: str) -> str:
    """What stands between a table's markers."""
    found = re.search(rf"<!-- {marker} -->\n(.*?)<!-- /{marker} -->", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)
    return "" if found is None else found[1]


def test_the_generated_tables_are_current() -> None:
    assert subprocess.run([sys.executable, ROOT / "docs" / "tables.py", "--check"], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("name", READMES)
def test_the_two_commands_and_a_picture_are_shown(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "make run" in text and "make test" in text
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert pictures and all((ROOT / picture).is_file() for picture in pictures)


@pytest.mark.parametrize("name", READMES)
def test_the_worked_example_is_the_beginning_of_the_shipped_scenario(name: str) -> None:
    shown = yaml_example.first_yaml_block((ROOT / name).read_text(encoding="utf-8"))
    file = ROOT / "scenarios" / "sme-equity" / "refuse-oversize-transfer.yaml"
    shipped = yaml_example.load(file.read_text(encoding="utf-8"))
    assert shown["actors"] == shipped["actors"]
    assert shown["steps"] == shipped["steps"][: len(shown["steps"])]


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_link_between_the_documents_leads_somewhere() -> None:
    for name in (*READMES, "ARCHITECTURE.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8")):
            assert (ROOT / target).exists(), f"{name} links to {target}"
