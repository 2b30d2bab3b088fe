"""Writes the tables of both READMEs from the code they describe: `make docs`. A test holds that they are current."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path

import click

from sandbox.cli import cli
from sandbox.domain.act_table import ACTS
from sandbox.domain.bounds import Amount, Count, Span, duration_text
from sandbox.domain.lifecycle import TRANSITIONS, Arrow
from sandbox.domain.limits import Timing
from sandbox.domain.profiles import Profile
from sandbox.domain.rules import RULES
from sandbox.domain.standing import STATE_NAMES, State
from sandbox.domain.units import VALUE_DECIMALS
from sandbox.scenario_files import load_profile, load_scenario

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


def profiles(lang: str) -> str:
    """Every limit template: its key numbers, and how sure each number is."""
    head = {
        "en": "| profile | name | clients | per client | total | duration | how sure |",
        "zh": "| 模板 | 名称 | 客户数 | 单一客户 | 总额 | 期限 | 可信度 |",
    }
    rows = [_profile(load_profile(path), lang) for path in sorted((ROOT / "scenarios" / "profiles").glob("*.yaml"))]
    return "\n".join([head[lang], "| --- | --- | ---: | ---: | ---: | ---: | --- |", *rows])


KEY_LIMITS = ("max_clients", "max_client_exposure", "max_total_exposure", "time_box")
MARKS = {
    "en": {"verified": "verified", "secondary": "secondary", "unverified": "unverified", "design": "design choice"},
    "zh": {"verified": "已核对原文", "secondary": "二手资料", "unverified": "未核实", "design": "设计选择"},
}


def _profile(profile: Profile, lang: str) -> str:
    rows = [profile.limits[key] for key in KEY_LIMITS]
    sure = {row.confidence: None for row in rows if row.bound is not None}
    marks = (", " if lang == "en" else "、").join(MARKS[lang][one] for one in MARKS[lang] if one in sure) or "–"
    cells = [_key_number(row.bound, lang) for row in rows]
    return f"| `{profile.id}` | {profile.zh if lang == 'zh' else profile.en} | {' | '.join(cells)} | {marks} |"


def _key_number(bound: object, lang: str) -> str:
    match bound:
        case Count(maximum):
            return f"{maximum:,}"
        case Amount(money):
            return f"{money.value // 10**VALUE_DECIMALS:,} {money.currency}"
        case Span(seconds):
            return duration_text(seconds) if lang == "en" else f"{seconds // 86_400} 天"
        case _:
            return "–"


def transitions(lang: str) -> str:
    """Every way from one state of a pilot's life to another: who may, and how many must agree."""
    head = {
        "en": "| from | to | who | approvals | source |",
        "zh": "| 从 | 到 | 由谁 | 同意人数 | 依据 |",
    }
    rows: dict[tuple[State, State], list[Arrow]] = {}
    for arrow in TRANSITIONS:
        rows.setdefault((arrow.origin, arrow.to), []).append(arrow)
    ways = [_way(pair, arrows, lang) for pair, arrows in rows.items()]
    return "\n".join([head[lang], "| --- | --- | --- | ---: | --- |", *ways])


def _way(pair: tuple[State, State], arrows: list[Arrow], lang: str) -> str:
    names = [f"`{state.value}` {STATE_NAMES[state][0]}" if lang == "zh" else f"`{state.value}`" for state in pair]
    who = sorted({role.value for arrow in arrows for role in arrow.actors})
    sources = "; ".join(dict.fromkeys(arrow.source for arrow in arrows))
    return f"| {names[0]} | {names[1]} | {', '.join(who)} | {max(arrow.quorum for arrow in arrows)} | {sources} |"


def acts(lang: str) -> str:
    """Every act: its fields, and who may do it."""
    head = {"en": "| act | fields (optional ones in brackets) | who |", "zh": "| 行为 | 字段（可省略者加方括号） | 由谁 |"}
    rows = []
    for name, row in ACTS.items():
        given = ", ".join(one.name if one.default is MISSING else f"[{one.name}]" for one in fields(row.act))
        rows.append(f"| `{name}` | {given or '–'} | {', '.join(sorted(role.value for role in row.roles))} |")
    return "\n".join([head[lang], "| --- | --- | --- |", *rows])


def attacks(lang: str) -> str:
    """Every attack of the suite and the rule that must catch it; each has a benign twin that must pass."""
    head = {"en": "| attack | what it tries | caught by |", "zh": "| 攻击 | 手法 | 由何规则发现 |"}
    rows = []
    for path in sorted((ROOT / "scenarios" / "attacks").glob("*/*.attack.yaml")):
        scenario = load_scenario(path)
        found = [(code, one.grade) for one in scenario.expectations() if one.grade is not None for code in one.findings]
        rules = ", ".join(dict.fromkeys(f"`{code}` {grade.name}" for code, grade in found))
        title = scenario.title.zh if lang == "zh" else scenario.title.en
        rows.append(f"| [{scenario.name}]({path.relative_to(ROOT).as_posix()}) | {title} | {rules} |")
    return "\n".join([head[lang], "| --- | --- | --- |", *rows])


def conformance(lang: str) -> str:
    """Tests nobody here wrote, and how many of them pass; as `docs/conformance.py` recorded it."""
    head = {
        "en": "| suite | files | passed | known misses |",
        "zh": "| 测试集 | 文件 | 通过 | 已知未过 |",
    }
    rows = [
        f"| {one['suite']} | {one['files']} | {one['passed']} | {', '.join(f'`{miss}`' for miss in one['misses']) or '–'} |"
        for one in json.loads((ROOT / "docs" / "conformance.json").read_text(encoding="utf-8"))
    ]
    return "\n".join([head[lang], "| --- | ---: | ---: | --- |", *rows])


TABLES: dict[str, Callable[[str], str]] = {
    "limits": limits,
    "profiles": profiles,
    "transitions": transitions,
    "acts": acts,
    "attacks": attacks,
    "conformance": conformance,
    "commands": commands,
}


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
