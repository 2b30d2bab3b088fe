"""What somebody asked for, in words: the act, and what it was to be done to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.domain.limits import SPECS
from sandbox.domain.standing import STATE_NAMES, State

Row = Mapping[str, Any]

_FULL: Final = frozenset({"transition", "vote", "decide", "approve_limits"})


def words(t: Callable[..., str], row: Row, lang: str) -> str:
    """A refused act in words. t: words under a key."""
    act, fields = str(row["act"]), dict(row["fields"])
    for key in ("to", "motion"):
        if key in fields:
            fields[key] = _state(str(fields[key]), lang)
    if "outcome" in fields:
        fields["outcome"] = t(f"outcome.{fields['outcome']}")
    if act in _FULL:
        return t(f"asked.{act}", **fields)
    if "limit" in fields and fields["limit"] in SPECS:
        fields["limit"] = getattr(SPECS[fields["limit"]], lang)
    about = next((key for key in ("violation", "limit", "who") if key in fields), None)
    return t(f"act.{act}") if about is None else t(f"asked.with_{about}", act=t(f"act.{act}"), **{about: fields[about]})


def _state(code: str, lang: str) -> str:
    return STATE_NAMES[State(code)][0 if lang == "zh" else 1]
