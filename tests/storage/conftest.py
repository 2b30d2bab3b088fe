"""A database of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.storage.database import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    opened = Database.open(f"sqlite:///{file}")
    yield opened
    opened.close()
