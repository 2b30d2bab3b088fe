"""An opened sandbox: its folder, database, signer and clock, and the sandbox's own log."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

from sandbox.auditlog import AuditLog, Signer, load_or_create
from sandbox.domain.events import Event, body
from sandbox.errors import NotFound
from sandbox.settings import Settings
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository

SANDBOX_LOG: Final = "sandbox"
ORIGIN: Final = "taishan.example/log"
SIGNER: Final = "taishan.example/sandbox"


def utc_now() -> str:
    """Wall-clock time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


class Opened(AbstractContextManager["Opened"]):
    """A sandbox as it lies in its folder. clock: wall-clock time as text, for records outside the runs' own logs."""

    def __init__(
        self, settings: Settings, home: Path, database: Database, signer: Signer, clock: Callable[[], str] = utc_now
    ) -> None:
        self.settings = settings
        self.home = home
        self.signer = signer
        self._database = database
        self._clock = clock

    @classmethod
    def open(
        cls,
        settings: Settings,
        home: Path | None = None,
        *,
        must_exist: bool = False,
        clock: Callable[[], str] = utc_now,
    ) -> Self:
        """Open the sandbox in a folder (default: the settings'), creating it unless it must exist. Raises NotFound,
        MissingDependency."""
        folder = (home or settings.home).absolute()
        if must_exist and settings.database_url is None and not (folder / "sandbox.db").is_file():
            do = "name the folder with --home, or run a pilot first"
            raise NotFound("there is no sandbox here yet", where=str(folder), do=do)
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "keys" / "sandbox.key"
        if (folder / "sandbox.db").is_file() and not key.is_file():
            raise NotFound("the key that signed this sandbox's log is gone", where=str(key), do="restore it from a backup")
        database = Database.open(settings.database(folder))
        signer = load_or_create(key, SIGNER, secrets.token_bytes(32))
        return cls(settings, folder, database, signer, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._database.close()

    def _log(self, connection: Connection, log_id: str) -> AuditLog:
        return AuditLog(LogRepository(connection), log_id, f"{ORIGIN}/{log_id}")

    def _open_log(self, connection: Connection, log_id: str, kind: str, now: str) -> AuditLog:
        repository = LogRepository(connection)
        if not repository.exists(log_id):
            repository.create(log_id, kind, now)
        return self._log(connection, log_id)

    def _record(self, connection: Connection, now: str, *events: Event) -> int:
        """Append to the sandbox's own log; the number of the first new entry."""
        log = self._open_log(connection, SANDBOX_LOG, "sandbox", now)
        first = log.append([body(event) for event in events]).start
        log.checkpoint(self.signer, now)
        return first
