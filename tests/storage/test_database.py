"""The database: its schema, its transactions, and what it says when it cannot be used."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DataError, ResourceClosedError

from sandbox.errors import Conflict, InputError, MissingDependency, SandboxError, VerificationFailed
from sandbox.storage import database as module
from sandbox.storage.database import HEAD, Database, upgrade
from sandbox.storage.logs import LogRepository
from sandbox.storage.tables import METADATA

NOW = "2027-01-01T00:00:00Z"


def contents(file: Path) -> list[str]:
    """The whole database as SQL."""
    connection = sqlite3.connect(file)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def ids(database: Database) -> list[str]:
    with database.begin() as connection:
        return LogRepository(connection).ids()


def create(database: Database, log_id: str) -> None:
    with database.begin() as connection:
        LogRepository(connection).create(log_id, "run", NOW)


# --- schema


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    return ScriptDirectory.from_config(config)


def test_the_migrations_make_exactly_the_tables_that_are_declared(database: Database) -> None:
    with database.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_there_is_one_newest_migration_and_it_is_the_known_one(database: Database) -> None:
    assert scripts().get_heads() == [HEAD]
    with database.begin() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def test_every_migration_can_be_undone(file: Path, database: Database) -> None:
    from alembic import command

    config = Config()
    config.set_main_option("script_location", scripts().dir)
    with database.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        upgrade(connection)
        assert set(METADATA.tables) < set(inspect(connection).get_table_names())


def test_a_database_opened_again_keeps_what_was_in_it(file: Path, database: Database) -> None:
    create(database, "one")
    database.close()
    database.close()
    again = Database.open(f"sqlite:///{file}")
    assert ids(again) == ["one"]
    again.close()


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_was(file: Path, database: Database) -> None:
    create(database, "one")
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = contents(file)
    with pytest.raises(Conflict, match=f"has schema 9999, this version knows up to {HEAD}"):
        Database.open(f"sqlite:///{file}")
    assert contents(file) == before


def test_the_database_of_another_program_is_refused_and_left_as_it_was(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    before = contents(file)
    with pytest.raises(Conflict, match="no version"):
        Database.open(f"sqlite:///{file}")
    assert contents(file) == before


def test_a_migration_that_fails_leaves_nothing_half_done(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(connection: object, revision: str = "head") -> None:
        upgrade(connection, revision)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "upgrade", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Database.open(f"sqlite:///{file}")
    assert [line for line in contents(file) if "TABLE" in line] == []
    Database.open(f"sqlite:///{file}").close()


def test_many_may_open_a_new_database_at_once(file: Path) -> None:
    together = Barrier(4)

    def opened(_: int) -> list[str]:
        together.wait()
        database = Database.open(f"sqlite:///{file}")
        try:
            return ids(database)
        finally:
            database.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [[], [], [], []]


# --- transactions


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), database.begin() as connection:
        LogRepository(connection).create("one", "run", NOW)
        raise Stop
    assert ids(database) == []


def test_the_sandboxs_own_errors_pass_through_unchanged(database: Database) -> None:
    error = InputError("no", where="here", do="that")
    with pytest.raises(InputError) as raised, database.begin():
        raise error
    assert raised.value is error


def test_what_is_recorded_twice_is_a_conflict(database: Database) -> None:
    create(database, "one")
    with pytest.raises(Conflict, match="already recorded"):
        create(database, "one")
    assert ids(database) == ["one"]


def test_what_refers_to_nothing_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict), database.begin() as connection:
        LogRepository(connection).add_checkpoint("nowhere", 1, bytes(32), "note", NOW)


def test_nothing_written_while_reading_is_kept(database: Database) -> None:
    with database.read() as connection:
        LogRepository(connection).create("one", "run", NOW)
    assert ids(database) == []


def test_reading_goes_on_beside_a_writer_and_does_not_see_what_is_not_committed(database: Database) -> None:
    with database.begin() as writing:
        LogRepository(writing).create("one", "run", NOW)
        with database.read() as reading:
            assert LogRepository(reading).ids() == []
    assert ids(database) == ["one"]


def test_two_threads_that_write_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    """Each reads what there is and writes one more: a lost update would show as a conflict or a gap."""
    together = Barrier(2)

    def write(_: int) -> None:
        together.wait()
        for _turn in range(20):
            with database.begin() as connection:
                repository = LogRepository(connection)
                repository.create(f"{len(repository.ids()):03d}", "run", NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert ids(database) == [f"{number:03d}" for number in range(40)]


def test_a_number_no_column_holds_is_a_refusal_and_not_a_crash(database: Database) -> None:
    with pytest.raises(InputError, match="does not fit"), database.begin() as connection:
        LogRepository(connection).create("one", "run", NOW)
        LogRepository(connection).add_checkpoint("one", 2**63, bytes(32), "note", NOW)
    assert ids(database) == []


@pytest.mark.parametrize("foreign", [DataError("select", None, Exception("too long")), ResourceClosedError("closed")])
def test_other_complaints_of_the_library_do_not_get_out(database: Database, foreign: Exception) -> None:
    with pytest.raises(InputError) as raised, database.begin():
        raise foreign
    assert raised.value.__cause__ is foreign


# --- what cannot be used


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite", "://", "oracle9://x", "sqlite+nothing:///x.db"])
def test_what_is_no_database_is_bad_input(url: str) -> None:
    with pytest.raises(InputError):
        Database.open(url)


def test_a_password_is_never_repeated() -> None:
    for kind in ("nothing", "mysql+mysqldb", "oracle+oracledb", "postgresql", "post gres"):
        with pytest.raises(SandboxError) as raised:
            Database.open(f"{kind}://me:hunter2@localhost:1/db")
        assert "hunter2" not in f"{raised.value} {raised.value.where} {raised.value.do}"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency, match="nowhere") as raised:
        Database.open(f"sqlite:///{tmp_path}/nowhere/sandbox.db")
    assert raised.value.do is not None


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingDependency):
        Database.open(f"sqlite:///{tmp_path}")


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "sealed"
    folder.mkdir()
    folder.chmod(stat.S_IREAD | stat.S_IEXEC)
    yield folder
    folder.chmod(stat.S_IRWXU)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_refused(sealed: Path) -> None:
    with pytest.raises(MissingDependency):
        Database.open(f"sqlite:///{sealed}/sandbox.db")


def test_writing_to_a_database_that_may_only_be_read_is_refused(file: Path, database: Database) -> None:
    database.close()
    only_read = Database.open(f"sqlite:///file:{file}?mode=ro&immutable=1&uri=true")
    with pytest.raises(MissingDependency, match="readonly"):
        create(only_read, "one")
    only_read.close()


JUNK = [b"not a database, but long enough to look for a header in it" * 40, b"SQLite format 3\0" + bytes(4080)]


@pytest.mark.parametrize("junk", JUNK, ids=["text", "header only"])
def test_a_file_that_is_no_database_is_said_to_be_damaged(file: Path, junk: bytes) -> None:
    file.write_bytes(junk)
    with pytest.raises((VerificationFailed, MissingDependency)):
        Database.open(f"sqlite:///{file}")
    assert file.read_bytes() == junk


def test_a_file_damaged_anywhere_is_reported_in_the_sandboxs_words_or_still_readable(file: Path, database: Database) -> None:
    for number in range(40):
        create(database, f"log-{number}")
    database.close()
    whole = file.read_bytes()
    for start in range(0, len(whole), max(512, len(whole) // 64)):
        file.write_bytes(whole[:start] + b"\xa5" * 300 + whole[start + 300 :])
        try:
            damaged = Database.open(f"sqlite:///{file}")
        except SandboxError:
            continue
        try:
            ids(damaged)
        except SandboxError:
            pass
        finally:
            damaged.close()


def test_a_file_cut_short_is_reported_in_the_sandboxs_words(file: Path, database: Database) -> None:
    create(database, "one")
    database.close()
    whole = file.read_bytes()
    for length in (50, 100, 4095, 4096, len(whole) // 2):
        file.write_bytes(whole[:length])
        with pytest.raises((VerificationFailed, MissingDependency, Conflict)):
            damaged = Database.open(f"sqlite:///{file}")
            try:
                ids(damaged)
            finally:
                damaged.close()


def test_a_table_that_is_gone_is_damage(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("DROP TABLE nodes"))
    with pytest.raises(VerificationFailed, match="nodes"), database.begin() as connection:
        LogRepository(connection).node_count("one")


def test_a_database_in_memory_works_as_well() -> None:
    database = Database.open("sqlite://")
    create(database, "one")
    assert ids(database) == ["one"]
    database.close()


def test_what_another_program_locked_is_said_to_be_unusable(file: Path, database: Database) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")  # not the ten seconds one waits otherwise
    engine = create_engine(f"sqlite:///{file}", isolation_level="AUTOCOMMIT")
    with engine.connect() as other, pytest.raises(MissingDependency, match="locked"):
        other.exec_driver_sql("BEGIN IMMEDIATE")
        with database.begin() as connection:
            connection.exec_driver_sql("SELECT 1")
    engine.dispose()
