"""What may stand in a pilot manifest, and how it becomes a `PilotManifest`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag

from sandbox.declaration_models import DeclarationShape, FirmShape
from sandbox.domain.effects import Standard
from sandbox.domain.expressions import NAME_ADVICE, valid_name
from sandbox.domain.limits import SPECS
from sandbox.domain.pilot import (
    Asset,
    ContractCode,
    Control,
    Instrument,
    LimitRequest,
    Measure,
    Origin,
    PilotManifest,
    Probe,
    Reserve,
    parse_event,
    parse_probe,
)
from sandbox.domain.profiles import UNSETTABLE, parse_bound
from sandbox.domain.scenario_checks import suggestion
from sandbox.errors import InputError
from sandbox.file_fields import (
    CategoryField,
    Identifier,
    InstrumentField,
    ModeField,
    MoneyField,
    NamesField,
    PlainField,
    Shape,
    Site,
    Slug,
    StandardField,
    TextField,
    Words,
)

_NPM: Final = "npm:"
_FUNGIBLE: Final = frozenset({Standard.ERC20, Standard.ERC4626})
_DECIMALS: Final = {Standard.NATIVE: 18, Standard.ERC721: 0}


class ContractShape(Shape):
    """A contract: `source` (compiled here) or `artifact` (built by the firm's own tools)."""

    source: Words | None = Field(None, description="File in the pilot's folder; File.sol:Name if the key is not the name.")
    artifact: Words | None = Field(None, description="JSON file in the pilot's folder, or npm:package/path.json.")
    libraries: dict[str, str] = Field({}, description="Library name -> contract of this manifest, deployed before.")
    interface: str | None = Field(None, description="Contract of this manifest whose ABI callers use, for proxies.")

    def build(self, key: str, contracts: dict[str, Any]) -> ContractCode:
        """The domain's contract. Raises InputError."""
        if not valid_name(key):
            raise InputError(f"a contract cannot be called {key!r}", do=NAME_ADVICE)
        if (self.source is None) == (self.artifact is None):
            raise InputError(f"contract {key!r} needs either source or artifact", do="write {source: ...} or {artifact: ...}")
        for other in (*self.libraries.values(), *([] if self.interface is None else [self.interface])):
            if other not in contracts:
                raise InputError(f"there is no contract {other!r}", do=suggestion(other, contracts))
        origin, text = (Origin.SOURCE, self.source) if self.source is not None else (Origin.ARTIFACT, self.artifact or "")
        package = origin is Origin.ARTIFACT and text.startswith(_NPM)
        path, _, name = text.removeprefix(_NPM if package else "").partition(":")
        if not path or path.startswith(("/", "~")) or "\\" in path or ".." in path.split("/"):
            raise InputError(f"{text!r} is not a path inside the pilot's folder", do="name a file in it, without .. and /")
        return ContractCode(key, origin, path, package, name or key, self.libraries, self.interface)


class AssetShape(Shape):
    """A registered asset, whose movements count."""

    contract: Identifier | None = Field(None, description="Instance name; by default the contract's own name.")
    standard: StandardField
    decimals: Annotated[int, Field(ge=0, le=36)] | None = None
    price: MoneyField | None = Field(None, description="Price of one whole token.")
    instrument: InstrumentField = Instrument.OTHER
    rebasing: bool = Field(False, description="Balances move without events; they are read after every block.")

    def build(self, key: str) -> Asset:
        """The domain's asset. Raises InputError."""
        decimals = self.decimals if self.decimals is not None else _DECIMALS.get(self.standard)
        if decimals is None:
            raise InputError(f"asset {key!r} of standard {self.standard} needs decimals", do="add decimals: of its contract")
        if self.rebasing and self.standard not in _FUNGIBLE:
            raise InputError(f"an asset of standard {self.standard} cannot be rebasing", do="leave rebasing out")
        return Asset(key, self.contract, self.standard, decimals, self.price, self.instrument, self.rebasing)


class MeasureShape(Shape):
    """A business fact read from an event."""

    name: Identifier | None = Field(None, description="By default the name of the event.")
    event: Words = Field(description='Such as "LoanDrawn(address indexed borrower, uint256 principal)".')
    contract: Identifier | None = Field(None, description="Instance that emits it; any of the pilot's if left out.")
    client: Identifier | None = Field(None, description="Address parameter it belongs to.")
    add: Identifier | None = Field(None, description="Integer parameter that is added.")
    subtract: Identifier | None = Field(None, description="Integer parameter that is subtracted.")
    to: Identifier = Field(description="Running total it feeds, such as exposure.")
    unit: MoneyField | None = Field(None, description="Worth of one.")

    def build(self) -> Measure:
        """The domain's measure. Raises InputError."""
        event = parse_event(self.event)
        if (self.add is None) == (self.subtract is None):
            raise InputError("a measure needs either add or subtract", do="name the integer parameter of the event")
        sign, amount = (1, self.add) if self.add is not None else (-1, self.subtract or "")
        return Measure(self.name or event.name, event, self.contract, self.client, amount, sign, self.to, self.unit)


class ProbeShape(Shape):
    """A view without arguments, read after every transaction."""

    name: Identifier
    probe: Words = Field(description='Such as "Register.totalSupply()".')

    def build(self) -> Probe:
        """The domain's probe. Raises InputError."""
        return parse_probe(self.name, self.probe)


class ReserveShape(Shape):
    """What stands behind what is owed."""

    liabilities: Identifier = Field(description="Asset key; all its supply is owed.")
    held: dict[Identifier, NamesField] = Field(min_length=1, description="Asset key -> instances and roles that hold it.")
    attested: Words | None = Field(None, description='View that claims how much there is, such as "Vault.reserves()".')

    def build(self) -> Reserve:
        """The domain's reserve. Raises InputError."""
        attested = None if self.attested is None else parse_probe("attested", self.attested)
        return Reserve(self.liabilities, {asset: tuple(names) for asset, names in self.held.items()}, attested)


class ControlShape(Shape):
    """A supervisory control, and who must hold it."""

    view: Words = Field(description='View that answers with an address, such as "Register.pauser()".')
    held_by: Identifier = Field(description="Role, or supervisor.")

    def build(self) -> Control:
        """The domain's control. Raises InputError."""
        return Control(parse_probe(self.view, self.view), self.held_by)


class LimitsShape(Shape):
    """The limits the firm asks for: a profile, tightened."""

    profile: Slug
    set: dict[str, PlainField] = Field({}, description="Limit id -> bound. May tighten the profile, never loosen it.")
    modes: dict[str, ModeField] = Field({}, description="Limit id -> observe, warn or enforce; never milder than the profile.")

    def build(self, at: Site) -> LimitRequest:
        """The domain's request; every bound is read once, so that a wrong one is named with its place."""
        for part in ("set", "modes"):
            for limit_id in getattr(self, part):
                if limit_id not in SPECS:
                    (at / part / limit_id).refuse_key(f"there is no limit {limit_id!r}", suggestion(limit_id, SPECS))
                elif limit_id in UNSETTABLE:
                    (at / part / limit_id).refuse_key(f"{limit_id}: {UNSETTABLE[limit_id]}", "remove it")
        for limit_id in self.set.keys() & SPECS.keys():
            with (at / "set" / limit_id).collect():
                parse_bound(SPECS[limit_id], self.set[limit_id])
        return LimitRequest(self.profile, self.set, {key: mode.name.lower() for key, mode in self.modes.items()})


def _built(at: Site, shapes: list[Any]) -> list[Any]:
    """What each of several shapes stands for; one that stands for nothing becomes a fault at its place."""
    made = []
    for index, shape in enumerate(shapes):
        with (at / index).collect():
            made.append(shape.build())
    return made


def _measure_tag(value: Any) -> Literal["<event>", "<probe>"]:
    return "<probe>" if isinstance(value, dict) and "probe" in value else "<event>"


AnyMeasure = Annotated[
    Annotated[MeasureShape, Tag("<event>")] | Annotated[ProbeShape, Tag("<probe>")],
    Discriminator(_measure_tag),
]


class ManifestShape(Shape):
    """A pilot manifest, pilot.yaml."""

    pilot: Slug = Field(description="Unique short name.")
    name: TextField
    category: CategoryField
    firm: FirmShape
    declaration: DeclarationShape = Field(default_factory=DeclarationShape)
    contracts: dict[str, ContractShape] = Field(min_length=1)
    assets: dict[str, AssetShape] = {}
    measures: list[AnyMeasure] = []
    roles: dict[Identifier, list[Identifier]] = Field({}, description="Role -> privileged functions it may call.")
    limits: LimitsShape
    reserves: list[ReserveShape] = []
    controls: list[ControlShape] = []
    chain: Literal["shared", "own"] = Field("shared", description="Durable chain the pilot lives on once it is registered.")

    def build(self, at: Site) -> PilotManifest | None:
        """The domain's manifest, None if anything became a fault of the document."""
        contracts: dict[str, ContractCode] = {}
        for key, contract in self.contracts.items():
            with (at / "contracts" / key).collect():
                contracts[key] = contract.build(key, self.contracts)
        assets: dict[str, Asset] = {}
        for key, asset in self.assets.items():
            with (at / "assets" / key).collect():
                assets[key] = asset.build(key)
        facts: dict[str, Measure | Probe] = {}
        for index, shape in enumerate(self.measures):
            with (at / "measures" / index).collect():
                fact = shape.build()
                if fact.name in facts:
                    raise InputError(f"two measures are called {fact.name!r}", do="give one another name:")
                facts[fact.name] = fact
        reserves = _built(at / "reserves", self.reserves)
        controls = _built(at / "controls", self.controls)
        limits = self.limits.build(at / "limits")
        if at.document.faults:
            return None
        return PilotManifest(
            slug=self.pilot,
            name=self.name,
            category=self.category,
            firm=self.firm.build(),
            declaration=self.declaration.build(),
            contracts=contracts,
            assets=assets,
            measures=tuple(fact for fact in facts.values() if isinstance(fact, Measure)),
            probes=tuple(fact for fact in facts.values() if isinstance(fact, Probe)),
            roles={role: frozenset(functions) for role, functions in self.roles.items()},
            limits=limits,
            reserves=tuple(reserves),
            controls=tuple(controls),
            own_chain=self.chain == "own",
        )
