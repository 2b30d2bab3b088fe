"""A store over a temporary file holds what it was given, however much that is, in a bounded room."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from sandbox.chain import nodes
from sandbox.chain.nodes import SpillingStore
from sandbox.storage.scratch import ScratchFile


def test_a_store_that_spills_answers_as_a_dictionary_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MOST_FRESH", 16)
    chance, model = random.Random(3), dict[bytes, bytes]()
    with closing(ScratchFile()) as file:
        store = SpillingStore(file, room=2_000)
        for _ in range(2_000):
            key, value = bytes([chance.randrange(90)]), chance.randbytes(chance.randrange(40))
            if chance.randrange(3) or key not in model:
                store[key] = model[key] = value
            else:
                del store[key], model[key]
            other = bytes([chance.randrange(90)])
            assert (other in store) == (other in model)
            if other in model:
                assert store[other] == model[other]
        assert {key: store[key] for key in model} == model


def test_what_is_not_there_is_missed_before_and_after_spilling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MOST_FRESH", 2)
    with closing(ScratchFile()) as file:
        store = SpillingStore(file)
        for number in range(5):
            store[bytes([number])] = b"x"
        del store[b"\x00"]
        for key in (b"\x00", b"\x09"):
            with pytest.raises(KeyError):
                store[key]
            with pytest.raises(KeyError):
                del store[key]
        assert file.read(b"\x01") == b"x" and file.read(b"\x09") is None


def test_two_files_know_nothing_of_each_other() -> None:
    with closing(ScratchFile()) as one, closing(ScratchFile()) as other:
        one.write({b"k": b"v"})
        assert (one.read(b"k"), other.read(b"k")) == (b"v", None)
