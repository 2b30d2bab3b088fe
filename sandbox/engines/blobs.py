"""Blobs that travel with a transaction (EIP-4844, EIP-7594): taken apart and checked, never kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import ckzg
from eth.precompiles.point_evaluation import TRUSTED_SETUP_PATH

from sandbox.engines.rlp_items import decoded, encode, quantity
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError, Rejected

_BLOB_TYPE: Final = 3
_CELLS: Final = 128
_VERSION: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Blobs with what proves them. cells: proofs are for the cells of the extended blob (EIP-7594), 128 for each blob."""

    blobs: tuple[bytes, ...]
    commitments: tuple[bytes, ...]
    proofs: tuple[bytes, ...]
    cells: bool


def unwrap(raw: bytes) -> tuple[WireTransaction, Sidecar | None]:
    """A transaction as it is sent: with its blobs, if it has any. Raises InputError."""
    if raw[:1] != bytes([_BLOB_TYPE]):
        return WireTransaction.decode(raw), None
    items = decoded(raw[1:], "a blob transaction")
    if not items or isinstance(items[0], bytes):
        return WireTransaction.decode(raw), None
    transaction = WireTransaction.decode(raw[:1] + encode(items[0]))
    cells = len(items) == 5
    if len(items) not in (4, 5) or (cells and quantity(items[1]) != 1):
        raise InputError("the blobs are wrapped in a way that is not known", do="send them as EIP-4844 or EIP-7594 say")
    blobs, commitments, proofs = (tuple(part) for part in items[-3:])
    return transaction, Sidecar(blobs, commitments, proofs, cells)


def verify(transaction: WireTransaction, sidecar: Sidecar | None) -> None:
    """Raises Rejected if a blob transaction comes without its blobs or with others."""
    if transaction.kind != _BLOB_TYPE:
        return
    if sidecar is None:
        raise Rejected("blobs", "missing sidecar in blob transaction", do="send the blobs with the transaction")
    hashes = tuple(_VERSION + sha256(one).digest()[1:] for one in sidecar.commitments)
    if hashes != transaction.blob_hashes or len(sidecar.blobs) != len(hashes) or not hashes:
        raise Rejected("blobs", "the blobs are not the ones the transaction names")
    try:
        holds = _holds(sidecar)
    except (RuntimeError, ValueError, TypeError) as error:
        raise Rejected("blobs", f"malformed blobs: {error}") from error
    if not holds:
        raise Rejected("blobs", "invalid blob proof")


def _holds(sidecar: Sidecar) -> bool:
    setup = _setup()
    if not sidecar.cells:
        return bool(ckzg.verify_blob_kzg_proof_batch(b"".join(sidecar.blobs), *_joined(sidecar), setup))
    if len(sidecar.proofs) != _CELLS * len(sidecar.blobs):
        return False
    cells = [cell for blob in sidecar.blobs for cell in ckzg.compute_cells(blob, setup)]
    commitments = [one for one in sidecar.commitments for _ in range(_CELLS)]
    indices = list(range(_CELLS)) * len(sidecar.blobs)
    return bool(ckzg.verify_cell_kzg_proof_batch(commitments, indices, cells, list(sidecar.proofs), setup))


def _joined(sidecar: Sidecar) -> Sequence[bytes]:
    return b"".join(sidecar.commitments), b"".join(sidecar.proofs)


@lru_cache(maxsize=1)
def _setup() -> Any:
    return ckzg.load_trusted_setup(str(TRUSTED_SETUP_PATH), 0)
