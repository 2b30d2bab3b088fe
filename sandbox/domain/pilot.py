"""The pilot manifest: what a firm declares about its pilot, before anything of it runs."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.declaration import ApplicationType as ApplicationType
from sandbox.domain.declaration import Declaration as Declaration
from sandbox.domain.declaration import Firm as Firm
from sandbox.domain.declaration import missing_fields as missing_fields
from sandbox.domain.effects import Standard
from sandbox.domain.profiles import Plain
from sandbox.domain.units import Money, price_per_base_unit
from sandbox.errors import InputError

NATIVE: Final = "native"
BUILT_IN_ROLES: Final = frozenset({"firm", "supervisor"})

_TYPE: Final = re.compile(
    r"(?P<base>address|bool|string|bytes|bytes(?P<size>[0-9]{1,2})|u?int(?P<bits>[0-9]{0,3}))(?P<array>(\[[0-9]{0,9}\])*)"
)
_SIGNATURE: Final = re.compile(r"\s*(?P<name>[A-Za-z_$][\w$]*)\s*\((?P<parameters>[^()]*)\)\s*", re.ASCII)
_PROBE: Final = re.compile(r"\s*(?P<contract>[A-Za-z_]\w*)\.(?P<function>[A-Za-z_$][\w$]*)\(\s*\)\s*", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)


class Category(enum.StrEnum):
    """What kind of business the pilot tests."""

    EQUITY = "equity"
    WEALTH = "wealth"
    CROWDFUNDING = "crowdfunding"
    FUND = "fund"
    CREDIT = "credit"
    GUARANTEE = "guarantee"
    INSURANCE = "insurance"
    GRANT = "grant"
    PAYMENT = "payment"
    RECEIVABLE = "receivable"
    ASSET = "asset"
    DATA = "data"
    RATING = "rating"
    OTHER = "other"


class Instrument(enum.StrEnum):
    """What an asset is in law, judged by the limit `asset_class`."""

    SHARE = "share"
    BOND = "bond"
    FUND_UNIT = "fund_unit"
    RECEIVABLE = "receivable"
    LOAN = "loan"
    VOUCHER = "voucher"
    DATA = "data"
    OTHER = "other"


class Origin(enum.StrEnum):
    """Where a contract's code comes from: compiled here, or built by the firm's own tools."""

    SOURCE = "source"
    ARTIFACT = "artifact"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages of the reports."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ContractCode:
    """A contract of the pilot. path: inside the pilot's folder, or inside an npm package if `package`. name: of the contract
    within its file. libraries: library name -> contract key. interface: contract key whose ABI callers use."""

    key: str
    origin: Origin
    path: str
    package: bool
    name: str
    libraries: Mapping[str, str] = field(default_factory=dict)
    interface: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A registered asset. contract: instance name, None for the native one. price: of one whole token. rebasing: balances move
    without events, so they are read from the contract after every block."""

    key: str
    contract: str | None
    standard: Standard
    decimals: int
    price: Money | None
    instrument: Instrument
    rebasing: bool = False

    def __post_init__(self) -> None:
        if (self.standard is Standard.NATIVE) != (self.contract is None):
            needs = "has no contract" if self.standard is Standard.NATIVE else "needs a contract"
            raise InputError(f"an asset of standard {self.standard} {needs}")
        if self.price is not None:
            if self.price.value < 0:
                raise InputError(f"the price {self.price} is negative")
            price_per_base_unit(self.price, self.decimals)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an event. type: canonical ABI type."""

    name: str
    type: str
    indexed: bool


@dataclass(frozen=True, slots=True)
class EventSignature:
    """An event declaration as written in Solidity or Vyper."""

    name: str
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        """Canonical signature, the one whose keccak-256 is the first topic."""
        return f"{self.name}({','.join(parameter.type for parameter in self.parameters)})"

    def parameter(self, name: str) -> Parameter:
        """The named parameter. Raises InputError if there is none."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        known = ", ".join(parameter.name for parameter in self.parameters) or "none"
        raise InputError(f"event {self.name} has no parameter {name!r}", do=f"its parameters are: {known}")


@dataclass(frozen=True, slots=True)
class Measure:
    """A business fact read from an event. contract: instance that must emit it, None for any of the pilot's. client: name of
    the address parameter it belongs to. amount: name of the integer parameter; sign: +1 adds, -1 subtracts. to: running
    total it feeds. unit: worth of one, None if not stated."""

    name: str
    event: EventSignature
    contract: str | None
    client: str | None
    amount: str
    sign: int
    to: str
    unit: Money | None

    def __post_init__(self) -> None:
        if self.client is not None and self.event.parameter(self.client).type != "address":
            raise InputError(f"parameter {self.client!r} of event {self.event.name} is not an address")
        if not self.event.parameter(self.amount).type.lstrip("u").startswith("int"):
            raise InputError(f"parameter {self.amount!r} of event {self.event.name} is not an integer")
        if self.unit is not None and self.unit.value < 0:
            raise InputError(f"the unit {self.unit} is negative")


@dataclass(frozen=True, slots=True)
class Probe:
    """A view without arguments, read after every transaction. contract: instance name."""

    name: str
    contract: str
    function: str


@dataclass(frozen=True, slots=True)
class Reserve:
    """What stands behind what is owed. liabilities: asset key, all its supply is owed. held: asset key -> instances and roles
    whose holdings are the reserve. attested: a view that claims how much of the first asset there is, in base units."""

    liabilities: str
    held: Mapping[str, tuple[str, ...]]
    attested: Probe | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A supervisory control. view: answers with the address that holds it. held_by: the role that must."""

    view: Probe
    held_by: str


@dataclass(frozen=True, slots=True)
class LimitRequest:
    """The limits a firm asks for. set: limit id -> bound as plain data. modes: limit id -> observe | warn | enforce."""

    profile: str
    set: Mapping[str, Plain] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PilotManifest:
    """Everything in `pilot.yaml`. roles: role -> names of the privileged functions it may call. own_chain: once registered it
    lives on a durable chain of its own, not on the one that pilots share."""

    slug: str
    name: Text
    category: Category
    firm: Firm
    declaration: Declaration
    contracts: Mapping[str, ContractCode]
    assets: Mapping[str, Asset]
    measures: tuple[Measure, ...]
    probes: tuple[Probe, ...]
    roles: Mapping[str, frozenset[str]]
    limits: LimitRequest
    reserves: tuple[Reserve, ...] = ()
    controls: tuple[Control, ...] = ()
    own_chain: bool = False


def parse_event(text: str) -> EventSignature:
    """`"LoanDrawn(address indexed borrower, uint256 principal)"` -> EventSignature. Raises InputError."""
    match = _SIGNATURE.fullmatch(text.strip().removeprefix("event ").rstrip(";"))
    if match is None:
        raise InputError(f"{text!r} is not an event signature", do='write it as "Drawn(address indexed who, uint256 amount)"')
    written = match["parameters"].split(",") if match["parameters"].strip() else []
    parameters = tuple(map(_parameter, written))
    if len({parameter.name for parameter in parameters}) < len(parameters):
        raise InputError(f"event {match['name']} names a parameter twice")
    return EventSignature(match["name"], parameters)


def parse_probe(name: str, text: str) -> Probe:
    """`"Register.totalSupply()"` -> Probe. Raises InputError."""
    match = _PROBE.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is not a probe", do='write it as "Instance.view()", a view without arguments')
    return Probe(name, match["contract"], match["function"])


def _parameter(text: str) -> Parameter:
    kind, *words = text.split() or [""]
    indexed = bool(words) and words[0] == "indexed"
    words = words[1:] if indexed else words
    if len(words) != 1 or _IDENTIFIER.fullmatch(words[0]) is None:
        raise InputError(f"{text.strip()!r} is not an event parameter", do='write "type name" or "type indexed name"')
    return Parameter(words[0], _canonical_type(kind), indexed)


def _canonical_type(text: str) -> str:
    match = _TYPE.fullmatch(text)
    sizes = {"size": range(1, 33), "bits": range(8, 257, 8)}
    if match is None or any(match[part] and int(match[part]) not in sizes[part] for part in sizes):
        raise InputError(f"{text!r} is not an ABI type that an event parameter can have here")
    base = f"{match['base']}256" if match["bits"] == "" else match["base"]
    return base + match["array"]
