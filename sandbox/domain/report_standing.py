"""What a registered pilot's own file adds to a report over its runs: no conclusion is better than how the pilot stands.

A report tells of runs. A pilot that lives on a durable chain can be suspended there while every run of it was sound; so the
headline goes by the graver of both, and says what the report does not cover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.dossier import Dossier
from sandbox.domain.limits import Grade
from sandbox.domain.report_conclusion import BY_GRADE, Conclusion, action
from sandbox.domain.report_scan import Data
from sandbox.domain.report_verdict import BY_STATE
from sandbox.domain.report_words import sentence
from sandbox.domain.standing import STATE_NAMES

_ACTIONS: Final[Mapping[Conclusion, tuple[tuple[str, str, str], ...]]] = {
    Conclusion.RECTIFY: (("firm", "do_rectify_filed", "at_once"),),
    Conclusion.SUSPEND: (("firm", "do_stop", "at_once"), ("firm", "do_rectify_filed", "at_once")),
    Conclusion.FAIL: (("firm", "do_stop", "at_once"), ("conference", "do_wind_down", "at_once")),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a registered pilot stands. head: newest block of its durable chain, 0 before there is one."""

    dossier: Dossier
    head: int


def with_standing(conclusion: Data, standing: Standing) -> Data:
    """The overall conclusion of a pilot's report, with `registered`: sentences about its file; and `actions` in place of those
    of the decisive run, where the file is graver."""
    dossier = standing.dossier
    open_ones = dossier.open_violations
    floor = max((BY_GRADE[one.grade] for one in open_ones), default=Conclusion.PASS)
    floor = max(floor, BY_STATE.get(dossier.state, Conclusion.PASS))
    known = Conclusion[conclusion["verdict"]]
    told: list[Any] = [sentence("registered", state=STATE_NAMES[dossier.state])]
    if open_ones:
        gravest: Grade = max(one.grade for one in open_ones)
        told.append(sentence("registered_open", n=len(open_ones), grade=gravest.name))
    if standing.head:
        told.append(sentence("registered_chain", block=standing.head, log=f"{dossier.pilot}.chain"))
    actions = [action(who, code, until) for who, code, until in _ACTIONS[floor]] if floor > known else []
    return {**conclusion, "verdict": max(floor, known).name, "registered": told, "actions": actions}
