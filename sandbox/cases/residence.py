"""Use cases on durable chains: registered pilots answer JSON-RPC. Each transaction is judged, sealed, stored and logged in one
database transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from sandbox import __version__
from sandbox.cases.places import chain_of, log_of, neighbours, own_genesis, papers_of, resides
from sandbox.cases.registry import RegistryCases
from sandbox.cases.shared_chain import chain_keys, shared_genesis
from sandbox.cases.turns import Turn
from sandbox.chain.durable import DurableChain
from sandbox.chain.host import SHARED, ChainHost
from sandbox.domain.acts import Act
from sandbox.domain.dossier import Consequence, Dossier
from sandbox.domain.events import ChainRecorded, RunStarted, body
from sandbox.domain.inscription import changes_inscription
from sandbox.domain.standing import Officer
from sandbox.domain.terms import Facts
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Conflict
from sandbox.rpc.ground import Told, answering
from sandbox.rpc.inbox import InstantInbox
from sandbox.rpc.node import Node
from sandbox.rpc.server import Server
from sandbox.running.describing import described
from sandbox.running.office import RegisteredOffice
from sandbox.running.resident import Papers, Resident
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import ActRepository
from sandbox.submissions import stored

EVERY: Final = 256
"""Entries of a pilot's log after which the sandbox's own log tells how far it is."""

Heard = Callable[[str, Told], None]
"""Told of what became of each transaction: (pilot, what)."""

Changed = Callable[[str], None]
"""Told of a pilot whose entry in the registry on the chain lags behind its file now."""


@dataclass(slots=True)
class _Place:
    """One pilot's place on its chain. resident: opened when first needed, and again when it may know more than the database.
    acts: on the pilot's file when that was last read. met: how often somebody had come to the chain by then. connection: of the
    transaction being recorded. lags: what it brought is not in the registry on the chain yet."""

    slug: str
    turn: Turn
    server: Server | None = None
    resident: Resident | None = None
    acts: int = 0
    met: int = -1
    connection: Connection | None = None
    lags: bool = False


@dataclass(slots=True)
class _Chains:
    """What all places share. treasury: key of the account that gives test ether. grown: chain -> how often a pilot there got a
    new contract or party."""

    host: ChainHost
    treasury: bytes
    heard: Heard
    changed: Changed
    places: dict[str, _Place] = field(default_factory=dict)
    grown: dict[str, int] = field(default_factory=dict)


class ResidenceCases(RegistryCases):
    """Everything that happens on durable chains."""

    @contextmanager
    def residences(self, heard: Heard, changed: Changed = lambda _: None) -> Iterator[Callable[[str], Server]]:
        """The server of a pilot by its name, opened when somebody asks, which raises NotFound, and Conflict for a pilot that is
        not registered yet. heard, changed: told from whichever thread serves. Raises NotFound for a key that is gone."""
        keys = chain_keys(self._database, self.home / "keys")
        chains = _Chains(self.chains, keys.treasury.key, heard, changed)
        try:
            yield lambda slug: self._server(chains, slug)
        finally:
            self._record_heights(chains)

    def _server(self, chains: _Chains, slug: str) -> Server:
        place = chains.places.get(slug)
        if place is None:
            place = chains.places.setdefault(slug, self._place(chains, slug))
        if place.server is None:
            with place.turn:  # opens the chain, which makes the server
                pass
        assert place.server is not None
        return place.server

    def _place(self, chains: _Chains, slug: str) -> _Place:
        with self._database.read() as connection:
            row = self._pilot_row(connection, slug)
        if not resides(row):
            do = "lead it to `registered` first; `taishan node --pilot` needs no registration"
            raise Conflict(f"pilot {slug} is {row.status}: it lives on no chain yet", do=do)
        name = chain_of(stored(row.summary), slug)
        if name != SHARED and name not in chains.host.names():
            keys = chain_keys(self._database, self.home / "keys")
            chains.host.create(name, own_genesis(shared_genesis(keys, self._now()), slug))
        turn = Turn(
            chains.host, name, lambda chain: self._moved(chains, place, chain), lambda: self._let_in(chains, place)
        )
        place = _Place(slug, turn)
        return place

    def _moved(self, chains: _Chains, place: _Place, chain: DurableChain) -> None:
        from sandbox.engines.pyevm.stored import archive_over

        place.resident, archive = None, archive_over(chain.store, chain.engine.chain_id)
        if place.server is None:
            inbox = InstantInbox(archive, lambda sent: self._take(chains, place, sent))
            node = Node(archive, inbox, version=f"taishan/{__version__}")
            place.server = Server(node, turn=place.turn)
        known = place.server.node
        known.archive, known.now = archive, lambda: chain.timestamp
        assert isinstance(known.inbox, InstantInbox)
        known.inbox.move(archive)

    def _take(self, chains: _Chains, place: _Place, sent: WireTransaction) -> None:
        """Let a transaction take place; the server holds the turn. Raises Refused, InputError, EngineError."""
        with self._recorded(chains, place) as resident:
            told, found = resident.take(sent, answering.get())
        for one in (told, found):
            if one is not None:
                chains.heard(place.slug, one)
        if told.status == "blocked":
            raise told.refusal()

    def _let_in(self, chains: _Chains, place: _Place) -> None:
        """Whoever was enrolled since gets his test ether now: clients look at their balance before they send anything."""
        with self._database.read() as connection:
            acts = ActRepository(connection).count(place.slug)
        if place.acts != acts:
            with self._recorded(chains, place):
                pass

    @contextmanager
    def _recorded(self, chains: _Chains, place: _Place) -> Iterator[Resident]:
        """The pilot as of now; what it does is stored and logged in one. The server holds the turn."""
        chain = place.turn.chain
        try:
            with chain.recording() as connection:
                chain.catch_up()  # now that no other process can write
                place.connection = connection
                resident = self._resident(chains, place, chain)
                yield resident
                self._log_events(connection, place, resident, chain)
        except BaseException:
            place.resident = None  # it may know what the database does not
            raise
        finally:
            place.connection = None
        if resident.grown:
            resident.grown, chains.grown[place.turn.name] = False, chains.grown.get(place.turn.name, 0) + 1
        if place.lags:
            place.lags = False
            chains.heard(place.slug, Told("moved", "supervisor", f"the pilot is {resident.office.dossier.state.value}"))
            chains.changed(place.slug)

    def _resident(self, chains: _Chains, place: _Place, chain: DurableChain) -> Resident:
        """The pilot as of now, everybody who was enrolled let in."""
        assert place.connection is not None
        acts = ActRepository(place.connection).count(place.slug)
        if place.resident is None or place.resident.stale or place.acts != acts:  # new acts can mean new limits
            place.resident, place.acts, place.met = self._opened(chains, place, chain), acts, -1
        grown = chains.grown.get(place.turn.name, 0)
        if place.met != grown:
            place.resident.world.foreign = neighbours(place.connection, place.turn.name, place.slug)
            place.met = grown
        place.resident.welcome()
        return place.resident

    def _opened(self, chains: _Chains, place: _Place, chain: DurableChain) -> Resident:
        connection = place.connection
        assert connection is not None
        row = self._pilot_row(connection, place.slug)
        papers, file = papers_of(connection, row), self._file(connection, row)
        office = RegisteredOffice(file.dossier, file.terms, lambda act, by, facts: self._deed(place, act, by, facts))
        resident = Resident(papers, chain, office, chains.treasury)
        log = self._open_log(connection, log_of(place.slug), "chain", self._clock())
        if not log.size:
            log.append([body(_began(papers, chain))])
            log.checkpoint(self.signer, self._clock())
            self._record_height(connection, place.slug, chain)
        return resident

    def _deed(self, place: _Place, act: Act, by: Officer, facts: Facts) -> tuple[Dossier, tuple[Consequence, ...]]:
        assert place.connection is not None
        done = self._act(place.connection, self._pilot_row(place.connection, place.slug), act, by, facts)
        place.acts += 1
        place.lags = place.lags or changes_inscription(done[1])
        return done

    def _log_events(self, connection: Connection, place: _Place, resident: Resident, chain: DurableChain) -> None:
        log = self._log(connection, log_of(place.slug))
        added = log.append([body(event) for event in resident.events])
        log.checkpoint(self.signer, self._clock())
        resident.events.clear()
        if added.stop // EVERY > added.start // EVERY:
            self._record_height(connection, place.slug, chain)

    def _record_heights(self, chains: _Chains) -> None:
        for place in chains.places.values():
            with place.turn, self._database.begin() as connection:
                if LogRepository(connection).exists(log_of(place.slug)):
                    self._record_height(connection, place.slug, place.turn.chain)

    def _record_height(self, connection: Connection, slug: str, chain: DurableChain) -> None:
        now, log, head = self._clock(), self._log(connection, log_of(slug)), chain.head
        told = ChainRecorded(
            slug, chain.name, log.id, log.size, log.root.hex(), head.number, "0x" + head.hash.hex(), now
        )
        self._record(connection, now, told)


def _began(papers: Papers, chain: DurableChain) -> RunStarted:
    engine, genesis = chain.engine, chain.block(0)
    return RunStarted(
        pilot=papers.manifest.slug,
        scenario="",
        seed=0,
        engine=engine.name,
        engine_version=f"{engine.version}; taishan {__version__}",
        chain_id=engine.chain_id,
        genesis_hash="0x" + genesis.hash.hex(),
        genesis_time=genesis.timestamp,
        manifest_hash=papers.hashes["manifest"],
        scenario_hash="",
        artifacts={name: artifact.source_hash for name, artifact in sorted(papers.artifacts.items())},
        limits=papers.limits.as_data(),
        limits_hash=papers.hashes["limits"],
        actors={},
        **described(papers.manifest, papers.artifacts, papers.limits),
    )
