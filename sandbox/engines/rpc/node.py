"""A node and what it lets us do: which methods it has under which names, asked once; one table of what it refuses."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from time import monotonic, sleep
from typing import Any, Final

from sandbox.domain.units import ZERO_ADDRESS, Address, BaseUnits
from sandbox.engines.base import BLOCK_GAS_LIMIT, Account, Block, Capabilities, Transaction
from sandbox.engines.rpc.client import Client, NodeError, Question
from sandbox.engines.rpc.signing import signed, signer
from sandbox.engines.rpc.traces import CALLS, CHANGES, STEPS
from sandbox.engines.rpc.values import hexed, quantity, told_of
from sandbox.engines.wire import Header
from sandbox.errors import EngineError, InputError, MissingDependency

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "balance": ("anvil_setBalance", "hardhat_setBalance"),
    "code": ("anvil_setCode", "hardhat_setCode"),
    "nonce": ("anvil_setNonce", "hardhat_setNonce"),
    "storage": ("anvil_setStorageAt", "hardhat_setStorageAt"),
    "coinbase": ("anvil_setCoinbase", "hardhat_setCoinbase"),
    "base_fee": ("anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas"),
    "randomness": ("anvil_setNextBlockPrevRandao", "hardhat_setPrevRandao"),
    "time": ("evm_setNextBlockTimestamp",),
    "gas_limit": ("evm_setBlockGasLimit",),
    "automine": ("evm_setAutomine", "anvil_setAutoMine"),
    "drop": ("anvil_dropTransaction", "hardhat_dropTransaction"),
    "load": ("anvil_loadState",),
    "automining": ("anvil_getAutomine", "hardhat_getAutomine"),
    "quiet": ("anvil_setLoggingEnabled", "hardhat_setLoggingEnabled"),
}
"""What we may want -> the names it may have, the first one that is there is taken."""

BUSY_SECONDS: Final = 120.0
"""Longest a node may take to come back from a transaction that nobody waited for."""

_LOOK_SECONDS: Final = 0.01
_TRIAL: Final = bytes.fromhex("3250")  # ORIGIN, POP
_TRIAL_GAS: Final = 100_000

SYSTEM: Final = (
    Address("0x000f3df6d732807ef1319fb7b8bb8522d0beac02"),
    Address("0x0000f90827f1c53a10cb7a02335b175320002935"),
    Address("0x00000961ef480eb55e80d19ad83579a64c007002"),
    Address("0x0000bbddc7ce488642fb579f8b00f3a590007251"),
    Address("0x4e59b44847b379578588920ca78fbf26c0b4956c"),
)
"""Contracts that nodes put into a chain by themselves: EIP-4788, 2935, 7002, 7251, and the CREATE2 factory."""

FUNDING: Final = ("balance", "code", "nonce", "storage")

_ABSENT_CODES: Final = frozenset({-32601, -32004})
_ABSENT_WORDS: Final = ("not found", "not supported", "unsupported", "does not exist", "not available", "unknown method")

REFUSALS: Final = (
    "nonce", "insufficient funds", "gas", "intrinsic", "fee", "initcode", "init code", "chain id", "chain_id", "signature",
    "decode", "rlp", "typed transaction", "transaction type", "funds", "code size", "invalid sender", "authorization",
    "blob", "deserializ", "eip-155", "malformed", "trailing", "already imported", "already known", "known transaction",
)  # fmt: skip
"""Pieces of what nodes say where a transaction can be part of no block; anything else they say is their own failure."""


def translated(error: NodeError) -> EngineError | InputError:
    """What a node says about a transaction it does not take."""
    low = error.message.lower()
    if any(piece in low for piece in REFUSALS):
        what = f"no block could hold the transaction: {error.message}"
        return InputError(what, do="check nonce, funds, gas limit, fees and fields")
    return error


class Node:
    """Raises what `Client` raises. capabilities: what it can do for a supervised chain."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.shown = client.shown
        self.version = str(client.ask("web3_clientVersion"))
        self.chain_id = quantity(client.ask("eth_chainId"))
        self._names = self._probe()
        self.capabilities = self._able()

    def can(self, *wants: str) -> bool:
        """True if it has a name for each."""
        return all(want in self._names for want in wants)

    def name(self, want: str) -> str:
        """The name it has for that. Raises KeyError."""
        return self._names[want]

    def block(self, tag: str = "latest") -> Any:
        """A block as the node tells it."""
        return self.client.ask("eth_getBlockByNumber", tag, False)

    def snapshot(self) -> str:
        """Mark this point. Raises MissingDependency for a node that cannot."""
        try:
            return str(self.client.ask("evm_snapshot"))
        except NodeError as error:
            raise _unable(self, "snapshots") from error

    def revert(self, mark: str) -> None:
        """Go back to the point, which is used up by that. A node that is still busy with what took too long is waited for.
        Raises EngineError."""
        if not self.client.ask("evm_revert", mark, seconds=BUSY_SECONDS):
            raise EngineError("the node has lost a snapshot", where=self.shown, do="leave the node to this run alone")

    def fund(self, alloc: Mapping[Address, Account]) -> None:
        """Put accounts into the state, and take those out that a node has by itself and the genesis does not."""
        own = [where for where in SYSTEM if where not in alloc]
        codes = self.all([("eth_getCode", [where, "latest"]) for where in own])
        self.all([(self._names["code"], [where, "0x"]) for where, code in zip(own, codes, strict=True) if code != "0x"])
        self.all([question for address, account in alloc.items() for question in self._funding(address, account)])

    def prepare(self, coinbase: Address, gas_limit: int) -> None:
        """Have it mine only when told to, for this coinbase, with this gas limit per block, where it can be told."""
        wants = (("automine", False), ("coinbase", coinbase), ("gas_limit", hexed(gas_limit)), ("quiet", False))
        self.all([(self._names[want], [value]) for want, value in wants if want in self._names])

    def automining(self) -> bool:
        """True if it mines on its own, as far as it tells."""
        return "automining" in self._names and bool(self.client.ask(self._names["automining"]))

    def leave(self, automining: bool) -> None:
        """Let it mine on its own again, if it did."""
        if automining:
            self.client.ask(self._names["automine"], True)

    def plan(self, timestamp: int, base_fee: int) -> None:
        """Say what the next block is to be. timestamp: unix seconds. base_fee: wei per gas."""
        wants = (("time", hexed(timestamp)), ("base_fee", hexed(base_fee)))
        self.all([(self._names[want], [value]) for want, value in wants if want in self._names])

    def mine(self) -> None:
        """Make a block of what was sent."""
        self.client.ask("evm_mine")

    def await_block(self, number: int) -> None:
        """Wait for a block that was ordered and nobody waited for: coming late, it would land on something else. Raises
        EngineError."""
        give_up = monotonic() + BUSY_SECONDS
        while quantity(self.client.ask("eth_blockNumber", seconds=BUSY_SECONDS)) < number:
            if monotonic() > give_up:
                raise EngineError(
                    "the node does not come to an end with a transaction", where=self.shown, do="restart the node"
                )
            sleep(_LOOK_SECONDS)

    def send(self, raws: Sequence[bytes]) -> None:
        """Put transactions into the pool, in order. Raises InputError for one that no block could hold, EngineError."""
        for answer in self.client.batch([("eth_sendRawTransaction", [hexed(raw)]) for raw in raws]):
            if isinstance(answer, NodeError):
                raise translated(answer)

    def drop(self, hashes: Sequence[bytes]) -> None:
        """Take transactions out of the pool; those that are not in it do not matter."""
        if "drop" in self._names:
            self.client.batch([(self._names["drop"], [hexed(digest)]) for digest in hashes])

    def adopt(self, block: Block) -> None:
        """Take another chain's block of the same number for the head, so that hashes and randomness go on from it."""
        state = {"block": _environment(block), "accounts": {}, "best_block_number": block.number, "transactions": []}
        state["blocks"] = [{"header": told_of(Header.decode(block.header)), "transactions": [], "ommers": []}]
        self.client.ask(self._names["load"], hexed(gzip.compress(json.dumps(state).encode(), mtime=0)))

    def all(self, questions: Sequence[Question]) -> list[Any]:
        """Answers to all of them. Raises NodeError for the first that is refused."""
        answers = self.client.batch(questions)
        for answer in answers:
            if isinstance(answer, NodeError):
                raise answer
        return answers

    def _funding(self, address: Address, account: Account) -> list[Question]:
        wanted: list[Question] = [(self._names["balance"], [address, hexed(account.balance)])]
        if account.code:
            wanted.append((self._names["code"], [address, hexed(account.code)]))
        if account.nonce:
            wanted.append((self._names["nonce"], [address, hexed(account.nonce)]))
        for slot, value in account.storage.items():
            wanted.append((self._names["storage"], [address, hexed(slot), hexed(value.to_bytes(32, "big"))]))
        return wanted

    def _probe(self) -> dict[str, str]:
        """A method that is there complains about its missing parameters, one that is not about its name."""
        names = [name for choice in NAMES.values() for name in choice]
        answers = dict(zip(names, self.client.batch([(name, []) for name in names]), strict=True))
        present = {name for name, answer in answers.items() if not (isinstance(answer, NodeError) and _absent(answer))}
        return {
            want: next(name for name in choice if name in present)
            for want, choice in NAMES.items()
            if present.intersection(choice)
        }

    def _able(self) -> Capabilities:
        nothing = {"from": ZERO_ADDRESS, "to": ZERO_ADDRESS, "gas": hexed(100_000)}
        asked: list[Question] = [("debug_traceCall", [nothing, "latest", how]) for how in (CALLS, CHANGES)]
        traced = not any(isinstance(answer, NodeError) for answer in self.client.batch(asked))
        return Capabilities(
            snapshots=self._snapshots(), time_travel=self.can("time"), traces=traced, writes=traced, deterministic=False
        )

    def _snapshots(self) -> bool:
        try:
            mark = self.client.ask("evm_snapshot")
            return bool(self.client.ask("evm_revert", mark))
        except NodeError:
            return False


def _absent(error: NodeError) -> bool:
    low = error.message.lower()
    return error.code in _ABSENT_CODES or any(piece in low for piece in _ABSENT_WORDS)


def _unable(node: Node, what: str) -> MissingDependency:
    return MissingDependency(
        f"{node.version} offers no {what}", where=node.shown, do="name a development node such as Anvil or Hardhat by --rpc-url"
    )


def require(node: Node) -> None:
    """Raises MissingDependency, before anything is run, for a node that lacks what every run needs."""
    able = node.capabilities
    wants = {
        "snapshots (evm_snapshot, evm_revert)": able.snapshots,
        "a clock that can be set (evm_setNextBlockTimestamp)": able.time_travel,
        "traces of calls and state (callTracer, prestateTracer)": able.traces and able.writes,
        "accounts that can be set (*_setBalance, *_setCode, *_setNonce, *_setStorageAt)": node.can(*FUNDING),
        "mining on demand (evm_setAutomine)": node.can("automine"),
    }
    missing = [what for what, there in wants.items() if not there]
    if missing:
        raise _unable(node, "; no ".join(missing))


def require_steps(node: Node) -> None:
    """Raises MissingDependency for a node that does not tell the steps of a transaction, which limits on opcodes are judged by:
    some do only if they were started so, and it takes a transaction to see it."""
    mark = node.snapshot()
    key, fee = bytes(31) + b"\x01", quantity(node.block().get("baseFeePerGas") or 0)
    funds = Account(BaseUnits(2 * fee * _TRIAL_GAS))
    node.prepare(ZERO_ADDRESS, BLOCK_GAS_LIMIT)
    node.all([(node.name("balance"), [signer(key)[1], hexed(funds.balance)])])
    nonce = quantity(node.client.ask("eth_getTransactionCount", signer(key)[1], "latest"))
    trial = signed(Transaction(key, None, _TRIAL, gas=_TRIAL_GAS, max_fee=2 * fee), nonce, fee, node.chain_id)
    node.send([trial.raw])
    node.mine()
    told = node.client.ask("debug_traceTransaction", hexed(trial.hash), STEPS)
    node.revert(mark)
    if not (isinstance(told, dict) and told.get("structLogs")):
        raise _unable(node, "traces of steps (debug_traceTransaction; start Anvil with --steps-tracing)")


def _environment(block: Block) -> dict[str, Any]:
    return {
        "number": hexed(block.number),
        "beneficiary": block.coinbase,
        "timestamp": hexed(block.timestamp),
        "gas_limit": block.gas_limit,
        "basefee": block.base_fee,
        "difficulty": "0x0",
        "prevrandao": hexed(block.mix_hash),
        "blob_excess_gas_and_price": {"excess_blob_gas": 0, "blob_gasprice": 1},
        "slot_num": 0,
    }
