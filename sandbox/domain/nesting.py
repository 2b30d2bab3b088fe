"""How deep a JSON text is nested, told without parsing it.

Python's JSON reader recurses in C, and py-evm raises the interpreter's recursion limit; a text of nothing but brackets would
then end the process instead of raising. So whatever comes from outside is measured first.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 200
"""Far above anything a compiler, a scenario or an entry of the log nests."""

_MARKS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


def too_deep(text: bytes, deepest: int = DEEPEST) -> bool:
    """True if arrays and objects are nested deeper than `deepest`, or the text cannot be told to be shallower."""
    if text.count(b"[") + text.count(b"{") <= deepest:
        return False
    depth = 0
    for match in _MARKS.finditer(text):
        mark = match[0][:1]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > deepest:
            return True
    return False
