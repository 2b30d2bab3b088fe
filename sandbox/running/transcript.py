"""What a run hands to the log: its events in order, already in their final form."""

from __future__ import annotations

from sandbox.domain.canonical import canonical
from sandbox.domain.events import Event, FindingRaised, body


class Transcript:
    """A run's events in their final form. Kept as bytes, a long run costs little memory and the garbage collector nothing.

    entries: (type, canonical body). findings: the findings among them by index.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[str, bytes]] = []
        self.findings: dict[int, FindingRaised] = {}

    def record(self, event: Event) -> None:
        """Add an event."""
        if isinstance(event, FindingRaised):
            self.findings[len(self.entries)] = event
        self.entries.append((event.type, canonical(body(event))))
