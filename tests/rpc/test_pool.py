"""Sending transactions: what is kept, what is refused, and how it shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from coincurve import PrivateKey
from eth_hash.auto import keccak
from rlp.codec import decode, encode_raw

from sandbox.engines.base import Transaction
from sandbox.engines.pyevm.transactions import sign
from sandbox.engines.wire import WireTransaction
from sandbox.errors import InputError, Rejected
from tests.rpc.chains import ALICE, BOB, ETHER, KEY, OTHER_KEY, Small, small

CHAIN = 31_337


@pytest.fixture
def chain() -> Small:
    return small()


def signed(nonce: int = 0, *, key: bytes = KEY, chain_id: int = CHAIN, **fields: int) -> bytes:
    """A payment to Bob, raw."""
    values: dict[str, Any] = {"value": 1, "gas": 21_000, "tip": 10, **fields}
    return sign(Transaction(key, BOB, **values), nonce, 100, chain_id).raw


def sent(chain: Small, raw: bytes) -> str:
    return str(chain.ask("eth_sendRawTransaction", "0x" + raw.hex()))


def test_a_sent_transaction_waits_and_can_be_found(chain: Small) -> None:
    digest = sent(chain, signed())
    found = chain.ask("eth_getTransactionByHash", digest)
    assert (found["blockHash"], found["from"], found["to"]) == (None, ALICE, BOB)
    assert chain.ask("eth_getTransactionCount", ALICE, "pending") == "0x1"
    assert chain.ask("eth_getTransactionCount", ALICE, "latest") == "0x0"
    assert chain.ask("txpool_status") == {"pending": "0x1", "queued": "0x0"}
    assert chain.ask("eth_getTransactionReceipt", digest) is None


def test_one_behind_a_gap_is_queued_until_the_gap_is_closed(chain: Small) -> None:
    sent(chain, signed(1))
    assert chain.ask("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    sent(chain, signed(0))
    assert chain.ask("txpool_status") == {"pending": "0x2", "queued": "0x0"}
    assert list(chain.ask("txpool_contentFrom", ALICE)["pending"]) == ["0", "1"]


def test_the_pending_block_holds_what_is_ready(chain: Small) -> None:
    digest = sent(chain, signed())
    block = chain.ask("eth_getBlockByNumber", "pending", False)
    assert (block["number"], block["hash"], block["transactions"]) == ("0x1", None, [digest])


def test_a_replacement_must_pay_a_tenth_more(chain: Small) -> None:
    sent(chain, signed(tip=10))
    with pytest.raises(Rejected, match="replacement transaction underpriced"):
        sent(chain, signed(tip=11, value=2))
    digest = sent(chain, signed(tip=21, value=2))
    assert chain.ask("txpool_content")["pending"].popitem()[1]["0"]["hash"] == digest


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (signed(chain_id=1), "chain"),
        (signed(gas=20_999), "intrinsic_gas"),
        (signed(value=100 * ETHER), "funds"),
        (signed(key=OTHER_KEY), "funds"),
        (signed(gas=2_000_000_000), "gas_limit"),
    ],
)
def test_a_transaction_no_block_could_hold_is_refused(chain: Small, raw: bytes, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        sent(chain, raw)
    assert caught.value.reason == reason
    assert chain.ask("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_the_same_one_twice_is_already_known_and_an_old_nonce_too_low(chain: Small) -> None:
    sent(chain, signed())
    with pytest.raises(Rejected, match="already known"):
        sent(chain, signed())
    chain.send(BOB, value=1)
    with pytest.raises(Rejected, match="nonce too low"):
        sent(chain, signed(value=5))


@pytest.mark.parametrize("raw", [b"", b"\x05\xc0", b"\x02\xc0", b"\xc0", b"\x80", b"\x02" + b"\xff" * 40, b"\x02" + signed()])
def test_bytes_that_are_no_transaction_are_an_error(chain: Small, raw: bytes) -> None:
    with pytest.raises(InputError):
        sent(chain, raw)


def test_an_unsigned_transaction_is_an_error(chain: Small) -> None:
    blank = replace(WireTransaction.decode(signed()), v=0, r=0, s=0)
    with pytest.raises(InputError, match="invalid transaction v, r, s"):
        sent(chain, blank.raw)


def test_a_blob_transaction_without_blobs_is_refused(chain: Small) -> None:
    hashes = (b"\x01" + bytes(31),)
    blank = WireTransaction(3, 0, 21_000, BOB, 0, b"", chain_id=CHAIN, tip=0, max_fee=100, blob_fee=10, blob_hashes=hashes)
    fields = list(decode(blank.raw[1:]))[:-3]
    signature = PrivateKey(KEY).sign_recoverable(keccak(b"\x03" + encode_raw(fields)), hasher=None)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    full = replace(blank, v=signature[64], r=r, s=s)
    assert full.sender == ALICE
    with pytest.raises(Rejected, match="missing sidecar"):
        sent(chain, full.raw)


def test_a_filter_reports_what_arrives(chain: Small) -> None:
    watching = chain.ask("eth_newPendingTransactionFilter")
    digest = sent(chain, signed())
    assert chain.ask("eth_getFilterChanges", watching) == [digest]
    assert chain.ask("eth_getFilterChanges", watching) == []
