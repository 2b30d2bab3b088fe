"""Whoever changes the database, by whatever means, is found out, and the entry is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.auditlog import Signer, verify_note
from sandbox.domain.canonical import canonical
from sandbox.domain.checkpoint import Checkpoint
from sandbox.domain.merkle import verify_consistency
from sandbox.errors import SandboxError, VerificationFailed
from sandbox.storage.database import Database
from sandbox.storage.logs import LogRepository
from tests.auditlog.stage import (
    BODIES,
    NOW,
    ORIGIN,
    SIGNER,
    SIZE,
    STRANGER,
    Hand,
    Stage,
    fill,
    flipped,
    log_of,
    rewrite,
    sql,
)

INDICES = st.integers(0, SIZE - 1)
BITS = st.integers(0, 7)


def encoded(*changes: tuple[int, str, object]) -> list[bytes]:
    """The bodies with some values changed."""
    bodies = [dict(body) for body in BODIES]
    for index, name, value in changes:
        bodies[index][name] = value  # type: ignore[assignment]
    return [canonical(body) for body in bodies]


KINDS = [str(body["type"]) for body in BODIES]


# --- one bit


@given(INDICES, st.integers(0, 10**6), BITS)
def test_one_bit_of_a_body(stage: Stage, index: int, place: int, bit: int) -> None:
    body = canonical(BODIES[index])
    changed = flipped(body, place % len(body), bit)
    refusal = stage.refused(sql("UPDATE entries SET body = ? WHERE idx = ?", changed, index))
    assert refusal.where == f"run-1 entry {index}"
    assert BODIES[index]["type"] in refusal.what  # type: ignore[operator]


@given(INDICES, st.integers(0, 31), BITS)
def test_one_bit_of_a_leaf_hash(stage: Stage, index: int, place: int, bit: int) -> None:
    changed = flipped(stage.entries()[index].leaf_hash, place, bit)
    refusal = stage.refused(sql("UPDATE entries SET leaf_hash = ? WHERE idx = ?", changed, index))
    assert refusal.where == f"run-1 entry {index}"


@given(st.data(), st.integers(0, 31), BITS)
def test_one_bit_of_a_tree_node(stage: Stage, data: st.DataObject, place: int, bit: int) -> None:
    level = data.draw(st.integers(1, 5))
    index = data.draw(st.integers(0, (SIZE >> level) - 1))
    with stage.changed() as log:
        node = log._repository.node("run-1", level, index)
    assert node is not None
    changed = flipped(node, place, bit)
    refusal = stage.refused(sql("UPDATE nodes SET hash = ? WHERE level = ? AND idx = ?", changed, level, index))
    assert f"node {level}/{index}" in refusal.what


@given(st.sampled_from([20, SIZE]), st.integers(0, 31), BITS)
def test_one_bit_of_a_checkpoints_root(stage: Stage, size: int, place: int, bit: int) -> None:
    with stage.changed() as log:
        root = next(kept.root for kept in log._repository.checkpoints("run-1") if kept.size == size)
    stage.refused(sql("UPDATE checkpoints SET root = ? WHERE size = ?", flipped(root, place, bit), size))


def test_any_character_of_a_checkpoints_note(stage: Stage) -> None:
    with stage.changed() as log:
        note = log.checkpoint(SIGNER, NOW)
    for place in range(len(note)):
        for other in {chr(ord(note[place]) ^ 1), "\n", "A", "é"} - {note[place]}:
            stage.refused(sql("UPDATE checkpoints SET note = ? WHERE size = 40", note[:place] + other + note[place + 1 :]))


@pytest.mark.parametrize("size", [0, -1, 1, 19, 21, 39, 41, 2**40])
@pytest.mark.parametrize("which", [20, SIZE])
def test_the_size_of_a_checkpoint(stage: Stage, which: int, size: int) -> None:
    stage.refused(sql("UPDATE checkpoints SET size = ? WHERE size = ?", size, which))


@given(INDICES, st.sampled_from(["transaction", "finding", "Finding", "", "findinh"]))
def test_the_type_of_an_entry(stage: Stage, index: int, kind: str) -> None:
    if kind != BODIES[index]["type"]:
        refusal = stage.refused(sql("UPDATE entries SET type = ? WHERE idx = ?", kind, index))
        assert refusal.where == f"run-1 entry {index}"


@given(INDICES, st.integers(-3, 3) | st.sampled_from([-(2**62), 2**62]))
def test_the_index_of_an_entry(stage: Stage, index: int, by: int) -> None:
    if not 0 <= index + by < SIZE:
        stage.refused(sql("UPDATE entries SET idx = idx + ? WHERE idx = ?", by, index))


@pytest.mark.parametrize(("column", "by"), [("level", 1), ("level", 7), ("level", -2), ("idx", 100), ("idx", -100)])
def test_the_place_of_a_tree_node(stage: Stage, column: str, by: int) -> None:
    stage.refused(sql(f"UPDATE nodes SET {column} = {column} + ? WHERE level = 2 AND idx = 9", by))


@pytest.mark.parametrize(
    ("table", "column", "value", "where"),
    [
        ("entries", "body", "text", "idx = 7"),
        ("entries", "body", 7, "idx = 7"),
        ("entries", "body", 2.5, "idx = 7"),
        ("entries", "leaf_hash", "text", "idx = 7"),
        ("entries", "leaf_hash", 10**15, "idx = 7"),
        ("entries", "leaf_hash", b"", "idx = 7"),
        ("entries", "type", b"\xff", "idx = 7"),
        ("entries", "idx", "seven", "idx = 7"),
        ("entries", "idx", 7.5, "idx = 7"),
        ("entries", "idx", b"7", "idx = 39"),
        ("nodes", "hash", "text", "level = 1 AND idx = 3"),
        ("nodes", "hash", b"", "level = 1 AND idx = 3"),
        ("nodes", "idx", "three", "level = 1 AND idx = 3"),
        ("nodes", "level", "one", "level = 1 AND idx = 3"),
        ("checkpoints", "root", "text", "size = 40"),
        ("checkpoints", "note", b"\xff\xfe", "size = 40"),
        ("checkpoints", "note", "", "size = 40"),
        ("checkpoints", "size", "forty", "size = 40"),
        ("checkpoints", "size", 40.5, "size = 40"),
    ],
)
def test_a_value_of_another_type_which_sqlite_takes(stage: Stage, table: str, column: str, value: object, where: str) -> None:
    stage.refused(sql(f"UPDATE {table} SET {column} = ? WHERE {where}", value))


# --- whole entries


@given(INDICES)
def test_an_entry_deleted(stage: Stage, index: int) -> None:
    refusal = stage.refused(sql("DELETE FROM entries WHERE idx = ?", index))
    assert refusal.where == f"run-1 entry {index}"


@given(st.integers(0, SIZE - 2))
def test_an_entry_deleted_and_the_gap_closed(stage: Stage, index: int) -> None:
    close = [sql("UPDATE entries SET idx = ? WHERE idx = ?", at - 1, at) for at in range(index + 1, SIZE)]
    stage.refused(sql("DELETE FROM entries WHERE idx = ?", index), *close)


@given(INDICES, INDICES)
def test_two_entries_swapped(stage: Stage, one: int, other: int) -> None:
    if one != other:
        move = "UPDATE entries SET idx = ? WHERE idx = ?"
        refusal = stage.refused(sql(move, 999, one), sql(move, one, other), sql(move, other, 999))
        assert refusal.where is not None
        assert int(refusal.where.split()[-1]) <= max(one, other)


@given(st.integers(0, SIZE))
def test_an_entry_inserted(stage: Stage, index: int) -> None:
    shift = [sql("UPDATE entries SET idx = ? WHERE idx = ?", at + 1, at) for at in reversed(range(index, SIZE))]
    copy = sql("INSERT INTO entries SELECT log_id, ?, type, leaf_hash, body FROM entries WHERE idx < 2 LIMIT 1", index)
    stage.refused(*shift, copy)


@given(st.integers(0, SIZE - 1))
def test_a_log_cut_short(stage: Stage, kept: int) -> None:
    refusal = stage.refused(sql("DELETE FROM entries WHERE idx >= ?", kept))
    assert refusal.where == f"run-1 entry {kept}"


@pytest.mark.parametrize("kept", [0, 1, 19, 21, 32, 39])
def test_a_log_cut_short_with_its_nodes_and_checkpoints_where_no_checkpoint_was(stage: Stage, kept: int) -> None:
    refusal = stage.refused(
        rewrite(encoded()[:kept], KINDS[:kept]), sql("DELETE FROM checkpoints WHERE size > ?", max(kept, 20))
    )
    assert refusal.where is not None and refusal.where.startswith("run-1 entry")


def test_nodes_deleted_and_nodes_added(stage: Stage) -> None:
    stage.refused(sql("DELETE FROM nodes WHERE level = 3"))
    stage.refused(sql("DELETE FROM nodes"))
    stage.refused(sql("INSERT INTO nodes SELECT log_id, 9, 9, hash FROM nodes LIMIT 1"))
    stage.refused(sql("INSERT INTO nodes SELECT log_id, 1, 20, hash FROM nodes LIMIT 1"))


def test_the_last_checkpoint_deleted(stage: Stage) -> None:
    refusal = stage.refused(sql("DELETE FROM checkpoints WHERE size = 40"))
    assert refusal.where == "run-1 entry 20"
    stage.refused(sql("DELETE FROM checkpoints"))


# --- the whole log made anew


@given(INDICES)
def test_a_consistent_rewrite_without_the_key_is_caught_by_the_checkpoints(stage: Stage, index: int) -> None:
    refusal = stage.refused(rewrite(encoded((index, "amount", "0")), KINDS))
    assert "sign" in refusal.what


def test_a_consistent_rewrite_signed_with_another_key_of_the_same_name_is_caught(stage: Stage) -> None:
    stage.refused(rewrite(encoded((7, "amount", "0")), KINDS, STRANGER, [20]))


def test_a_consistent_rewrite_with_old_notes_under_new_roots_is_caught(stage: Stage) -> None:
    bodies = encoded((7, "amount", "0"))
    with stage.changed(rewrite(bodies, KINDS)) as log:
        root = log.root
    stage.refused(rewrite(bodies, KINDS), sql("UPDATE checkpoints SET root = ? WHERE size = 40", root))


def test_the_checkpoint_of_another_log_signed_with_the_right_key_is_caught(stage: Stage) -> None:
    with stage.changed() as log:
        note = SIGNER.sign(Checkpoint("taishan.example/log/run-2", SIZE, log.root))
    stage.refused(sql("UPDATE checkpoints SET note = ? WHERE size = 40", note))


def test_the_signature_of_another_checkpoint_of_the_log_is_caught(stage: Stage) -> None:
    stage.refused(sql("UPDATE checkpoints SET note = (SELECT note FROM checkpoints WHERE size = 20) WHERE size = 40"))


def test_whoever_has_the_key_can_rewrite_history_but_not_past_a_checkpoint_kept_outside(stage: Stage) -> None:
    """The limit of any signed log: signatures show who, not that there is no second version. A root on the chain, or a
    regulator's copy of a checkpoint, is what the rewritten log cannot be consistent with."""
    with stage.changed() as log:
        outside = verify_note(log._repository.checkpoints("run-1")[0].note, SIGNER.verifier)
    with stage.changed(rewrite(encoded((7, "amount", "0")), KINDS, SIGNER, [20])) as log:
        assert log.verify(SIGNER.verifier) == SIZE
        with pytest.raises(VerificationFailed):
            proof = log.prove_consistency(outside.size)
            verify_consistency(outside.size, log.size, outside.root, log.root, proof)


def test_whoever_has_no_key_can_cut_a_log_at_an_older_checkpoint_but_not_past_one_kept_outside(stage: Stage) -> None:
    with stage.changed() as log:
        outside = verify_note(log.checkpoint(SIGNER, NOW), SIGNER.verifier)
    cut: list[Hand] = [rewrite(encoded()[:20], KINDS[:20]), sql("DELETE FROM checkpoints WHERE size > 20")]
    with stage.changed(*cut) as log:
        assert log.verify(SIGNER.verifier) == 20
        assert (outside.origin, outside.size) == (ORIGIN, SIZE)
        assert log.size < outside.size  # which is how whoever kept it knows


# --- the file itself


def verified(file: Path) -> list[bytes]:
    """Bodies of the log in that file if it verifies. Raises SandboxError."""
    database = Database.open(f"sqlite:///{file}")
    try:
        with database.begin() as connection:
            log_of(connection).verify(SIGNER.verifier)
            return [entry.body for entry in LogRepository(connection).entries("run-1")]
    finally:
        database.close()


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same log in a database that nobody has open: all of it is in this one file."""
    file = tmp_path_factory.mktemp("closed") / "sandbox.db"
    database = Database.open(f"sqlite:///{file}")
    fill(database)
    database.close()
    assert verified(file) == encoded()
    assert [path.name for path in file.parent.iterdir()] == ["sandbox.db"]
    return file


def test_a_byte_of_a_body_changed_in_the_file_is_found_and_the_entry_named(closed: Path) -> None:
    whole, body = closed.read_bytes(), canonical(BODIES[23])
    start = whole.index(body)
    try:
        for place in range(start, start + len(body)):
            closed.write_bytes(flipped(whole, place))
            with pytest.raises(VerificationFailed, match=re.escape("log run-1: entry 23 (transaction) was changed")) as raised:
                verified(closed)
            assert raised.value.where == "run-1 entry 23"
    finally:
        closed.write_bytes(whole)


@settings(deadline=None)
@given(st.data())
def test_a_bit_flipped_anywhere_in_the_file_is_found_or_changed_no_entry(closed: Path, data: st.DataObject) -> None:
    whole = closed.read_bytes()
    try:
        closed.write_bytes(flipped(whole, data.draw(st.integers(0, len(whole) - 1)), data.draw(BITS)))
        try:
            bodies = verified(closed)
        except SandboxError:
            return
        assert bodies == encoded()
    finally:
        closed.write_bytes(whole)


@pytest.mark.parametrize("needle", [b"finding", b"transaction", b"run-1", "— taishan".encode(), b"taishan.example/log/run-1"])
def test_bits_flipped_in_records_are_found_or_changed_no_entry(closed: Path, needle: bytes) -> None:
    """Around texts: headers of records, where one bit makes text of bytes and bytes of text."""
    whole = closed.read_bytes()
    at = whole.rindex(needle)
    try:
        for place in range(at - 12, at + len(needle)):
            for bit in range(8):
                closed.write_bytes(flipped(whole, place, bit))
                try:
                    assert verified(closed) == encoded()
                except SandboxError:
                    continue
    finally:
        closed.write_bytes(whole)


def test_the_key_of_a_forger_is_not_the_sandboxs() -> None:
    assert Signer("taishan.example/sandbox", bytes(32)).verifier.key_id != SIGNER.verifier.key_id
