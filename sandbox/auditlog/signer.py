"""Ed25519 keys that sign checkpoints, kept in a file only their owner can read."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sandbox.domain.checkpoint import (
    KEY_SIZE,
    Checkpoint,
    Signature,
    SignedNote,
    VerifierKey,
    parse_checkpoint,
    parse_note,
)
from sandbox.errors import InputError, VerificationFailed


class Signer:
    """A named private key. seed: 32 bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.verifier = VerifierKey(name, public)

    def sign(self, checkpoint: Checkpoint) -> str:
        """The checkpoint as a signed note."""
        text = checkpoint.body()
        signature = Signature(self.verifier.name, self.verifier.key_id, self._key.sign(text.encode()))
        return str(SignedNote(text, (signature,)))


def load_or_create(path: Path, name: str, fresh: bytes) -> Signer:
    """The signer whose key lies at `path`, as `secret` keeps it. Raises InputError."""
    return Signer(name, secret(path, fresh))


def secret(path: Path, fresh: bytes) -> bytes:
    """The private key that lies at `path`, 32 bytes; from now on the `fresh` ones if there is none yet. The file holds the hex
    of the key and can be read by its owner alone. Raises InputError if it holds anything else."""
    if not path.exists():
        _write_once(path, fresh)
    try:
        seed = bytes.fromhex(path.read_text().strip())
    except ValueError as error:
        raise InputError("this is not a signing key", where=str(path), do="restore the file from a backup") from error
    if len(seed) != KEY_SIZE:
        raise InputError("this is not a signing key", where=str(path), do="restore the file from a backup")
    return seed


def _write_once(path: Path, seed: bytes) -> None:
    """Create the file whole or not at all; one that another process created meanwhile stays as it is."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(seed.hex() + "\n")
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


def verify_note(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that the key signed. Raises VerificationFailed."""
    parsed = parse_note(note)
    ours = [s for s in parsed.signatures if s.name == key.name and s.key_id == key.key_id]
    if not ours:
        raise VerificationFailed(f"the checkpoint is not signed by {key.name}")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(ours[0].blob, parsed.text.encode())
    except InvalidSignature as error:
        raise VerificationFailed(f"the checkpoint's signature by {key.name} is false") from error
    return parse_checkpoint(parsed.text)
