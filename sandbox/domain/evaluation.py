"""Evaluation at the end of a test (事后综合评价): eight dimensions to score, four papers in their order.

自测自评 → 审计 → 专家论证 → 结果确认, as carried out on the first pilots that graduated (2021-09-28; domain study, 2.2 (5)).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.domain.standing import Role

MAX_POINTS: Final = 100


class Dimension(enum.StrEnum):
    """What an evaluation looks at; names in `DIMENSIONS`."""

    INNOVATION = "innovation"
    SERVICE = "service"
    SATISFACTION = "satisfaction"
    CONTINUITY = "continuity"
    COMPLIANCE = "compliance"
    TRANSACTION_SECURITY = "transaction_security"
    DATA_SECURITY = "data_security"
    RISK_CONTROL = "risk_control"


DIMENSIONS: Final[Mapping[Dimension, tuple[str, str]]] = {
    Dimension.INNOVATION: ("创新价值", "Value of the innovation"),
    Dimension.SERVICE: ("服务质量", "Quality of service"),
    Dimension.SATISFACTION: ("用户满意度", "Satisfaction of users"),
    Dimension.CONTINUITY: ("业务连续性保障", "Business continuity"),
    Dimension.COMPLIANCE: ("合法合规", "Lawfulness and compliance"),
    Dimension.TRANSACTION_SECURITY: ("交易安全", "Security of transactions"),
    Dimension.DATA_SECURITY: ("数据安全", "Security of data"),
    Dimension.RISK_CONTROL: ("风险防控", "Risk control"),
}
"""dimension -> its name in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One of the four papers. kind: of the evidence that is filed. authors: roles that may file it."""

    kind: str
    zh: str
    en: str
    authors: frozenset[Role]


PAPERS: Final = (
    Paper("self_assessment", "自测自评", "Self-assessment", frozenset({Role.FIRM})),
    Paper("audit", "审计", "Audit", frozenset({Role.AUDITOR})),
    Paper("expert_panel", "专家论证", "Expert panel", frozenset({Role.CONFERENCE, Role.REGULATOR})),
    Paper("confirmation", "结果确认", "Confirmation of results", frozenset({Role.CONFERENCE, Role.REGULATOR})),
)
"""The papers an evaluation needs, in the order in which they are filed."""

PAPER_KINDS: Final = tuple(paper.kind for paper in PAPERS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A document on file. hash: SHA-256 (hex) of what was handed in; the document itself is kept elsewhere."""

    kind: str
    hash: str
    title: str
    by: str
    role: Role
    time: int


@dataclass(frozen=True, slots=True)
class Points:
    """A score from 0 to MAX_POINTS. The last one given in a dimension counts."""

    dimension: Dimension
    points: int
    reason: str
    by: str
    time: int


class Evaluated(Protocol):
    """What a scorecard is drawn from: a dossier."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Everything on file, in order."""

    @property
    def scores(self) -> tuple[Points, ...]:
        """Every score given, in order."""

    @property
    def evaluating_since(self) -> int | None:
        """Start of the latest evaluation; papers and scores of an earlier one do not count for it."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """An evaluation as it stands. points: by dimension, the missing ones left out. papers: by kind."""

    points: Mapping[Dimension, Points]
    papers: Mapping[str, Evidence]

    @property
    def unscored(self) -> tuple[Dimension, ...]:
        """Dimensions nobody scored yet."""
        return tuple(dimension for dimension in Dimension if dimension not in self.points)

    @property
    def missing_papers(self) -> tuple[Paper, ...]:
        """Papers not on file yet, the next one first."""
        return tuple(paper for paper in PAPERS if paper.kind not in self.papers)

    @property
    def complete(self) -> bool:
        """Whether every dimension is scored and every paper on file."""
        return not self.unscored and not self.missing_papers

    @property
    def total(self) -> tuple[int, int]:
        """Points given and points attainable in the dimensions scored so far."""
        return sum(row.points for row in self.points.values()), MAX_POINTS * len(self.points)


def scorecard(dossier: Evaluated) -> Scorecard:
    """The scorecard of the dossier's latest evaluation; empty before the first."""
    since = dossier.evaluating_since
    if since is None:
        return Scorecard({}, {})
    points = {row.dimension: row for row in dossier.scores if row.time >= since}
    papers = {row.kind: row for row in dossier.evidence if row.kind in PAPER_KINDS and row.time >= since}
    return Scorecard({key: points[key] for key in Dimension if key in points}, papers)
