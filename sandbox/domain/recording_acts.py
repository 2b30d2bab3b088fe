"""How acts on a dossier become log events, and deeds again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.domain.acts import Act
from sandbox.domain.deeds import Deed, deed_data, parse_deed
from sandbox.domain.dossier import Consequence, Dossier, plain_data
from sandbox.domain.events import ActRefused, ActTaken
from sandbox.domain.standing import Officer


def taken(step: int, deed: Deed, after: Dossier, brought: Sequence[Consequence]) -> ActTaken:
    """The entry of an accepted act. after: the dossier as the act left it."""
    data: dict[str, Any] = deed_data(deed)
    return ActTaken(
        step=step,
        pilot=after.pilot,
        act=data["act"],
        fields=data["fields"],
        by=deed.by.name,
        role=deed.by.role.value,
        department=deed.by.department,
        time=deed.time,
        block=deed.facts.head or 0,
        facts=data["facts"],
        state=after.state.value,
        stage=after.stage.value,
        consequences=[plain_data(one) for one in brought],
    )


def refused(step: int, pilot: str, act: Act, by: Officer, now: int, reason: str) -> ActRefused:
    """The entry of an act that was refused. now: unix seconds."""
    data: dict[str, Any] = deed_data(Deed(act, by, now))
    return ActRefused(
        step=step,
        pilot=pilot,
        act=data["act"],
        fields=data["fields"],
        by=by.name,
        role=by.role.value,
        department=by.department,
        time=now,
        reason=reason,
    )


def deed_of(body: Mapping[str, Any]) -> Deed:
    """The deed an entry of an accepted act holds. Raises InputError."""
    by = {"name": body["by"], "role": body["role"], "department": body["department"]}
    return parse_deed({**{key: body[key] for key in ("act", "fields", "time", "facts")}, "by": by})
