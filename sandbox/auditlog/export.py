"""Logs and proofs as files that anyone can check with no database and no server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sandbox.auditlog.signer import verify_note
from sandbox.domain.canonical import canonical
from sandbox.domain.checkpoint import VerifierKey, parse_verifier_key
from sandbox.domain.merkle import Frontier, leaf_hash, verify_inclusion
from sandbox.errors import InputError, NotFound, VerificationFailed

FORMAT: Final = "taishan-log/1"
PROOF_FORMAT: Final = "taishan-proof/1"


def write_export(path: Path, log_id: str, note: str, key: VerifierKey, bodies: Iterable[bytes]) -> int:
    """A header line, then one canonical entry a line. Returns how many entries were written."""
    header = {"format": FORMAT, "log": log_id, "checkpoint": note, "key": str(key)}
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(canonical(header) + b"\n")
        for body in bodies:
            file.write(body + b"\n")
            count += 1
    return count


def verify_export(path: Path, expected_key: VerifierKey | None = None) -> str:
    """Check an exported log. expected_key: the key known from elsewhere; without it the file's own is used, which shows that
    the file is whole but not who signed it. Returns what was found, in words; raises VerificationFailed naming the line."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}", do="give the path of an exported log") from error
    header = _header(lines[0], path)
    key = expected_key or parse_verifier_key(str(header["key"]))
    signed = verify_note(str(header["checkpoint"]), key)
    if lines[-1] != b"":
        raise VerificationFailed("the export does not end with a complete line", where=f"{path}:{len(lines)}")
    tree = Frontier()
    for number, line in enumerate(lines[1:-1], start=2):
        _check_line(line, number, path)
        for _ in tree.append(leaf_hash(line)):
            pass
    if tree.size != signed.size:
        what = f"the export has {tree.size} entries, its checkpoint covers {signed.size}"
        raise VerificationFailed(what, where=f"{path}:{len(lines)}")
    if tree.root() != signed.root:
        raise VerificationFailed("an entry differs from what the signed checkpoint covers", where=str(path))
    return f"{tree.size} entries of log {header['log']}, signed by {key.name} as {signed.origin}"


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


def verify_proof(document: dict[str, Any], expected_key: VerifierKey | None = None) -> str:
    """Check an inclusion proof offline. Returns what it shows, in words; raises VerificationFailed."""
    try:
        if document["format"] != PROOF_FORMAT:
            raise VerificationFailed(f"this is not a {PROOF_FORMAT} document")
        key = expected_key or parse_verifier_key(str(document["key"]))
        signed = verify_note(str(document["checkpoint"]), key)
        leaf = leaf_hash(canonical(document["entry"]))
        path = [bytes.fromhex(sibling) for sibling in document["path"]]
        index, size, stated = int(document["index"]), int(document["size"]), str(document["leaf_hash"])
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise VerificationFailed(f"the proof is not complete: {error}") from error
    if leaf.hex() != stated:
        raise VerificationFailed(f"entry {index} does not have the stated hash")
    if size != signed.size:
        raise VerificationFailed(f"the proof is for {size} entries, the checkpoint for {signed.size}")
    verify_inclusion(index, size, leaf, path, signed.root)
    return f"entry {index} of log {document['log']} is covered by the checkpoint of {signed.size} entries"


def _header(line: bytes, path: Path) -> dict[str, Any]:
    try:
        header = json.loads(line)
        if header["format"] != FORMAT or canonical(header) != line:
            raise ValueError(header["format"])
        return dict(header)
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise VerificationFailed(f"this is not an exported log ({FORMAT})", where=f"{path}:1") from error


def _check_line(line: bytes, number: int, path: Path) -> None:
    try:
        sound = canonical(json.loads(line)) == line
    except (ValueError, InputError):
        sound = False
    if not sound:
        raise VerificationFailed(f"entry {number - 2} is not canonical JSON: it was changed", where=f"{path}:{number}")
