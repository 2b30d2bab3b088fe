"""A fresh chain for every contract test."""

from __future__ import annotations

import pytest

from tests.contracts.bench import Bench


@pytest.fixture
def bench() -> Bench:
    return Bench()
