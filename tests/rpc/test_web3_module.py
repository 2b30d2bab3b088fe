"""web3.py's own tests of a node (`web3._utils.module_testing`), over HTTP against `taishan node`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ens import _normalization as ens_names
from pyunormalize import NFC
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3
from web3._utils.contract_sources.contract_data._custom_contract_data import EMITTER_ENUM
from web3._utils.contract_sources.contract_data.emitter_contract import EMITTER_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.math_contract import MATH_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.offchain_lookup import OFFCHAIN_LOOKUP_DATA
from web3._utils.contract_sources.contract_data.panic_errors_contract import PANIC_ERRORS_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.revert_contract import REVERT_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.storage_contract import STORAGE_CONTRACT_DATA
from web3._utils.module_testing import (
    AsyncEthModuleTest,
    AsyncNetModuleTest,
    EthModuleTest,
    GoEthereumAsyncDebugModuleTest,
    GoEthereumAsyncTxPoolModuleTest,
    GoEthereumDebugModuleTest,
    GoEthereumTxPoolModuleTest,
    NetModuleTest,
    Web3ModuleTest,
)
from web3._utils.module_testing.utils import RequestMocker

from sandbox.rpc.wallet import prefunded
from tests.rpc.nodes import RunningNode, running

_RACE: Final = "its mock of aiohttp closes the session before the answer is read, so that the outcome is chance"
_UNPACK: Final = "web3.py's own formatter fails before it asks (async_map_if_collection unpacks a value as a pair)"

SKIPPED: Final[dict[str, str]] = {
    "TestEthAsync.test_eth_call_offchain_lookup_tries_next_url_for_non_4xx_error_status_and_tests_POST": _RACE,
    "TestEth.test_invalid_eth_sign_typed_data": "it waits for the ValueError of a signer in its own process",
    "TestEthAsync.test_eth_sign_typed_data": _UNPACK,
    "TestEthAsync.test_invalid_eth_sign_typed_data": _UNPACK,
}
"""A test of web3.py -> why it says nothing about this node."""

WAITING: Final = re.compile(r"_(replace|modify)_transaction(?!_already_mined)|_unmined$")
"""Tests of transactions that are in no block yet."""

CHAIN_ID: Final = "131277322940537"
"""What web3.py's tests take for granted."""

CONTRACTS: Final[dict[str, dict[str, Any]]] = {
    "math": MATH_CONTRACT_DATA,
    "emitter": EMITTER_CONTRACT_DATA,
    "revert": REVERT_CONTRACT_DATA,
    "storage": STORAGE_CONTRACT_DATA,
    "offchain_lookup": OFFCHAIN_LOOKUP_DATA,
    "panic_errors": PANIC_ERRORS_CONTRACT_DATA,
}


ACCOUNT: Final = prefunded(1)[0]


def _also(name: str) -> Any:
    """The fixture of that name under another one."""

    @pytest.fixture
    def same(request: pytest.FixtureRequest) -> Any:
        return request.getfixturevalue(name)

    return same


@pytest.fixture(scope="module")
def node(home: Path) -> Iterator[RunningNode]:
    with running(home, "--chain-id", CHAIN_ID) as node:
        account = ACCOUNT.address  # a chain that has been used: its miner was paid
        node.ask("eth_sendTransaction", {"from": account, "to": account, "maxPriorityFeePerGas": hex(10**9)})
        yield node


@pytest.fixture(autouse=True)
def conditions(
    request: pytest.FixtureRequest, node: RunningNode, fixtures: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """What web3.py's own wiring arranges: each test begins where the fixtures end, and some want transactions to wait."""
    monkeypatch.setattr(ens_names, "NFC", lambda letters: NFC("".join(letters)))  # web3 passes a list, pyunormalize wants text
    name = request.node.originalname
    known = ".".join([*(one.name for one in request.node.listchain() if isinstance(one, pytest.Class)), name])
    if known in SKIPPED:
        pytest.skip(SKIPPED[known])
    mark = node.ask("evm_snapshot")
    node.ask("evm_setAutomine", not WAITING.search(name))
    yield
    node.ask("evm_revert", mark)
    node.ask("evm_setAutomine", True)


def _connected(node: RunningNode) -> Web3:
    web3 = Web3(HTTPProvider(node.url))
    web3.eth.default_account = Web3.to_checksum_address(ACCOUNT.address)
    return web3


@pytest.fixture
def w3(node: RunningNode) -> Web3:
    return _connected(node)


@pytest.fixture(scope="module")
def deployed(node: RunningNode) -> dict[str, Any]:
    """Receipt of each contract's deployment."""
    w3 = _connected(node)
    hashes = {name: w3.eth.contract(**data).constructor().transact() for name, data in CONTRACTS.items()}
    return {name: w3.eth.wait_for_transaction_receipt(one) for name, one in hashes.items()}


def _at(web3: Any, name: str, deployed: dict[str, Any]) -> Any:
    return web3.eth.contract(**CONTRACTS[name])(deployed[name]["contractAddress"])


@pytest.fixture
def math_contract(w3: Web3, deployed: dict[str, Any]) -> Any:
    return _at(w3, "math", deployed)


@pytest.fixture
def async_math_contract(async_w3: AsyncWeb3[Any], deployed: dict[str, Any]) -> Any:
    return _at(async_w3, "math", deployed)


@pytest.fixture
def emitter_contract(w3: Web3, deployed: dict[str, Any]) -> Any:
    return _at(w3, "emitter", deployed)


@pytest.fixture
def async_emitter_contract(async_w3: AsyncWeb3[Any], deployed: dict[str, Any]) -> Any:
    return _at(async_w3, "emitter", deployed)


@pytest.fixture
def revert_contract(w3: Web3, deployed: dict[str, Any]) -> Any:
    return _at(w3, "revert", deployed)


@pytest.fixture
def async_revert_contract(async_w3: AsyncWeb3[Any], deployed: dict[str, Any]) -> Any:
    return _at(async_w3, "revert", deployed)


@pytest.fixture
def storage_contract(w3: Web3, deployed: dict[str, Any]) -> Any:
    return _at(w3, "storage", deployed)


@pytest.fixture
def async_storage_contract(async_w3: AsyncWeb3[Any], deployed: dict[str, Any]) -> Any:
    return _at(async_w3, "storage", deployed)


@pytest.fixture
def offchain_lookup_contract(w3: Web3, deployed: dict[str, Any]) -> Any:
    return _at(w3, "offchain_lookup", deployed)


@pytest.fixture
def async_offchain_lookup_contract(async_w3: AsyncWeb3[Any], deployed: dict[str, Any]) -> Any:
    return _at(async_w3, "offchain_lookup", deployed)


@pytest.fixture
def panic_errors_contract(w3: Web3, deployed: dict[str, Any]) -> Any:
    return _at(w3, "panic_errors", deployed)


@pytest.fixture
def async_panic_errors_contract(async_w3: AsyncWeb3[Any], deployed: dict[str, Any]) -> Any:
    return _at(async_w3, "panic_errors", deployed)


@pytest.fixture
def math_contract_address(deployed: dict[str, Any]) -> Any:
    return deployed["math"]["contractAddress"]


@pytest.fixture
def async_math_contract_address(deployed: dict[str, Any]) -> Any:
    return deployed["math"]["contractAddress"]


@pytest.fixture
def emitter_contract_address(deployed: dict[str, Any]) -> Any:
    return deployed["emitter"]["contractAddress"]


@pytest.fixture
def async_emitter_contract_address(deployed: dict[str, Any]) -> Any:
    return deployed["emitter"]["contractAddress"]


@pytest.fixture
def math_contract_deploy_txn_hash(deployed: dict[str, Any]) -> Any:
    return deployed["math"]["transactionHash"]


@pytest.fixture(scope="module")
def empty_block(node: RunningNode) -> Any:
    node.ask("evm_mine")
    return node.web3.eth.get_block("latest")


@pytest.fixture(scope="module")
def block_with_txn(node: RunningNode) -> Any:
    w3, account = node.web3, Web3.to_checksum_address(ACCOUNT.address)
    sent = w3.eth.send_transaction({"from": account, "to": account, "value": w3.to_wei(1, "gwei"), "gas": 21_000})
    return w3.eth.get_block(w3.eth.wait_for_transaction_receipt(sent)["blockNumber"])


@pytest.fixture(scope="module")
def block_with_txn_with_log(node: RunningNode, deployed: dict[str, Any]) -> Any:
    w3 = _connected(node)
    log = _at(w3, "emitter", deployed).functions.logDouble(EMITTER_ENUM["LogDoubleWithIndex"], 12_345, 54_321)
    return w3.eth.get_block(w3.eth.wait_for_transaction_receipt(log.transact())["blockNumber"])


@pytest.fixture(scope="module")
def fixtures(block_with_txn_with_log: Any, block_with_txn: Any, empty_block: Any) -> None:
    """Everything that is on the chain before the first test."""


async_empty_block, async_block_with_txn, async_block_with_txn_with_log = (
    _also(name) for name in ("empty_block", "block_with_txn", "block_with_txn_with_log")
)


@pytest.fixture
def mined_txn_hash(block_with_txn: Any) -> Any:
    return block_with_txn["transactions"][0]


@pytest.fixture
def txn_hash_with_log(block_with_txn_with_log: Any) -> Any:
    return block_with_txn_with_log["transactions"][0]


@pytest.fixture
def keyfile_account_pkey() -> str:
    return "0x" + ACCOUNT.key.hex()


@pytest.fixture
def keyfile_account_address() -> str:
    return Web3.to_checksum_address(ACCOUNT.address)


keyfile_account_address_dual_type, async_keyfile_account_address, async_keyfile_account_address_dual_type = (
    _also("keyfile_account_address") for _ in range(3)
)


@pytest.fixture
def request_mocker() -> type[RequestMocker]:
    return RequestMocker


@pytest.fixture
def skip_if_testrpc() -> Callable[[Any], None]:
    """This is no TestRPC."""
    return lambda _web3: None


async_skip_if_testrpc = _also("skip_if_testrpc")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def async_w3(anyio_backend: str, node: RunningNode) -> AsyncIterator[AsyncWeb3[Any]]:
    web3 = AsyncWeb3(AsyncHTTPProvider(node.url))
    web3.eth.default_account = Web3.to_checksum_address(ACCOUNT.address)
    yield web3
    await web3.provider.disconnect()


def test_what_is_skipped_is_little_and_really_there() -> None:
    classes = [made for name, made in globals().items() if name.startswith("Test")]
    names = {f"{made.__name__}.{name}" for made in classes for name in dir(made) if name.startswith("test_")}
    assert set(SKIPPED) <= names
    assert len(SKIPPED) <= len(names) / 10


class TestWeb3(Web3ModuleTest):
    """web3 itself."""

    def _check_web3_client_version(self, client_version: str) -> None:
        assert client_version.startswith("anvil/taishan-")


class TestNet(NetModuleTest):
    """`net_*`."""


class TestEth(EthModuleTest):
    """`eth_*`."""


class TestDebug(GoEthereumDebugModuleTest):
    """`debug_*`."""


class TestTxPool(GoEthereumTxPoolModuleTest):
    """`txpool_*`."""


@pytest.mark.anyio
class TestNetAsync(AsyncNetModuleTest):
    """`net_*`, from a coroutine."""


@pytest.mark.anyio
class TestEthAsync(AsyncEthModuleTest):
    """`eth_*`, from a coroutine."""


@pytest.mark.anyio
class TestDebugAsync(GoEthereumAsyncDebugModuleTest):
    """`debug_*`, from a coroutine."""


@pytest.mark.anyio
class TestTxPoolAsync(GoEthereumAsyncTxPoolModuleTest):
    """`txpool_*`, from a coroutine."""
