"""Checkpoints: C2SP tlog-checkpoint bodies inside C2SP signed notes, read strictly.

A checkpoint is three lines of text (origin, size, root) that anyone's tools can verify; the arithmetic of signatures lives
in `sandbox.auditlog.signer`. Every fault of a note is one VerificationFailed, never a raw ValueError.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sandbox.domain.merkle import HASH_SIZE
from sandbox.errors import VerificationFailed

ED25519: Final = b"\x01"
"""Signature type of Ed25519 in C2SP signed-note."""

KEY_SIZE: Final = 32
"""Bytes of an Ed25519 key, public or private."""

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]+")
_SIGNATURE: Final = re.compile(rf"— (?P<name>{_NAME.pattern}) (?P<blob>[A-Za-z0-9+/=]+)")
_UNSIGNABLE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
"""What C2SP signed-note forbids in a text: control characters other than the newline, and what is no UTF-8."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log committed to. origin: name of the log. size: number of entries. root: 32 bytes."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The text that is signed; ends with a newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. key_id: 4 bytes. blob: the signature, 64 bytes for Ed25519."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text and who signed it. text: ends with a newline."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        lines = (f"— {s.name} {base64.b64encode(s.key_id + s.blob).decode()}\n" for s in self.signatures)
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name, as `name+hexid+base64`. public: 32 bytes, Ed25519. Raises VerificationFailed for a name that
    is empty or has spaces or "+" in it, and for a key of another size."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise VerificationFailed(f"{self.name!a} is not the name of a key", do='leave out spaces and "+"')
        if len(self.public) != KEY_SIZE:
            raise VerificationFailed(f"an Ed25519 key has {KEY_SIZE} bytes, not {len(self.public)}")

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name, newline, type, key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint a note's text holds. Raises VerificationFailed."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise VerificationFailed("a checkpoint has exactly three lines: origin, size, root")
    origin, size, encoded, _ = lines
    if not origin.strip() or origin != origin.strip():
        raise VerificationFailed("the checkpoint has no origin")
    if _SIZE.fullmatch(size) is None:
        raise VerificationFailed(f"{size[:24]!a} is not the size of a log")
    root = _decode(encoded, "the checkpoint's root")
    if len(root) != HASH_SIZE:
        raise VerificationFailed(f"the checkpoint's root has {len(root)} bytes, not {HASH_SIZE}")
    return Checkpoint(origin, int(size), root)


def parse_note(note: str) -> SignedNote:
    """A signed note. Raises VerificationFailed."""
    text, separator, block = note.rpartition("\n\n")
    if not separator or not text or not block.endswith("\n"):
        raise VerificationFailed("a signed note is a text, an empty line and signature lines")
    if _UNSIGNABLE.search(note):
        raise VerificationFailed("a signed note has no control characters and is UTF-8")
    signatures = []
    for line in block[:-1].split("\n"):
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise VerificationFailed(f"{line[:40]!a} is not a signature line")
        blob = _decode(match["blob"], "a signature")
        if len(blob) <= 4:
            raise VerificationFailed("a signature is shorter than its key id")
        signatures.append(Signature(match["name"], blob[:4], blob[4:]))
    return SignedNote(text + "\n", tuple(signatures))


def parse_verifier_key(text: str) -> VerifierKey:
    """`name+hexid+base64`. Raises VerificationFailed unless the id fits the key."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise VerificationFailed("a verifier key is written name+id+key")
    blob = _decode(parts[2], "the verifier key")
    if blob[:1] != ED25519:
        raise VerificationFailed("the verifier key is not an Ed25519 key")
    key = VerifierKey(parts[0], blob[1:])
    if key.key_id.hex() != parts[1]:
        raise VerificationFailed("the verifier key's id does not belong to the key")
    return key


def _decode(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VerificationFailed(f"{what} is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise VerificationFailed(f"{what} is not written as base64 should be")
    return raw
