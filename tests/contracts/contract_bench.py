"""A bench for contract tests: compile once, deploy on eth-tester, call, and see events and decoded errors."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import eth_abi
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from eth_utils import event_abi_to_log_topic, function_abi_to_4byte_selector, keccak
from web3 import EthereumTesterProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractCustomError, ContractLogicError

ROOT = Path(__file__).parents[2]
REGISTER = ROOT / "scenarios/sme-equity/contracts/Register.sol"
QUICK_LOAN = ROOT / "scenarios/quick-loan/contracts/QuickLoan.vy"
MOCKS = ROOT / "contracts/mocks"

_SOLC = """
const solc = require("solc"), fs = require("fs"), path = require("path");
const read = (name) => {
  try { return {contents: fs.readFileSync(path.join("node_modules", name), "utf8")}; }
  catch (error) { return {error: String(error)}; }
};
process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), {import: read}));
"""


class Reverted(Exception):
    """A transaction the EVM rolled back. error: name of the custom error, or the text of a plain revert. args: decoded."""

    def __init__(self, error: str, args: tuple[Any, ...] = ()) -> None:
        super().__init__(error, args)
        self.error = error
        self.args = (error, args)

    @property
    def values(self) -> tuple[Any, ...]:
        return tuple(self.args[1])
