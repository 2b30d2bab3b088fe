"""The catalogue: every word of a page, in Chinese and English, and glosses for the log's own English phrases."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from sandbox.errors import InputError

LANGUAGES: Final = ("zh", "en")

_PHRASES: Final = (
    ("sender unknown", "发送方未登记"),
    ("receiver unknown", "接收方未登记"),
    ("operator unknown", "操作方未登记"),
    ("known participants", "已登记的参与者"),
    ("unregistered code", "未登记的代码"),
    ("registered contracts", "已登记的合约"),
    ("registered code", "已登记的代码"),
    ("not stated", "未登记"),
    ("plain send", "直接转账"),
    ("a role that may", "获授权的角色"),
    ("an approved request", "已批准的申请"),
    (r"functions of (.+)", r"\1 的申报接口"),
    (r"(.+) by (.+)", r"\2 执行 \1"),
    (r"(.+) without request", r"\1 无申请编号"),
    (r"no (.+)", r"禁用 \1"),
    (r"totalSupply\(\) differs from .+", "totalSupply() 与增发、销毁事件的合计不一致"),
    (r"balanceOf\((.+)\) differs from .+", r"balanceOf(\1) 与转账事件的合计不一致"),
    (r"pc (\d+) of (\S+), depth (\d+)", r"位于 \2 的第 \1 字节，深度 \3"),
)
"""Phrases the rules write into findings, and their Chinese reading. The English stays beside it as evidence."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Key -> words. Raises InputError for a language there is no catalogue for."""
    if language not in LANGUAGES:
        raise InputError(f"there are no words for language {language!r}", do="use one of: " + ", ".join(LANGUAGES))
    text = resources.files("sandbox.reporting").joinpath(f"words.{language}.json").read_text(encoding="utf-8")
    words: dict[str, str] = json.loads(text)
    return words


def gloss(text: str, language: str) -> str:
    """The log's English phrase in the reader's language; empty where it needs none or there is none."""
    if language == "zh":
        for pattern, reading in _PHRASES:
            match = re.fullmatch(pattern, text)
            if match is not None:
                return match.expand(reading)
    return ""
