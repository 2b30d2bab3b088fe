"""The state after a block, read from the store without a virtual machine."""

from __future__ import annotations

from typing import Any

from sandbox.domain.units import Address
from sandbox.engines.pyevm.accounts import Accounts
from sandbox.engines.pyevm.failures import translated


class StateAfter:
    """Reads accounts at one state root. database: py-evm's."""

    def __init__(self, database: Any, state_root: bytes) -> None:
        self._accounts = Accounts(database, state_root)

    def balance(self, address: Address) -> int:
        """Wei."""
        with translated("the state"):
            return int(self._accounts.get_balance(bytes.fromhex(address[2:])))

    def nonce(self, address: Address) -> int:
        """Transactions sent (of a contract: contracts created, plus one)."""
        with translated("the state"):
            return int(self._accounts.get_nonce(bytes.fromhex(address[2:])))

    def code(self, address: Address) -> bytes:
        """Code as stored."""
        with translated("the state"):
            return bytes(self._accounts.get_code(bytes.fromhex(address[2:])))

    def storage(self, address: Address, slot: int) -> int:
        """Value of a slot."""
        with translated("the state"):
            return int(self._accounts.get_storage(bytes.fromhex(address[2:]), slot))
