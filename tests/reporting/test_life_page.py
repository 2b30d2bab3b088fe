"""The page of a pilot that is led through its life, and bounds, acts and phrases in words."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest

from sandbox.domain import acts
from sandbox.domain.act_table import ACTS
from sandbox.domain.bounds import Deadlines, Floor, Hold, Rates
from sandbox.domain.limits import Grade, Limit, Mode
from sandbox.domain.report import build_report
from sandbox.domain.report_bounds import bound_data
from sandbox.domain.standing import State
from sandbox.domain.tolerance import Outcome
from sandbox.domain.units import Seconds
from sandbox.reporting import charts
from sandbox.reporting.html import Page as Words
from sandbox.reporting.html import render_html
from sandbox.reporting.words import LANGUAGES, catalogue, gloss
from tests.reporting import sample
from tests.reporting.sample import REGULATOR, Sample, finding
from tests.reporting.test_html import HOSTILE, Page

_ENGLISH: Final = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")


def data_of(run: Sample, **changed: object) -> dict[str, Any]:
    return build_report(run.entries(), sample.context(run, **changed)).as_data()


@pytest.fixture(scope="module")
def life() -> dict[str, Any]:
    return data_of(sample.life(), tolerance_days=90)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_a_life_is_well_formed_and_its_links_lead_somewhere(life: dict[str, Any], lang: str) -> None:
    page = Page(render_html(life, lang))
    ids = page.all("id")
    assert page.stack == [] and len(ids) == len(set(ids))
    assert {href[1:] for href in page.all("href") if href.startswith("#")} <= set(ids)
    words = " ".join(page.words)
    assert [key for key in catalogue(lang) if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", words)] == []
    assert not re.search(r"{\w+}|None|Undefined", words)


@pytest.mark.parametrize(("lang", "first"), [("zh", "出盒 · 通过"), ("en", "Graduated · Pass")])
def test_the_first_heading_says_where_the_pilot_stands(life: dict[str, Any], lang: str, first: str) -> None:
    text = render_html(life, lang)
    assert first in text[text.index("<h1") : text.index("</h1>")]


def test_a_chinese_page_has_no_english_sentence(life: dict[str, Any]) -> None:
    words = Page(render_html(life, "zh")).words
    assert [word for word in words if _ENGLISH.search(word) and not word.startswith("taishan run")] == []


def test_a_deadline_stands_with_what_is_due() -> None:
    run = Sample().start().begin().govern().deploy().seal().breach("max_tx_amount", Grade.S1).seal().end()
    text = render_html(data_of(run), "zh")
    assert "改正违规 1（单笔金额上限），提交整改报告。" in text and "2027-01-08 23:59:59 前" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_drills_are_announced_in_the_first_lines_and_listed(lang: str) -> None:
    run = Sample().start().deploy().seal()
    found = [finding("privileged_op", "mark without request", "an approved request")]
    run.transfer("alice", sample.CAROL, 1, {}, "flagged", found, expected=True).seal().end()
    text = render_html(data_of(run), lang)
    lead = text[: text.index("</table>")]
    assert {"zh": "演练：有 1 项", "en": "Drills: 1 "}[lang] in lead
    assert f'<h2 id="r1-drills">{catalogue(lang)["drills.title"]}</h2>' in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_officers_write_never_becomes_markup(lang: str) -> None:
    run = Sample().start().begin(State.PUBLIC_NOTICE).act(acts.Comment(HOSTILE), sample.PUBLIC)
    run.act(acts.Transition(State.UNDER_REVIEW, HOSTILE), REGULATOR).act(acts.Note(HOSTILE), REGULATOR)
    run.act(acts.AssignMentor(HOSTILE), REGULATOR).act(acts.Freeze(HOSTILE, HOSTILE), REGULATOR).end()
    page = Page(render_html(data_of(run), lang))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("script") == 1 and "img" not in tags
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


BOUNDS: Final = {
    "reserve": (Floor(10_000, 9_000), "不低于 100 %；低于 90 % 即为红线", "at least 100 %; a red line below 90 %"),
    "price_rate_cap": (Rates(1_500, 100), "年利率 ≤ 15 %，费率 ≤ 1 %", "≤ 15 % a year, fee ≤ 1 %"),
    "min_holding": (Hold(Seconds(432_000)), "持有满 5 天方可转出", "held for at least 5 d before it is passed on"),
    "reporting_deadline": (
        Deadlines(Seconds(2_592_000), Seconds(86_400)),
        "每 30 天报送一次，事件 1 天内通知",
        "a report every 30 d, an incident within 1 d",
    ),
}


@pytest.mark.parametrize("limit", BOUNDS)
def test_every_new_shape_reads_in_both_languages(limit: str) -> None:
    bound, zh, en = BOUNDS[limit]
    data = bound_data(bound, "CNY")
    assert (Words("zh").limit(data, "seconds"), Words("en").limit(data, "seconds")) == (zh, en)
    assert Words("zh").limit(None, "seconds") == "未设定"


def test_a_floor_is_not_drawn_as_a_ceiling() -> None:
    floor = Limit("reserve", Floor(10_000, 9_000), Mode.ENFORCE, "x", "design")
    run = Sample(sample.limits(reserve=floor)).start().deploy()
    run.transfer("alice", sample.CAROL, 1, {"reserve": "12000"}).seal().end()
    row = next(row for row in data_of(run)["runs"][0]["limits"] if row["id"] == "reserve")
    svg = charts.bullet(row, 13_000, "x")
    assert 'class="bar"' in svg and 'class="bar over"' not in svg and "band3" not in svg
    assert svg.index("band4") < svg.index("band0")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_act_and_every_outcome_has_words(lang: str) -> None:
    words = catalogue(lang)
    assert {f"act.{name}" for name in ACTS} <= words.keys()
    assert {f"outcome.{outcome}" for outcome in Outcome} <= words.keys()


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("p cannot go from suspended to active: clients still hold an exposure; no mentor is assigned",
         "不能由「暂停」转为「测试中」：客户仍有敞口；尚未指派金融辅导员"),
        ("violation 3 is not eligible for no_penalty_first: Its grade is not minor (S1).",
         "违规 3 不适用首违不罚：违规等级不是轻微（S1）。"),
        ("wang proposed version 1 and cannot approve it", "wang 是版本 1 的提出人，不得批准"),
        ("the firm's own addresses only", "仅限机构自身地址"),
        ("a phrase nobody wrote", ""),
    ],
)  # fmt: skip
def test_refusals_and_phrases_have_a_chinese_reading(english: str, chinese: str) -> None:
    assert gloss(english, "zh") == chinese and gloss(english, "en") == ""
