"""What may stand in the firm and declaration parts of a manifest. The shapes have the fields of the domain's dataclasses."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from sandbox.domain.declaration import (
    Assessment,
    Commitment,
    ComplaintDesk,
    Complaints,
    Declaration,
    Firm,
    Licence,
    Partner,
    Risk,
)
from sandbox.file_fields import ApplicationField, DateField, MoneyField, Shape, Words


class LicenceShape(Shape):
    """Financial licence 金融牌照."""

    name: Words | None = None
    code: Words | None = None
    issuer: Words | None = None


class FirmShape(Shape):
    """The applicant 申报机构."""

    name: Words
    uscc: Words | None = Field(None, description="Unified social credit code 统一社会信用代码 (GB 32100), in quotes.")
    lei: Words | None = Field(None, description="Legal entity identifier (ISO 17442), in quotes.")
    licence: LicenceShape | None = None
    market_cap: MoneyField | None = Field(None, description="What the issuer is worth, where the profile asks.")

    def build(self) -> Firm:
        """The domain's firm."""
        return Firm(self.name, self.uscc, self.lei, _domain(self.licence), self.market_cap)


class AssessmentShape(Shape):
    """An assessment by an outside institution: 评估机构, 评估时间, 有效期限, 评估结论, 评估材料."""

    assessor: Words | None = None
    date: DateField | None = None
    valid_until: DateField | None = None
    conclusion: Words | None = None
    material: Words | None = None


class RiskShape(Shape):
    """风险点 and 防范措施."""

    point: Words | None = None
    measure: Words | None = None


class ComplaintDeskShape(Shape):
    """Where complaints go and how they are handled."""

    channel: Words | None = None
    department: Words | None = None
    hours: Words | None = None
    process: Words | None = None
    deadline: Words | None = None


class ComplaintsShape(Shape):
    """机构投诉 and 自律投诉."""

    institution: ComplaintDeskShape | None = None
    association: ComplaintDeskShape | None = None


class CommitmentShape(Shape):
    """承诺."""

    signed_by: Words | None = None
    date: DateField | None = None


class PartnerShape(Shape):
    """Another institution taking part."""

    name: Words
    role: Words


class DeclarationShape(Shape):
    """声明书, after the PBoC form. What is left out is a finding of admission."""

    type: ApplicationField | None = None
    launch: DateField | None = None
    technology: list[Words] = []
    service: Words | None = None
    innovation: Words | None = None
    expected_outcome: Words | None = None
    expected_scale: Words | None = None
    channels: list[Words] = []
    hours: Words | None = None
    users: Words | None = None
    agreement: Words | None = None
    partners: list[PartnerShape] = []
    legal_assessment: AssessmentShape | None = None
    security_assessment: AssessmentShape | None = None
    risks: list[RiskShape] = []
    compensation: Words | None = None
    exit_plan: Words | None = None
    emergency_plan: Words | None = None
    complaints: ComplaintsShape | None = None
    commitment: CommitmentShape | None = None

    def build(self) -> Declaration:
        """The domain's declaration."""
        return Declaration(**{name: _domain(value) for name, value in self})


_DOMAIN: Final[dict[type[Shape], Any]] = {
    LicenceShape: Licence,
    AssessmentShape: Assessment,
    RiskShape: Risk,
    ComplaintDeskShape: ComplaintDesk,
    ComplaintsShape: Complaints,
    CommitmentShape: Commitment,
    PartnerShape: Partner,
}


def _domain(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_domain, value))
    if isinstance(value, Shape):
        return _DOMAIN[type(value)](**{name: _domain(part) for name, part in value})
    return value
