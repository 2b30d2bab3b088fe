"""What may stand in a limit profile, and how it becomes a `Profile`."""

from __future__ import annotations

import enum
from typing import Annotated

from pydantic import Field

from sandbox.domain.limits import SPECS, Amount, AmountPer, Bound, Mode
from sandbox.domain.profile_checks import contradictions
from sandbox.domain.profiles import Plain, Profile, ProfileLimit, parse_bound
from sandbox.domain.scenario_checks import suggestion
from sandbox.errors import InputError
from sandbox.file_fields import ModeField, PlainField, Shape, Site, Slug, TextField, Words, one_of
from sandbox.yaml_strict import Fault


class Confidence(enum.StrEnum):
    """How sure a number is: text of the source read, read in a secondary source, not confirmed, our own choice."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"
    DESIGN = "design"


ConfidenceField = Annotated[Confidence, one_of(Confidence)]


class LimitShape(Shape):
    """One limit of a template."""

    value: PlainField = Field(description="The bound in the limit's own shape; null where the source gives no number.")
    unit: Words = Field(description="The limit's unit in the catalogue: clients, money, transactions, seconds ...")
    ceiling: PlainField = Field(None, description="Hard upper bound that no pilot may pass, in the same shape.")
    mode: ModeField = Mode.ENFORCE
    source: Words
    confidence: ConfidenceField

    def build(self, limit_id: str, currency: str) -> ProfileLimit:
        """The domain's row. Raises InputError."""
        spec = SPECS[limit_id]
        if self.unit != spec.unit:
            raise InputError(f"limit {limit_id} counts {spec.unit}, not {self.unit}", do=f"write unit: {spec.unit}")
        bound, ceiling = parse_bound(spec, self.value), parse_bound(spec, self.ceiling)
        for amount in (bound, ceiling):
            if isinstance(amount, Amount | AmountPer) and amount.maximum.currency != currency:
                what = f"limit {limit_id} is in {amount.maximum.currency}, the profile in {currency}"
                raise InputError(what, do=f"write it in {currency}")
        if bound is not None and ceiling is not None and not _covers(ceiling, bound):
            what = f"limit {limit_id}: {bound.text()} is looser than its ceiling {ceiling.text()}"
            raise InputError(what, do="lower the value")
        return ProfileLimit(limit_id, bound, ceiling, self.mode, self.source, str(self.confidence))


class ParameterShape(Shape):
    """A number of the template that is not a limit on transactions."""

    value: PlainField
    unit: Words | None = None
    source: Words
    confidence: ConfidenceField

    def plain(self) -> dict[str, Plain]:
        """Plain data, the sources included."""
        return {"value": self.value, "unit": self.unit, "source": self.source, "confidence": str(self.confidence)}


class ProfileShape(Shape):
    """A limit template, scenarios/profiles/*.yaml."""

    profile: Slug
    version: Annotated[int, Field(ge=1)]
    name: TextField
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3,5}$")]
    source: Words
    limits: dict[str, LimitShape] = Field(min_length=1)
    stages: dict[str, Annotated[int, Field(ge=0, le=10_000)]] = Field({}, description="Stage -> limit factor in basis points.")
    parameters: dict[str, ParameterShape] = {}

    def build(self, at: Site) -> Profile | None:
        """The domain's profile, None if anything became a fault of the document."""
        limits: dict[str, ProfileLimit] = {}
        for limit_id, limit in self.limits.items():
            if limit_id not in SPECS:
                (at / "limits" / limit_id).refuse_key(f"there is no limit {limit_id!r}", suggestion(limit_id, SPECS))
                continue
            with (at / "limits" / limit_id).collect():
                limits[limit_id] = limit.build(limit_id, self.currency)
        if at.document.faults:
            return None
        profile = Profile(
            id=self.profile,
            version=self.version,
            zh=self.name.zh,
            en=self.name.en,
            currency=self.currency,
            source=self.source,
            limits=limits,
            stages=self.stages,
            parameters={key: parameter.plain() for key, parameter in self.parameters.items()},
        )
        for found in contradictions(profile):
            at.document.faults.append(Fault(at.document.mark((*at.path, *found.path)), found.what, found.do))
        return profile


def _covers(ceiling: Bound, bound: Bound) -> bool:
    return type(ceiling) is type(bound) and ceiling.covers(bound)  # type: ignore[arg-type]  # equal types, checked here
