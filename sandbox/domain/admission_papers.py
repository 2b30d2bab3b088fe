"""Questions of admission about what a firm declares: papers, limits, assets, roles."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.domain.application import AdmissionFinding, Application
from sandbox.domain.declaration import missing_fields
from sandbox.domain.effects import WATCHED_OPCODES
from sandbox.domain.identifiers import lei_fault, uscc_fault
from sandbox.domain.limits import Allowed, Amount, Forbidden, LimitSet
from sandbox.domain.pilot import BUILT_IN_ROLES, Instrument
from sandbox.domain.units import Money


def declaration(application: Application) -> Iterator[AdmissionFinding]:
    """JR/T 0198-2020: the declaration states everything its form asks for."""
    missing = missing_fields(application.manifest.declaration)
    for path in missing:
        yield AdmissionFinding("declaration_incomplete", True, f"declaration.{path}", f"{path} is not stated", "state it")


def identity(application: Application) -> Iterator[AdmissionFinding]:
    """GB 32100-2015 and ISO 17442: the check digits of the firm's identifiers hold."""
    firm = application.manifest.firm
    faults = {
        "uscc": "no unified social credit code" if firm.uscc is None else uscc_fault(firm.uscc),
        "lei": None if firm.lei is None else lei_fault(firm.lei),
    }
    for key, fault in faults.items():
        if fault is not None:
            yield AdmissionFinding(f"{key}_invalid", True, f"firm.{key}", fault, "state the identifier as registered")


def limits(application: Application) -> Iterator[AdmissionFinding]:
    """A firm may tighten its profile and never loosen it."""
    if isinstance(application.limits, LimitSet):
        return
    for wish in application.limits:
        what = f"{wish.asked} is looser than {wish.allowed} of profile {application.profile.id}"
        yield AdmissionFinding("limit_loosened", True, f"limits.set.{wish.limit}", what, "tighten it or leave it out")


def consistency(application: Application) -> Iterator[AdmissionFinding]:
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


def assets(application: Application) -> Iterator[AdmissionFinding]:
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


def exposure(application: Application) -> Iterator[AdmissionFinding]:
    """Something must make clients' exposure visible: an asset or a measure that feeds it."""
    manifest = application.manifest
    if not manifest.assets and not any(measure.to == "exposure" for measure in manifest.measures):
        what = "no asset and no measure: the exposure of clients would be invisible"
        yield AdmissionFinding("exposure_invisible", True, "assets", what, "register an asset or declare a measure to exposure")


def roles(application: Application) -> Iterator[AdmissionFinding]:
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


def issuer(application: Application) -> Iterator[AdmissionFinding]:
    """Row 10, Regulation (EU) 2022/858 Art. 3(1)(a): the issuer of shares is below the size the profile permits, and its size
    is stated."""
    limits, size = application.limits, application.manifest.firm.market_cap
    bound = limits.bound("issuer_size") if isinstance(limits, LimitSet) else None
    shares = any(asset.instrument is Instrument.SHARE for asset in application.manifest.assets.values())
    if not isinstance(bound, Amount) or not shares:
        return
    if size is None or size.currency != bound.maximum.currency:
        what = f"the issuer's market capitalisation is not stated in {bound.maximum.currency}"
        yield AdmissionFinding("issuer_size", True, "firm.market_cap", what, f"state it; the limit is {bound.text()}")
    elif size.value > bound.maximum.value:
        what = f"the issuer is worth {size}, the limit is {bound.text()}"
        yield AdmissionFinding("issuer_size", True, "firm.market_cap", what, "choose a profile made for issuers of this size")


def reserves(application: Application) -> Iterator[AdmissionFinding]:
    """Row 20: where reserves are asked for, the manifest says what stands behind what; assets it names are registered."""
    manifest, limits = application.manifest, application.limits
    wanted = isinstance(limits, LimitSet) and limits.bound("reserve") is not None
    if wanted and not manifest.reserves:
        what = "reserves are asked for, and nothing says what stands behind what is owed"
        yield AdmissionFinding("reserve_unstated", True, "reserves", what, "add reserves: with liabilities and held")
    for index, one in enumerate(manifest.reserves):
        for key in (one.liabilities, *one.held):
            if key not in manifest.assets:
                what = f"{key!r} is not a registered asset"
                yield AdmissionFinding("reserve_unknown", True, f"reserves[{index}]", what, "name a key of assets:")


def controls(application: Application) -> Iterator[AdmissionFinding]:
    """Row 28: a control belongs to a role that exists."""
    manifest = application.manifest
    for control in manifest.controls:
        if control.held_by not in manifest.roles.keys() | BUILT_IN_ROLES:
            what = f"nobody has the role {control.held_by!r}"
            where = f"controls.{control.view.name}"
            yield AdmissionFinding("control_unknown_role", True, where, what, "name a role, or supervisor")
