"""Policy: everything a verdict depends on besides what the transaction did and what happened before it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.domain.effects import Standard
from sandbox.domain.limits import LimitSet
from sandbox.domain.units import ZERO_ADDRESS, Address, Value

LAST_PRECOMPILE: Final = 0x11
"""Highest precompiled contract of the Prague rules (BLS12-381, EIP-2537)."""


class PartyKind(enum.StrEnum):
    """What is known of an address."""

    CLIENT = "client"
    ROLE = "role"
    CONTRACT = "contract"
    SYSTEM = "system"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Party:
    """Who stands behind an address. name: client id, role name or contract name. client_class and jurisdiction are the
    client's, None where not stated."""

    kind: PartyKind
    name: str
    client_class: str | None = None
    jurisdiction: str | None = None


@dataclass(frozen=True, slots=True)
class AssetRule:
    """A registered asset. key: its name in the manifest, or "measure:<name>" for a declared measure. price: worth of one
    base unit. instrument: its kind, judged by `asset_class`. rebasing: its balances move without events. decimals: as declared,
    None where nobody asks the contract."""

    key: str
    address: Address | None
    standard: Standard
    price: Value
    instrument: str
    rebasing: bool = False
    decimals: int | None = None


class Business(enum.StrEnum):
    """What a pilot may do in its present state. ROLES: the firm's own addresses prepare, no client takes part. NO_GROWTH: no
    client's exposure may grow, no new client may come."""

    ALL = "all"
    ROLES = "roles"
    NO_GROWTH = "no_growth"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Orders:
    """What the supervisor ordered. business: what the pilot's state allows. why: the state or the order, in a word. frozen:
    client ids and addresses that must not take part. paused: nobody but the supervisor may transact. foreign: contracts and
    parties of other pilots on the same chain, which are not this pilot's to touch."""

    business: Business = Business.ALL
    why: str = ""
    frozen: frozenset[str] = frozenset()
    paused: bool = False
    foreign: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Approved:
    """Code that passed admission.

    init_code: creation code without constructor arguments. functions: selector -> name, the interface callers use. fallback:
    True when the interface declares a fallback or receive function. runtime: the code it leaves behind, as admission
    scanned it. masks: (offset, length) in `runtime` that deployment fills in (immutables, a library's own address).
    """

    name: str
    init_code: bytes
    functions: Mapping[bytes, str]
    fallback: bool
    runtime: bytes = b""
    masks: tuple[tuple[int, int], ...] = ()

    def left_behind(self, deployed: bytes) -> bool:
        """True if the deployed code is the scanned one. Creation code alone proves nothing: it can return anything."""
        if len(deployed) != len(self.runtime):
            return False
        seen, scanned = bytearray(deployed), bytearray(self.runtime)
        for start, length in self.masks:
            seen[start : start + length] = scanned[start : start + length] = bytes(length)
        return seen == scanned


UNKNOWN: Final = Party(PartyKind.UNKNOWN, "unknown")
_SYSTEM: Final = Party(PartyKind.SYSTEM, "system")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a pilot runs under.

    limits: in force. parties: known people and institutions by address. contracts: registered contracts by address, with
    the code they were approved as. assets: registered assets by contract address (native under the zero address).
    measures: worth of one unit, by measure name. roles: role -> privileged functions it may perform. start: unix seconds
    from which the test period counts. templates: approved code -> the assets every instance of it is. orders: of the
    supervisor.
    """

    limits: LimitSet
    parties: Mapping[Address, Party]
    approved: Mapping[str, Approved]
    roles: Mapping[str, frozenset[str]]
    start: int
    assets: Mapping[Address, AssetRule] = field(default_factory=dict)
    measures: Mapping[str, Value] = field(default_factory=dict)
    contracts: Mapping[Address, Approved] = field(default_factory=dict)
    templates: Mapping[str, tuple[AssetRule, ...]] = field(default_factory=dict)
    orders: Orders = Orders()

    def party(self, address: Address) -> Party:
        """Who stands behind the address; UNKNOWN if nobody registered it."""
        known = self.parties.get(address)
        if known is not None:
            return known
        contract = self.contracts.get(address)
        if contract is not None:
            return Party(PartyKind.CONTRACT, contract.name)
        return _SYSTEM if is_system(address) else UNKNOWN

    def client(self, address: Address) -> str | None:
        """Client id behind the address, None for anyone else."""
        party = self.parties.get(address)
        return party.name if party is not None and party.kind is PartyKind.CLIENT else None

    def identity(self, address: Address) -> str:
        """Client id or role behind the address; the address itself of anybody else."""
        party = self.parties.get(address)
        return address if party is None else party.name

    def holder(self, address: Address) -> str | None:
        """Who counts as a holder by an address: its client, or a stranger by itself; None for the firm and contracts."""
        party = self.party(address)
        if party.kind is PartyKind.CLIENT:
            return party.name
        return address if party.kind is PartyKind.UNKNOWN else None

    def approve_code(self, init_code: bytes, deployed: bytes) -> Approved | None:
        """The approved contract this creation is, by its creation code, constructor arguments aside, and by what it left
        behind; None if admission never saw it."""
        known = (code for code in self.approved.values() if code.init_code and init_code.startswith(code.init_code))
        matches = [code for code in known if code.left_behind(deployed)]
        return max(matches, key=lambda code: len(code.init_code), default=None)

    def with_contract(self, address: Address, code: Approved) -> Policy:
        """The policy after a contract of approved code was deployed."""
        return replace(self, contracts={**self.contracts, address: code})

    def with_asset(self, address: Address, asset: AssetRule) -> Policy:
        """The policy after a registered asset got its address or its price changed."""
        return replace(self, assets={**self.assets, address: asset})


def is_system(address: Address) -> bool:
    """True for the zero address and the precompiled contracts."""
    return address == ZERO_ADDRESS or int(address, 16) <= LAST_PRECOMPILE
