"""The one door to all compilers: contracts of a manifest in, artifacts out, from the cache where it has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from sandbox.compiler import prebuilt
from sandbox.compiler.base import Compiler, Job
from sandbox.compiler.cache import ArtifactCache, cache_key
from sandbox.compiler.process import Bounds
from sandbox.compiler.solc import Solc
from sandbox.compiler.vyperc import Vyper
from sandbox.compiler.workspace import Workspace
from sandbox.domain.artifact import Artifact, unresolved
from sandbox.domain.pilot import ContractCode, Origin
from sandbox.errors import SubmissionError


@dataclass(frozen=True, slots=True)
class Compilers:
    """pilot: folder of the submission. node_modules: where npm packages (solc among them) are. cache: folder, or None to
    keep nothing. node: executable. bounds: what one compiler run may use."""

    pilot: Path
    node_modules: Path
    cache: Path | None = None
    node: str = "node"
    bounds: Bounds = field(default_factory=Bounds)

    def build(self, contracts: Iterable[ContractCode]) -> dict[str, Artifact]:
        """Artifacts by contract key, one compiler process for each language that has something new.

        Libraries stay unlinked (see `domain.artifact.link`). Raises CompileError, SubmissionError, MissingDependency.
        """
        workspace = Workspace(self.pilot, self.node_modules, self.bounds)
        wanted = tuple(contracts)
        built: dict[str, Artifact] = {}
        sources: dict[str, list[ContractCode]] = {}
        for code in wanted:
            if code.origin is Origin.ARTIFACT:
                built[code.key] = _prebuilt(code, workspace)
            else:
                sources.setdefault(_suffix(code), []).append(code)
        for suffix, codes in sources.items():
            built |= self._compiled(COMPILERS[suffix](self), codes, workspace)
        for code in wanted:
            _check_links(code, built[code.key])
        return {code.key: built[code.key] for code in wanted}

    def _compiled(self, compiler: Compiler, codes: list[ContractCode], workspace: Workspace) -> dict[str, Artifact]:
        cache = ArtifactCache(self.cache)
        built: dict[str, Artifact] = {}
        missing: dict[str, Job] = {}
        # Every source is read, and so judged, before the compiler is asked for
        jobs = [Job(code.key, code.name, compiler.closure(workspace, code.path)) for code in codes]
        version = compiler.version()
        for job in jobs:
            key = cache_key(version, compiler.settings, job.closure.digest, job.contract, job.name)
            artifact = cache.get(key)
            if artifact is None:
                missing[key] = job
            else:
                built[job.name] = artifact
        if missing:
            made = compiler.compile(tuple(missing.values()), workspace)
            for key, job in missing.items():
                cache.put(key, made[job.name])
            built |= made
        return built


COMPILERS: Final[Mapping[str, Callable[[Compilers], Compiler]]] = {
    ".sol": lambda settings: Solc(settings.node, settings.node_modules),
    ".vy": lambda _: Vyper(),
}
"""Compiler by the source's suffix."""


def _suffix(code: ContractCode) -> str:
    suffix = PurePosixPath(code.path).suffix
    if suffix not in COMPILERS:
        raise SubmissionError(
            f"no compiler for {code.path!r}",
            where=f"contract {code.key}",
            do=f"a source ends in {' or '.join(COMPILERS)}; hand in anything else as an artifact",
        )
    return suffix


def _prebuilt(code: ContractCode, workspace: Workspace) -> Artifact:
    limit = workspace.bounds.artifact
    data = workspace.package_file(code.path, limit) if code.package else workspace.own_file(code.path, limit)
    return prebuilt.load(code.key, f"npm:{code.path}" if code.package else code.path, data)


def _check_links(code: ContractCode, artifact: Artifact) -> None:
    open_ = [name for name in artifact.libraries if not {name, name.rpartition(":")[2]} & code.libraries.keys()]
    if open_:
        raise unresolved(code.key, open_)
