"""The declaration 声明书 of a pilot and the firm behind it, after the PBoC form (JR/T 0198-2020).

Types are strict, completeness is not judged here: what a declaration lacks is admission's finding (`missing_fields`), so
that a firm sees all of it at once.
"""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from sandbox.domain.units import Money


class ApplicationType(enum.StrEnum):
    """创新应用类型 of the PBoC declaration."""

    FINANCIAL_SERVICE = "金融服务"
    TECHNOLOGY_PRODUCT = "科技产品"


@dataclass(frozen=True, slots=True)
class Licence:
    """A financial licence 金融牌照. code: the institution's code on it. issuer: the authority."""

    name: str | None = None
    code: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Firm:
    """The applicant. uscc: unified social credit code, unchecked here. lei: legal entity identifier, unchecked here.
    market_cap: what the issuer is worth, where a profile bounds it."""

    name: str
    uscc: str | None = None
    lei: str | None = None
    licence: Licence | None = None
    market_cap: Money | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """An assessment by an outside institution. material: file name or reference of the evidence."""

    assessor: str | None = None
    date: datetime.date | None = None
    valid_until: datetime.date | None = None
    conclusion: str | None = None
    material: str | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """风险点 and 防范措施."""

    point: str | None = None
    measure: str | None = None


@dataclass(frozen=True, slots=True)
class ComplaintDesk:
    """Where complaints go, and how they are handled: who takes them (department), when, by what process, how fast."""

    channel: str | None = None
    department: str | None = None
    hours: str | None = field(default=None, metadata={"optional": True})
    process: str | None = field(default=None, metadata={"optional": True})
    deadline: str | None = None


@dataclass(frozen=True, slots=True)
class Complaints:
    """机构投诉 to the institution and 自律投诉 to the self-regulatory association."""

    institution: ComplaintDesk | None = None
    association: ComplaintDesk | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """承诺: who signed for truthfulness and compliance, and when."""

    signed_by: str | None = None
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """Another institution taking part, and its role."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """声明书, after the PBoC form. None or empty where the firm said nothing; fields marked optional may stay so."""

    type: ApplicationType | None = None
    launch: datetime.date | None = None
    technology: tuple[str, ...] = ()
    service: str | None = None
    innovation: str | None = None
    expected_outcome: str | None = field(default=None, metadata={"optional": True})
    expected_scale: str | None = None
    channels: tuple[str, ...] = ()
    hours: str | None = None
    users: str | None = None
    agreement: str | None = field(default=None, metadata={"optional": True})
    partners: tuple[Partner, ...] = field(default=(), metadata={"optional": True})
    legal_assessment: Assessment | None = None
    security_assessment: Assessment | None = None
    risks: tuple[Risk, ...] = ()
    compensation: str | None = None
    exit_plan: str | None = None
    emergency_plan: str | None = None
    complaints: Complaints | None = None
    commitment: Commitment | None = None


def missing_fields(declaration: Declaration) -> tuple[str, ...]:
    """Dotted paths of everything the declaration must state and does not (JR/T 0198-2020, declaration form)."""
    return tuple(_missing(declaration, ""))


def _missing(part: Any, path: str) -> list[str]:
    missing: list[str] = []
    for item in fields(part):
        value, here = getattr(part, item.name), f"{path}{item.name}"
        if value is None or value == () or (isinstance(value, str) and not value.strip()):
            missing += [] if item.metadata.get("optional") else [here]
        elif is_dataclass(value):
            missing += _missing(value, f"{here}.")
        elif isinstance(value, tuple):
            for index, row in enumerate(value):
                missing += _missing(row, f"{here}[{index}].") if is_dataclass(row) else []
    return missing
