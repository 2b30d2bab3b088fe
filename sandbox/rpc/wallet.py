"""The keys a development node holds, all of them public; and whom it may pose as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from coincurve import PrivateKey

from sandbox.domain.units import Address
from sandbox.engines.archive import Message
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError
from sandbox.rpc.typed_data import check_arrays

MNEMONIC: Final = "test test test test test test test test test test test junk"
"""The words Hardhat and Anvil use, known to everybody."""

_PATH: Final = "m/44'/60'/0'/0/{}"
_LEGACY, _ACCESS_LIST, _DYNAMIC, _SET_CODE = 0, 1, 2, 4
_FIRST_V: Final = 35


@dataclass(frozen=True, slots=True)
class Prefunded:
    """An account that has ether from the start. key: 32 bytes."""

    address: Address
    key: bytes


def prefunded(count: int, mnemonic: str = MNEMONIC) -> tuple[Prefunded, ...]:
    """The first accounts of a mnemonic (BIP-39, BIP-44)."""
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    made = (Account.from_mnemonic(mnemonic, account_path=_PATH.format(at)) for at in range(count))
    return tuple(Prefunded(Address(one.address.lower()), bytes(one.key)) for one in made)


class Wallet:
    """accounts: those it can sign for. posing: addresses it sends as without a key; everybody: any address."""

    def __init__(self, accounts: Sequence[Prefunded]) -> None:
        self.accounts = tuple(accounts)
        self.posing: set[Address] = set()
        self.everybody = False
        self._keys = {one.address: one.key for one in accounts}

    def transaction(self, message: Message, chain_id: int, *, unsigned: bool = False) -> WireTransaction:
        """The transaction a message asks for, signed; or, from somebody it poses as (unsigned: whoever it is), with `origin`
        set. message: complete. Raises InputError where it has no key."""
        who = message.sender
        plain = _unsigned(message, chain_id)
        if who in self._keys and not unsigned:
            return _signed(plain, self._keys[who])
        if unsigned or self.everybody or who in self.posing:
            return replace(plain, v=_v(plain, 0), r=int(who, 16) or 1, s=1, origin=who)
        raise InputError(f"no key for {who}", do="send from one of eth_accounts, or impersonate the address")

    def sign(self, who: Address, kind: str, content: Any) -> bytes:
        """A signature of EIP-191 text (kind "text", content bytes) or of EIP-712 data (kind "typed", content its object).
        Raises InputError."""
        from eth_account import Account
        from eth_account.messages import encode_defunct, encode_typed_data

        if who not in self._keys:
            raise InputError(f"no key for {who}", do="sign as one of eth_accounts")
        try:
            if kind == "typed":
                check_arrays(content)
            signable = encode_defunct(content) if kind == "text" else encode_typed_data(full_message=content)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"the data cannot be signed: {error}") from error
        return bytes(Account.sign_message(signable, self._keys[who]).signature)


def _unsigned(message: Message, chain_id: int) -> WireTransaction:
    kind = _DYNAMIC
    if message.authorizations is not None:
        kind = _SET_CODE
    elif message.gas_price is not None:
        kind = _LEGACY if message.access_list is None else _ACCESS_LIST
    return WireTransaction(
        kind=kind,
        nonce=message.nonce or 0,
        gas=message.gas or 0,
        to=message.to,
        value=message.value,
        data=message.data,
        chain_id=chain_id,
        gas_price=message.gas_price,
        tip=message.tip,
        max_fee=message.max_fee,
        access_list=message.access_list or (),
        authorizations=message.authorizations or (),
    )


def _signed(plain: WireTransaction, key: bytes) -> WireTransaction:
    signature = PrivateKey(key).sign_recoverable(plain.digest, hasher=None)
    r, s, parity = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    return replace(plain, v=_v(plain, parity), r=r, s=s)


def _v(plain: WireTransaction, parity: int) -> int:
    return _FIRST_V + 2 * (plain.chain_id or 0) + parity if plain.kind == _LEGACY else parity
