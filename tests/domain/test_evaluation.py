"""Evaluation: four papers in order, eight dimensions, and what counts for which evaluation."""

from __future__ import annotations

import pytest

from sandbox.domain.acts import FileEvidence, Score
from sandbox.domain.evaluation import DIMENSIONS, PAPERS, Dimension, Scorecard, scorecard
from sandbox.domain.standing import Officer, State
from sandbox.errors import Conflict, InputError
from tests.domain.dossiers import AUDITOR, CONFERENCE, FIRM, HASH, REGULATOR, active, evaluating


def test_the_dimensions_are_the_eight_of_the_evaluation() -> None:
    wanted = "创新价值 服务质量 用户满意度 业务连续性保障 合法合规 交易安全 数据安全 风险防控".split()
    assert [zh for zh, _ in DIMENSIONS.values()] == wanted
    assert list(DIMENSIONS) == list(Dimension)


def test_papers_are_filed_in_their_order() -> None:
    file = evaluating()
    with pytest.raises(Conflict, match="audit cannot be filed now") as caught:
        file.do(FileEvidence("audit", HASH, "Audit"), AUDITOR)
    assert caught.value.do == "the next paper is self_assessment"
    file.evaluate()
    assert list(scorecard(file.dossier).papers) == [paper.kind for paper in PAPERS]


def test_a_paper_is_filed_once() -> None:
    file = evaluating()
    file.do(FileEvidence("self_assessment", HASH, "Ours"), FIRM)
    with pytest.raises(Conflict, match="cannot be filed now"):
        file.do(FileEvidence("self_assessment", HASH, "Ours"), FIRM)


@pytest.mark.parametrize("by", [AUDITOR, REGULATOR, CONFERENCE], ids=lambda officer: officer.role.value)
def test_a_paper_has_its_author(by: Officer) -> None:
    with pytest.raises(Conflict, match="not the"):
        evaluating().do(FileEvidence("self_assessment", HASH, "Theirs"), by)


def test_papers_belong_to_an_evaluation_and_other_evidence_does_not() -> None:
    file = active()
    with pytest.raises(Conflict, match="belongs to an evaluation"):
        file.do(FileEvidence("self_assessment", HASH, "Early"), FIRM)
    file.do(FileEvidence("penetration_test", HASH, "Report"), FIRM)
    assert file.dossier.evidence[0].kind == "penetration_test"


def test_evidence_without_a_hash_is_refused() -> None:
    with pytest.raises(InputError, match="no SHA-256"):
        active().do(FileEvidence("penetration_test", "later", "Report"), FIRM)


def test_the_last_score_of_a_dimension_counts_and_the_first_stays_on_file() -> None:
    file = evaluating()
    file.do(Score(Dimension.SERVICE, 40, "slow"), REGULATOR)
    file.do(Score(Dimension.SERVICE, 70, "faster"), CONFERENCE)
    card = scorecard(file.dossier)
    assert card.points[Dimension.SERVICE].points == 70 and len(file.dossier.scores) == 2
    assert card.total == (70, 100)
    assert Dimension.SERVICE not in card.unscored and len(card.unscored) == 7


@pytest.mark.parametrize("points", [-1, 101])
def test_points_go_from_0_to_100(points: int) -> None:
    with pytest.raises(InputError, match="points"):
        evaluating().do(Score(Dimension.SERVICE, points, "off the scale"), REGULATOR)


def test_a_second_evaluation_starts_from_nothing() -> None:
    file = evaluating()
    file.evaluate()
    assert scorecard(file.dossier).complete
    file.go(State.ACTIVE)
    file.go(State.EVALUATING, FIRM, after=1)
    assert scorecard(file.dossier) == Scorecard({}, {})


def test_a_graduate_keeps_its_scorecard() -> None:
    file = evaluating()
    file.evaluate()
    file.now += 9
    file.agree(State.GRADUATED)
    assert scorecard(file.dossier).complete


def test_before_any_evaluation_the_card_is_empty() -> None:
    card = scorecard(active().dossier)
    assert not card.complete and card.missing_papers == PAPERS and card.total == (0, 0)
