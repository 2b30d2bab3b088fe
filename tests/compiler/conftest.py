"""A pilot's folder to write sources into, and the compilers that read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.compiler import Compilers
from sandbox.domain.pilot import ContractCode, Origin

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"

Write = Callable[[str, str], Path]
Make = Callable[..., Compilers]


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    folder = tmp_path / "pilot"
    folder.mkdir()
    return folder


@pytest.fixture
def write(pilot: Path) -> Write:
    def write_file(path: str, text: str) -> Path:
        file = pilot / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    return write_file


@pytest.fixture
def compilers(pilot: Path, tmp_path: Path) -> Make:
    def make(**changes: Any) -> Compilers:
        values: dict[str, Any] = {"pilot": pilot, "node_modules": NODE_MODULES, "cache": tmp_path / "cache"}
        return Compilers(**{**values, **changes})

    return make


def source(key: str, path: str, name: str | None = None, **libraries: str) -> ContractCode:
    return ContractCode(key, Origin.SOURCE, path, False, name or key, libraries)


def artifact(key: str, path: str, package: bool = False, **libraries: str) -> ContractCode:
    return ContractCode(key, Origin.ARTIFACT, path, package, key, libraries)
