"""The real command line in a process of its own, on a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Taishan = Callable[..., Finished]


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One compile cache for the session, so that only the first test of a source waits for its compiler."""
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture
def taishan(tmp_path: Path, compiled: Path) -> Taishan:
    """`taishan ARGS…` with a fresh TAISHAN_HOME; `env=` adds or, with None, removes variables."""

    def call(*args: str | Path, env: dict[str, str | None] | None = None, timeout: float = 120) -> Finished:
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "TAISHAN_HOME": str(tmp_path / "home"),
            "TAISHAN_CACHE": str(compiled),
            **(env or {}),
        }
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=tmp_path,
            env={key: value for key, value in variables.items() if value is not None},
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Finished(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def loan(tmp_path: Path) -> Path:
    """A copy of the quick-loan pilot, to be spoiled."""
    return Path(shutil.copytree(ROOT / "scenarios" / "quick-loan", tmp_path / "quick-loan"))


@pytest.fixture
def equity(tmp_path: Path) -> Path:
    """A copy of the sme-equity pilot, to be spoiled."""
    return Path(shutil.copytree(ROOT / "scenarios" / "sme-equity", tmp_path / "sme-equity"))
