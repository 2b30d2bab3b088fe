"""The sandbox's own accounts and tries against py-evm's, which are slower and known to be right."""

from __future__ import annotations

import random

import pytest
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth.vm.interrupt import MissingAccountTrieNode
from eth_hash.auto import keccak
from eth_utils.exceptions import ValidationError
from trie import HexaryTrie

from sandbox.engines.pyevm.accounts import Accounts
from sandbox.engines.pyevm.tries import EMPTY_TRIE, changed, decode, find
from sandbox.engines.rlp_items import encode

ADDRESSES = [keccak(bytes([number]))[:20] for number in range(12)]
SLOTS = [0, 1, 2, 3, 2**255, 2**256 - 1]


@pytest.mark.parametrize("seed", range(6))
def test_a_trie_changed_in_batches_has_the_root_of_one_changed_key_by_key(seed: int) -> None:
    chance = random.Random(seed)
    short = [bytes(chance.choice((0, 1, 16, 17, 255)) for _ in range(3)) for _ in range(40)]
    keys = short if seed % 2 else [keccak(bytes([number])) for number in range(40)]
    nodes, root, oracle = dict[bytes, bytes](), EMPTY_TRIE, HexaryTrie({})
    for _ in range(25):
        values = {key: chance.randbytes(chance.choice((0, 0, 1, 3, 40))) for key in chance.sample(keys, chance.randrange(12))}
        for key, value in values.items():
            oracle[key] = value
        fresh = dict[bytes, bytes]()
        root = changed(nodes.__getitem__, root, values, fresh)
        nodes |= fresh
        assert root == oracle.root_hash
        assert all(find(nodes.__getitem__, root, key) == oracle[key] for key in keys)


def test_rlp_of_any_length_reads_back_as_it_was_written() -> None:
    items = tuple(bytes([0x7F + (size > 1)]) * size for size in (0, 1, 2, 55, 56, 255, 256, 70_000))
    for shape in (items, (items, b"x", (items, ())), ()):
        assert decode(encode(shape)) == shape


def _act(chance: random.Random, *states: AccountDB | Accounts) -> None:
    """The same random change to all of them."""
    who, slot, value = chance.choice(ADDRESSES), chance.choice(SLOTS), chance.choice((0, 1, 127, 128, 2**200))
    act = chance.randrange(12)
    destroyed = states[0].account_is_empty(who) and not any(states[0].get_storage(who, one) for one in SLOTS)
    for state in states:
        if act < 5:
            state.set_storage(who, slot, value)
        elif act < 7:
            state.set_balance(who, value)
        elif act == 7:
            state.increment_nonce(who)
        elif act == 8:
            state.set_code(who, value.to_bytes(32, "big"))
        elif act == 9:
            state.touch_account(who)
        elif act == 10:
            state.mark_storage_warm(who, slot)
            state.mark_address_warm(who)
        elif destroyed:
            state.delete_account(who)


def _seen(state: AccountDB | Accounts) -> list[object]:
    whole = [
        (state.get_balance(a), state.get_nonce(a), state.get_code(a), state.account_exists(a), state.is_address_warm(a))
        for a in ADDRESSES
    ]
    places = [(address, slot) for address in ADDRESSES for slot in SLOTS]
    values = [(state.get_storage(a, s), state.get_storage(a, s, False), state.is_storage_warm(a, s)) for a, s in places]
    return [*whole, *values]


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_and_reverts_leave_the_same_state_as_on_py_evm(seed: int) -> None:
    chance = random.Random(seed)
    stores = [AtomicDB(), AtomicDB()]
    root = EMPTY_TRIE
    for _ in range(5):  # blocks
        theirs, ours = AccountDB(stores[0], root), Accounts(stores[1], root)
        for _ in range(3):  # transactions
            theirs.lock_changes()
            ours.lock_changes()
            marks = [(theirs.record(), ours.record())]
            for _ in range(30):
                _act(chance, theirs, ours)
                if chance.randrange(4) == 0:
                    marks.append((theirs.record(), ours.record()))
                elif chance.randrange(6) == 0 and len(marks) > 1:
                    one, other = marks.pop()
                    theirs.discard(one)
                    ours.discard(other)
            assert _seen(theirs) == _seen(ours)
            for one, other in reversed(marks):
                theirs.commit(one)
                ours.commit(other)
        theirs.persist()
        ours.persist()
        root = ours.state_root
        assert theirs.state_root == root
        assert _seen(Accounts(stores[0], root))[: len(ADDRESSES)] == _seen(Accounts(stores[1], root))[: len(ADDRESSES)]


def test_going_back_reaches_behind_the_beginning_of_a_transaction() -> None:
    state = Accounts(AtomicDB())
    state.set_storage(ADDRESSES[0], 1, 5)
    mark = state.record()
    for value in (6, 7):
        state.lock_changes()
        state.delete_storage(ADDRESSES[0])
        state.set_storage(ADDRESSES[0], 1, value)
    assert state.get_storage(ADDRESSES[0], 1) == 7
    state.discard(mark)
    assert state.get_storage(ADDRESSES[0], 1) == 5


def test_what_a_block_wrote_and_took_back_is_not_in_its_root() -> None:
    state = Accounts(AtomicDB())
    state.set_balance(ADDRESSES[0], 1)
    root, mark = state.make_state_root(), state.record()
    state.set_balance(ADDRESSES[0], 2)
    state.set_storage(ADDRESSES[1], 1, 1)
    assert state.make_state_root() != root
    state.discard(mark)
    assert state.make_state_root() == root


def test_a_number_no_account_can_have_is_refused() -> None:
    state = Accounts(AtomicDB())
    for write in (lambda: state.set_balance(ADDRESSES[0], -1), lambda: state.set_nonce(ADDRESSES[0], 2**64)):
        with pytest.raises(ValidationError, match="unsigned number"):
            write()
    state.set_balance(ADDRESSES[0], 2**256 - 1)
    assert state.get_balance(ADDRESSES[0]) == 2**256 - 1


def test_a_store_that_lost_a_part_of_the_state_is_named_and_not_read_as_empty() -> None:
    store = AtomicDB()
    state = Accounts(store)
    for address in ADDRESSES:
        state.set_balance(address, 1)
    state.persist()
    del store[state.state_root]
    with pytest.raises(MissingAccountTrieNode):
        Accounts(store, state.state_root).get_balance(ADDRESSES[0])
