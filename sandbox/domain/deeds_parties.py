"""What happens on the act that says who stands behind an address on the pilot's durable chain."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from sandbox.domain.acts import Enrol
from sandbox.domain.dossier import Dossier, Enrolled
from sandbox.domain.jurisdictions import jurisdiction_fault
from sandbox.domain.moving import Occasion, Step
from sandbox.domain.policy import is_system
from sandbox.domain.standing import Role, same_name
from sandbox.domain.units import Address, parse_native
from sandbox.errors import Conflict, InputError

SUPERVISOR: Final = "supervisor"
"""The role only a regulator gives."""

MOST_NATIVE: Final = 10_000 * 10**18
"""Wei a party is given at most: one treasury serves every pilot."""

_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


def enrol(dossier: Dossier, act: Enrol, at: Occasion) -> Step:
    """Raises InputError for what names nobody, Conflict for an address that is somebody already, a client under two standings
    or two spellings, and a role that is not the actor's to give. An address stays whose it is: its past would move along."""
    known = _read(act, at)
    taken = next((one for one in dossier.enrolled if one.address == known.address), None)
    if taken is not None:
        what = f"{known.address} is enrolled already, as {taken.client or taken.role}"
        raise Conflict(what, where=dossier.pilot, do="give the other party an address of its own")
    if (known.role == SUPERVISOR) != (at.by.role is Role.REGULATOR):
        do = f"let the firm enrol clients and its own roles, a regulator the {SUPERVISOR}"
        raise Conflict(f"{known.client or known.role} is not the {at.by.role}'s to enrol", where=dossier.pilot, do=do)
    for one in dossier.enrolled:
        _compare(dossier.pilot, known, one)
    return replace(dossier, enrolled=(*dossier.enrolled, known)), ()


def _read(act: Enrol, at: Occasion) -> Enrolled:
    address = act.address.lower()
    if not _ADDRESS.fullmatch(address) or is_system(Address(address)):
        raise InputError(f"{act.address!r} is no address", do="write 0x and 40 hex digits")
    if bool(act.client) == bool(act.role):
        raise InputError("enrol names either a client or a role", do="state client=... or role=...")
    if act.role and (act.client_class or act.jurisdiction):
        raise InputError("class and jurisdiction are a client's", do="leave them out for a role")
    fault = jurisdiction_fault(act.jurisdiction) if act.jurisdiction else None
    if fault is not None:
        raise InputError(fault, do="write an ISO 3166 code such as CN")
    native = int(parse_native(int(act.native) if act.native.isdecimal() else act.native))
    if native > MOST_NATIVE:
        raise InputError(f"{act.native!r} is more test ether than a party is given", do="state 10000 ether at most")
    return Enrolled(
        address, act.client, act.client_class, act.jurisdiction, act.role, native, by=at.by.name, time=at.now
    )


def _compare(pilot: str, known: Enrolled, other: Enrolled) -> None:
    if not known.client or same_name(known.client) != same_name(other.client):
        return
    if known.client != other.client:
        raise Conflict(f"{known.client!r} reads like {other.client!r}", where=pilot, do="spell a client one way")
    if (known.client_class, known.jurisdiction) != (other.client_class, other.jurisdiction):
        what = f"client {known.client} is {other.client_class or 'of no class'}, {other.jurisdiction or 'of nowhere'} already"
        raise Conflict(what, where=pilot, do="enrol every address of a client with the same class and jurisdiction")
