"""Artifacts a firm's own toolchain built: Hardhat, Foundry, Truffle and plain solc output, recognised by their shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, cast

from sandbox.compiler import abi
from sandbox.domain.artifact import ADDRESS_LENGTH, Artifact, LinkReference
from sandbox.domain.nesting import too_deep
from sandbox.errors import SubmissionError

_LENGTH: Final = 2 * ADDRESS_LENGTH


@dataclass(frozen=True, slots=True)
class Parts:
    """What a shape's reader found. init, runtime: hex, perhaps with placeholders. links: library references as solc writes
    them, by code. compiler: name and version where the file tells."""

    abi: list[dict[str, Any]]
    init: str
    runtime: str
    links: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    immutables: Mapping[str, list[Mapping[str, int]]] = field(default_factory=dict)
    compiler: str = ""
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """One form of artifact file. fits: is this it? read: take the parts out."""

    title: str
    fits: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any]], Parts]


def _hardhat(data: Mapping[str, Any]) -> Parts:
    links = {"init": data.get("linkReferences", {}), "runtime": data.get("deployedLinkReferences", {})}
    return Parts(data["abi"], data["bytecode"], data["deployedBytecode"], links)


def _truffle(data: Mapping[str, Any]) -> Parts:
    made_by = data.get("compiler") or {}
    compiler = f"{made_by.get('name', 'solc')} {made_by['version']}" if made_by.get("version") else ""
    return Parts(data["abi"], data["bytecode"], data.get("deployedBytecode", "0x"), compiler=compiler)


def _solc(data: Mapping[str, Any]) -> Parts:
    evm = data.get("evm", data)
    init, runtime = evm["bytecode"], evm.get("deployedBytecode", {})
    metadata = data.get("metadata") or data.get("rawMetadata") or ""
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    links = {"init": init.get("linkReferences", {}), "runtime": runtime.get("linkReferences", {})}
    immutables = runtime.get("immutableReferences") or {}
    return Parts(data["abi"], init["object"], runtime.get("object", ""), links, immutables, _built_by(text), text)


def _combined(data: Mapping[str, Any]) -> Parts:
    entries = _read(data["abi"]) if isinstance(data["abi"], str) else data["abi"]
    metadata = str(data.get("metadata", ""))
    return Parts(entries, data["bin"], data.get("bin-runtime", ""), compiler=_built_by(metadata), metadata=metadata)


def _read(text: str) -> Any:
    """JSON inside JSON. Raises ValueError for anything else, or for what is nested too deeply to read."""
    if too_deep(text.encode()):
        raise ValueError("nested too deeply")
    return json.loads(text)


def _built_by(metadata: str) -> str:
    try:
        version = _read(metadata)["compiler"]["version"] if metadata else ""
    except (ValueError, KeyError, TypeError):
        return ""  # metadata of another toolchain: the artifact then simply does not tell its compiler
    return f"solc {version}" if version else ""


def _has_object(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("bytecode"), dict) and "object" in data["bytecode"]


SHAPES: Final = (
    Shape("Hardhat (hh-sol-artifact-1)", lambda d: str(d.get("_format", "")).startswith("hh"), _hardhat),
    Shape("Foundry (bytecode.object)", _has_object, _solc),
    Shape("solc standard JSON contract (evm.bytecode.object)", lambda d: _has_object(d.get("evm", {})), _solc),
    Shape("Truffle (bytecode, deployedBytecode)", lambda d: isinstance(d.get("bytecode"), str), _truffle),
    Shape("solc combined JSON contract (abi, bin)", lambda d: "bin" in d, _combined),
)


def load(name: str, path: str, data: bytes) -> Artifact:
    """The artifact in the file's bytes. path: for messages. Raises SubmissionError when it is none or is unusable."""
    parts = _parts(path, data)
    init, init_links = _code(parts, "init", path)
    runtime, runtime_links = _code(parts, "runtime", path)
    if not init:
        raise SubmissionError(
            "the artifact has no bytecode: its contract is abstract or an interface",
            where=path,
            do="hand in a contract that implements all its functions",
        )
    ranges = [place for places in parts.immutables.values() for place in places]
    return Artifact(
        name=name,
        source_path=path,
        language="prebuilt",
        compiler=parts.compiler,
        evm_version="",
        optimizer_runs=None,
        abi=tuple(parts.abi),
        init_code=init,
        runtime_code=runtime,
        immutable_references=tuple(sorted((place["start"], place["length"]) for place in ranges)),
        link_references=(*init_links, *runtime_links),
        source_hash=hashlib.sha256(data).hexdigest(),
        metadata=parts.metadata,
        selectors=abi.selectors(parts.abi),
        topics=abi.topics(parts.abi),
        error_selectors=abi.error_selectors(parts.abi),
    )


def _parts(path: str, data: bytes) -> Parts:
    if too_deep(data):
        what = "the artifact is not JSON that can be read: it is nested too deeply"
        raise SubmissionError(what, where=path, do="hand in the build's JSON as it is")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SubmissionError(f"the artifact is not JSON: {error}", where=path, do="hand in the build's JSON") from error
    known = ", ".join(shape.title for shape in SHAPES)
    strange = SubmissionError("the artifact has no known shape", where=path, do=f"known shapes: {known}")
    if not isinstance(content, dict) or "abi" not in content:
        raise strange
    try:
        shape = next((shape for shape in SHAPES if shape.fits(content)), None)
        if shape is None:
            raise strange
        parts = shape.read(content)
        if not isinstance(parts.abi, list) or not isinstance(parts.init, str) or not isinstance(parts.runtime, str):
            raise strange
        abi.selectors(parts.abi), abi.topics(parts.abi), abi.error_selectors(parts.abi)
        return parts
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise strange from error


def _code(parts: Parts, code: Literal["init", "runtime"], path: str) -> tuple[bytes, list[LinkReference]]:
    text = (parts.init if code == "init" else parts.runtime).removeprefix("0x")
    try:
        links = list(_told(parts.links.get(code) or {}, code))
        for link in links:
            text = _zeroed(text, 2 * link.start, 2 * (link.start + link.length))
        for match in _placeholders(text):
            links.append(LinkReference(match[1], code, match[0] // 2))
            text = _zeroed(text, match[0], match[0] + _LENGTH)
        return bytes.fromhex(text), links
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SubmissionError(
            f"the artifact's {code} code is not hexadecimal", where=path, do="build the contract again"
        ) from error


def _told(references: Mapping[str, Any], code: Literal["init", "runtime"]) -> Iterator[LinkReference]:
    for file, libraries in references.items():
        for library, places in cast(Mapping[str, list[Mapping[str, int]]], libraries).items():
            for place in places:
                yield LinkReference(f"{file}:{library}", code, place["start"], place["length"])


def _placeholders(text: str) -> Iterator[tuple[int, str]]:
    """(offset in hex digits, library) of each 40-character placeholder that no reference told of."""
    at = text.find("__")
    while at >= 0:
        word = text[at : at + _LENGTH]
        if len(word) < _LENGTH:
            raise ValueError("a cut placeholder")
        yield at, word.strip("_")
        at = text.find("__", at + _LENGTH)


def _zeroed(text: str, start: int, end: int) -> str:
    if not 0 <= start < end <= len(text):
        raise ValueError("a reference outside the code")
    return text[:start] + "0" * (end - start) + text[end:]
