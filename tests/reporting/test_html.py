"""The page: self-contained, safe, in two languages, every figure linked to its proof."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest

from sandbox.domain.limits import CATALOGUE
from sandbox.domain.report import build_pilot_report, build_report
from sandbox.errors import InputError
from sandbox.reporting.figures import css_string
from sandbox.reporting.html import render_html
from sandbox.reporting.words import LANGUAGES, catalogue
from tests.reporting import sample
from tests.reporting.sample import Sample, finding

VOID = {"meta", "br", "link", "img", "hr", "input", "rect", "circle", "path", "use", "line", "polyline"}


class Page(HTMLParser):
    """Reads a page strictly enough to see that tags nest, and collects what tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.stack.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.stack):
            self.words.append(data)

    def all(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.tags if (value := attrs.get(attribute)) is not None]


def data_of(run: Sample, **changed: object) -> dict[str, Any]:
    return build_report(run.entries(), sample.context(run, **changed)).as_data()


@pytest.fixture(scope="module")
def market() -> dict[str, Any]:
    return data_of(sample.market())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_is_well_formed_and_in_its_language(market: dict[str, Any], lang: str) -> None:
    page = Page(render_html(market, lang))
    assert page.stack == []
    assert dict(page.tags[0:1][0][1] if page.tags[0][0] == "html" else {})["lang"] == {"zh": "zh-CN", "en": "en"}[lang]


@pytest.mark.parametrize(("lang", "verdict"), [("zh", "整改"), ("en", "Rectify")])
def test_the_first_heading_is_the_verdict_in_words(market: dict[str, Any], lang: str, verdict: str) -> None:
    text = render_html(market, lang)
    assert verdict in text[text.index("<h1") : text.index("</h1>")]


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert zh.keys() == en.keys()
    for key in zh:
        assert set(re.findall(r"{(\w+)}", zh[key])) == set(re.findall(r"{(\w+)}", en[key])), key
        assert zh[key].strip() and en[key].strip()


def test_every_key_a_template_names_is_in_the_catalogue() -> None:
    folder = resources.files("sandbox.reporting").joinpath("templates")
    text = "".join(item.read_text(encoding="utf-8") for item in folder.iterdir())
    named = set(re.findall(r"""\bt\("([\w.]+)"[,)]""", text))
    assert len(named) > 100 and named <= catalogue("zh").keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_shows_up_in_place_of_words(market: dict[str, Any], lang: str) -> None:
    words = " ".join(Page(render_html(market, lang)).words)
    assert [key for key in catalogue(lang) if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", words)] == []
    assert not re.search(r"{\w+}|None|Undefined", words)


def test_another_language_is_refused(market: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="'fr'"):
        render_html(market, "fr")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_asks_the_network_for_nothing(market: dict[str, Any], lang: str) -> None:
    text = render_html(market, lang)
    page = Page(text)
    assert not page.all("src") and "@import" not in text and "url(" not in text
    links = [href for href in page.all("href") if not href.startswith("#")]
    assert links == [f"report.{'en' if lang == 'zh' else 'zh'}.html"]
    assert "default-src 'none'" in text


def test_the_only_script_is_bound_by_its_hash(market: dict[str, Any]) -> None:
    text = render_html(market, "en")
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_link_inside_the_page_has_a_target_and_ids_are_unique(market: dict[str, Any], lang: str) -> None:
    page = Page(render_html(market, lang))
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.all("href") if href.startswith("#")} <= set(ids)
    assert set(" ".join(page.all("aria-labelledby")).split()) <= set(ids)


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}</style>"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text_from_a_firm_never_becomes_markup(lang: str) -> None:
    run = Sample().start().deploy().transfer("alice", sample.CAROL, 1)
    run.transact("alice", HOSTILE, [HOSTILE], "blocked", [finding("whitelist", HOSTILE, HOSTILE, HOSTILE, detail=HOSTILE)])
    run.transact("alice", "x", [], "reverted", revert=HOSTILE).seal().inject(HOSTILE, **{"x": HOSTILE})
    run.check(HOSTILE, HOSTILE, "no").end()
    base = sample.context(run)
    note = {"where": HOSTILE, "what": HOSTILE, "tags": [HOSTILE], "do": HOSTILE}
    words = dict.fromkeys(("id", "zh", "en", "firm", "uscc", "category"), HOSTILE)
    pilot = replace(base.pilot, **words, declaration={"type": HOSTILE, "channels": [HOSTILE]}, notes=[note])
    log = replace(base.log, id=HOSTILE, checkpoint=HOSTILE, verifier_key=HOSTILE)
    text = render_html(data_of(run, pilot=pilot, log=log, generator=HOSTILE, scenario_file=HOSTILE), lang)
    page = Page(text)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1 and tags.count("style") == 1 and "img" not in tags
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert "alert(1)" in "".join(page.words) and text.count("</style>") == 1


def test_a_css_string_cannot_be_left() -> None:
    assert css_string('a"} </style>\n') == r"a\000022\00007d \00003c\00002fstyle\00003e\00000a"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_refused_transactions_show_rule_measure_bound_path_and_remedy(market: dict[str, Any], lang: str) -> None:
    text = render_html(market, lang)
    item = text[text.index('<details class="tx" id="r1-tx28"') :]
    item = item[: item.index("</section>")]
    for expected in ("14,412.5", "10,000", "carol (C-003)", "Helper.route", 'class="breach ', "OutOfGas"):
        assert expected in item
    assert market["runs"][0]["refused"]["rows"][1]["findings"][0]["comply"][lang] in item


def test_chinese_readers_get_ten_thousands_beside_the_exact_number(market: dict[str, Any]) -> None:
    assert re.search(r'title="500000">500,000</span>\s*<small>50 万</small>', render_html(market, "zh"))
    assert "万" not in re.sub(r"<title>.*?</title>", "", render_html(market, "en"))


def test_rules_phrases_are_glossed_in_chinese_with_the_original_beside(market: dict[str, Any]) -> None:
    text = render_html(market, "zh")
    assert "接收方未登记" in text and "receiver unknown" in text


def test_tables_have_captions_or_headings_and_scoped_heads(market: dict[str, Any]) -> None:
    page = Page(render_html(market, "en"))
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")


def test_charts_name_themselves_to_those_who_cannot_see_them(market: dict[str, Any]) -> None:
    for tag, attrs in Page(render_html(market, "zh")).tags:
        if tag == "svg":
            assert attrs.get("aria-hidden") == "true" or attrs.get("aria-label")


def test_the_same_report_renders_to_the_same_bytes(market: dict[str, Any]) -> None:
    assert render_html(market, "zh") == render_html(market, "zh")


def test_several_runs_keep_their_anchors_apart() -> None:
    runs = [sample.market(), sample.market()]
    report = build_pilot_report([(sample.context(run, run=f"run-{n}"), run.entries()) for n, run in enumerate(runs)])
    for lang in LANGUAGES:
        page = Page(render_html(report.as_data(), lang))
        assert {"r1-e12", "r2-e12"} <= set(page.all("id")) and len(page.all("id")) == len(set(page.all("id")))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("grade", ["S0", "S2", "S3", "S4"])
def test_every_grade_and_verdict_has_words(lang: str, grade: str) -> None:
    run = Sample().start().deploy()
    for spec in CATALOGUE:
        found = {**finding(spec.id, "12", "10", mode="warn"), "grade": grade}
        run.transfer("alice", sample.CAROL, 1, {}, "flagged", [found])
    assert f"{grade} {catalogue(lang)['grade.' + grade]}" in render_html(data_of(run.seal().end()), lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_unfinished_unsigned_run_still_makes_a_page(lang: str) -> None:
    run = Sample().start()
    base = sample.context(run)
    bare = replace(base.pilot, declaration=None)
    log = replace(base.log, checkpoint=None, verifier_key=None)
    text = render_html(data_of(run, pilot=bare, log=log, previous=None, rectification_days=None), lang)
    for key in ("refused.none", "findings.none", "contracts.none", "safety.none", "declaration.none", "evidence.unsigned"):
        assert catalogue(lang)[key] in text


def test_the_command_line_does_not_load_the_page_maker() -> None:
    code = "import sys, sandbox.domain.report; sys.exit('jinja2' in sys.modules or 'sandbox.reporting' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
