"""Vyper: the PyPI compiler, run in a process of its own and never imported here."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.compiler import abi
from sandbox.compiler.base import EVM_VERSION, Job
from sandbox.compiler.process import run_bounded
from sandbox.compiler.workspace import Closure, Workspace
from sandbox.domain.artifact import Artifact
from sandbox.errors import CompileError, MissingDependency, SubmissionError

SETTINGS: Final[Mapping[str, str]] = {"evmVersion": EVM_VERSION, "optimize": "gas"}
_BRIDGE: Final = Path(__file__).with_name("vyper_bridge.py")
_PLACE: Final = re.compile(r'contract "(?P<file>[^"]+?):(?P<line>\d+)"(?:.*?line \d+:(?P<column>\d+))?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Vyper:
    """The `vyper` installed beside the sandbox."""

    @property
    def settings(self) -> Mapping[str, object]:
        """EVM version and optimisation, both explicit."""
        return SETTINGS

    def version(self) -> str:
        """`vyper` and the package's version."""
        import importlib.metadata  # here, since it loads the whole of `email`

        try:
            return f"vyper {importlib.metadata.version('vyper')}"
        except importlib.metadata.PackageNotFoundError as error:
            raise MissingDependency(
                "Vyper sources need the Python package vyper", do="install it with `pip install -r requirements.lock`"
            ) from error

    def closure(self, workspace: Workspace, path: str) -> Closure:
        """The source and all it imports."""
        return workspace.vyper(path)

    def compile(self, jobs: Sequence[Job], workspace: Workspace) -> dict[str, Artifact]:
        """One Python process for all jobs."""
        request = {
            "settings": SETTINGS,
            "jobs": [{"unit": job.closure.unit, "sources": job.closure.sources} for job in jobs],
        }
        command = [sys.executable, "-P", str(_BRIDGE)]
        outputs = json.loads(run_bounded("vyper", command, json.dumps(request), workspace.bounds))
        version = self.version()
        return {job.name: _artifact(job, output, version) for job, output in zip(jobs, outputs, strict=True)}


def _artifact(job: Job, output: Mapping[str, Any], version: str) -> Artifact:
    unit = job.closure.unit
    if "error" in output:
        raise _compile_error(unit, output["error"])
    if job.contract not in (job.name, Path(unit).stem):
        raise SubmissionError(
            f"{unit} holds one contract, without a name of its own; {job.contract} cannot be chosen in it",
            where=f"contract {job.name}",
            do=f"write `source: {unit}`",
        )
    entries = tuple(output["abi"])
    init, runtime = (bytes.fromhex(output[key].removeprefix("0x")) for key in ("bytecode", "bytecode_runtime"))
    places = output["layout"].get("code_layout", {}).values()
    return Artifact(
        name=job.name,
        source_path=unit,
        language="vyper",
        compiler=version,
        evm_version=EVM_VERSION,
        optimizer_runs=None,
        abi=entries,
        init_code=init,
        # Vyper appends immutables to the code it deploys, so they get their (zero) place here as well
        runtime_code=runtime + bytes(sum(place["length"] for place in places)),
        immutable_references=tuple((len(runtime) + place["offset"], place["length"]) for place in places),
        link_references=(),
        source_hash=job.closure.digest,
        metadata="",
        selectors=abi.selectors(entries),
        topics=abi.topics(entries),
        error_selectors=abi.error_selectors(entries),
    )


def _compile_error(unit: str, error: Mapping[str, Any]) -> CompileError:
    place = _PLACE.search(error["text"])
    file = place["file"] if place else unit
    line = place["line"] if place else error["line"]
    column = place["column"] if place else error["column"]
    where = ":".join(str(part) for part in (file, line, column) if part is not None)
    return CompileError(f"{error['type']}: {error['message'].strip()}", where=where, do="correct the source")
