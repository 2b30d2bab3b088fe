"""A figure of a benchmark, and whether it is as good as it must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. least, most: the bar, None for none."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None
    digits: int = 2

    @property
    def held(self) -> bool:
        """True if the bar holds, or there is none."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def bar(self) -> str:
        """In words."""
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}" if self.least is not None else ""

    @property
    def cells(self) -> tuple[str, str, str]:
        """Name, value, bar."""
        return self.name, f"{self.value:.{self.digits}f}", self.bar


def show(rows: Sequence[Row], *, markdown: bool = False) -> int:
    """Print the rows; exit status 1 if a bar is missed. markdown: as the table of the README."""
    if markdown:
        print("| what | measured | bar |\n| --- | --- | --- |")
    width = max(len(row.name) for row in rows)
    for row in rows:
        name, value, bar = row.cells
        verdict = "" if not bar else "holds" if row.held else "MISSED"
        print(f"| {name} | {value} | {bar} |" if markdown else f"{name:<{width}}  {value:>10}  {bar:<10} {verdict}", flush=True)
    return 0 if all(row.held for row in rows) else 1
