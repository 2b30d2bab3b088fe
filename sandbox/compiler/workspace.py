"""The files a submission may use: the pilot's own folder and installed npm packages. Nothing else can be named."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from sandbox.compiler.imports import Import, solidity_imports, vyper_imports
from sandbox.compiler.process import Bounds
from sandbox.errors import NotFound, SubmissionError

_ALLOWED: Final = "imports may reach the pilot's own folder and installed npm packages such as @openzeppelin/contracts"
_VYPER_SUFFIXES: Final = (".vy", ".vyi", ".json")


@dataclass(frozen=True, slots=True)
class Closure:
    """A source and all it imports. unit: the name the compiler knows it by. sources: unit -> text."""

    unit: str
    sources: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over names and texts of all sources, and over which one is compiled."""
        total = hashlib.sha256(self.unit.encode())
        for unit, text in sorted(self.sources.items()):
            total.update(hashlib.sha256(unit.encode()).digest() + hashlib.sha256(text.encode()).digest())
        return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Workspace:
    """pilot: the submission's folder. node_modules: where npm packages are; it need not exist."""

    pilot: Path
    node_modules: Path
    bounds: Bounds = field(default_factory=Bounds)

    def own_file(self, path: str, limit: int) -> bytes:
        """A file of the pilot's folder. Raises SubmissionError when it lies outside, is missing or too large."""
        return self._read(self.pilot, path, path, limit)

    def package_file(self, path: str, limit: int) -> bytes:
        """A file of an npm package, `@scope/name/…` or `name/…`. Raises as `own_file`."""
        package = _package(path)
        return self._read(self.node_modules / package, path[len(package) + 1 :], f"npm:{path}", limit)

    def solidity(self, unit: str) -> Closure:
        """A Solidity source of the pilot's folder with its imports. Raises SubmissionError."""
        return self._closure(_clean(unit, unit), self._solidity_targets)

    def vyper(self, unit: str) -> Closure:
        """A Vyper source of the pilot's folder with its imports. Raises SubmissionError."""
        return self._closure(_clean(unit, unit), self._vyper_targets)

    def _closure(self, unit: str, targets: Callable[[str, str], Mapping[str, bytes]]) -> Closure:
        sources: dict[str, str] = {}
        total = 0
        waiting: dict[str, bytes] = {unit: self.own_file(unit, self.bounds.file)}
        while waiting:
            name, data = waiting.popitem()
            total += len(data)
            if total > self.bounds.total:
                raise SubmissionError(
                    f"the sources reached are larger than {self.bounds.total >> 20} MiB together", where=unit
                )
            sources[name] = _text(data, name)
            found = targets(name, sources[name])
            waiting |= {target: data for target, data in found.items() if target not in sources}
        return Closure(unit, sources)

    def _solidity_targets(self, unit: str, text: str) -> dict[str, bytes]:
        found = {}
        for statement in solidity_imports(text):
            where = f"{unit}:{statement.line}:{statement.column}"
            if statement.path.startswith(("./", "../")):
                target = posixpath.normpath(posixpath.join(posixpath.dirname(unit), statement.path))
            else:
                target = statement.path
            found[target] = self._imported(_clean(target, where, statement.path), where)
        return found

    def _imported(self, target: str, where: str) -> bytes:
        """A source by the compiler's name for it: the pilot's folder comes before the npm packages."""
        if (self.pilot / target).exists():
            return self._read(self.pilot, target, where, self.bounds.file)
        package = _package(target)
        if not (self.node_modules / package / target[len(package) + 1 :]).is_file():
            raise NotFoundSource(f"{target!r} is imported but not there", where=where, do=_ALLOWED)
        return self._read(self.node_modules / package, target[len(package) + 1 :], where, self.bounds.file)

    def _vyper_targets(self, unit: str, text: str) -> dict[str, bytes]:
        found = {}
        for statement in vyper_imports(text):
            where = f"{unit}:{statement.line}:{statement.column}"
            target = _vyper_target(unit, statement)
            _clean(target, where, target)
            for suffix in _VYPER_SUFFIXES:
                if (self.pilot / (target + suffix)).is_file():
                    found[target + suffix] = self._read(self.pilot, target + suffix, where, self.bounds.file)
                    break
        return found

    def _read(self, root: Path, path: str, where: str, limit: int) -> bytes:
        _clean(path, where)
        try:
            folder = root.resolve()
            file = (folder / path).resolve(strict=True)
            if not file.is_relative_to(folder):
                raise SubmissionError(f"{path!r} leads out of its folder by a symbolic link", where=where, do=_ALLOWED)
            if not file.is_file():
                raise NotFoundSource(f"{path!r} is not a file", where=where)
            with file.open("rb") as stream:
                data = stream.read(limit + 1)
        except FileNotFoundError as error:
            raise NotFoundSource(f"there is no file {path!r}", where=where, do="check the path") from error
        except (OSError, RuntimeError) as error:
            raise SubmissionError(f"{path!r} cannot be read: {type(error).__name__}", where=where) from error
        if len(data) > limit:
            raise SubmissionError(f"{path!r} is larger than {_mib(limit)}", where=where, do="split the file")
        return data


class NotFoundSource(SubmissionError, NotFound):
    """A file the submission names is not there."""


def _vyper_target(unit: str, statement: Import) -> str:
    if statement.level == 0:
        return statement.path
    upwards = "../" * (statement.level - 1)
    return posixpath.normpath(posixpath.join(posixpath.dirname(unit), upwards + statement.path))


def _clean(path: str, where: str, said: str | None = None) -> str:
    """The path, if it stays below its root whatever that is. Raises SubmissionError."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path or ":" in parts[0]:
        raise SubmissionError(f"{said or path!r} leaves the pilot's folder", where=where, do=_ALLOWED)
    return path


def _package(path: str) -> str:
    """`@scope/name` or `name`, the part of the path that names the npm package."""
    parts = path.split("/")
    return "/".join(parts[: 2 if path.startswith("@") else 1])


def _text(data: bytes, unit: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SubmissionError("the source is not UTF-8 text", where=unit) from error


def _mib(size: int) -> str:
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size} bytes"
