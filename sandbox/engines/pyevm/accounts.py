"""The state py-evm works on: accounts, storage and code over a key-value store, with one list of what to undo.

py-evm's own keeps each of them behind five layers of journals and caches, and takes a trie apart for every key. Here what was
read or written is in plain dictionaries, going back undoes the writes one by one, and a root takes one walk over the changes.
"""

from __future__ import annotations

from typing import Any, Final

from eth.abc import AccountDatabaseAPI, AtomicDatabaseAPI, MetaWitnessAPI
from eth.db.witness import MetaWitness
from eth.vm.interrupt import MissingAccountTrieNode, MissingBytecode
from eth_hash.auto import keccak

from sandbox.engines.pyevm.account import BLANK, EMPTY_CODE, Account, Storage, within
from sandbox.engines.pyevm.tries import EMPTY_TRIE, changed, decode, find
from sandbox.engines.rlp_items import encode, number, padded

_NOTHING: Final = object()
"""Stands where a dictionary had no entry."""


class Accounts(AccountDatabaseAPI):  # type: ignore[misc]
    """The state after a root, and what becomes of it. Not for two threads at a time."""

    def __init__(self, database: AtomicDatabaseAPI, root: bytes = EMPTY_TRIE) -> None:
        self._database = database
        self._stored = self._root = root
        self._nodes: dict[bytes, bytes] = {}
        self._accounts: dict[bytes, Account | None] = {}
        self._storages: dict[bytes, Storage] = {}
        self._codes: dict[bytes, bytes] = {}
        self._changed: set[bytes] = set()
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self.lock_changes()

    @property
    def state_root(self) -> bytes:
        """Root as of the last time one was made."""
        return self._root

    @state_root.setter
    def state_root(self, value: bytes) -> None:
        self._root = value

    def has_root(self, state_root: bytes) -> bool:
        """True if the store has the state under a root."""
        return state_root == EMPTY_TRIE or state_root in self._database

    # --- storage

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        """Value of a slot; without the journal, as it was when the transaction began."""
        if not from_journal and (address, slot) in self._before:
            return self._before[address, slot]
        storage = self._storage(address)
        if slot not in storage.slots:
            raw = self._find(storage.root, keccak(padded(slot)))
            storage.slots[slot] = int.from_bytes(raw if len(raw) < 2 else raw[1:], "big")
        return storage.slots[slot]

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Write a slot."""
        before, storage = self.get_storage(address, slot), self._storage(address)
        self._before.setdefault((address, slot), before)
        self._set(storage.slots, slot, value)
        storage.written.add(slot)
        self._changed.add(address)

    def delete_storage(self, address: bytes) -> None:
        """Empty the storage of an account that is there, if only from now on."""
        self._put(address, self._account(address))
        self._wipe(address)

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        """EIP-2929."""
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        """EIP-2929."""
        if (address, slot) not in self._warm:
            self._set(self._warm, (address, slot), True)

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        """EIP-1153."""
        return self._transient.get((address, slot), b"")

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        """EIP-1153."""
        self._set(self._transient, (address, slot), value)

    # --- accounts

    def get_balance(self, address: bytes) -> int:
        """Wei."""
        return self._account(address).balance

    def set_balance(self, address: bytes, balance: int) -> None:
        """Wei. Raises ValidationError for what is no balance."""
        self._put(address, self._account(address)._replace(balance=within(balance, 256)))

    def get_nonce(self, address: bytes) -> int:
        """Nonce."""
        return self._account(address).nonce

    def set_nonce(self, address: bytes, nonce: int) -> None:
        """Nonce. Raises ValidationError for what is none."""
        self._put(address, self._account(address)._replace(nonce=within(nonce, 64)))

    def increment_nonce(self, address: bytes) -> None:
        """Nonce."""
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code(self, address: bytes) -> bytes:
        """Code. Raises MissingBytecode if the store has lost it."""
        digest = self._account(address).code
        if digest == EMPTY_CODE:
            return b""
        try:
            return self._codes[digest] if digest in self._codes else bytes(self._database[digest])
        except KeyError as error:
            raise MissingBytecode(digest) from error

    def get_code_hash(self, address: bytes) -> bytes:
        """Keccak-256 of the code."""
        return self._account(address).code

    def set_code(self, address: bytes, code: bytes) -> None:
        """Code."""
        digest = bytes(keccak(code))
        self._codes[digest] = code
        self._put(address, self._account(address)._replace(code=digest))

    def delete_code(self, address: bytes) -> None:
        """No code any more."""
        self._put(address, self._account(address)._replace(code=EMPTY_CODE))

    def account_has_code_or_nonce(self, address: bytes) -> bool:
        """True if nobody can be created there."""
        account = self._account(address)
        return account.nonce != 0 or account.code != EMPTY_CODE

    def delete_account(self, address: bytes) -> None:
        """The account is no more, nor its storage."""
        self._wipe(address)
        self._put(address, None)

    def account_exists(self, address: bytes) -> bool:
        """True if the state holds it, be it empty."""
        return self._known(address) is not None

    def touch_account(self, address: bytes) -> None:
        """From now on it is there."""
        self._put(address, self._account(address))

    def account_is_empty(self, address: bytes) -> bool:
        """EIP-161."""
        account = self._account(address)
        return not (account.nonce or account.balance) and account.code == EMPTY_CODE

    def is_address_warm(self, address: bytes) -> bool:
        """EIP-2929."""
        return address in self._warm

    def mark_address_warm(self, address: bytes) -> None:
        """EIP-2929."""
        if address not in self._warm:
            self._set(self._warm, address, True)

    # --- going back and forth

    def record(self) -> int:
        """Mark this point."""
        return len(self._undo)

    def discard(self, checkpoint: int) -> None:
        """Go back to a point, also to one before a transaction began."""
        while len(self._undo) > checkpoint:
            place, key, value = self._undo.pop()
            if value is _NOTHING:
                place.pop(key, None)
            else:
                place[key] = value

    def commit(self, checkpoint: int) -> None:
        """Give up a point; earlier ones can still be gone back to."""

    def lock_changes(self) -> None:
        """A transaction begins: nothing is warm or transient, and what storage holds now is what it held before."""
        self._warm: dict[Any, bool] = {}
        self._transient: dict[tuple[bytes, int], bytes] = {}
        self._before: dict[tuple[bytes, int], int] = {}

    def make_state_root(self) -> bytes:
        """Root of the state as it stands. Raises MissingAccountTrieNode where the store has lost a part of it."""
        leaves = {bytes(keccak(address)): self._leaf(address) for address in self._changed}
        try:
            self._root = changed(self._read, self._stored, leaves, self._nodes)
        except KeyError as error:
            raise _missing(error.args[0], self._stored, b"") from error
        return self._root

    def persist(self) -> MetaWitnessAPI:
        """Write the state as it stands. Points marked before are gone."""
        self.make_state_root()
        for key, value in (*self._nodes.items(), *self._codes.items()):
            self._database[key] = value
        for address in self._changed & self._storages.keys():
            storage = self._storages[address]
            storage.root, storage.written = storage.after, set()
        self._stored = self._root
        self._nodes, self._codes, self._changed, self._undo = {}, {}, set(), []
        return MetaWitness(frozenset(), {})

    # --- inside

    def _set(self, place: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((place, key, place.get(key, _NOTHING)))
        place[key] = value

    def _put(self, address: bytes, account: Account | None) -> None:
        self._known(address)
        self._set(self._accounts, address, account)
        self._changed.add(address)

    def _wipe(self, address: bytes) -> None:
        self._storage(address)
        self._set(self._storages, address, Storage(EMPTY_TRIE))
        self._changed.add(address)

    def _account(self, address: bytes) -> Account:
        return self._known(address) or BLANK

    def _known(self, address: bytes) -> Account | None:
        if address in self._accounts:
            return self._accounts[address]
        raw = self._find(self._stored, keccak(address))
        account = None
        if raw:
            nonce, balance, storage, code = decode(raw)
            account = Account(int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), storage, code)
        self._accounts[address] = account
        return account

    def _storage(self, address: bytes) -> Storage:
        storage = self._storages.get(address)
        if storage is None:
            storage = self._storages[address] = Storage(self._account(address).storage)
        return storage

    def _storage_root(self, storage: Storage) -> bytes:
        values = {slot: storage.slots[slot] for slot in storage.written}
        leaves = {bytes(keccak(padded(slot))): encode(number(value)) if value else b"" for slot, value in values.items()}
        storage.after = changed(self._read, storage.root, leaves, self._nodes)
        return storage.after

    def _leaf(self, address: bytes) -> bytes:
        account, storage = self._known(address), self._storages.get(address)
        root = (account or BLANK).storage if storage is None else self._storage_root(storage)
        if account is None and root == EMPTY_TRIE:
            return b""
        nonce, balance, _, code = account or BLANK
        return encode((number(nonce), number(balance), root, code))

    def _find(self, root: bytes, key: bytes) -> bytes:
        try:
            return find(self._read, root, key)
        except KeyError as error:
            raise _missing(error.args[0], root, key) from error

    def _read(self, digest: bytes) -> bytes:
        return bytes(self._nodes[digest] if digest in self._nodes else self._database[digest])


def _missing(digest: bytes, root: bytes, key: bytes) -> MissingAccountTrieNode:
    return MissingAccountTrieNode(digest, root, key)
