"""Import statements of a source, found without compiling it: comments and strings are told apart, nothing else is parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SOLIDITY: Final = re.compile(
    r"""//[^\n\r]*|/\*.*?\*/|(?P<word>\bimport\b)|(?P<end>;)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL,
)
_VYPER: Final = re.compile(
    r"""\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\#[^\n]*"""
    r"""|^(?:from[ \t]+(?P<base>[.\w]+)[ \t]+)?import[ \t]+(?P<names>\([^)]*\)|[^\n#]+)""",
    re.DOTALL | re.MULTILINE,
)
_BUILT_IN: Final = re.compile(r"(ethereum\.ercs|math)\b")


@dataclass(frozen=True, slots=True)
class Import:
    """path: as the statement says it (Solidity), or dots turned into slashes and without suffix (Vyper). level: leading dots
    of a Vyper import, 0 = from the pilot's folder. line, column: from 1."""

    path: str
    line: int
    column: int
    level: int = 0


def solidity_imports(text: str) -> Iterator[Import]:
    """Imports of a Solidity source, in order."""
    importing = False
    for token in _SOLIDITY.finditer(text):
        if token["word"]:
            importing = True
        elif token["end"]:
            importing = False
        elif token["text"] and importing:
            importing = False
            yield Import(token["text"][1:-1], *_place(text, token.start()))


def vyper_imports(text: str) -> Iterator[Import]:
    """Imports of a Vyper source, in order, without those of the compiler's own modules."""
    for token in _VYPER.finditer(text):
        if not token["names"]:
            continue
        base = token["base"] or ""
        level = len(base) - len(base.lstrip("."))
        for name in token["names"].strip("()").split(","):
            words = name.split()
            module = ".".join(part for part in (base.lstrip("."), words[0] if words else "") if part)
            if module and not (level == 0 and _BUILT_IN.match(module)):
                yield Import(module.replace(".", "/"), *_place(text, token.start()), level)


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
