"""One log of forty entries with checkpoints after 20 and 40, in a SQLite file; nobody changes it for good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.storage.database import Database
from tests.auditlog.stage import Stage, fill


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    file = tmp_path_factory.mktemp("log") / "sandbox.db"
    database = Database.open(f"sqlite:///{file}")
    fill(database)
    yield Stage(database, file)
    database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path}/sandbox.db")
    yield database
    database.close()
