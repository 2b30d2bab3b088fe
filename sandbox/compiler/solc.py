"""Solidity: solc from npm, driven by standard JSON through a small bridge under node."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.compiler import abi
from sandbox.compiler.base import EVM_VERSION, OPTIMIZER_RUNS, Job
from sandbox.compiler.process import run_bounded
from sandbox.compiler.workspace import Closure, Workspace
from sandbox.domain.artifact import Artifact, LinkReference
from sandbox.errors import CompileError, MissingDependency, SubmissionError

SETTINGS: Final[Mapping[str, object]] = {
    "optimizer": {"enabled": True, "runs": OPTIMIZER_RUNS},
    "evmVersion": EVM_VERSION,
    "metadata": {"bytecodeHash": "ipfs", "useLiteralContent": False},
    "outputSelection": {
        "*": {
            "*": [
                "abi",
                "metadata",
                "evm.bytecode.object",
                "evm.bytecode.linkReferences",
                "evm.deployedBytecode.object",
                "evm.deployedBytecode.linkReferences",
                "evm.deployedBytecode.immutableReferences",
            ]
        }
    },
}
_BRIDGE: Final = Path(__file__).with_name("solc_bridge.cjs")
_PLACE: Final = re.compile(r"--> (?P<file>[^\n]*?):(?P<line>\d+):(?P<column>\d+):")
_INSTALL: Final = "install Node.js 20 with npm, then run `npm ci` (or `make run`)"


@dataclass(frozen=True, slots=True)
class Solc:
    """node: executable, looked up on PATH. node_modules: folder that holds the npm package `solc`."""

    node: str
    node_modules: Path

    @property
    def settings(self) -> Mapping[str, object]:
        """Optimizer, EVM version, metadata hash and outputs, all explicit."""
        return SETTINGS

    def version(self) -> str:
        """`solc` and the npm package's version."""
        try:
            package = json.loads((self.node_modules / "solc" / "package.json").read_text("utf-8"))
            return f"solc {package['version']}"
        except (OSError, ValueError, KeyError) as error:
            raise MissingDependency("Solidity sources need the npm package solc", do=_INSTALL) from error

    def closure(self, workspace: Workspace, path: str) -> Closure:
        """The source and all it imports."""
        return workspace.solidity(path)

    def compile(self, jobs: Sequence[Job], workspace: Workspace) -> dict[str, Artifact]:
        """One node process; one standard-JSON input for each source file, so that a contract's bytes depend on nothing
        but the sources it reaches."""
        closures = {job.closure.unit: job.closure for job in jobs}
        inputs = [
            {"language": "Solidity", "sources": {u: {"content": t} for u, t in c.sources.items()}, "settings": SETTINGS}
            for c in closures.values()
        ]
        answer = json.loads(run_bounded("solc", self._command(workspace), json.dumps(inputs), workspace.bounds))
        outputs: dict[str, dict[str, Any]] = dict(zip(closures, answer["outputs"], strict=True))
        for output in outputs.values():
            _refuse_errors(output)
        compiler = "solc " + str(answer["version"]).removesuffix(".Emscripten.clang")
        return {job.name: _artifact(job, outputs[job.closure.unit], compiler) for job in jobs}

    def _command(self, workspace: Workspace) -> list[str]:
        node = shutil.which(self.node)
        if node is None:
            raise MissingDependency("Solidity sources need Node.js, and it is not installed", do=_INSTALL)
        heap = workspace.bounds.memory >> 21  # half of the bound, in MiB; the rest is for the compiler's own memory
        package = (self.node_modules / "solc").resolve()
        return [node, f"--max-old-space-size={heap}", str(_BRIDGE), str(package)]


def _refuse_errors(output: Mapping[str, Any]) -> None:
    errors = [error for error in output.get("errors", ()) if error["severity"] == "error"]
    if not errors:
        return
    first, *others = errors
    more = [f"{error['message']} ({_where(error)})" for error in others[:4]]
    raise CompileError(
        f"{first['type']}: {first['message']}",
        where=_where(first),
        do="correct the source" + (f"; also: {'; '.join(more)}" if more else ""),
    )


def _where(error: Mapping[str, Any]) -> str | None:
    place = _PLACE.search(error.get("formattedMessage", ""))
    if place:
        return f"{place['file']}:{place['line']}:{place['column']}"
    location = error.get("sourceLocation")
    return None if location is None else str(location["file"])


def _artifact(job: Job, output: Mapping[str, Any], compiler: str) -> Artifact:
    unit = job.closure.unit
    contracts = output.get("contracts", {}).get(unit, {})
    if job.contract not in contracts:
        has = ", ".join(sorted(contracts)) or "none"
        raise SubmissionError(
            f"{unit} has no contract {job.contract}; it has: {has}",
            where=f"contract {job.name}",
            do=f"name the contract in the manifest: `source: {unit}:<contract>`",
        )
    made = contracts[job.contract]
    init, runtime = made["evm"]["bytecode"], made["evm"]["deployedBytecode"]
    if not init["object"]:
        raise SubmissionError(
            f"{job.contract} is abstract or an interface: it has no bytecode",
            where=unit,
            do="submit a contract that implements all its functions",
        )
    links = (*_links("init", init["linkReferences"]), *_links("runtime", runtime["linkReferences"]))
    ranges = [r for places in runtime.get("immutableReferences", {}).values() for r in places]
    entries = tuple(made["abi"])
    return Artifact(
        name=job.name,
        source_path=unit,
        language="solidity",
        compiler=compiler,
        evm_version=EVM_VERSION,
        optimizer_runs=OPTIMIZER_RUNS,
        abi=entries,
        init_code=unlinked(init["object"], links, "init"),
        runtime_code=unlinked(runtime["object"], links, "runtime"),
        immutable_references=tuple(sorted((r["start"], r["length"]) for r in ranges)),
        link_references=links,
        source_hash=job.closure.digest,
        metadata=made.get("metadata", ""),
        selectors=abi.selectors(entries),
        topics=abi.topics(entries),
        error_selectors=abi.error_selectors(entries),
    )


def _links(code: Any, references: Mapping[str, Mapping[str, list[Mapping[str, int]]]]) -> Iterator[LinkReference]:
    for file, libraries in references.items():
        for library, places in libraries.items():
            for place in places:
                yield LinkReference(f"{file}:{library}", code, place["start"], place["length"])


def unlinked(text: str, references: Sequence[LinkReference], code: str) -> bytes:
    """Bytes of hex with a placeholder at each reference, which becomes zeros. Raises ValueError if it is not hex."""
    for reference in references:
        if reference.code == code:
            start, end = 2 * reference.start, 2 * (reference.start + reference.length)
            text = text[:start] + "0" * (end - start) + text[end:]
    return bytes.fromhex(text)
