"""Admission: may this pilot enter the sandbox? One pure function over the manifest, its artifacts and the profile.

Every question is a row of `QUESTIONS`. A finding either refuses the pilot or is a note that the report carries on; all of
them are found in one go, so that a firm need not hand in again and again to learn the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sandbox.domain.artifact import Artifact
from sandbox.domain.bytecode import MAX_INIT_SIZE, MAX_RUNTIME_SIZE, Scan, hidden_selectors, scan
from sandbox.domain.declaration import missing_fields
from sandbox.domain.effects import WATCHED_OPCODES, Standard
from sandbox.domain.identifiers import lei_fault, uscc_fault
from sandbox.domain.limits import Allowed, Amount, Count, Forbidden, LimitSet
from sandbox.domain.pilot import BUILT_IN_ROLES, PilotManifest
from sandbox.domain.profiles import Loosened, Profile, bind
from sandbox.domain.units import Money


@dataclass(frozen=True, slots=True)
class AdmissionFinding:
    """One departure found before anything ran. code: never reused. refuses: False for a note. where: contract or manifest
    path. tags: SWC or EthTrust entries."""

    code: str
    refuses: bool
    where: str
    what: str
    do: str
    tags: tuple[str, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Plain data for the log and for JSON output."""
        return {
            "code": self.code,
            "refuses": self.refuses,
            "where": self.where,
            "what": self.what,
            "do": self.do,
            "tags": list(self.tags),
        }


@dataclass(frozen=True, slots=True)
class Admitted:
    """It may run, under these limits. notes: what admission saw and let pass."""

    limits: LimitSet
    notes: tuple[AdmissionFinding, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not; every finding that refuses it, then the notes."""

    findings: tuple[AdmissionFinding, ...]


Admission = Admitted | Refused


@dataclass(frozen=True, slots=True)
class Application:
    """What admission looks at. limits: as bound to the profile, or the wishes that would loosen it. scans: of the runtime
    code of each contract."""

    manifest: PilotManifest
    artifacts: Mapping[str, Artifact]
    profile: Profile
    limits: LimitSet | tuple[Loosened, ...]
    scans: Mapping[str, Scan] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Watched:
    """An opcode that is worth a word. refuses: whatever the profile says."""

    refuses: bool
    what: str
    do: str
    tags: tuple[str, ...]


_OPCODES: Final[Mapping[str, _Watched]] = {
    "SELFDESTRUCT": _Watched(False, "can destroy itself and send its ether away", "remove it", ("SWC-106", "EthTrust-S")),
    "CALLCODE": _Watched(True, "uses CALLCODE, deprecated by EIP-2488", "use delegatecall of registered code", ("SWC-111",)),
    "DELEGATECALL": _Watched(False, "runs other code on its own storage", "name that code as a contract", ("SWC-112",)),
    "CREATE": _Watched(False, "creates contracts", "name their code as contracts", ()),
    "CREATE2": _Watched(False, "creates contracts at chosen addresses", "name their code as contracts", ("EthTrust-S",)),
    "ORIGIN": _Watched(False, "looks at tx.origin", "authorise by msg.sender", ("SWC-115", "EthTrust-S")),
    "TIMESTAMP": _Watched(False, "depends on block time", "tolerate seconds of difference", ("SWC-116",)),
    "BLOCKHASH": _Watched(False, "reads block hashes", "do not use them as randomness", ("SWC-120",)),
    "PREVRANDAO": _Watched(False, "reads prevrandao", "do not use it as randomness", ("SWC-120",)),
}


def admit(manifest: PilotManifest, artifacts: Mapping[str, Artifact], profile: Profile) -> Admission:
    """Judge an application. Raises InputError only for a limit that does not exist or has not its shape."""
    limits = bind(profile, manifest.limits.set, manifest.limits.modes)
    scans = {name: scan(artifact.runtime_code) for name, artifact in artifacts.items()}
    application = Application(manifest, artifacts, profile, limits, scans)
    found = [finding for question in QUESTIONS for finding in question(application)]
    refusing = tuple(finding for finding in found if finding.refuses)
    notes = tuple(finding for finding in found if not finding.refuses)
    if refusing or not isinstance(limits, LimitSet):
        return Refused(refusing + notes)
    return Admitted(limits, notes)


def _declaration(application: Application) -> Iterator[AdmissionFinding]:
    """JR/T 0198-2020: the declaration states everything its form asks for."""
    missing = missing_fields(application.manifest.declaration)
    for path in missing:
        yield AdmissionFinding("declaration_incomplete", True, f"declaration.{path}", f"{path} is not stated", "state it")


def _identity(application: Application) -> Iterator[AdmissionFinding]:
    """GB 32100-2015 and ISO 17442: the check digits of the firm's identifiers hold."""
    firm = application.manifest.firm
    faults = {
        "uscc": "no unified social credit code" if firm.uscc is None else uscc_fault(firm.uscc),
        "lei": None if firm.lei is None else lei_fault(firm.lei),
    }
    for key, fault in faults.items():
        if fault is not None:
            yield AdmissionFinding(f"{key}_invalid", True, f"firm.{key}", fault, "state the identifier as registered")


def _limits(application: Application) -> Iterator[AdmissionFinding]:
    """A firm may tighten its profile and never loosen it."""
    if isinstance(application.limits, LimitSet):
        return
    for wish in application.limits:
        what = f"{wish.asked} is looser than {wish.allowed} of profile {application.profile.id}"
        yield AdmissionFinding("limit_loosened", True, f"limits.set.{wish.limit}", what, "tighten it or leave it out")


def _consistency(application: Application) -> Iterator[AdmissionFinding]:
    """Limits in force do not contradict each other."""
    limits = application.limits
    if not isinstance(limits, LimitSet):
        return
    forbidden = limits.bound("opcodes")
    for opcode in sorted(forbidden.names - WATCHED_OPCODES) if isinstance(forbidden, Forbidden) else ():
        what = f"nobody watches the opcode {opcode}, so it cannot be forbidden"
        do = f"forbid some of {', '.join(sorted(WATCHED_OPCODES))}"
        yield AdmissionFinding("opcode_unwatched", True, "limits.set.opcodes", what, do)
    total, trigger = (_money(limits, key) for key in ("max_total_exposure", "wind_down_trigger"))
    if total is not None and trigger is not None and trigger.value <= total.value:
        what = f"the trigger {trigger} is not above the total exposure {total} it comes after"
        yield AdmissionFinding("limits_contradict", True, "limits.set.wind_down_trigger", what, "raise it above the total")


def _money(limits: LimitSet, limit_id: str) -> Money | None:
    bound = limits.bound(limit_id)
    return bound.maximum if isinstance(bound, Amount) else None


def _assets(application: Application) -> Iterator[AdmissionFinding]:
    """Every registered asset has a price in the reference currency and is a permitted instrument."""
    limits, manifest = application.limits, application.manifest
    if not isinstance(limits, LimitSet):
        return
    permitted = limits.bound("asset_class")
    for asset in manifest.assets.values():
        where = f"assets.{asset.key}"
        if asset.price is None or asset.price.currency != limits.currency:
            what = f"{asset.key} has no price in {limits.currency}, so no limit in money could see it"
            yield AdmissionFinding("asset_unpriced", True, where, what, f'state its price, such as "1.00 {limits.currency}"')
        if isinstance(permitted, Allowed) and asset.instrument.value not in permitted.names:
            what = f"{asset.instrument.value} is not among the permitted instruments: {permitted.text()}"
            yield AdmissionFinding("asset_class", True, where, what, "choose another profile or another instrument")
    for measure in manifest.measures:
        if measure.to == "exposure" and (measure.unit is None or measure.unit.currency != limits.currency):
            what = f"measure {measure.name} has no unit in {limits.currency}"
            yield AdmissionFinding("asset_unpriced", True, f"measures.{measure.name}", what, "state its unit")


def _exposure(application: Application) -> Iterator[AdmissionFinding]:
    """Something must make clients' exposure visible: an asset or a measure that feeds it."""
    manifest = application.manifest
    if not manifest.assets and not any(measure.to == "exposure" for measure in manifest.measures):
        what = "no asset and no measure: the exposure of clients would be invisible"
        yield AdmissionFinding("exposure_invisible", True, "assets", what, "register an asset or declare a measure to exposure")


def _roles(application: Application) -> Iterator[AdmissionFinding]:
    """Functions a role may perform exist, and nobody takes a built-in role's name for more."""
    manifest = application.manifest
    known = {text.partition("(")[0] for artifact in application.artifacts.values() for text in artifact.selectors.values()}
    for role, functions in manifest.roles.items():
        for name in sorted(functions - known):
            what = f"role {role} may perform {name}, which no contract of the pilot has"
            yield AdmissionFinding("role_unknown_function", True, f"roles.{role}", what, "correct the function's name")
        if role in BUILT_IN_ROLES - {"firm"}:
            what = f"{role} is not the firm's to give"
            yield AdmissionFinding("role_reserved", True, f"roles.{role}", what, "rename the role")


def _code(application: Application) -> Iterator[AdmissionFinding]:
    """EIP-170, EIP-3860, JR/T 0184-2020 12.10: size and opcodes of every contract."""
    limits = application.limits
    forbidden = limits.bound("opcodes") if isinstance(limits, LimitSet) else None
    named = forbidden.names if isinstance(forbidden, Forbidden) else frozenset()
    size_limit = limits.bound("code_size") if isinstance(limits, LimitSet) else None
    largest = min(MAX_RUNTIME_SIZE, size_limit.maximum) if isinstance(size_limit, Count) else MAX_RUNTIME_SIZE
    for name, artifact in application.artifacts.items():
        runtime, init = len(artifact.runtime_code), len(artifact.init_code)
        if runtime > largest:
            what = f"{runtime:,} bytes of code, the limit is {largest:,} (EIP-170)"
            yield AdmissionFinding("code_too_large", True, name, what, "split the contract or let the optimizer run")
        if init > MAX_INIT_SIZE:
            what = f"{init:,} bytes of creation code, the limit is {MAX_INIT_SIZE:,} (EIP-3860)"
            yield AdmissionFinding("init_code_too_large", True, name, what, "split the contract")
        scanned = application.scans[name]
        for opcode, row in _OPCODES.items():
            if opcode in scanned.opcodes:
                places = ", ".join(f"pc {pc}" for pc in scanned.opcodes[opcode][:3])
                refuses = row.refuses or opcode in named
                yield AdmissionFinding(f"opcode_{opcode.lower()}", refuses, name, f"{row.what} ({places})", row.do, row.tags)


def _dormant(application: Application) -> Iterator[AdmissionFinding]:
    """Dangerous opcodes that only a computed jump could reach (embedded creation code, data): a note; at run time the opcode
    watch has the last word."""
    for name, scanned in application.scans.items():
        for opcode in ("SELFDESTRUCT", "DELEGATECALL", "CALLCODE"):
            if opcode in scanned.dormant and opcode not in scanned.opcodes:
                what = f"holds {opcode} in bytes that ordinary jumps do not reach (pc {scanned.dormant[opcode][0]})"
                yield AdmissionFinding("opcode_dormant", False, name, what, "say in the declaration what these bytes are")


def _interfaces(application: Application) -> Iterator[AdmissionFinding]:
    """What the code answers to is what its ABI says; proxies are named as such."""
    for name, artifact in application.artifacts.items():
        scanned = application.scans[name]
        for selector in hidden_selectors(scanned, artifact):
            what = f"answers to 0x{selector.hex()}, which its ABI does not declare"
            yield AdmissionFinding("hidden_function", True, name, what, "hand in the ABI that belongs to this code")
        if scanned.proxy.slots or scanned.proxy.minimal:
            kinds = ", ".join(sorted(scanned.proxy.slots)) or "eip1167"
            do = "upgrades are privileged operations; name the implementation as a contract"
            yield AdmissionFinding("proxy", False, name, f"is a proxy or knows proxy storage ({kinds})", do)


def _standards(application: Application) -> Iterator[AdmissionFinding]:
    """A registered asset's contract has the functions its standard needs."""
    manifest = application.manifest
    for asset in manifest.assets.values():
        code = manifest.contracts.get(asset.contract or "")
        if code is None:
            continue
        face = application.artifacts[code.interface or code.key]
        missing = _STANDARD_FUNCTIONS[asset.standard] - set(face.selectors.values())
        if missing:
            what = f"{asset.contract} lacks {', '.join(sorted(missing))} of {asset.standard.value}"
            yield AdmissionFinding("standard_incomplete", True, f"assets.{asset.key}", what, "correct the asset's standard")


_STANDARD_FUNCTIONS: Final[Mapping[Standard, frozenset[str]]] = {
    Standard.NATIVE: frozenset(),
    Standard.ERC20: frozenset({"transfer(address,uint256)", "balanceOf(address)", "totalSupply()"}),
    Standard.ERC4626: frozenset({"transfer(address,uint256)", "balanceOf(address)", "totalSupply()", "totalAssets()"}),
    Standard.ERC721: frozenset({"ownerOf(uint256)", "balanceOf(address)"}),
    Standard.ERC1155: frozenset({"balanceOf(address,uint256)"}),
}

QUESTIONS: Final[tuple[Callable[[Application], Iterator[AdmissionFinding]], ...]] = (
    _declaration,
    _identity,
    _limits,
    _consistency,
    _assets,
    _exposure,
    _roles,
    _code,
    _dormant,
    _interfaces,
    _standards,
)
