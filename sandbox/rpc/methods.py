"""The table of methods: everything the surface answers, one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.rpc import (
    call_methods,
    chain_methods,
    debug_methods,
    fee_methods,
    log_methods,
    node_methods,
    pending,
    state_methods,
)
from sandbox.rpc.encoding import Json
from sandbox.rpc.node import Node
from sandbox.rpc.params import Params


@dataclass(frozen=True, slots=True)
class Method:
    """One method. least, most: how many parameters it takes."""

    run: Callable[[Node, Params], Json]
    least: int = 0
    most: int = 0


METHODS: Final[Mapping[str, Method]] = {
    "eth_blockNumber": Method(chain_methods.number),
    "eth_getBlockByNumber": Method(chain_methods.block_by_number, 1, 2),
    "eth_getBlockByHash": Method(chain_methods.block_by_hash, 1, 2),
    "eth_getHeaderByNumber": Method(chain_methods.header_by_number, 1, 1),
    "eth_getHeaderByHash": Method(chain_methods.header_by_hash, 1, 1),
    "eth_getBlockTransactionCountByNumber": Method(chain_methods.count_by_number, 1, 1),
    "eth_getBlockTransactionCountByHash": Method(chain_methods.count_by_hash, 1, 1),
    "eth_getUncleCountByBlockNumber": Method(chain_methods.uncles_by_number, 1, 1),
    "eth_getUncleCountByBlockHash": Method(chain_methods.uncles_by_hash, 1, 1),
    "eth_getTransactionByBlockNumberAndIndex": Method(chain_methods.transaction_by_number, 2, 2),
    "eth_getTransactionByBlockHashAndIndex": Method(chain_methods.transaction_by_block_hash, 2, 2),
    "eth_getRawTransactionByBlockNumberAndIndex": Method(chain_methods.raw_by_number, 2, 2),
    "eth_getRawTransactionByBlockHashAndIndex": Method(chain_methods.raw_by_hash, 2, 2),
    "eth_getUncleByBlockNumberAndIndex": Method(chain_methods.uncle_by_number, 2, 2),
    "eth_getUncleByBlockHashAndIndex": Method(chain_methods.uncle_by_hash, 2, 2),
    "eth_getTransactionByHash": Method(chain_methods.transaction, 1, 1),
    "eth_getRawTransactionByHash": Method(chain_methods.raw_transaction, 1, 1),
    "eth_getTransactionReceipt": Method(chain_methods.receipt, 1, 1),
    "eth_getBlockReceipts": Method(chain_methods.block_receipts, 1, 1),
    "eth_getBalance": Method(state_methods.balance, 1, 2),
    "eth_getCode": Method(state_methods.code, 1, 2),
    "eth_getTransactionCount": Method(state_methods.transaction_count, 1, 2),
    "eth_getStorageAt": Method(state_methods.storage_at, 2, 3),
    "eth_getStorageValues": Method(state_methods.storage_values, 1, 2),
    "eth_getProof": Method(state_methods.proof, 2, 3),
    "eth_call": Method(call_methods.call, 1, 4),
    "eth_estimateGas": Method(call_methods.estimate_gas, 1, 4),
    "eth_createAccessList": Method(call_methods.create_access_list, 1, 3),
    "eth_simulateV1": Method(call_methods.simulate, 1, 2),
    "eth_getLogs": Method(log_methods.logs, 1, 1),
    "eth_newFilter": Method(log_methods.new_filter, 1, 1),
    "eth_newBlockFilter": Method(log_methods.new_block_filter),
    "eth_newPendingTransactionFilter": Method(log_methods.new_pending_filter, 0, 1),
    "eth_getFilterChanges": Method(log_methods.filter_changes, 1, 1),
    "eth_getFilterLogs": Method(log_methods.filter_logs, 1, 1),
    "eth_uninstallFilter": Method(log_methods.uninstall, 1, 1),
    "eth_baseFee": Method(fee_methods.base_fee),
    "eth_blobBaseFee": Method(fee_methods.blob_base_fee),
    "eth_gasPrice": Method(fee_methods.gas_price),
    "eth_maxPriorityFeePerGas": Method(fee_methods.priority_fee),
    "eth_feeHistory": Method(fee_methods.history, 2, 3),
    "eth_sendRawTransaction": Method(pending.send_raw, 1, 1),
    "eth_chainId": Method(node_methods.chain_id),
    "eth_syncing": Method(node_methods.syncing),
    "eth_coinbase": Method(node_methods.coinbase),
    "eth_accounts": Method(node_methods.accounts),
    "eth_config": Method(node_methods.config),
    "eth_capabilities": Method(node_methods.capabilities),
    "net_version": Method(node_methods.network_version),
    "net_listening": Method(node_methods.listening),
    "net_peerCount": Method(node_methods.peers),
    "web3_clientVersion": Method(node_methods.client_version),
    "web3_sha3": Method(node_methods.sha3, 1, 1),
    "txpool_status": Method(pending.status),
    "txpool_content": Method(pending.content),
    "txpool_contentFrom": Method(pending.content_from, 1, 1),
    "txpool_inspect": Method(pending.inspect),
    "debug_getBadBlocks": Method(debug_methods.bad_blocks),
    "debug_getRawBlock": Method(debug_methods.raw_block, 1, 1),
    "debug_getRawHeader": Method(debug_methods.raw_header, 1, 1),
    "debug_getRawReceipts": Method(debug_methods.raw_receipts, 1, 1),
    "debug_getRawTransaction": Method(chain_methods.raw_transaction, 1, 1),
    "debug_traceTransaction": Method(debug_methods.trace_transaction, 1, 2),
    "debug_traceBlockByNumber": Method(debug_methods.trace_by_number, 1, 2),
    "debug_traceBlockByHash": Method(debug_methods.trace_by_hash, 1, 2),
    "debug_traceCall": Method(debug_methods.trace_call, 1, 3),
}
"""Name -> what answers it, for every chain."""

TESTING: Final[Mapping[str, Method]] = {"testing_buildBlockV1": Method(pending.build_block, 2, 4)}
"""Methods for tests of clients; a registered pilot's endpoint does not have them."""
