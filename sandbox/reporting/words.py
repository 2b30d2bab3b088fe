"""The catalogue: every word of a page, in Chinese and English, and glosses for the log's own English phrases (`phrases`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from sandbox.errors import InputError
from sandbox.reporting.phrases import chinese

LANGUAGES: Final = ("zh", "en")


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
    return chinese(text) if language == "zh" else ""
