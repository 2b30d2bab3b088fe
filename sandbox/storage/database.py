"""One database, opened at the schema this version knows; one transaction at a time that commits everything or nothing."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)

from sandbox.errors import Conflict, InputError, MissingDependency, SandboxError, VerificationFailed

HEAD: Final = "0003"
"""Newest migration; a test holds that it is."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_READING: Final = "sandbox_reading"
_SINGLE: Final = "sandbox_single"
_SQL_ERROR: Final = 1
"""SQLITE_ERROR: a table or a column is not there."""
_SWITCHES: Final = 1000
"""Times a new file is tried, a hundredth of a second apart."""


class Database:
    """An open database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Database:
        """Open, creating or migrating as needed. Raises InputError for a URL that is none, MissingDependency if it cannot be
        reached or its driver is not installed, Conflict if another program or a newer version of the sandbox wrote it,
        VerificationFailed if it is damaged."""
        parsed, engine = _engine(url)
        if parsed.get_backend_name() == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        database = cls(engine)
        with _translated(parsed.render_as_string(hide_password=True)):
            database._migrate()
        return database

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: commits on leaving, rolls back on any exception."""
        with _translated(self._engine.url.render_as_string(hide_password=True)), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view for reading, beside any writer; nothing written here is kept."""
        url = self._engine.url.render_as_string(hide_password=True)
        with _translated(url), self._engine.connect().execution_options(**{_READING: True}) as connection:
            yield connection

    def reader(self) -> Reader:
        """For single look-ups: each sees what was last committed, none holds up a writer. Whoever asked closes it."""
        return Reader(self._engine, self._engine.url.render_as_string(hide_password=True))

    def close(self) -> None:
        """Close all connections. Closing twice is fine."""
        self._engine.dispose()

    def _migrate(self) -> None:
        with self._engine.begin() as connection:
            present = _revision(connection)
            if present == HEAD:
                return
            if present is None and inspect(connection).get_table_names():
                raise Conflict(
                    "the database holds tables but no version of a sandbox's schema",
                    where=self._engine.url.render_as_string(hide_password=True),
                    do="name a database of its own for the sandbox; if this was one, restore it from a backup",
                )
            known = {path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")}
            if present is not None and present not in known:
                raise Conflict(
                    f"the database has schema {present}, this version knows up to {HEAD}",
                    where=self._engine.url.render_as_string(hide_password=True),
                    do="use the version of the sandbox that wrote it, or a newer one",
                )
            upgrade(connection)


class Reader:
    """One connection on which every statement is a transaction of its own. Not for two threads at a time."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._url = url
        with _translated(url):
            plain = engine.connect()
            self._connection = plain.execution_options(**{_SINGLE: True}, isolation_level="AUTOCOMMIT")

    @contextmanager
    def look(self) -> Iterator[Connection]:
        """The connection, with errors in the sandbox's words."""
        with _translated(self._url):
            yield self._connection

    def close(self) -> None:
        """Give the connection back. Closing twice is fine."""
        self._connection.close()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations on a connection."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _engine(url: str) -> tuple[URL, Engine]:
    """The URL taken apart, and an engine for it. No message repeats a password."""
    do = "write such as sqlite:///sandbox.db"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InputError("the address of the database cannot be read", do=do) from error
    where = parsed.render_as_string(hide_password=True)
    try:
        return parsed, create_engine(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        raise InputError(f"{parsed.drivername!r} is not a database this sandbox can use", where=where, do=do) from error
    except ImportError as error:
        what = f"the driver for {parsed.drivername!r} is not installed"
        raise MissingDependency(what, where=where, do=f"install the package {error.name}") from error


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are ours to begin
    connection.text_factory = _decode  # a damaged text must not hide which row it is in
    cursor = connection.cursor()
    for pragma in ("busy_timeout = 10000", "foreign_keys = ON", "synchronous = NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Switch a new file to WAL. SQLite waits for nobody here, whatever the busy timeout: who comes second tries again."""
    for attempt in range(_SWITCHES):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _SWITCHES - 1:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get(_SINGLE, False):
        return
    reading = options.get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """SQLAlchemy's complaints in the sandbox's words."""
    try:
        yield
    except SandboxError:
        raise
    except IntegrityError as error:
        raise Conflict(f"this contradicts what is already recorded: {error.orig}", where=url) from error
    except (DataError, OverflowError) as error:
        raise InputError(f"a value does not fit into the database: {error}", where=url) from error
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) == _SQL_ERROR:
            raise _damaged(error.orig, url) from error
        raise MissingDependency(
            f"the database cannot be used: {error.orig}", where=url, do="check that the folder exists and can be written"
        ) from error
    except DatabaseError as error:
        raise _damaged(error.orig, url) from error
    except UnicodeDecodeError as error:  # SQLite quotes what it stumbled over, which need not be text
        raise _damaged(error.reason, url) from error
    except SQLAlchemyError as error:
        raise InputError(f"the database refused: {error}", where=url) from error


def _damaged(cause: object, url: str) -> VerificationFailed:
    do = "restore it from a backup, or check an exported log"
    return VerificationFailed(f"the database is damaged: {cause}", where=url, do=do)
