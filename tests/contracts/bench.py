"""A bench for contract tests: compiled once, run on eth-tester, with events and errors decoded. No supervisor here: what
a contract does by itself is what these tests are about."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import eth_abi
from eth_abi.exceptions import DecodingError
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from eth_utils import event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.abi import collapse_if_tuple

from sandbox.compiler import Compilers
from sandbox.domain.artifact import Artifact
from sandbox.domain.pilot import ContractCode, Origin

ROOT = Path(__file__).resolve().parents[2]
START = 1_799_024_400
"""2027-01-04T09:00:00+08:00, block time of the genesis."""

GAS = 3_000_000


class Reverted(Exception):
    """A transaction the EVM rolled back. error: name of the custom error, or the text of a plain revert; values: its
    arguments."""

    def __init__(self, error: str, *values: Any) -> None:
        super().__init__(error, *values)
        self.error = error
        self.values = values


@dataclass(frozen=True)
class Event:
    """An event as a contract emitted it."""

    name: str
    args: dict[str, Any]


@cache
def build(folder: str, *sources: str) -> dict[str, Artifact]:
    """Artifacts by contract name; a source is `File.sol` or `File.sol:Contract`. One compiler run for all that are asked for
    together, kept for the whole session."""
    codes = []
    for source in sources:
        path, _, name = source.partition(":")
        name = name or Path(path).stem
        codes.append(ContractCode(name, Origin.SOURCE, path, package=False, name=name))
    return Compilers(ROOT / folder, ROOT / "node_modules").build(codes)


class Bench:
    """A fresh chain. people: addresses with ether."""

    def __init__(self) -> None:
        parameters = PyEVMBackend.generate_genesis_params(overrides={"timestamp": START, "gas_limit": 30_000_000})
        self.tester = EthereumTester(PyEVMBackend(genesis_parameters=parameters))
        self.people: Sequence[str] = [account.lower() for account in self.tester.get_accounts()]

    def deploy(self, artifact: Artifact, *args: Any, value: int = 0, sender: str | None = None) -> Instance:
        """A new instance. Raises Reverted."""
        constructor = next((entry for entry in artifact.abi if entry["type"] == "constructor"), {"inputs": []})
        data = artifact.init_code + _encode(constructor, args)
        receipt = self.send(artifact.abi, sender or self.people[0], "", data, value)
        return Instance(self, artifact, receipt["contract_address"].lower())

    def send(self, abi: Sequence[Any], sender: str, to: str, data: bytes, value: int = 0) -> dict[str, Any]:
        """Receipt of a transaction. Raises Reverted."""
        transaction = {"from": sender, "data": "0x" + data.hex(), "value": value, "gas": GAS}
        transaction |= {"to": to} if to else {}
        receipt: dict[str, Any] = self.tester.get_transaction_receipt(self.tester.send_transaction(transaction))
        if receipt["status"] == 0:
            try:
                self.tester.call(transaction)
            except TransactionFailed as failure:
                raise _reverted(abi, str(failure)) from failure
            raise Reverted("reverted in its block, not in a call after it")
        return receipt

    def advance(self, seconds: int) -> None:
        """Lets block time pass: the next transaction runs that many seconds after the last block, and at least one."""
        if seconds > 1:
            self.at(self.now + seconds)

    def at(self, timestamp: int) -> None:
        """The next transaction runs at that time, in unix seconds."""
        self.tester.time_travel(timestamp)

    @property
    def now(self) -> int:
        """Timestamp of the last block."""
        return int(self.tester.get_block_by_number("latest")["timestamp"])

    def balance(self, address: str) -> int:
        """Wei of an address."""
        return int(self.tester.get_balance(address))


class Instance:
    """A deployed contract."""

    def __init__(self, bench: Bench, artifact: Artifact, address: str) -> None:
        self.bench = bench
        self.artifact = artifact
        self.address = address
        self._functions = {str(entry["name"]): entry for entry in artifact.abi if entry["type"] == "function"}

    def data(self, name: str, *args: Any) -> bytes:
        """Calldata of a function."""
        function = self._functions[name]
        return bytes(function_abi_to_4byte_selector(function)) + _encode(function, args)

    def send(self, sender: str, name: str, *args: Any, value: int = 0) -> list[Event]:
        """Runs a transaction and returns the events it emitted that this contract declares. Raises Reverted."""
        receipt = self.bench.send(self.artifact.abi, sender, self.address, self.data(name, *args), value)
        return [event for log in receipt["logs"] if (event := self._event(log)) is not None]

    def view(self, name: str, *args: Any) -> Any:
        """What a view returns; a list where it returns several values. Raises Reverted."""
        call = {"from": self.bench.people[0], "to": self.address, "data": "0x" + self.data(name, *args).hex(), "gas": GAS}
        try:
            raw = bytes.fromhex(self.bench.tester.call(call)[2:])
        except TransactionFailed as failure:
            raise _reverted(self.artifact.abi, str(failure)) from failure
        outputs: Any = self._functions[name]["outputs"]
        values = eth_abi.decode([collapse_if_tuple(output) for output in outputs], raw)
        return values[0] if len(values) == 1 else list(values)

    def _event(self, log: dict[str, Any]) -> Event | None:
        for entry in self.artifact.abi:
            if entry["type"] != "event" or "0x" + event_abi_to_log_topic(entry).hex() != log["topics"][0]:
                continue
            inputs: Any = entry["inputs"]
            indexed = [each for each in inputs if each["indexed"]]
            plain = [each for each in inputs if not each["indexed"]]
            words = zip(indexed, log["topics"][1:], strict=True)
            args = {each["name"]: eth_abi.decode([each["type"]], bytes.fromhex(word[2:]))[0] for each, word in words}
            data = eth_abi.decode([collapse_if_tuple(each) for each in plain], bytes.fromhex(log["data"][2:]))
            return Event(str(entry["name"]), args | {each["name"]: value for each, value in zip(plain, data, strict=True)})
        return None


def _encode(entry: Any, args: Sequence[Any]) -> bytes:
    return eth_abi.encode([collapse_if_tuple(each) for each in entry["inputs"]], args)


def _reverted(abi: Sequence[Any], text: str) -> Reverted:
    """eth-tester tells a custom error as the text of a bytes literal, a plain revert as its own text."""
    if not text.startswith(("b'", 'b"')):
        return Reverted(text)
    data: bytes = ast.literal_eval(text)
    for entry in abi:
        if entry["type"] == "error" and function_abi_to_4byte_selector(entry) == data[:4]:
            try:
                return Reverted(entry["name"], *eth_abi.decode([each["type"] for each in entry["inputs"]], data[4:]))
            except DecodingError:
                break
    return Reverted("0x" + data.hex())
