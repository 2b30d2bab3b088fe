"""Events about a pilot's supervision file: acts that were accepted, and those that were refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class ActTaken:
    """Somebody acted on a pilot's supervision file, and it was accepted. step: of the run, 0 in the sandbox's own log. fields:
    of the act, as `act_fields.act_data` gives them. facts: what was known at that moment. state and stage: after it.
    consequences: what it brought about, as `dossier.plain_data` gives them. block: newest of the pilot's chain."""

    type: ClassVar[str] = "act"
    step: int
    pilot: str
    act: str
    fields: Mapping[str, object]
    by: str
    role: str
    department: str
    time: int
    block: int
    facts: Mapping[str, object]
    state: str
    stage: str
    consequences: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class ActRefused:
    """Somebody asked for an act that was refused, and why; nothing changed (JR/T 0184-2020 13.11.2: failed changes too)."""

    type: ClassVar[str] = "act_refused"
    step: int
    pilot: str
    act: str
    fields: Mapping[str, object]
    by: str
    role: str
    department: str
    time: int
    reason: str
