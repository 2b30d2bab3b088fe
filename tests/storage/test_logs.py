"""The repository of logs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from sandbox.domain.merkle import Frontier, Node, leaf_hash, root
from sandbox.errors import Conflict
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository, StoredCheckpoint, StoredEntry

NOW = "2027-01-01T00:00:00Z"


def grown(count: int) -> tuple[list[StoredEntry], list[Node], Frontier]:
    """That many entries and the nodes of their tree."""
    tree, entries, nodes = Frontier(), [], []
    for index in range(count):
        body = f'{{"n":{index},"type":"note"}}'.encode()
        entries.append(StoredEntry(index, "note", leaf_hash(body), body))
        nodes.extend(tree.append(leaf_hash(body)))
    return entries, nodes, tree


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.begin() as opened:
        repository = LogRepository(opened)
        repository.create("one", "run", NOW)
        repository.create("two", "run", NOW)
        yield opened


@pytest.fixture
def logs(connection: Connection) -> LogRepository:
    return LogRepository(connection)


def test_a_log_that_was_created_exists_and_is_empty(logs: LogRepository) -> None:
    assert logs.exists("one") and not logs.exists("three")
    assert (logs.size("one"), logs.node_count("one"), list(logs.entries("one")), logs.checkpoints("one")) == (0, 0, [], [])


def test_the_sandboxs_own_log_is_listed_first(logs: LogRepository) -> None:
    logs.create("zzz", "sandbox", "2028-01-01T00:00:00Z")
    assert logs.ids() == ["zzz", "one", "two"]


def test_entries_come_back_in_order_as_they_were_added_each_log_by_itself(logs: LogRepository) -> None:
    entries, nodes, _ = grown(1201)
    logs.append("one", entries[:700], [])
    logs.append("one", entries[700:], nodes)
    logs.append("two", entries[:1], [])
    assert list(logs.entries("one")) == entries
    assert list(logs.entries("one", 1199)) == entries[1199:]
    assert (logs.size("one"), logs.size("two")) == (1201, 1)
    assert logs.entry("one", 700) == entries[700]
    assert logs.entry("one", 1201) is None


def test_entries_can_be_read_while_other_things_are_asked(logs: LogRepository) -> None:
    entries, nodes, _ = grown(1100)
    logs.append("one", entries, nodes)
    seen = [(entry.index, logs.node("one", 0, entry.index)) for entry in logs.entries("one")]
    assert seen == [(entry.index, entry.leaf_hash) for entry in entries]


def test_the_tree_is_read_back_from_its_nodes(logs: LogRepository) -> None:
    entries, nodes, tree = grown(100)
    logs.append("one", entries, nodes)
    assert root(100, lambda level, index: logs.node("one", level, index) or b"") == tree.root()
    assert logs.node_count("one") == sum(100 >> level for level in range(1, 7))
    assert logs.node("one", 7, 0) is None
    assert logs.node("two", 1, 0) is None


def test_checkpoints_come_back_smallest_first(logs: LogRepository) -> None:
    logs.add_checkpoint("one", 10, bytes(32), "ten", NOW)
    logs.add_checkpoint("one", 2, bytes(32), "two", NOW)
    assert logs.checkpoints("one") == [StoredCheckpoint(2, bytes(32), "two"), StoredCheckpoint(10, bytes(32), "ten")]
    assert logs.checkpoints("two") == []


def test_no_entry_takes_the_place_of_another(database: Database) -> None:
    entries, nodes, _ = grown(3)
    with database.begin() as connection:
        LogRepository(connection).create("one", "run", NOW)
        LogRepository(connection).append("one", entries, nodes)
    with pytest.raises(Conflict), database.begin() as connection:
        LogRepository(connection).append("one", [StoredEntry(1, "note", bytes(32), b"{}")], [])
    with pytest.raises(Conflict), database.begin() as connection:
        LogRepository(connection).append("one", [], nodes)
    with pytest.raises(Conflict), database.begin() as connection:
        LogRepository(connection).append("nowhere", entries, nodes)
    with database.begin() as connection:
        assert list(LogRepository(connection).entries("one")) == entries
