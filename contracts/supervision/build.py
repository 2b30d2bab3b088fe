"""Compiles the sandbox's own contract into the package: `make contracts`. A test holds that what is there is current."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sandbox.compiler import Compilers
from sandbox.domain.artifact import Artifact
from sandbox.domain.pilot import ContractCode, Origin

ROOT: Final = Path(__file__).resolve().parents[2]
NAME: Final = "PilotRegistry"
TARGET: Final = ROOT / "sandbox" / "data" / f"{NAME}.json"


def compiled() -> Artifact:
    """What the compiler makes of the source now."""
    code = ContractCode(NAME, Origin.SOURCE, f"{NAME}.sol", package=False, name=NAME)
    return Compilers(Path(__file__).parent, ROOT / "node_modules").build([code])[NAME]


if __name__ == "__main__":
    TARGET.write_text(compiled().to_json() + "\n", encoding="utf-8")
