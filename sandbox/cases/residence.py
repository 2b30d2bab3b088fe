"""Registered pilots on their durable chains: each transaction is judged, sealed, stored and logged in one database transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from sandbox import __version__
from sandbox.auditlog import AuditLog
from sandbox.cases.life import LifeCases, PilotFile
from sandbox.cases.turns import Turn
from sandbox.chain.durable import DurableChain
from sandbox.chain.host import SHARED, ChainHost
from sandbox.domain.artifact import from_json
from sandbox.domain.events import Event, RunStarted, body
from sandbox.domain.limits import LimitSet
from sandbox.domain.profiles import load_limits
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Conflict, NotFound
from sandbox.rpc.ground import Told
from sandbox.rpc.inbox import InstantInbox
from sandbox.rpc.node import Node
from sandbox.rpc.server import Server
from sandbox.running import notes
from sandbox.running.describing import described
from sandbox.running.office import RegisteredOffice
from sandbox.running.resident import PARTY, Papers, Resident
from sandbox.scenario_files import parse_manifest
from sandbox.storage.chain_books import BookRepository
from sandbox.storage.chains import ChainRepository
from sandbox.storage.registry import ActRepository, PilotRepository, PilotRow

LOG_PREFIX: Final = "chain/"
"""Of the ids of the logs of pilots on durable chains."""

Heard = Callable[[str, Told], None]
"""Told of what became of each transaction: (pilot, what)."""


@dataclass(slots=True)
class _Here:
    """A pilot opened on its chain. acts: on its file when that was last read. grown: how often a neighbour had come by then."""

    resident: Resident
    acts: int
    grown: int


class Residence:
    """One registered pilot's place on its chain, and the server that answers for it. cases: the sandbox. treasury: key of the
    account that gives test ether. grown: chain -> how often a pilot there got a new contract or party."""

    def __init__(
        self, cases: LifeCases, host: ChainHost, slug: str, chain: str, treasury: bytes, grown: dict[str, int], heard: Heard
    ) -> None:
        self.slug = slug
        self._cases = cases
        self._chain_name = chain
        self._treasury = treasury
        self._grown = grown
        self._heard = heard
        self._here: _Here | None = None
        self._turn = Turn(host, chain, self._moved)
        self._server: Server | None = None

    @property
    def server(self) -> Server:
        """Answers for the pilot. Raises NotFound, Conflict as opening its chain does."""
        if self._server is None:
            with self._turn:
                pass
        assert self._server is not None
        return self._server

    def _moved(self, chain: DurableChain) -> None:
        from sandbox.engines.pyevm.archive import PyEvmArchive
        from sandbox.engines.pyevm.forks import ChainConfig

        self._here = None
        archive = PyEvmArchive.over(chain.store, ChainConfig.all_prague(chain.engine.chain_id))
        if self._server is None:
            inbox = InstantInbox(archive, self._take)
            node = Node(archive, inbox, version=f"taishan/{__version__}", now=lambda: chain.timestamp)
            self._server = Server(node, turn=self._turn)
            return
        node = self._server.node
        node.archive, node.now = archive, lambda: chain.timestamp
        assert isinstance(node.inbox, InstantInbox)
        node.inbox.move(archive)

    def _take(self, sent: WireTransaction) -> None:
        """Let a transaction take place; the server holds the turn. Raises Refused, InputError, EngineError."""
        chain = self._turn.chain
        try:
            with chain.recording() as connection:
                resident = self._resident(connection, chain)
                told, found = resident.take(sent)
                self._flush(connection, resident)
        except BaseException:
            self._here = None  # what it knows may be ahead of the database
            raise
        for one in (told, found):
            if one is not None:
                self._heard(self.slug, one)
        if told.status == "blocked":
            raise told.refusal()

    def _resident(self, connection: Connection, chain: DurableChain) -> Resident:
        """The pilot as of now, everybody who was enrolled let in."""
        acts = ActRepository(connection).count(self.slug)
        here = self._here
        if here is None or here.resident.stale:
            here = self._here = _Here(self._opened(connection, chain), acts, -1)
        elif here.acts != acts:
            here.resident.office.dossier = self._cases.file_of(connection, self.slug).dossier
            here.acts = acts
        if here.grown != self._grown.get(self._chain_name, 0):
            here.grown = self._grown.get(self._chain_name, 0)
            here.resident.world.foreign = neighbours(connection, chain, self.slug)
        here.resident.welcome()
        return here.resident

    def _opened(self, connection: Connection, chain: DurableChain) -> Resident:
        row = self._cases.row_of(connection, self.slug)
        papers, file = papers_of(connection, row), self._cases.file_of(connection, self.slug)

        def act(deed: Any, by: Any, facts: Any) -> Any:
            return self._cases.act_within(connection_of(), self.slug, deed, by, facts)

        holder: list[Connection] = [connection]

        def connection_of() -> Connection:
            return holder[0]

        office = RegisteredOffice(file.dossier, file.terms, act)
        resident = Resident(papers, chain, office, self._treasury)
        return resident

    def _flush(self, connection: Connection, resident: Resident) -> None:
        raise NotImplementedError
