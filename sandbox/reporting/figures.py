"""How figures read: grouped digits, 万 and 亿 beside them, shares, times with their zone, durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

ZONE: Final = timezone(timedelta(hours=8), "UTC+08:00")
"""China Standard Time; a page names the zone beside every time."""

_EXACT: Final = Context(prec=120, rounding=ROUND_HALF_EVEN)
_WAN: Final = ((Decimal(10) ** 12, "万亿"), (Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万"))
_READ_AT_A_GLANCE: Final = 100_000
_SPANS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def grouped(text: object) -> str:
    """Digits in groups of three: "1234567.5" -> "1,234,567.5". Anything that is not a plain number stays as it is."""
    raw = str(text)
    sign, digits = ("-", raw[1:]) if raw.startswith("-") else ("", raw)
    whole, dot, fraction = digits.partition(".")
    if not (whole.isascii() and whole.isdigit()) or (dot and not fraction.isdigit()):
        return raw
    return f"{sign}{int(whole):,}{dot}{fraction}" if len(whole) < 4_000 else raw


def wan(text: object) -> str:
    """The number in 万 or 亿, at most two decimals ("≈" when rounded); empty for one that is read at a glance (below 十万)
    or is no number."""
    raw = str(text)
    if not raw.lstrip("-").replace(".", "", 1).isdigit() or len(raw) > 100:
        return ""
    number = Decimal(raw)
    if abs(number) < _READ_AT_A_GLANCE:
        return ""
    for size, word in _WAN:
        if abs(number) >= size:
            exact = _EXACT.divide(number, size)
            shown = exact.quantize(Decimal("0.01"), context=_EXACT)
            plain = f"{shown:f}".rstrip("0").rstrip(".")
            return f"{'' if shown == exact else '≈ '}{grouped(plain)} {word}"
    return ""


def percent(basis_points: int | None) -> str:
    """Basis points as per cent: 8250 -> "82.5 %"."""
    if basis_points is None:
        return "–"
    whole, part = divmod(abs(basis_points), 100)
    decimals = f"{part:02d}".rstrip("0")
    return f"{'−' if basis_points < 0 else ''}{whole:,}{'.' + decimals if decimals else ''} %"


def moment(seconds: int) -> str:
    """Unix seconds as local time, without the zone."""
    return _at(seconds).strftime("%Y-%m-%d %H:%M:%S")


def short_moment(seconds: int) -> str:
    """Unix seconds as month, day, hour and minute, for an axis."""
    return _at(seconds).strftime("%m-%d %H:%M")


def iso(seconds: int) -> str:
    """Unix seconds as an ISO 8601 time for machines."""
    return _at(seconds).isoformat()


def span(seconds: int) -> list[tuple[int, str]]:
    """A duration in its two largest parts, as (number, unit code): 90061 -> [(1, "d"), (1, "h")]."""
    parts: list[tuple[int, str]] = []
    for size, unit in _SPANS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append((count, unit))
    return parts[:2] or [(0, "s")]


def shortened(text: object) -> str:
    """A hash or address shortened in the middle; shorter texts as they are."""
    raw = str(text)
    return raw if len(raw) <= 18 else f"{raw[:8]}…{raw[-6:]}"


def css_string(text: object) -> str:
    """Text as the inside of a CSS string; every character that could end it is written as a number."""
    return "".join(c if c.isascii() and c.isalnum() or c == " " else f"\\{ord(c):06x}" for c in str(text))


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).astimezone(ZONE)
