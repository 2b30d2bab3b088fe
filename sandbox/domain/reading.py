"""What a check sees (`Subject`) and what it says (`Reading`).

Both are named tuples: dozens are made for every transaction, and a tuple costs a third of a frozen dataclass."""

from __future__ import annotations

from typing import NamedTuple

from sandbox.domain.draft import Draft
from sandbox.domain.effects import Effects
from sandbox.domain.limits import Bound, Grade
from sandbox.domain.policy import Policy


class Reading(NamedTuple):
    """How near one limit one transaction came.

    observed and bound: numbers in the limit's unit (money as a Value), or words for questions of yes and no. who: client
    id, address or contract it is about. frame: index of the frame that did it, None if the transaction as a whole did.
    grade: overrides the rule's, where the catalogue names two. detail: why, in words, for a reader. least: the bound is one
    from below.
    """

    observed: int | str
    bound: int | str
    breached: bool
    who: str = ""
    frame: int | None = None
    grade: Grade | None = None
    detail: str = ""
    least: bool = False


class Subject(NamedTuple):
    """One transaction before a verdict: what it did, what the book would become, under which policy, against which bound."""

    effects: Effects
    draft: Draft
    policy: Policy
    bound: Bound


def at_most(observed: int, maximum: int, who: str = "", frame: int | None = None) -> Reading:
    """A quantity against its maximum; reaching the maximum exactly is allowed."""
    return Reading(observed, maximum, observed > maximum, who, frame)
