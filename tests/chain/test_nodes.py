"""Between engine and database: what is new stays readable until it is stored, what is old takes only so much room."""

from __future__ import annotations

import pytest

from sandbox.chain.nodes import NodeStore


def key(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_new_entries_are_read_back_before_while_and_after_they_are_stored() -> None:
    store = NodeStore({key(1): b"old"}.get)
    assert (store[key(1)], key(1) in store, key(2) in store, "text" in store) == (b"old", True, False, False)
    store[key(1)] = b"new"
    assert store[key(1)] == b"new"
    assert store.hand_over() == {key(1): b"new"}
    assert (store[key(1)], store.hand_over()) == (b"new", {})
    store.settle()
    assert store[key(1)] == b"new"
    with pytest.raises(KeyError):
        store[key(2)]


def test_what_is_dropped_is_as_the_database_has_it() -> None:
    store = NodeStore({key(1): b"old"}.get)
    store[key(1)] = b"handed"
    store.hand_over()
    store[key(1)] = b"fresh"
    store.drop()
    assert store[key(1)] == b"old"


def test_only_so_much_is_kept_at_hand_the_least_used_goes_first() -> None:
    asked: list[bytes] = []

    def fetch(one: bytes) -> bytes:
        asked.append(one)
        return bytes(100)

    store = NodeStore(fetch, room=3 * 340)
    for number in (1, 2, 3, 1, 4, 1, 2):
        assert len(store[key(number)]) == 100
    assert asked == [key(1), key(2), key(3), key(4), key(2)]
    for number in range(100):
        store[key(number)] = bytes(1_000)
    store.hand_over()
    store.settle()
    assert store._used <= 3 * 340 and len(store._near) <= 3


def test_what_is_deleted_is_gone_before_while_and_after_it_is_stored() -> None:
    committed = {key(1): b"old"}
    store = NodeStore(committed.get)
    assert store[key(1)] == b"old"
    del store[key(1)]
    assert key(1) not in store
    assert store.hand_over() == {key(1): None}
    assert key(1) not in store
    del committed[key(1)]
    store.settle()
    assert key(1) not in store
    with pytest.raises(KeyError):
        del store[key(1)]
