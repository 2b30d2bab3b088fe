"""`PilotRegistry` through web3.py, on the shared chain in this process.

The contract's address follows from the supervisor's: it is the first thing that account ever does. So nothing has to be
remembered, and two processes that deploy it at once cannot end up with two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Final, TypeVar

import rlp
from eth_account import Account
from eth_hash.auto import keccak
from eth_typing import HexStr
from sqlalchemy import Connection
from web3 import Web3
from web3.exceptions import (
    BlockNotFound,
    ContractCustomError,
    ContractLogicError,
    TransactionNotFound,
    Web3Exception,
    Web3RPCError,
)
from web3.middleware import SignAndSendRawMiddlewareBuilder

from sandbox.chain.chain import Receipt
from sandbox.chain.codec import Interface
from sandbox.chain.coercion import text_of
from sandbox.chain.durable import DurableChain
from sandbox.domain.artifact import Artifact, from_json
from sandbox.domain.events import LogAnchored, RegistryDeployed, RegistryWritten
from sandbox.domain.inscription import STATUSES, Inscription
from sandbox.domain.units import Address
from sandbox.engines.base import Block
from sandbox.engines.pyevm.stored import archive_over
from sandbox.engines.rlp_items import address as address_of
from sandbox.engines.wire import WireTransaction
from sandbox.errors import Conflict, EngineError, InputError, SandboxError, VerificationFailed
from sandbox.rpc.inbox import InstantInbox
from sandbox.rpc.node import Node
from sandbox.rpc.provider import ServerProvider
from sandbox.rpc.server import Server
from sandbox.rpc.wallet import Prefunded

RegistryEvent = RegistryDeployed | RegistryWritten | LogAnchored
Append = Callable[[Connection, RegistryEvent], None]
"""Adds an entry to the sandbox's log, in the caller's database transaction."""

Answer = TypeVar("Answer")

_ARTIFACT: Final = "data/PilotRegistry.json"


@dataclass(frozen=True, slots=True)
class Inscribed:
    """What the contract says of a pilot. block: the one it was written in."""

    entry: Inscription
    block: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """Size and root (32 bytes) of a log as the contract has them. block: the one they were written in."""

    size: int
    root: bytes
    block: int


def registry_address(supervisor: Address) -> Address:
    """Where the supervisor's registry is, or will be."""
    return address_of(bytes(keccak(rlp.encode([bytes.fromhex(supervisor[2:]), 0]))[12:]))


class PilotRegistry:
    """chain: the shared one, for the caller alone. supervisor: its key writes. append: tells the log. now: wall-clock
    time as text."""

    def __init__(self, chain: DurableChain, supervisor: Prefunded, append: Append, now: Callable[[], str]) -> None:
        self.address = registry_address(supervisor.address)
        self._sender = Web3.to_checksum_address(supervisor.address)
        self._append = append
        self._now = now
        self._chain = chain
        self._failure: SandboxError | None = None
        archive = archive_over(chain.store, chain.engine.chain_id)
        self._web3 = Web3(ServerProvider(Server(Node(archive, InstantInbox(archive, self._take)))))
        signing = SignAndSendRawMiddlewareBuilder.build(Account.from_key(supervisor.key))
        self._web3.middleware_onion.inject(signing, layer=0)
        self._artifact = artifact()
        self._interface = Interface(self._artifact.name, self._artifact.abi)
        self._contract: Any = self._web3.eth.contract(
            Web3.to_checksum_address(self.address), abi=self._artifact.abi, bytecode=self._artifact.init_code
        )

    @property
    def code(self) -> bytes:
        """What lies at its address, nothing before it is deployed."""
        return bytes(_read(lambda: self._web3.eth.get_code(self._contract.address)))

    def deploy(self) -> None:
        """Put the contract on the chain. Raises Conflict if it, or anything else of the supervisor's, is there already."""
        if self._web3.eth.get_transaction_count(self._sender):
            raise Conflict("the supervisor's account has acted on this chain before", where=self.address)
        self._send(self._contract.constructor(self._sender))

    def record(self, pilot: str, entry: Inscription) -> None:
        """Write how a pilot stands. Raises Conflict if the contract refuses it or somebody else wrote to the chain."""
        hashes = (_bytes(entry.code_hash), _bytes(entry.manifest_hash), _bytes(entry.limits_hash))
        self._send(self._contract.functions.record(pilot, (entry.firm, *hashes, STATUSES.index(entry.status), entry.paused)))

    def anchor(self, log: str, size: int, root: bytes) -> None:
        """Write down size and root of a log. Raises Conflict as `record`."""
        self._send(self._contract.functions.anchor(log, size, root))

    def pilots(self) -> list[str]:
        """Every pilot that was ever recorded, in that order."""
        return [self._ask("pilotAt", at) for at in range(self._ask("pilotCount"))]

    def entry(self, pilot: str) -> Inscribed | None:
        """What the contract says of a pilot, None if nothing."""
        try:
            told, block = self._ask("entryOf", pilot)
        except ContractCustomError:  # UnknownPilot, the only one it has
            return None
        return Inscribed(_inscription(told), block)

    def anchors(self, log: str) -> list[Anchor]:
        """All anchors of a log, in the order they were written."""
        return [self._anchor_at(log, at) for at in range(self._ask("anchorCount", log))]

    def last_anchor(self, log: str) -> Anchor | None:
        """The newest anchor of a log, None if there is none."""
        count = self._ask("anchorCount", log)
        return self._anchor_at(log, count - 1) if count else None

    def block_hash(self, number: int) -> str | None:
        """Hash of a block of the chain, None if it has none of that number."""
        try:
            return _read(lambda: self._web3.eth.get_block(number))["hash"].to_0x_hex()
        except BlockNotFound:
            return None

    def holds(self, block: int, transaction: str) -> bool:
        """True if a transaction (hash, 0x-hex) is in a block as it was signed."""
        try:
            found = _read(lambda: self._web3.eth.get_transaction(HexStr(transaction)))
        except TransactionNotFound:
            return False
        return (found["blockNumber"], found["hash"].to_0x_hex()) == (block, transaction)

    def _anchor_at(self, log: str, at: int) -> Anchor:
        root, size, block = self._ask("anchorAt", log, at)
        return Anchor(size, root, block)

    def _ask(self, function: str, *args: Any) -> Any:
        """What a view answers. Raises ContractCustomError, VerificationFailed."""
        return _read(self._contract.functions[function](*args).call)

    def _send(self, call: Any) -> None:
        """One transaction, by the supervisor's key and without a tip; it is stored when this returns."""
        self._failure = None
        most = 2 * _read(lambda: self._web3.eth.get_block("latest"))["baseFeePerGas"]
        try:
            call.transact({"from": self._sender, "maxFeePerGas": most, "maxPriorityFeePerGas": 0})
        except ContractLogicError as error:
            raise Conflict(f"the registry contract refuses: {self._reason(error)}", where=self.address) from error
        except Web3RPCError as error:
            raise self._failure or EngineError(f"the chain refuses: {error.message}", where=self.address) from error

    def _take(self, sent: WireTransaction) -> None:
        """Let one's own transaction take place: a block of its own, stored with what the log tells of it, or nothing."""
        try:
            with self._chain.anchor() as keep:
                effects = self._chain.send(sent.raw)
                if effects.reverted is not None:
                    raise InputError(f"the transaction was rolled back: {effects.reverted}")
                keep()
            block = self._chain.seal()
            (receipt,) = self._chain.receipts(block.number)
            with self._chain.recording() as connection:
                self._tell(connection, receipt, block)
        except SandboxError as error:  # JSON-RPC would tell its words alone
            self._failure = error
            raise

    def _reason(self, error: ContractLogicError) -> str:
        """A custom error with its values, as the contract's source would write it."""
        data = error.data if isinstance(error.data, str) else "0x"
        found = self._interface.error(_bytes(data))
        return str(error) if found is None else f"{found[0]}({', '.join(map(text_of, found[1]))})"

    def _tell(self, connection: Connection, receipt: Receipt, block: Block) -> None:
        """Every event of the contract becomes an entry of the log."""
        place = {
            "address": self.address,
            "block": block.number,
            "block_hash": "0x" + block.hash.hex(),
            "transaction": "0x" + receipt.hash.hex(),
            "time": self._now(),
        }
        for log in receipt.logs:
            event = self._interface.event(log) if log.address == self.address else None
            if event is not None:
                self._append(connection, _ENTRIES[event.name](event.args, place, self))


def _read(ask: Callable[[], Answer]) -> Answer:
    """An answer, or what its asker knows to expect. Raises VerificationFailed where the chain cannot answer at all."""
    try:
        return ask()
    except (BlockNotFound, TransactionNotFound, ContractCustomError):
        raise
    except Web3Exception as error:
        what = f"the registry contract cannot be read: {error}"
        raise VerificationFailed(what, where="the registry contract", do="restore the database from a backup") from error


def _deployed(args: Mapping[str, Any], place: Mapping[str, Any], registry: PilotRegistry) -> RegistryDeployed:
    return RegistryDeployed(args["supervisor"], "0x" + keccak(registry.code).hex(), **place)


def _written(args: Mapping[str, Any], place: Mapping[str, Any], _: PilotRegistry) -> RegistryWritten:
    told = _inscription(args["entry"])
    values = {each.name: getattr(told, each.name) for each in fields(told)}
    return RegistryWritten(pilot=args["pilot"], **{**values, "status": told.status.value}, **place)


def _anchored(args: Mapping[str, Any], place: Mapping[str, Any], _: PilotRegistry) -> LogAnchored:
    return LogAnchored(args["log"], args["size"], "0x" + args["root"].hex(), **place)


_ENTRIES: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], PilotRegistry], RegistryEvent]]] = {
    "SupervisorAppointed": _deployed,
    "PilotRecorded": _written,
    "LogAnchored": _anchored,
}
"""Event of the contract -> entry of the log."""


@cache
def artifact() -> Artifact:
    """The contract as it is shipped."""
    return from_json(files("sandbox").joinpath(_ARTIFACT).read_text(encoding="utf-8"))


def _inscription(told: Any) -> Inscription:
    """An `Entry` of the contract."""
    firm, code, manifest, limits, status, paused = told
    return Inscription(firm, "0x" + code.hex(), "0x" + manifest.hex(), "0x" + limits.hex(), STATUSES[status], paused)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
