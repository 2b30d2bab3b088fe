"""Appending, proving, checkpointing and verifying an honest log."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from sandbox.auditlog import verify_note
from sandbox.domain.canonical import canonical
from sandbox.domain.merkle import EMPTY_ROOT, Frontier, leaf_hash, verify_consistency, verify_inclusion
from sandbox.errors import InputError, NotFound, VerificationFailed
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository
from tests.auditlog.stage import BODIES, NOW, ORIGIN, SIGNER, SIZE, STRANGER, Stage, log_of


def roots() -> list[bytes]:
    tree = Frontier()
    found = [tree.root()]
    for body in BODIES:
        tree.append(leaf_hash(canonical(body)))
        found.append(tree.root())
    return found


def test_an_honest_log_verifies_and_has_the_root_of_its_entries(stage: Stage) -> None:
    with stage.changed() as log:
        assert log.verify(SIGNER.verifier) == log.size == SIZE
        assert log.root == roots()[SIZE]


def test_entries_are_kept_as_canonical_json(stage: Stage) -> None:
    assert [entry.body for entry in stage.entries()] == [canonical(body) for body in BODIES]
    assert [entry.type for entry in stage.entries()] == [body["type"] for body in BODIES]


def test_batches_of_any_size_give_the_same_root(stage: Stage, empty: Database) -> None:
    for number, cuts in enumerate(([1, 2, 3], [0, 39], [17], list(range(SIZE)))):
        log_id = f"run-{number}"
        with empty.begin() as connection:
            LogRepository(connection).create(log_id, "run", NOW)
            for start, end in pairwise([0, *cuts, SIZE]):
                assert log_of(connection, log_id).append(BODIES[start:end]) == range(start, end)
            assert log_of(connection, log_id).root == roots()[SIZE]


def test_every_entry_has_a_proof_against_every_size_it_is_part_of(stage: Stage) -> None:
    known = roots()
    with stage.changed() as log:
        for size in (1, 2, 7, 20, 33, SIZE):
            for index in range(size):
                leaf = leaf_hash(canonical(BODIES[index]))
                verify_inclusion(index, size, leaf, log.prove_inclusion(index, size), known[size])


def test_every_size_is_proved_to_extend_every_smaller_one(stage: Stage) -> None:
    known = roots()
    with stage.changed() as log:
        for new in (1, 2, 20, 31, SIZE):
            for old in range(1, new + 1):
                verify_consistency(old, new, known[old], known[new], log.prove_consistency(old, new))


@pytest.mark.parametrize(("index", "size"), [(SIZE, None), (-1, None), (0, 0), (5, 5), (0, SIZE + 1)])
def test_an_entry_that_is_not_there_has_no_proof(stage: Stage, index: int, size: int | None) -> None:
    with stage.changed() as log, pytest.raises(NotFound, match=f"no entry {index}"):
        log.prove_inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, SIZE), (SIZE + 1, None), (5, 4), (1, SIZE + 1), (-1, 4)])
def test_sizes_the_log_never_had_have_no_proof(stage: Stage, old: int, new: int | None) -> None:
    with stage.changed() as log, pytest.raises(NotFound):
        log.prove_consistency(old, new)


def test_a_checkpoint_is_signed_kept_and_not_made_twice(stage: Stage) -> None:
    with stage.changed() as log:
        note = log.checkpoint(SIGNER, NOW)
        assert log.checkpoint(SIGNER, "2028-01-01T00:00:00Z") == note
        signed = verify_note(note, SIGNER.verifier)
        assert (signed.origin, signed.size, signed.root) == (ORIGIN, SIZE, log.root)


def test_what_no_checkpoint_covers_is_named(stage: Stage) -> None:
    with stage.changed() as log:
        log.append([{"type": "late"}, {"type": "later"}])
        with pytest.raises(VerificationFailed, match=f"entry {SIZE} and what follows is covered by no checkpoint"):
            log.verify(SIGNER.verifier)
        log.checkpoint(SIGNER, NOW)
        assert log.verify(SIGNER.verifier) == SIZE + 2


def test_an_empty_log_verifies_with_and_without_a_checkpoint(empty: Database) -> None:
    with empty.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
        log = log_of(connection)
        assert (log.size, log.root, log.verify(SIGNER.verifier)) == (0, EMPTY_ROOT, 0)
        assert verify_note(log.checkpoint(SIGNER, NOW), SIGNER.verifier).size == 0
        assert log.verify(SIGNER.verifier) == 0


def test_another_key_of_the_same_name_does_not_verify(stage: Stage) -> None:
    with stage.changed() as log, pytest.raises(VerificationFailed, match="run-1"):
        log.verify(STRANGER.verifier)


BAD_BODIES: list[dict[Any, Any]] = [
    {"type": "note", "price": 1.5},
    {"type": "note", "amount": 2**60},
    {"type": "note", 1: 2},
    {"type": "note", "name": "\ud800"},
    {"note": "of no type"},
    {"type": 7},
    {"type": None},
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=repr)
def test_a_body_without_type_or_canonical_form_is_refused_and_nothing_of_its_batch_is_added(
    stage: Stage, body: dict[str, Any]
) -> None:
    with stage.changed() as log:
        with pytest.raises(InputError):
            log.append([{"type": "good"}, body])
        assert log.size == SIZE
        assert log.append([{"type": "good"}]) == range(SIZE, SIZE + 1)
        log.checkpoint(SIGNER, NOW)
        assert log.verify(SIGNER.verifier) == SIZE + 1


def test_what_was_rolled_back_was_never_in_the_log(empty: Database) -> None:
    with empty.begin() as connection:
        LogRepository(connection).create("run-1", "run", NOW)
    with pytest.raises(ZeroDivisionError), empty.begin() as connection:
        log_of(connection).append(BODIES)
        raise ZeroDivisionError
    with empty.begin() as connection:
        assert log_of(connection).append(BODIES[:1]) == range(0, 1)
        assert log_of(connection).root == roots()[1]
