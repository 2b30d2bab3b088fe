"""A content-addressed store of artifacts on disk. An entry that does not match its own digest is as good as none."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.domain.artifact import Artifact, from_json
from sandbox.errors import InputError, MissingDependency

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class ArtifactCache:
    """folder: made when first written to. None: nothing is kept."""

    folder: Path | None

    def get(self, key: str) -> Artifact | None:
        """The artifact under the key; None if there is none or what is there is damaged (it is then removed)."""
        if self.folder is None:
            return None
        path = self._path(self.folder, key)
        try:
            digest, _, body = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        if hashlib.sha256(body).hexdigest().encode() == digest:
            try:
                return from_json(body.decode())
            except (InputError, UnicodeDecodeError):
                pass  # written by another version of the sandbox; fall through to remove it
        path.unlink(missing_ok=True)
        return None

    def put(self, key: str, artifact: Artifact) -> None:
        """Keep the artifact. Readers see the whole entry or none. Raises MissingDependency if the disk refuses."""
        if self.folder is None:
            return
        path = self._path(self.folder, key)
        body = artifact.to_json().encode()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as new:
                new.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            os.replace(new.name, path)
        except OSError as error:
            raise MissingDependency(
                f"the compile cache cannot be written: {error.strerror}",
                where=str(self.folder),
                do="make the folder writable, or free some space",
            ) from error

    def _path(self, folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.json"


def cache_key(compiler: str, settings: Mapping[str, object], sources: str, contract: str, name: str) -> str:
    """SHA-256 (hex) over all that decides an artifact. sources: digest of every source reached."""
    parts = [_FORMAT, compiler, dict(settings), sources, contract, name]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
