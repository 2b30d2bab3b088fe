"""Charts as inline SVG. Every coordinate is a whole number; text goes through Markup's escaping.

All limits share one scale, the share of their bound; sparklines and the timeline share one axis, the block number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

Row = Mapping[str, Any]
Describe = Callable[[Row], str]

BULLET_WIDTH: Final = 240
SPARK_WIDTH: Final = 110
_CEILING: Final = ((7_000, "band0"), (8_000, "band1"), (9_000, "band2"), (10_000, "band3"))
_TIMELINE: Final = 1_000
_LEFT: Final = 92
_FIRST_LANE: Final = 58
_LANE: Final = 22
_ACTS: Final = frozenset({"moved", "opened", "decided", "intervened", "limits_changed", "overdue"})


def scale_of(rows: Sequence[Row]) -> int:
    """Right end of the shared scale in basis points: 110 % of the bound, more where a reading went beyond, at most 200 %."""
    peaks = [point["bp"] or 0 for row in rows for point in (row["peak"], row["end"]) if point]
    return min(20_000, max([11_000, *(peak + 500 for peak in peaks)]))


def bullet(row: Row, scale: int, title: str) -> Markup:
    """Bar: value at the end. Tick: the reading nearest to its bound. Line: the bound. Bands at 70, 80 and 90 % lead up to a
    maximum; of a floor, all below the line is out of bounds."""
    floor = row["direction"] == "at_least"
    parts = []
    left = 0
    bands = ((10_000, "band4"), (scale, "band0")) if floor else _CEILING
    for edge, name in (*bands, (scale, "band4")):
        if edge > left:
            parts.append(_rect(_x(left, scale), 2, _x(edge, scale) - _x(left, scale), 18, name))
            left = edge
    if row["end"] and row["end"]["bp"] is not None:
        parts.append(_rect(0, 8, max(1, _x(row["end"]["bp"], scale)), 6, "bar" + _over(row["end"]["bp"], floor)))
    if row["peak"] and row["peak"]["bp"] is not None:
        over = _over(row["peak"]["bp"], floor)
        parts.append(_rect(max(0, _x(row["peak"]["bp"], scale) - 1), 4, 2, 14, "peak" + over))
    parts.append(_rect(_x(10_000, scale) - 1, 0, 2, 22, "bound"))
    return _svg("bullet", BULLET_WIDTH, 22, title, Markup("").join(parts))


def _over(share: int, floor: bool) -> str:
    return " over" if (share < 10_000 if floor else share > 10_000) else ""


def score(points: int, title: str) -> Markup:
    """A score from 0 to 100 as a bar."""
    drawn = _rect(0, 4, 120, 6, "band0") + _rect(0, 4, points * 120 // 100, 6, "bar")
    return _svg("score", 120, 14, f"{title}: {points}", drawn)


def bullet_axis(scale: int) -> Markup:
    """The labels of the shared scale, for the head of the column."""
    steps = (0, 7_000, 8_000, 9_000, 10_000) if scale < 13_000 else (0, 7_000, 10_000)
    labels = [
        Markup('<text x="{}" y="11" text-anchor="{}">{}</text>').format(
            _x(edge, scale), "middle" if edge else "start", edge // 100
        )
        for edge in steps
    ]
    return Markup('<svg class="bullet axis" viewBox="0 0 {} 14" aria-hidden="true">{}</svg>').format(
        BULLET_WIDTH, Markup("").join(labels)
    )


def sparkline(row: Row, scale: int, axis: Row, title: str) -> Markup:
    """The readings over the block number, on the shared scale, with the bound as a thin line."""
    width, height = SPARK_WIDTH - 6, 22

    def y(share: int) -> int:
        return height - 2 - min(share, scale) * (height - 4) // scale

    points = [(3 + _along(point["block"], axis, width), y(point["bp"] or 0)) for point in row["series"]]
    line = " ".join(f"{x},{at}" for x, at in points)
    drawn = Markup('<line class="limit" x1="0" x2="{}" y1="{}" y2="{}"/>').format(SPARK_WIDTH, y(10_000), y(10_000))
    drawn += Markup('<polyline points="{}"/>').format(line)
    if points:
        drawn += Markup('<circle cx="{}" cy="{}" r="2"/>').format(*points[-1])
    return _svg("spark", SPARK_WIDTH, height, title, drawn)


def timeline(data: Row, lanes: Mapping[str, str], describe: Describe, href: Describe, title: str) -> Markup:
    """One axis for the whole run: blocks as columns, refused transactions, findings and other marks in lanes below."""
    places = {kind: _FIRST_LANE + _LANE * row for row, kind in enumerate(k for k in lanes if k not in ("blocks", "tick"))}
    floor = max(places.values()) + 14
    drawn = [_lane("blocks", 34, lanes["blocks"])]
    drawn += [_lane(kind, at, lanes[kind]) for kind, at in places.items()]
    drawn += _columns(data, describe)
    drawn += _marks(data, places, describe, href)
    drawn += _ticks(data, lanes["tick"], floor)
    svg = Markup('<svg class="timeline" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>')
    return svg.format(_TIMELINE, floor + 30, title, Markup("").join(drawn))


def _columns(data: Row, describe: Describe) -> list[Markup]:
    highest = max((column["transactions"] for column in data["columns"]), default=0) or 1
    step = max(2, (_TIMELINE - _LEFT - 20) // (len(data["columns"]) or 1) - 1)
    made = []
    for column in data["columns"]:
        height = 2 + 26 * column["transactions"] // highest
        box = _rect(
            _time_x(column["first"], data) - min(step, 6) // 2,
            36 - height,
            min(step, 6),
            height,
            "block",
            describe({"kind": "block", **column}),
        )
        made.append(box)
    return made


def _marks(data: Row, places: Mapping[str, int], describe: Describe, href: Describe) -> list[Markup]:
    taken: dict[tuple[int, int], int] = {}
    made = []
    for mark in data["marks"]:
        y = places["acts" if mark["kind"] in _ACTS else mark["kind"] if mark["kind"] in places else "other"]
        x = _time_x(mark["block"], data)
        shift = taken.get((x, y), 0)
        taken[x, y] = shift + 1
        shape = mark.get("grade") or mark["kind"]
        made.append(
            Markup('<a href="{0}" aria-label="{1}"><title>{1}</title>{2}</a>').format(
                href(mark),
                describe(mark),
                Markup('<use href="#m-{0}" x="{1}" y="{2}" width="14" height="14" class="mark {0}"/>').format(
                    shape, x - 7 + min(shift, 5) * 4, y - 7
                ),
            )
        )
    return made


def _ticks(data: Row, label: str, floor: int) -> list[Markup]:
    columns = data["columns"]
    if not columns:
        return []
    wanted = min(6, len(columns))
    chosen = {len(columns) * at // wanted for at in range(wanted)} if wanted > 1 else {0}
    made = []
    for at in sorted(chosen):
        x = _time_x(columns[at]["first"], data)
        lines = label.format(block=columns[at]["first"]), columns[at]["label"]
        made.append(Markup('<line class="tick" x1="{0}" x2="{0}" y1="36" y2="{1}"/>').format(x, floor))
        anchor = "start" if x < _TIMELINE - 90 else "end"
        text = Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>')
        made += [text.format(x - 3, floor + 13 + 13 * row, anchor, line) for row, line in enumerate(lines)]
    return made


def _lane(kind: str, y: int, label: str) -> Markup:
    return Markup('<text class="lane" x="0" y="{}">{}</text><line class="rail" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
        y + (0 if kind == "blocks" else 4),
        label,
        _LEFT,
        _TIMELINE,
        y + (2 if kind == "blocks" else 0),
        y + (2 if kind == "blocks" else 0),
    )


def _time_x(block: int, data: Row) -> int:
    return _LEFT + 8 + _along(block, data, _TIMELINE - _LEFT - 40)


def _along(block: int, axis: Row, width: int) -> int:
    length = axis["last"] - axis["first"]
    return int((block - axis["first"]) * width // length) if length else 0


def _x(share: int, scale: int) -> int:
    return int(min(share, scale) * BULLET_WIDTH // scale)


def _rect(x: int, y: int, width: int, height: int, name: str, title: str = "") -> Markup:
    inner = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}">{}</rect>').format(x, y, width, height, name, inner)


def _svg(name: str, width: int, height: int, title: str, inner: Markup) -> Markup:
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}"><title>{}</title>{}</svg>'
    ).format(name, width, height, title, title, inner)
