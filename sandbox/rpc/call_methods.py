"""`eth_*`: messages tried out on the state of a block."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import Any, Final

from sandbox.engines.archive import BlockOverride, Message, Outcome, Overrides, Simulated
from sandbox.engines.evm_words import phrase
from sandbox.engines.wire import AccessList, Header
from sandbox.errors import Rejected
from sandbox.rpc import encoding, objects, requests
from sandbox.rpc.encoding import Json
from sandbox.rpc.errors import (
    REVERTED,
    SERVER_ERROR,
    SIMULATION_CODES,
    VM_ERROR,
    RpcError,
    failure,
    reverted_message,
)
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params, block_key

_GAS_CAP: Final = 50_000_000
_STIPEND: Final = 2_300
_TOLERANCE: Final = 1_000, 15
"""An estimate is good when it is at most 15 of 1,000 too high."""

_MOST_ROUNDS: Final = 16
_TRANSFER_GAS: Final = 21_000
_SECONDS: Final = 5.0
"""After so long an estimate is as good as it gets (too high, never too low), and an access list is given up."""


def _overrides(params: Params) -> tuple[Overrides | None, BlockOverride | None]:
    return params.optional(2, objects.accounts, None), params.optional(3, objects.block, None)


def call(node: Node, params: Params) -> Json:
    """`eth_call`."""
    message, accounts_and_block = params.read(0, objects.message), _overrides(params)
    outcome = node.archive.call(node.header(params.optional(1, block_key, "latest")), message, *accounts_and_block)
    if outcome.error is not None:
        raise failure(outcome)
    return encoding.data(outcome.output)


def estimate_gas(node: Node, params: Params) -> Json:
    """`eth_estimateGas`."""
    message, (accounts, block) = params.read(0, objects.message), _overrides(params)
    header = node.header(params.optional(1, block_key, "latest"))
    return encoding.quantity(_Estimate(node, header, message, accounts, block).run())


class _Estimate:
    """The least gas with which a message succeeds, within the tolerance."""

    def __init__(
        self, node: Node, header: Header, message: Message, accounts: Overrides | None, block: BlockOverride | None
    ) -> None:
        self._node, self._header, self._message = node, header, message
        self._accounts, self._block = accounts, block

    def run(self) -> int:
        """Raises RpcError if no gas is enough."""
        most, message = self._most(), self._message
        if message.to and not message.data and not message.authorizations and not message.access_list:
            outcome = self._try(min(most, _TRANSFER_GAS))
            if outcome is not None and outcome.error is None and outcome.gas_used == _TRANSFER_GAS:
                return _TRANSFER_GAS
        outcome = self._node.archive.call(self._header, replace(message, gas=most), self._accounts, self._block)
        if outcome.error == "Revert":
            raise failure(outcome)
        if outcome.error is not None:
            raise RpcError(SERVER_ERROR, f"{phrase(outcome.error)} (gas required exceeds allowance ({most}))")
        return self._search(outcome.gas_used - 1, most, (outcome.peak_gas + _STIPEND) * 64 // 63)

    def _most(self) -> int:
        message, most = self._message, min(self._message.gas or self._header.gas_limit, _GAS_CAP)
        price = message.gas_price or message.max_fee or 0
        if price:
            balance = self._node.archive.state(self._header).balance(message.sender)
            changed = (self._accounts or {}).get(message.sender)
            balance = changed.balance if changed and changed.balance is not None else balance
            most = min(most, max(balance - message.value, 0) // price)
        return most

    def _search(self, low: int, high: int, guess: int) -> int:
        scale, most_wrong = _TOLERANCE
        deadline = monotonic() + _SECONDS
        while low + 1 < high and (high - low) * scale > high * most_wrong and monotonic() < deadline:
            middle = guess if low < guess < high else min((low + high) // 2, 2 * low)
            guess = 0
            outcome = self._try(middle)
            if outcome is None or outcome.error is not None:
                low = middle
            else:
                high = middle
        return high

    def _try(self, gas: int) -> Outcome | None:
        try:
            return self._node.archive.call(self._header, replace(self._message, gas=gas), self._accounts, self._block)
        except Rejected as error:
            if error.reason != "intrinsic_gas":
                raise
            return None


def create_access_list(node: Node, params: Params) -> Json:
    """`eth_createAccessList`: run with what the last run touched, until nothing new is touched."""
    message, accounts = params.read(0, objects.message), params.optional(2, objects.accounts, None)
    header = node.header(params.optional(1, block_key, "latest"))
    listed: AccessList = message.access_list or ()
    deadline = monotonic() + _SECONDS
    for _ in range(_MOST_ROUNDS):
        if monotonic() > deadline:
            raise RpcError(SERVER_ERROR, f"no access list was found within {_SECONDS:.0f} seconds")
        outcome = node.archive.call(header, replace(message, access_list=listed), accounts)
        found = _listed(node, header, message, outcome.touched)
        if found == listed:
            break
        listed = found
    shown = {"accessList": encoding.access_list(listed), "gasUsed": encoding.quantity(outcome.gas_used)}
    return shown if outcome.error is None else {**shown, "error": phrase(outcome.error)}


def _listed(node: Node, header: Header, message: Message, touched: AccessList) -> AccessList:
    """What is worth listing: addresses that are warm anyway only with their slots."""
    current, _, _ = node.archive.rules(header.timestamp)
    warm = {message.sender, message.to, header.coinbase, *current.precompiles.values()}
    return tuple((who, slots) for who, slots in touched if slots or who not in warm)


def simulate(node: Node, params: Params) -> Json:
    """`eth_simulateV1`."""
    asked = params.read(0, requests.simulation)
    header = node.header(params.optional(1, block_key, "latest"))
    try:
        made = node.archive.simulate(header, asked.blocks, validation=asked.validation, transfers=asked.transfers)
    except Rejected as error:
        code = SIMULATION_CODES.get(error.reason, SERVER_ERROR)
        raise RpcError(code, error.what) from error
    return [_simulated(one, asked.full) for one in made]


def _simulated(made: Simulated, full: bool) -> dict[str, Any]:
    calls, position = [], 0
    for index, outcome in enumerate(made.outcomes):
        calls.append(_outcome(made, index, outcome, position))
        position += len(outcome.logs)
    return {**encoding.block(made.block, full=full), "calls": calls}


def _outcome(made: Simulated, index: int, outcome: Outcome, position: int) -> dict[str, Any]:
    head, digest = made.block.header, made.block.transactions[index].hash
    shown: dict[str, Any] = {
        "returnData": encoding.data(outcome.output),
        "logs": [encoding.log(one, head, digest, index, position + at) for at, one in enumerate(outcome.logs)],
        "gasUsed": encoding.quantity(outcome.gas_used),
        "maxUsedGas": encoding.quantity(outcome.peak_gas),
        "status": encoding.quantity(int(outcome.error is None)),
    }
    if outcome.error == "Revert":
        shown["error"] = {
            "message": reverted_message(outcome.output),
            "code": REVERTED,
            "data": encoding.data(outcome.output),
        }
        shown["returnData"] = "0x"
    elif outcome.error is not None:
        shown["error"] = {"message": phrase(outcome.error), "code": VM_ERROR}
    return shown
