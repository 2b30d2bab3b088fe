"""Logs and proofs as files that anyone can check with no database and no server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.auditlog.signer import verify_note
from sandbox.domain.canonical import canonical, parse_canonical
from sandbox.domain.checkpoint import Checkpoint, VerifierKey, parse_verifier_key
from sandbox.domain.merkle import Frontier, leaf_hash, verify_inclusion
from sandbox.domain.nesting import too_deep
from sandbox.errors import InputError, NotFound, VerificationFailed

FORMAT: Final = "taishan-log/1"
PROOF_FORMAT: Final = "taishan-proof/1"

_HEADER: Final = ("log", "checkpoint", "key", "marks")
_MARK_LENGTH: Final = 8
"""Hexadecimal digits of a leaf hash that mark an entry's line."""


def write_export(path: Path, log_id: str, note: str, key: VerifierKey, bodies: Iterable[bytes]) -> int:
    """A header line, then one canonical entry a line. Returns how many entries were written.

    The header's marks (the first four bytes of each entry's leaf hash) let a reader name the line that was changed; what
    proves that none was is the signed root."""
    lines = list(bodies)
    marks = "".join(_mark(body) for body in lines)
    header = {"format": FORMAT, "log": log_id, "checkpoint": note, "key": str(key), "marks": marks}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in (canonical(header), *lines))
    return len(lines)


def verify_export(path: Path, expected_key: VerifierKey | None = None) -> str:
    """Check an exported log. expected_key: the key known from elsewhere; without it the file's own is used, which shows that
    the file is whole but not who signed it. Returns what was found, in words; raises VerificationFailed naming the line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}", do="give the path of an exported log") from error
    header = _header(lines[0], path)
    key = _key(header["key"], expected_key)
    signed = _signed(header["checkpoint"], key, header["log"])
    if lines[-1] != b"":
        raise VerificationFailed("the export does not end with a complete line", where=f"{path}:{len(lines)}")
    tree = Frontier()
    for number, line in enumerate(lines[1:-1], start=2):
        _check_line(line, number, header["marks"], path)
        tree.append(leaf_hash(line))
    if tree.size != signed.size or len(header["marks"]) != _MARK_LENGTH * tree.size:
        what = f"the export has {tree.size} entries, its checkpoint covers {signed.size}"
        raise VerificationFailed(what, where=f"{path}:{len(lines)}")
    if tree.root() != signed.root:
        raise VerificationFailed("an entry differs from what the signed checkpoint covers", where=str(path))
    return f"{tree.size} entries of log {header['log']}, signed by {key.name} as {signed.origin}"


def verify_file(path: Path, expected_key: str | None) -> str:
    """Check an exported log or a proof, whichever the file is. expected_key: as `name+id+key`; without it the file vouches
    for itself, and the answer says so. Raises VerificationFailed, NotFound."""
    key = None if expected_key is None else parse_verifier_key(expected_key)
    try:
        first = path.read_bytes()
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}", do="give the path of an exported log or a proof") from error
    found = verify_proof(_proof(first), key) if b'"' + PROOF_FORMAT.encode() + b'"' in first[:200] else verify_export(path, key)
    if key is None:
        return f"{found}\nnote: the key is the file's own; name the one you trust with --key to know who signed it"
    return found


def _proof(data: bytes) -> dict[str, Any]:
    try:
        document = {} if too_deep(data) else json.loads(data)
    except ValueError:
        document = {}
    return document if isinstance(document, dict) else {}


def proof_document(
    log_id: str, index: int, size: int, body: bytes, path: tuple[bytes, ...], note: str, key: VerifierKey
) -> dict[str, Any]:
    """An inclusion proof as one JSON object, with all it takes to check it."""
    return {
        "format": PROOF_FORMAT,
        "log": log_id,
        "index": index,
        "size": size,
        "leaf_hash": leaf_hash(body).hex(),
        "path": [sibling.hex() for sibling in path],
        "entry": json.loads(body),
        "checkpoint": note,
        "key": str(key),
    }


def verify_proof(document: Mapping[str, Any], expected_key: VerifierKey | None = None) -> str:
    """Check an inclusion proof offline; expected_key as for `verify_export`. Returns what it shows, in words; raises
    VerificationFailed."""
    index, size, path = _proof_fields(document)
    key = _key(document["key"], expected_key)
    signed = _signed(document["checkpoint"], key, document["log"])
    try:
        leaf = leaf_hash(canonical(document["entry"]))
    except InputError as error:
        raise VerificationFailed(f"the proof's entry has no canonical form: {error.what}") from error
    if leaf.hex() != document["leaf_hash"]:
        raise VerificationFailed(f"entry {index} does not have the stated hash")
    if size != signed.size:
        raise VerificationFailed(f"the proof is for {size} entries, the checkpoint for {signed.size}")
    verify_inclusion(index, size, leaf, path, signed.root)
    return f"entry {index} of log {document['log']} is covered by the checkpoint of {signed.size} entries"


def _proof_fields(document: Mapping[str, Any]) -> tuple[int, int, list[bytes]]:
    if not isinstance(document, Mapping) or document.get("format") != PROOF_FORMAT:
        raise VerificationFailed(f"this is not a {PROOF_FORMAT} document")
    texts = ("log", "leaf_hash", "checkpoint", "key")
    index, size, path = document.get("index"), document.get("size"), document.get("path")
    if "entry" not in document or not all(isinstance(document.get(name), str) for name in texts):
        raise VerificationFailed(f"the proof is not complete: it needs entry, {', '.join(texts)}")
    if type(index) is not int or type(size) is not int or not isinstance(path, list):
        raise VerificationFailed("the proof is not complete: it needs the numbers index and size, and a path")
    try:
        return index, size, [bytes.fromhex(sibling) for sibling in path]
    except (TypeError, ValueError) as error:
        raise VerificationFailed("the proof's path is not hexadecimal") from error


def _signed(note: str, key: VerifierKey, log_id: str) -> Checkpoint:
    """The signed checkpoint, which must be that of the log the file says it is about: only the origin is signed."""
    signed = verify_note(note, key)
    if signed.origin.rpartition("/")[2] != log_id:
        raise VerificationFailed(f"the checkpoint is that of {signed.origin}, not of log {log_id}")
    return signed


def _key(stated: str, expected: VerifierKey | None) -> VerifierKey:
    key = expected or parse_verifier_key(stated)
    if stated != str(key):
        raise VerificationFailed(f"the file names the key {stated!a}, not {key}", do="ask who signed it")
    return key


def _mark(body: bytes) -> str:
    return leaf_hash(body).hex()[:_MARK_LENGTH]


def _header(line: bytes, path: Path) -> dict[str, str]:
    try:
        header = parse_canonical(line)
    except VerificationFailed as error:
        raise VerificationFailed(f"this is not an exported log ({FORMAT})", where=f"{path}:1") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise VerificationFailed(f"this is not an exported log ({FORMAT})", where=f"{path}:1")
    missing = [name for name in _HEADER if not isinstance(header.get(name), str)]
    if missing:
        raise VerificationFailed(f"the export's header lacks {', '.join(missing)}", where=f"{path}:1")
    return header


def _check_line(line: bytes, number: int, marks: str, path: Path) -> None:
    place = (number - 2) * _MARK_LENGTH
    try:
        parse_canonical(line)
    except VerificationFailed as error:
        what = f"entry {number - 2} is not canonical JSON: it was changed"
        raise VerificationFailed(what, where=f"{path}:{number}") from error
    if marks[place : place + _MARK_LENGTH] != _mark(line):
        raise VerificationFailed(f"entry {number - 2} was changed, or is not the one exported here", where=f"{path}:{number}")
