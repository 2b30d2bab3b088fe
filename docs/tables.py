"""Writes the tables of both READMEs from the code they describe: `make docs`. A test holds that they are current."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import click

from sandbox.cli import cli
from sandbox.domain.limits import Timing
from sandbox.domain.rules import RULES

ROOT = Path(__file__).resolve().parent.parent
FILES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}


def limits(lang: str) -> str:
    """Every rule: id, what it bounds, when it acts, grade of a breach, where it comes from."""
    head = {
        "en": "| limit | what it bounds | acts | grade | source |",
        "zh": "| 限额 | 约束什么 | 何时 | 等级 | 依据 |",
    }
    acts = {
        "en": {Timing.PREVENTIVE: "before commit", Timing.DETECTIVE: "on record"},
        "zh": {Timing.PREVENTIVE: "提交前", Timing.DETECTIVE: "事后记录"},
    }
    rows = [
        f"| `{r.code}` | {r.spec.zh if lang == 'zh' else r.spec.en} | {acts[lang][r.timing]} | {r.grade.name} | {r.source} |"
        for r in RULES
    ]
    return "\n".join([head[lang], "| --- | --- | --- | --- | --- |", *rows])


def commands(lang: str) -> str:
    """Every command with its own help line."""
    head = {"en": "| command | what it does |", "zh": "| 命令 | 作用（程序自述） |"}
    rows = [f"| `taishan {name}` | {text} |" for name, text in _leaves(cli, "")]
    return "\n".join([head[lang], "| --- | --- |", *rows])


def _leaves(command: click.Command, name: str) -> list[tuple[str, str]]:
    if isinstance(command, click.Group):
        return [leaf for key in sorted(command.commands) for leaf in _leaves(command.commands[key], f"{name} {key}".strip())]
    return [(name, " ".join((command.help or "").split()))]


TABLES: dict[str, Callable[[str], str]] = {"limits": limits, "commands": commands}


def filled(text: str, lang: str) -> str:
    """The README's text with each table between its markers made anew."""
    for name, table in TABLES.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = pattern.sub(rf"\g<1>{table(lang)}\n\g<2>", text)
    return text


def main() -> int:
    """Write both files; with --check only say whether they are current."""
    stale = False
    for lang, path in FILES.items():
        present = path.read_text(encoding="utf-8")
        made = filled(present, lang)
        stale = stale or made != present
        if "--check" not in sys.argv:
            path.write_text(made, encoding="utf-8")
    return int(stale and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
