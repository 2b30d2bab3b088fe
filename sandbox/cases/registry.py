"""Use cases about the sandbox's own contract on the shared chain: what it says of pilots, and how the log read when.

The dossiers are the truth; the contract is told what differs, one transaction each, and every transaction commits with its
entry in the log. Whatever ends the program in between, the next time the rest is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import Connection

from sandbox.cases.life import LifeCases
from sandbox.cases.opened import SANDBOX_LOG
from sandbox.cases.shared_chain import chain_host, chain_keys
from sandbox.chain.host import SHARED, ChainHost
from sandbox.domain.events import Event
from sandbox.domain.governing import limits_in_force
from sandbox.domain.inscription import Inscription, LoggedWrite, inscription
from sandbox.domain.profiles import load_limits
from sandbox.errors import Conflict, VerificationFailed
from sandbox.storage.logs import LogRepository
from sandbox.storage.registry import ActRepository, PilotRepository, PilotRow

if TYPE_CHECKING:
    from sandbox.onchain.registry import Anchor, PilotRegistry

_TRIES: Final = 5
"""Times a write is tried while other processes write to the same chain."""

_ABOUT: Final = frozenset({"registry_deployed", "registry_written", "log_anchored"})
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class OnChain:
    """What the contract says of a pilot. address: of the contract. block: the entry was written in. current: it is what the
    pilot's file says too."""

    address: str
    block: int
    entry: Inscription
    current: bool


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """A signed checkpoint of the sandbox's log, and the newest anchor on the chain."""

    note: str
    anchor: Anchor


class RegistryCases(LifeCases):
    """Everything that is written to the registry contract and asked of it. web3.py is imported when it is needed."""

    @cached_property
    def chains(self) -> ChainHost:
        """The durable chains of this sandbox."""
        keys, seconds = self.home / "keys", float(self.settings.transaction_seconds)
        return chain_host(self._database, keys, self._now, self._clock, seconds=seconds)

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        if "chains" in self.__dict__:
            self.chains.close()
        super().__exit__(*error)

    def sync_registry(self, *slugs: str) -> list[str]:
        """Let the contract say what the files of these pilots say, or of all; the pilots it was told of. Raises NotFound for a
        pilot or a key that is not there, Conflict if other processes keep writing to the chain."""
        written = dict[str, None]()
        for _ in range(_TRIES):
            told = self._retried(lambda: self._tell_difference(slugs))
            if not told:  # only a look that finds nothing to tell shows that no file changed meanwhile
                return list(written)
            written |= dict.fromkeys(told)
        raise Conflict("the pilots' files change faster than the registry can be told", do="try again")

    def on_chain(self, slug: str) -> OnChain | None:
        """What the contract says of a pilot, None while it says nothing. Raises NotFound."""
        wanted = self._wanted((slug,)).get(slug)
        if not self._has_chain():
            return None
        with self._registry() as registry:
            found = registry.entry(slug) if registry.code else None
        return None if found is None else OnChain(registry.address, found.block, found.entry, found.entry == wanted)

    def checkpoint(self) -> Checkpointed:
        """Sign what the sandbox's log holds now and write its size and root to the chain, all pilots first; nothing is written
        if all that was added since the last anchor is anchors. Raises as `sync_registry`."""
        self.sync_registry()
        return self._retried(self._anchor)

    def verify_registry(self) -> list[str]:
        """Hold the contract against the log, which must have been verified: a line if there is a contract. Raises
        VerificationFailed."""
        if self._has_chain():
            with self._registry() as registry, self._database.begin() as connection:
                registry.catch_up()  # from here on nobody writes to either
                return self._verified(registry, self._told(connection))
        with self._database.begin() as connection:
            told = self._told(connection)
        if told:
            what, where = "the chain with the registry contract is gone", f"{SANDBOX_LOG} entry {told[0].index}"
            raise VerificationFailed(what, where=where, do="restore the database from a backup")
        return []

    def _anchor(self) -> Checkpointed:
        with self._registry() as registry:
            self._deployed(registry)
            last = registry.last_anchor(SANDBOX_LOG)
            with self._database.begin() as connection:
                log = self._log(connection, SANDBOX_LOG)
                note, size, root = log.checkpoint(self.signer, self._clock()), log.size, log.root
                since = LogRepository(connection).entries(SANDBOX_LOG, 0 if last is None else last.size)
                if last is not None and all(entry.type == "log_anchored" for entry in since):
                    return Checkpointed(note, last)
            registry.anchor(SANDBOX_LOG, size, root)
            anchor = registry.last_anchor(SANDBOX_LOG)
            assert anchor is not None  # the one just written
            return Checkpointed(note, anchor)

    def _tell_difference(self, slugs: tuple[str, ...]) -> list[str]:
        """Tell the contract what differs, one transaction for each pilot."""
        wanted, told = self._wanted(slugs), []
        if not wanted:
            return []
        with self._registry() as registry:
            self._deployed(registry)
            for slug, entry in wanted.items():
                known = registry.entry(slug)
                if known is None or known.entry != entry:
                    registry.record(slug, entry)
                    told.append(slug)
        return told

    def _wanted(self, slugs: tuple[str, ...]) -> dict[str, Inscription]:
        """What the contract ought to say of these pilots, or of all; of one without any act on file, nothing."""
        with self._database.begin() as connection:
            rows = [self._pilot_row(connection, slug) for slug in slugs] or PilotRepository(connection).all()
            acted = [row for row in rows if ActRepository(connection).entries(row.slug)]
            return {row.slug: self._inscription(connection, row) for row in acted}

    def _inscription(self, connection: Connection, row: PilotRow) -> Inscription:
        file, contracts = self._file(connection, row), PilotRepository(connection).contracts(row.slug)
        admitted = load_limits(json.loads(row.summary)["limits"])
        limits = limits_in_force(admitted, file.dossier, file.terms, (file.facts.head or 0) + 1)
        codes = {one.name: one.init_code_hash for one in contracts}
        return inscription(row.firm, codes, row.manifest_hash, limits, file.dossier)

    @contextmanager
    def _registry(self) -> Iterator[PilotRegistry]:
        """The contract on the shared chain, which is held as long as the block lasts."""
        from sandbox.onchain.registry import PilotRegistry

        def append(connection: Connection, event: Event) -> None:
            self._record(connection, self._clock(), event)

        with self.chains.use() as chain:
            keys = chain_keys(self._database, self.home / "keys")
            yield PilotRegistry(chain, keys.supervisor, append, self._clock)

    @staticmethod
    def _verified(registry: PilotRegistry, told: list[LoggedWrite]) -> list[str]:
        from sandbox.onchain.verification import verify_registry

        return [verify_registry(registry, told)] if told or registry.code else []

    @staticmethod
    def _deployed(registry: PilotRegistry) -> None:
        if not registry.code:
            registry.deploy()

    def _has_chain(self) -> bool:
        return SHARED in self.chains.names()

    def _told(self, connection: Connection) -> list[LoggedWrite]:
        """What the log tells of the contract."""
        told = []
        for entry in LogRepository(connection).entries(SANDBOX_LOG):
            if entry.type in _ABOUT:
                body = json.loads(entry.body)
                anchored = entry.type == "log_anchored"
                root = "0x" + self._log(connection, body["log"]).root_of(body["size"]).hex() if anchored else ""
                told.append(LoggedWrite(entry.index, body, root))
        return told

    @staticmethod
    def _retried(write: Callable[[], Result]) -> Result:
        for _ in range(_TRIES - 1):
            try:
                return write()
            except Conflict:  # somebody else was faster: look again
                continue
        return write()
