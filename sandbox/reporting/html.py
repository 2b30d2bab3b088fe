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
from sandbox.reporting import asking, bounds, charts, figures
from sandbox.reporting.words import LANGUAGES, catalogue, gloss

Row = Mapping[str, Any]

_EVENTS: Final = frozenset(
    """run_started run_ended transaction finding contract_deployed block_sealed time_advanced fault_injected check act
    act_refused governed probe balances_read""".split()
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

    def limit(self, bound: Row | None, unit: str) -> str:
        """A bound in words, whatever its shape; what has none is not set."""
        return bounds.words(self.t, self.span, bound, unit)

    def asked(self, row: Row) -> str:
        """What a refused act asked for."""
        return asking.words(self.t, row, self.lang)

    def source(self, text: str) -> str:
        """Where a limit comes from: the profile's own phrases in the reader's language, names and addresses as they are."""
        parts = [part.strip() for part in text.split(";")]
        return ("；" if self.lang == "zh" else "; ").join(self.gloss(part) or part for part in parts)

    def duty(self, ref: str) -> str:
        """A duty to report in words."""
        kind, _, number = ref.partition(":")
        return self.known(f"duty.{kind}", ref).format(n=number)

    def quantity(self, row: Row) -> str:
        """Measured against bound, with their unit."""
        parts = (self._seconds(row[key]) or self.gloss(row[key]) or figures.grouped(row[key]) for key in ("observed", "bound"))
        unit = "" if row["money"] else self.known(f"unit.{row['unit']}", row["unit"])
        return " / ".join(parts) + (f" {unit}" if str(row["observed"]).isdigit() and unit else "")

    def _fault(self, text: str) -> str:
        """A fault as the log words it, `kind: key value, key value`, in the page's words."""
        kind, _, details = text.partition(": ")
        pairs = (part.partition(" ") for part in details.split(", "))
        told = ", ".join(f"{self.known(f'fault.{key}', key)} {value}" for key, _, value in pairs)
        return f"{self.known(f'fault.{kind}', kind)} ({told})"

    def _seconds(self, text: str) -> str:
        number, _, unit = text.partition(" ")
        return self.span(int(number)) if unit == "s" and number.isdecimal() else ""

    def timeline(self, run: Row, prefix: str) -> Markup:
        """The run's timeline."""
        data = run["timeline"]
        columns = [{**column, "label": figures.short_moment(column["time"])} for column in data["columns"]]
        kinds = ("blocks", "refused", "finding", "acts", "other") if run["life"] else ("blocks", "refused", "finding", "other")
        lanes = {kind: self.t(f"time.{kind}") for kind in kinds}
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
        if mark["kind"] == "fault":
            places["text"] = self._fault(str(mark["text"]))
        if mark["kind"] == "advanced":
            places["span"] = self.span(mark["seconds"])
        if mark["kind"] == "moved":
            places |= {"state": mark["state"][self.lang], "stage": mark["stage"]}
            return self.t("time.mark.stage" if mark["stage"] else "time.mark.moved", **places)
        if mark["kind"] == "intervened":
            about = f" {mark['text']}" if mark["text"] else ""
            return self.t(
                "time.mark.intervened", block=mark["block"], measure=self.t(f"measure.{mark['measure']}"), about=about
            )
        if mark["kind"] == "finding":
            places["grade"] = f"{mark['grade']} {self.t('grade.' + mark['grade'])}"
        return self.t("time.mark.drill" if mark.get("drill") else f"time.mark.{mark['kind']}", **places)


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
