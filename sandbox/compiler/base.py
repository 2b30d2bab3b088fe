"""What every compiler is to the rest of the sandbox: a version, settings, and contracts turned into artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sandbox.compiler.workspace import Closure, Workspace
from sandbox.domain.artifact import Artifact

EVM_VERSION: Final = "prague"
OPTIMIZER_RUNS: Final = 200


@dataclass(frozen=True, slots=True)
class Job:
    """One contract to compile. name: as the manifest calls it. contract: its name within the file. closure: the source and
    all it imports."""

    name: str
    contract: str
    closure: Closure


class Compiler(Protocol):
    """A compiler of sources. `version` needs no compiler process, so that a warm cache starts none."""

    @property
    def settings(self) -> Mapping[str, object]:
        """Everything the compiler is told, part of the cache key."""

    def version(self) -> str:
        """Name and version. Raises MissingDependency if the compiler is not installed."""

    def closure(self, workspace: Workspace, path: str) -> Closure:
        """The source and all it imports. Raises SubmissionError."""

    def compile(self, jobs: Sequence[Job], workspace: Workspace) -> dict[str, Artifact]:
        """Artifacts by name, from one compiler process. Raises CompileError, SubmissionError or MissingDependency."""
