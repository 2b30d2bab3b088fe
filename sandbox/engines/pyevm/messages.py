"""Running a message the way a node does: which checks it makes, in which order, and what it says of the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.units import Address
from sandbox.engines.archive import Message, Outcome
from sandbox.engines.pyevm.bench import Bench
from sandbox.engines.pyevm.effects import error_of
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.gas import GAS_PER_BLOB, floor_gas, init_code_gas, intrinsic_gas
from sandbox.engines.pyevm.supervised import ROOM, Watch
from sandbox.engines.pyevm.transfers import logs_of
from sandbox.engines.rlp_items import address, padded
from sandbox.engines.wire import AccessList, Header, WireTransaction
from sandbox.errors import Rejected

_MAX_NONCE: Final = 2**64 - 1
_MAX_INIT_CODE: Final = 49_152
_SET_CODE: Final = 4
_BLOB: Final = 3


@dataclass(frozen=True)
class Fees:
    """What a message offers, in wei per gas. price: what it pays in this block."""

    cap: int
    tip: int
    price: int

    @classmethod
    def of(cls, message: Message, base_fee: int | None) -> Fees:
        """A message that offers nothing pays nothing, whatever the base fee."""
        if message.gas_price is not None:
            return cls(message.gas_price, message.gas_price, message.gas_price)
        cap, tip = message.max_fee or 0, message.tip or 0
        return cls(cap, tip, min(cap, tip + (base_fee or 0)) if cap or tip else 0)


class _Body:
    """A message as py-evm looks at a transaction."""

    def __init__(self, message: Message, fees: Fees, nonce: int, gas: int, intrinsic: int) -> None:
        self.type_id = _SET_CODE if message.authorizations else _BLOB if message.blob_hashes else 2
        self.sender = bytes.fromhex(message.sender[2:])
        self.to = bytes.fromhex(message.to[2:]) if message.to else b""
        self.nonce, self.gas, self.value, self.data = nonce, gas, message.value, message.data
        self.gas_price = fees.price
        self.max_fee_per_gas, self.max_priority_fee_per_gas = fees.cap, fees.tip
        self.intrinsic_gas = intrinsic
        self.r = self.s = self.y_parity = 0  # py-evm prints them, whether anybody listens or not
        self.access_list = [
            (bytes.fromhex(where[2:]), [int.from_bytes(key, "big") for key in keys])
            for where, keys in message.access_list or ()
        ]
        self.blob_versioned_hashes = message.blob_hashes or ()
        self.max_fee_per_blob_gas = message.blob_fee or 0
        self.authorization_list = [_authorization(one) for one in message.authorizations or ()]


def _authorization(one: Any) -> Any:
    from eth.vm.forks.prague.transactions import Authorization

    return Authorization(one.chain_id, bytes.fromhex(one.address[2:]), one.nonce, one.y_parity, one.r, one.s)


def check(bench: Bench, message: Message, gas: int, *, nonce: bool, fees: bool) -> None:
    """Everything that keeps a message out of a block. nonce: it must be the sender's next one. fees: even a message that
    offers nothing must pay the base fee. Raises Rejected."""
    state, base_fee = bench.state, bench.header.base_fee
    sender = bytes.fromhex(message.sender[2:])
    if nonce:
        _check_nonce(message, state.get_nonce(sender))
    offer = Fees.of(message, base_fee)
    if offer.tip > offer.cap:
        raise Rejected("tip_above_cap", f"max priority fee per gas higher than max fee per gas: {offer.tip} > {offer.cap}")
    if base_fee is not None and (fees or offer.cap or offer.tip) and offer.cap < base_fee:
        raise Rejected(
            "fee_cap", f"max fee per gas less than block base fee: address {message.sender}, {offer.cap} < {base_fee}"
        )
    have = state.get_balance(sender)
    want = gas * offer.cap + message.value + GAS_PER_BLOB * len(message.blob_hashes or ()) * (message.blob_fee or 0)
    if have < want:
        raise Rejected("funds", f"insufficient funds for gas * price + value: address {message.sender} have {have} want {want}")
    least = least_gas(bench.config, bench.header, message)
    if gas < least:
        raise Rejected("intrinsic_gas", f"intrinsic gas too low: have {gas}, want {least}", do=f"allow at least {least} gas")
    if message.to is None and len(message.data) > _MAX_INIT_CODE and _active(bench, "shanghai"):
        raise Rejected("init_code", f"max initcode size exceeded: code size {len(message.data)} limit {_MAX_INIT_CODE}")


def _check_nonce(message: Message, expected: int) -> None:
    given = expected if message.nonce is None else message.nonce
    if given < expected:
        raise Rejected("nonce_low", f"nonce too low: address {message.sender}, tx: {given} state: {expected}")
    if given > expected:
        raise Rejected("nonce_high", f"nonce too high: address {message.sender}, tx: {given} state: {expected}")
    if expected == _MAX_NONCE:
        raise Rejected("nonce_max", f"nonce has max value: address {message.sender}, nonce: {expected}")


def _active(bench: Bench, fork: str) -> bool:
    return bench.config.active(fork, bench.header.number, bench.header.timestamp)


def least_gas(config: ChainConfig, header: Header, message: Message) -> int:
    """Gas without which a message cannot even start in this block."""
    at, time = header.number, header.timestamp
    least = intrinsic_gas(message, istanbul=config.active("istanbul", at, time))
    if config.active("shanghai", at, time):
        least += init_code_gas(message)
    return max(least, floor_gas(message.data)) if config.active("prague", at, time) else least


def run(bench: Bench, message: Message, gas: int, *, transfers: bool = False) -> Outcome:
    """Run a message that was checked, and leave its traces in the bench. Raises what py-evm raises.

    transfers: native transfers appear among the logs.
    """
    state = bench.state
    state.lock_changes()
    state.warmed.clear()
    state.watch = Watch(bench.deadline, ROOM)
    sender = bytes.fromhex(message.sender[2:])
    nonce = state.get_nonce(sender) if message.nonce is None else message.nonce
    intrinsic = intrinsic_gas(message, istanbul=_active(bench, "istanbul"))
    body = _Body(message, Fees.of(message, bench.header.base_fee), nonce, gas, intrinsic)
    executor = state.get_transaction_executor()
    computation = executor.build_computation(executor.build_evm_message(body), body)
    executor.finalize_computation(body, computation)
    if _active(bench, "cancun"):
        state.clear_transient_storage()
    bench.last = computation
    outcome = _outcome(bench, body, computation, transfers)
    bench.logs += len(outcome.logs)
    return outcome


def _outcome(bench: Bench, body: Any, computation: Any, transfers: bool) -> Outcome:
    consumed = body.gas - computation.get_gas_remaining()
    return Outcome(
        output=bytes(computation.output),
        error=error_of(computation),
        gas_used=bench.vm.finalize_gas_used(body, computation),
        peak_gas=consumed + getattr(computation, "data_floor_gas", 0),
        logs=tuple(logs_of(computation, transfers=transfers)),
        touched=_warmed(bench),
    )


def _warmed(bench: Bench) -> AccessList:
    return tuple(
        (address(where), tuple(padded(slot) for slot in sorted(slots))) for where, slots in sorted(bench.state.warmed.items())
    )


def message_of(transaction: WireTransaction) -> Message:
    """A transaction as the message it carries."""
    return Message(
        sender=transaction.sender,
        to=transaction.to,
        data=transaction.data,
        value=transaction.value,
        gas=transaction.gas,
        nonce=transaction.nonce,
        gas_price=transaction.gas_price,
        max_fee=transaction.max_fee,
        tip=transaction.tip,
        access_list=transaction.access_list,
        blob_fee=transaction.blob_fee,
        blob_hashes=transaction.blob_hashes or None,
        authorizations=transaction.authorizations or None,
    )


def transaction_of(message: Message, chain_id: int, gas: int, nonce: int) -> WireTransaction:
    """The transaction nobody signed that would carry a message: of the oldest type that says everything, from type 2 on
    unless it names a gas price."""
    kind = 2
    if message.authorizations is not None:
        kind = _SET_CODE
    elif message.blob_hashes is not None:
        kind = _BLOB
    if message.gas_price is not None:
        kind = 0
    legacy = kind == 0
    return WireTransaction(
        kind=kind,
        nonce=nonce,
        gas=gas,
        to=message.to,
        value=message.value,
        data=message.data,
        chain_id=None if legacy else chain_id,
        gas_price=message.gas_price if legacy else None,
        tip=None if legacy else message.tip or 0,
        max_fee=None if legacy else message.max_fee or 0,
        access_list=() if legacy else message.access_list or (),
        blob_fee=message.blob_fee if kind == _BLOB else None,
        blob_hashes=message.blob_hashes or () if kind == _BLOB else (),
        authorizations=message.authorizations or () if kind == _SET_CODE else (),
        origin=Address(message.sender),
    )
