"""Grades: what a departure weighs, and when nearness is worth a word.

A rule names the grade of an ordinary breach. It weighs more when the bound is passed by far, or when the same subject breaks
the same rule again within the look-back. A quantity that comes near its bound without passing it is a warning (S0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.limits import Grade
from sandbox.domain.reading import Reading

OVERSHOOTS: Final = ((5_000, 2), (1_000, 1))
"""Basis points past the bound, above which a breach weighs so many grades more; the largest first."""

WARNING_LEVELS: Final = (70, 80, 90)
"""Percent of a bound at which a warning is due."""

LOOKBACK: Final = 730 * 86_400
"""Seconds for which a breach counts as a prior of the next one."""

PAST: Final = 101
"""Level of a quantity above its bound: that is a finding, or was one."""

Key = tuple[str, str]
"""(code of a rule, who it is about)."""


@dataclass(slots=True)
class Memory:
    """What judging remembers besides the book: it is about findings, so a refused transaction leaves its trace here.

    priors: block time of the last finding, by rule and subject. told: warning level last told, by rule and subject.
    """

    priors: dict[Key, int] = field(default_factory=dict)
    told: dict[Key, int] = field(default_factory=dict)

    def note(self, findings: Iterable[Key], now: int, told: Mapping[Key, int] | None = None) -> None:
        """Remember findings of this moment, and warning levels that changed."""
        self.priors.update(dict.fromkeys(findings, now))
        self.told.update(told or {})

    def repeats(self, key: Key, now: int) -> bool:
        """True if the subject broke the rule within `(now - LOOKBACK, now]` before."""
        last = self.priors.get(key)
        return last is not None and now - last < LOOKBACK


@dataclass(frozen=True, slots=True)
class Weighed:
    """A grade and how it came about. base: before escalation. why: each step up, in words, and where it ends."""

    grade: Grade
    base: Grade
    why: tuple[str, ...] = ()


def weigh(base: Grade, ceiling: Grade, reading: Reading, repeated: bool) -> Weighed:
    """The grade of a breach: `base`, one or two more for overshoot, one more for a repeat, at most `ceiling`; never less than
    `base`."""
    past = overshoot(reading)
    steps = next((steps for least, steps in OVERSHOOTS if past > least), 0)
    why = [f"past the bound by {past // 100}.{past % 100:02} %: +{steps}"] if steps else []
    if repeated:
        why.append("again within the look-back: +1")
    grade = Grade(max(base, min(base + steps + repeated, ceiling)))
    if base + steps + repeated > grade:
        why.append(f"at most {grade.name}")
    return Weighed(grade, base, tuple(why))


def overshoot(reading: Reading) -> int:
    """Basis points by which a quantity passes its bound, rounded down; 0 for questions of yes and no. Past a bound of nothing
    everything is twice as much."""
    if not isinstance(reading.observed, int) or not isinstance(reading.bound, int):
        return 0
    past = reading.bound - reading.observed if reading.least else reading.observed - reading.bound
    if past <= 0:
        return 0
    return past * 10_000 // reading.bound if reading.bound > 0 else 10_000


def level(reading: Reading) -> int:
    """The highest of WARNING_LEVELS a quantity has reached, 0 for none, PAST above its bound."""
    if not isinstance(reading.observed, int) or not isinstance(reading.bound, int) or reading.bound <= 0:
        return 0
    if reading.breached or reading.observed > reading.bound:
        return PAST
    share, reached = reading.observed * 100, 0
    for one in WARNING_LEVELS:
        if share < one * reading.bound:
            break
        reached = one
    return reached


def rise(before: int, now: int, *, again: bool) -> tuple[bool, int]:
    """(whether to warn, level told from then on). again: the quantity may fall and rise; otherwise each level is told once."""
    if now > before:
        return now < PAST, now
    return False, 0 if again and now == 0 else before


FRESH: Final = Memory()
"""A memory of nothing; never written to."""
