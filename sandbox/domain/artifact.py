"""Artifact: one compiled contract, whichever toolchain built it. Everything after the compilers works on this alone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, cast

from sandbox.errors import InputError, SubmissionError

Language = Literal["solidity", "vyper", "prebuilt"]
JsonObject = Mapping[str, object]

LANGUAGES: Final = ("solidity", "vyper", "prebuilt")
ADDRESS_LENGTH: Final = 20
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True)
class LinkReference:
    """A place in the code that waits for a library's address.

    library: `Name`, or `path.sol:Name` where the toolchain tells the path. code: which of the two codes. start: offset
    in bytes. length: in bytes, always 20 in what compilers make today.
    """

    library: str
    code: Literal["init", "runtime"]
    start: int
    length: int = ADDRESS_LENGTH

    @property
    def name(self) -> str:
        """The library's bare name."""
        return self.library.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Artifact:
    """One contract as its compiler gave it.

    name: as the manifest calls it. source_path: inside the pilot's folder, or `npm:…`. compiler: name and exact version.
    evm_version, optimizer_runs: as told to the compiler; "" and None where a prebuilt artifact does not say.
    init_code: creation code without constructor arguments. runtime_code: as the compiler gave it, immutables zero.
    immutable_references: (offset, length) in bytes, in `runtime_code`. link_references: empty once linked; the bytes
    there are zero until then. source_hash: SHA-256 (hex) over all sources reached, or over the artifact's file.
    metadata: the compiler's metadata JSON, "" if none. selectors, error_selectors: 4 bytes -> signature.
    topics: 32 bytes -> signature of the event.
    """

    name: str
    source_path: str
    language: Language
    compiler: str
    evm_version: str
    optimizer_runs: int | None
    abi: tuple[JsonObject, ...]
    init_code: bytes
    runtime_code: bytes
    immutable_references: tuple[tuple[int, int], ...]
    link_references: tuple[LinkReference, ...]
    source_hash: str
    metadata: str
    selectors: Mapping[bytes, str]
    topics: Mapping[bytes, str]
    error_selectors: Mapping[bytes, str]

    @property
    def abi_hash(self) -> str:
        """SHA-256 (hex) of the ABI, blind to the order of keys."""
        text = json.dumps([dict(entry) for entry in self.abi], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def libraries(self) -> tuple[str, ...]:
        """Names of the libraries still to be linked, each once, sorted."""
        return tuple(sorted({reference.library for reference in self.link_references}))

    @property
    def constructor(self) -> JsonObject | None:
        """ABI entry of the constructor, None if it takes nothing and the ABI leaves it out."""
        return next((entry for entry in self.abi if entry.get("type") == "constructor"), None)

    def entries(self, kind: str, name: str) -> tuple[JsonObject, ...]:
        """ABI entries of a kind ("function", "event", "error") and name; several when overloaded, () if none."""
        return tuple(e for e in self.abi if e.get("type", "function") == kind and e.get("name") == name)

    def function(self, selector: bytes) -> str | None:
        """Signature of the function a call's first four bytes choose."""
        return self.selectors.get(selector)

    def event(self, topic: bytes) -> str | None:
        """Signature of the event a log's first topic names."""
        return self.topics.get(topic)

    def error(self, selector: bytes) -> str | None:
        """Signature of the custom error revert data begins with."""
        return self.error_selectors.get(selector)

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads back to an equal artifact."""
        return json.dumps(
            {
                "name": self.name,
                "source_path": self.source_path,
                "language": self.language,
                "compiler": self.compiler,
                "evm_version": self.evm_version,
                "optimizer_runs": self.optimizer_runs,
                "abi": [dict(entry) for entry in self.abi],
                "init_code": self.init_code.hex(),
                "runtime_code": self.runtime_code.hex(),
                "immutable_references": self.immutable_references,
                "link_references": [[r.library, r.code, r.start, r.length] for r in self.link_references],
                "source_hash": self.source_hash,
                "metadata": self.metadata,
                "selectors": _hex_keys(self.selectors),
                "topics": _hex_keys(self.topics),
                "error_selectors": _hex_keys(self.error_selectors),
            },
            sort_keys=True,
            separators=(",", ":"),
        )


def from_json(text: str) -> Artifact:
    """The artifact `to_json` wrote. Raises InputError when the text is anything else."""
    try:
        data = json.loads(text)
        if data["language"] not in LANGUAGES:
            raise ValueError(f"unknown language {data['language']!r}")
        return Artifact(
            name=data["name"],
            source_path=data["source_path"],
            language=data["language"],
            compiler=data["compiler"],
            evm_version=data["evm_version"],
            optimizer_runs=data["optimizer_runs"],
            abi=tuple(data["abi"]),
            init_code=bytes.fromhex(data["init_code"]),
            runtime_code=bytes.fromhex(data["runtime_code"]),
            immutable_references=tuple((int(start), int(length)) for start, length in data["immutable_references"]),
            link_references=tuple(LinkReference(*reference) for reference in data["link_references"]),
            source_hash=data["source_hash"],
            metadata=data["metadata"],
            selectors=_bytes_keys(data["selectors"]),
            topics=_bytes_keys(data["topics"]),
            error_selectors=_bytes_keys(data["error_selectors"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"this is not a stored artifact: {error}") from error


def link(artifact: Artifact, addresses: Mapping[str, str]) -> Artifact:
    """The artifact with every library's address filled in.

    addresses: library -> 0x-hex address; the key is the bare name or `path.sol:Name`. Raises SubmissionError when a
    library is not given, or an address is not one.
    """
    codes = {"init": bytearray(artifact.init_code), "runtime": bytearray(artifact.runtime_code)}
    for reference in artifact.link_references:
        address = addresses.get(reference.library, addresses.get(reference.name))
        if address is None:
            raise unresolved(artifact.name, (reference.library,))
        if not _ADDRESS.fullmatch(address):
            raise SubmissionError(
                f"{address!r} is not an address for library {reference.library}",
                where=f"contract {artifact.name}",
                do="give 20 bytes as 0x-hex",
            )
        codes[reference.code][reference.start : reference.start + reference.length] = bytes.fromhex(address[2:])
    return replace(
        artifact, init_code=bytes(codes["init"]), runtime_code=bytes(codes["runtime"]), link_references=()
    )


def unresolved(contract: str, libraries: Sequence[str]) -> SubmissionError:
    """The error for libraries nobody gave."""
    first = libraries[0].rpartition(":")[2]
    return SubmissionError(
        f"unresolved library link: {', '.join(libraries)}",
        where=f"contract {contract}",
        do=f"add `libraries: {{{first}: <contract of the manifest that is the library>}}` to the contract's entry",
    )


def _hex_keys(table: Mapping[bytes, str]) -> dict[str, str]:
    return {key.hex(): text for key, text in table.items()}


def _bytes_keys(table: object) -> dict[bytes, str]:
    return {bytes.fromhex(key): text for key, text in cast(dict[str, str], table).items()}
