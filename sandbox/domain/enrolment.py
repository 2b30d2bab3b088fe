"""Enrolment: who stands behind which address on a pilot's durable chain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Who stands behind an address: a client or a role, the other is "". native: wei it was given."""

    address: str
    client: str
    client_class: str
    jurisdiction: str
    role: str
    native: int
    by: str
    time: int
