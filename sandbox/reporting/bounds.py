"""Bounds in words: one row per shape a bound can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.reporting.figures import grouped, percent

Row = Mapping[str, Any]
Say = Callable[..., str]
Span = Callable[[int], str]


def words(t: Say, span: Span, bound: Row | None, unit: str) -> str:
    """A bound in the page's words. t: words under a key; span: a duration in words; unit: of its limit."""
    if bound is None:
        return t("bound.unset")
    return _SHAPES[bound["shape"]](t, span, bound, unit)


def _most(t: Say, span: Span, bound: Row, unit: str) -> str:
    if unit == "basis points":
        value = percent(int(bound["maximum"]))
    else:
        value = f"{grouped(bound['maximum'])} {bound.get('unit') or ''}".strip()
    window = f" {t('bound.window', window=span(bound['window']))}" if bound["window"] else ""
    return f"≤ {value}{window}"


def _span(_: Say, span: Span, bound: Row, __: str) -> str:
    return f"≤ {span(int(bound['maximum']))}"


def _hold(t: Say, span: Span, bound: Row, _: str) -> str:
    return t("bound.hold", span=span(int(bound["minimum"])))


def _floor(t: Say, _: Span, bound: Row, __: str) -> str:
    least = t("bound.at_least", value=percent(int(bound["minimum"])))
    return f"{least}{t('bound.and')}{t('bound.hard', value=percent(int(bound['hard'])))}"


def _rates(t: Say, _: Span, bound: Row, __: str) -> str:
    return t("bound.rates", annual=percent(int(bound["annual"])), fee=percent(int(bound["fee"])))


def _deadlines(t: Say, span: Span, bound: Row, _: str) -> str:
    return t("bound.deadlines", report=span(int(bound["report"])), incident=span(int(bound["incident"])))


def _resources(t: Say, _: Span, bound: Row, __: str) -> str:
    return f"≤ {grouped(bound['maximum'])}{t('bound.and')}{t('bound.calldata', bytes=grouped(bound['calldata']))}"


def _required(t: Say, _: Span, bound: Row, __: str) -> str:
    return t("bound.on" if bound["on"] else "bound.off")


def _allowed(t: Say, _: Span, bound: Row, __: str) -> str:
    return t("bound.allow", names=", ".join(bound["names"]) or t("bound.nothing"))


def _forbidden(t: Say, _: Span, bound: Row, __: str) -> str:
    return t("bound.forbid", names=", ".join(bound["names"]) or t("bound.nothing"))


_SHAPES: Final[Mapping[str, Callable[[Say, Span, Row, str], str]]] = {
    **dict.fromkeys(("Count", "Amount", "AmountPer", "CountPer"), _most),
    "Span": _span,
    "Hold": _hold,
    "Floor": _floor,
    "Rates": _rates,
    "Deadlines": _deadlines,
    "Resources": _resources,
    "Required": _required,
    "Allowed": _allowed,
    "Forbidden": _forbidden,
}
"""shape -> how it reads."""
