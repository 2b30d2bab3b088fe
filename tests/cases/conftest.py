"""A stage for each test, one compile cache for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.stage import Stage


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def stage(tmp_path: Path, compiled: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, compiled)
    with made.sandbox:
        yield made
