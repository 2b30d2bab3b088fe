"""A report as one self-contained HTML page: no network, inline style and SVG, one small script bound by its hash.

Every text of a report may come from a firm and is escaped; the page's own words come from the catalogue.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sandbox.domain.limits import spec_of
from sandbox.reporting import charts, figures
from sandbox.reporting.words import LANGUAGES, catalogue, gloss

Row = Mapping[str, Any]

_EVENTS: Final = frozenset(
    "run_started run_ended transaction finding contract_deployed block_sealed time_advanced fault_injected check".split()
)


def render_html(report: Row, lang: str) -> str:
    """The page for `Report.as_data()`. lang: zh or en; the page links to its sibling `report.<other>.html`. Raises
    InputError for another language."""
    page = Page(lang)
    script = _file("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            lang=lang,
            other=next(language for language in LANGUAGES if language != lang),
            style=Markup(_file("report.css")),  # our own file, not anybody's input
            script=Markup(script),  # our own file, bound by its hash
            script_hash=digest,
            page=page,
            t=page.t,
            charts=charts,
            figures=figures,
        )
    )


class Page:
    """Words, and figures in words, in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._words = catalogue(lang)

    def t(self, key: str, **places: object) -> str:
        """The words under a key, places filled in. A key that is not in the catalogue is an error."""
        return self._words[key].format(**places) if places else self._words[key]

    def known(self, key: str, otherwise: object) -> str:
        """The words under a key, or a text that is its own name (a currency, a profile's field)."""
        return self._words.get(key, str(otherwise))

    def gloss(self, text: object) -> str:
        """The Chinese reading of a phrase a rule wrote."""
        return gloss(str(text), self.lang)

    def second(self, value: object, unit: str) -> str:
        """The secondary reading of a number: a duration for seconds, 万 and 亿 in Chinese, else nothing."""
        if unit == "seconds" and str(value).isdigit() and int(str(value)) >= 60:
            return self.span(int(str(value)))
        return figures.wan(value) if self.lang == "zh" and unit != "seconds" else ""

    def span(self, seconds: int) -> str:
        """A duration in its two largest parts."""
        return " ".join(self.t(f"span.{unit}", n=number) for number, unit in figures.span(seconds))

    def event(self, kind: str) -> str:
        """An event type in words."""
        return self.t(f"event.{kind}" if kind in _EVENTS else "event.other")

    def titles(self, titles: Sequence[Row]) -> str:
        """Titles of limits, joined."""
        return ("、" if self.lang == "zh" else "; ").join(str(title[self.lang]) for title in titles)

    def limit_titles(self, codes: Sequence[str]) -> str:
        """Titles of limits given by their ids."""
        return self.titles([{"zh": spec_of(code).zh, "en": spec_of(code).en} for code in codes])

    def bound(self, row: Row) -> str:
        """What a yes-or-no limit asks for."""
        bound = row["bound"]
        if bound["shape"] == "Required":
            return self.t("bound.on" if bound["on"] else "bound.off")
        names = ", ".join(bound["names"] or ()) or self.t("bound.nothing")
        return self.t("bound.allow" if bound["shape"] == "Allowed" else "bound.forbid", names=names)

    def timeline(self, run: Row, prefix: str) -> Markup:
        """The run's timeline."""
        data = run["timeline"]
        columns = [{**column, "label": figures.short_moment(column["time"])} for column in data["columns"]]
        lanes = {kind: self.t(f"time.{kind}") for kind in ("blocks", "refused", "finding", "other")}
        lanes["tick"] = self._words["time.tick"]
        return charts.timeline(
            {**data, "columns": columns}, lanes, self.mark, partial(_target, prefix=prefix), self.t("time.label")
        )

    def mark(self, mark: Row) -> str:
        """A mark of the timeline in words."""
        if mark["kind"] == "block":
            key = "time.mark.block" if mark["first"] == mark["last"] else "time.mark.blocks"
            return self.t(key, **{**mark, "time": figures.moment(mark["time"])})
        places = {"block": mark["block"], "titles": self.titles(mark["titles"]), "text": mark["text"]}
        if mark["kind"] == "advanced":
            places["span"] = self.span(mark["seconds"])
        if mark["kind"] == "finding":
            places["grade"] = f"{mark['grade']} {self.t('grade.' + mark['grade'])}"
        return self.t(f"time.mark.{mark['kind']}", **places)


def _target(mark: Row, prefix: str) -> str:
    kind = "tx" if mark["kind"] in ("refused", "finding") and mark["target"] != mark["entry"] else "e"
    return f"#{prefix}{'tx' if mark['kind'] == 'refused' else kind}{mark['target']}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("sandbox.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        grouped=figures.grouped,
        percent=figures.percent,
        moment=figures.moment,
        iso=figures.iso,
        shortened=figures.shortened,
        css_string=figures.css_string,
    )
    return environment


@cache
def _file(name: str) -> str:
    return resources.files("sandbox.reporting").joinpath(name).read_text(encoding="utf-8")
