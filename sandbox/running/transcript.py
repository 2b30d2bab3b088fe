"""What a run hands to the log: its events in order, already in their final form."""

from __future__ import annotations

from sandbox.domain.canonical import canonical
from sandbox.domain.dossier import Moved
from sandbox.domain.events import ActTaken, Event, FindingRaised, body
from sandbox.domain.standing import State


class Transcript:
    """A run's events in their final form. Kept as bytes, a long run costs little memory and the garbage collector nothing.

    entries: (type, canonical body). findings: the findings among them by index. stations: states and stages of the pilot's life
    that the acts among them led to.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[str, bytes]] = []
        self.findings: dict[int, FindingRaised] = {}
        self.stations: list[str] = []

    def record(self, event: Event) -> None:
        """Add an event."""
        if isinstance(event, FindingRaised):
            self.findings[len(self.entries)] = event
        if isinstance(event, ActTaken):
            moves = [one for one in event.consequences if one["type"] == Moved.type]
            self.stations += [station(State(str(one["to"])), str(one["stage"])) for one in moves]
        self.entries.append((event.type, canonical(body(event))))


def station(state: State, stage: str) -> str:
    """A state, with its stage where it is under test."""
    return f"{state.value} {stage}" if state is State.ACTIVE else state.value
