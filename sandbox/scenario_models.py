"""What may stand in a scenario, and how it becomes a `Scenario`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from sandbox.domain import scenario as domain
from sandbox.domain.act_fields import parse_act
from sandbox.domain.expressions import NAME_ADVICE, Expression, valid_name
from sandbox.domain.jurisdictions import jurisdiction_fault
from sandbox.domain.pilot import NATIVE, Text
from sandbox.domain.scenario import Actor, AnyStep, Life, Relation, Scenario, settle_clients
from sandbox.domain.standing import Officer, Role, Stage
from sandbox.domain.units import BaseUnits, Money
from sandbox.errors import InputError
from sandbox.file_fields import (
    AddressField,
    ArgumentField,
    CaseField,
    Identifier,
    InstantField,
    MoneyField,
    NativeField,
    PlainField,
    QuantityField,
    RoleField,
    Shape,
    Site,
    Slug,
    StageField,
    StateField,
    TextField,
    Words,
)
from sandbox.step_models import (
    AdvanceShape,
    CallShape,
    DeployShape,
    RepeatShape,
    StepShape,
    TransferShape,
    target,
)


class ActorShape(Shape):
    """Who sends transactions. Without client and role: an outsider."""

    client: Words | None = Field(None, description="Id of the client the address belongs to.")
    client_class: Words | None = Field(None, alias="class", description="qualified, retail, institution ...")
    jurisdiction: Words | None = Field(None, description="ISO 3166 code, in quotes if it reads as yes or no.")
    role: Words | None = Field(None, description="A role of the manifest, firm, or supervisor.")
    native: NativeField = Field(BaseUnits(0), description="Wei at the start.")
    address: AddressField | None = Field(None, description="An address whose key is elsewhere, in quotes; it can only receive.")

    def build(self, name: str, where: str) -> Actor:
        """The domain's actor. Raises InputError."""
        if not valid_name(name):
            raise InputError(f"an actor cannot be called {name!r}", do=NAME_ADVICE)
        fault = None if self.jurisdiction is None else jurisdiction_fault(self.jurisdiction)
        if fault is not None:
            raise InputError(fault, do="write the ISO 3166-1 code, such as CN")
        return Actor(name, where, self.client, self.client_class, self.jurisdiction, self.role, self.native, self.address)


class OfficerShape(Shape):
    """Who acts on the pilot's supervision file."""

    role: RoleField
    department: Words = Field("", description="Of an approver; two approvals need two departments.")

    def build(self, name: str) -> Officer:
        """The domain's officer. Raises InputError: the system is nobody's role."""
        if self.role is Role.SYSTEM:
            raise InputError("nobody is the system: it acts by itself", do="choose another role")
        return Officer(name, self.role, self.department)


class LifeShape(Shape):
    """Where the pilot's life cycle stands at the start."""

    state: StateField
    stage: StageField = Stage.G1

    def build(self) -> Life:
        """The domain's starting point."""
        return Life(self.state, self.stage)


class OfficialShape(StepShape):
    """Somebody acts on the pilot's supervision file."""

    act: Words = Field(description="transition, vote, comment, decide, freeze ... (see the README's table of acts)")
    by: Words = Field(description="An officer of the scenario.")
    fields: dict[str, PlainField] = Field({}, alias="with", description="What the act needs.")
    refused: Words | None = Field(None, description="Words its refusal must hold, where it must be refused.")

    def build(self, at: Site) -> AnyStep:
        """The domain's step. Raises InputError."""
        act = parse_act(self.act, self.fields)
        return domain.Official(where=at.where, note=self.note, officer=self.by, act=act, refused=self.refused)


class PriceDropShape(Shape):
    """An asset loses part of its price."""

    fault: Annotated[str, Field(pattern="^price_drop$")]
    asset: Words
    percent: Annotated[int, Field(ge=1, le=100)]


class PriceShape(Shape):
    """An asset gets a new price."""

    fault: Annotated[str, Field(pattern="^price$")]
    asset: Words
    price: MoneyField


def _fault_tag(value: Any) -> str | None:
    return f"<{value['fault']}>" if isinstance(value, dict) and value.get("fault") in ("price", "price_drop") else None


class InjectShape(StepShape):
    """Something outside the chain goes wrong."""

    inject: Annotated[
        Annotated[PriceDropShape, Tag("<price_drop>")] | Annotated[PriceShape, Tag("<price>")], Discriminator(_fault_tag)
    ]

    def build(self, at: Site) -> AnyStep:
        """The domain's step."""
        inner = self.inject
        fault: domain.PriceDrop | domain.PriceSet
        if isinstance(inner, PriceShape):
            fault = domain.PriceSet(inner.asset, inner.price)
        else:
            fault = domain.PriceDrop(inner.asset, inner.percent)
        return domain.Inject(where=at.where, note=self.note, fault=fault)


class ViewShape(Shape):
    """What a view returns. Several returned values are compared as a list."""

    view: Words = Field(description="Instance.function")
    args: list[ArgumentField] = []
    equals: ArgumentField | None = None
    at_least: QuantityField | None = None
    at_most: QuantityField | None = None

    def subject(self) -> domain.Subject:
        """The domain's subject. Raises InputError."""
        instance, function = target(self.view)
        return domain.View(instance, function, tuple(self.args))


class BalanceShape(Shape):
    """What an address holds of an asset, in base units. Without asset: the native one."""

    balance: ArgumentField
    asset: Words | None = None
    token_id: QuantityField | None = None
    equals: QuantityField | None = None
    at_least: QuantityField | None = None
    at_most: QuantityField | None = None

    def subject(self) -> domain.Subject:
        """The domain's subject."""
        return domain.Balance(self.balance, None if self.asset == NATIVE else self.asset, self.token_id)


class ExposureShape(Shape):
    """Exposure of a client."""

    exposure: Words = Field(description="Client id.")
    equals: MoneyField | None = None
    at_least: MoneyField | None = None
    at_most: MoneyField | None = None

    def subject(self) -> domain.Subject:
        """The domain's subject."""
        return domain.Exposure(self.exposure)


def _tag(*keys: str) -> Discriminator:
    """Chooses a shape by the first of its keys that stands in the mapping."""

    def choose(value: Any) -> str | None:
        return next((f"<{key}>" for key in keys if isinstance(value, dict) and key in value), None)

    return Discriminator(choose)


class CheckShape(StepShape):
    """Compares the state with stated values."""

    check: Annotated[
        Annotated[ViewShape, Tag("<view>")]
        | Annotated[BalanceShape, Tag("<balance>")]
        | Annotated[ExposureShape, Tag("<exposure>")],
        _tag("view", "balance", "exposure"),
    ]

    def build(self, at: Site) -> AnyStep:
        """The domain's step. Raises InputError."""
        stated: list[tuple[Relation, Expression | Money]] = []
        for relation in Relation:
            bound = getattr(self.check, relation.value)
            stated += [] if bound is None else [(relation, bound)]
        return domain.Check(where=at.where, note=self.note, subject=self.check.subject(), bounds=tuple(stated))


AnyStepShape = Annotated[
    Annotated[DeployShape, Tag("<deploy>")]
    | Annotated[CallShape, Tag("<call>")]
    | Annotated[TransferShape, Tag("<transfer>")]
    | Annotated[AdvanceShape, Tag("<advance>")]
    | Annotated[RepeatShape, Tag("<repeat>")]
    | Annotated[InjectShape, Tag("<inject>")]
    | Annotated[CheckShape, Tag("<check>")]
    | Annotated[OfficialShape, Tag("<act>")],
    _tag("deploy", "call", "transfer", "advance", "repeat", "inject", "check", "act"),
]


class ScenarioShape(Shape):
    """A scenario file."""

    scenario: Slug = Field(description="Short name, unique within the pilot.")
    title: TextField | None = None
    pilot: Slug
    seed: Annotated[int, Field(ge=0, lt=2**53)] = Field(0, description="Every random choice comes from it.")
    start: InstantField = Field(domain.DEFAULT_START, description="Block time of the genesis, with its zone.")
    case: CaseField | None = Field(None, description="Label of an attack, or of a benign scenario beside one.")
    twin: Slug | None = Field(None, description="Of a benign scenario: the attack it stands beside.")
    life: LifeShape | None = Field(None, description="Lead the pilot through its life cycle, from this state on.")
    officers: dict[Identifier, OfficerShape] = {}
    actors: dict[Identifier, ActorShape] = Field(min_length=1)
    steps: list[AnyStepShape] = Field(min_length=1)

    def build(self, at: Site) -> Scenario | None:
        """The domain's scenario, None if anything became a fault of the document."""
        actors: list[Actor] = []
        for name, actor in self.actors.items():
            with (at / "actors" / name).collect():
                actors = list(settle_clients([*actors, actor.build(name, (at / "actors" / name).where)]))
        officers: dict[str, Officer] = {}
        for name, officer in self.officers.items():
            with (at / "officers" / name).collect():
                officers[name] = officer.build(name)
        steps: list[AnyStep] = []
        for index, shape in enumerate(self.steps):
            place = at / "steps" / index
            with place.collect():
                steps.append(shape.build(place))
        if at.document.faults:
            return None
        return Scenario(
            name=self.scenario,
            title=self.title or Text(self.scenario, self.scenario),
            pilot=self.pilot,
            seed=self.seed,
            start=self.start,
            actors={actor.name: actor for actor in actors},
            steps=tuple(steps),
            where=at.document.file,
            officers=officers,
            life=None if self.life is None else self.life.build(),
            case=self.case,
            twin=self.twin,
        )
