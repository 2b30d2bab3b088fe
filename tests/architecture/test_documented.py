"""The documents say what the code does: tables are current, rules and commands named, the example is the shipped file."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.domain.rules import RULES
from sandbox.settings import Settings
from tests.architecture import yaml_example

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")


@pytest.mark.parametrize("name", READMES)
def test_every_rule_is_in_the_readme(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [rule.code for rule in RULES if f"| `{rule.code}` |" not in text] == []


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
