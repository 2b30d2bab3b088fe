"""Asking a registered asset what it holds for whom: the answers `supervision.judge_block` compares with its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sandbox.chain.chain import Chain
from sandbox.domain.book import Book
from sandbox.domain.effects import Standard
from sandbox.domain.policy import AssetRule
from sandbox.domain.supervision import AssetProbe
from sandbox.domain.units import ZERO_ADDRESS, Address

ASKED_EVERY_BLOCK: Final = 64
"""Holders a block asks about at most; the end of a run asks about all of them."""

IDS_ASKED: Final = 64
"""Tokens of one ERC-1155 asset a block asks about at most; with more, only the end of a run asks, about all of them."""

_DECIMALS: Final = bytes.fromhex("313ce567")
_OWNER_OF: Final = bytes.fromhex("6352211e")
_TOTAL_SUPPLY: Final = bytes.fromhex("18160ddd")
_BALANCE_OF: Final = bytes.fromhex("70a08231")
_BALANCE_OF_ID: Final = bytes.fromhex("00fdd58e")
_WITH_SUPPLY: Final = frozenset({Standard.ERC20, Standard.ERC4626})


def probe(
    chain: Chain, book: Book, asset: Address, rule: AssetRule, others: Sequence[Address], *, everyone: bool
) -> AssetProbe | None:
    """What the asset answers about its supply and about everyone its events named, and `others` (people and contracts that
    might hold some without an event). None for the native asset, whose balances are the chain's own.

    Questions come from the addresses of those who might ask anyway, so that an asset cannot tell them from a client's.
    """
    if rule.standard is Standard.NATIVE:
        return None
    ids = sorted(book.token_ids.get(asset, ()))
    if rule.standard is Standard.ERC1155 and len(ids) > IDS_ASKED and not everyone:
        return None
    holders = list(dict.fromkeys((*others, *sorted(holder for token, holder in book.balances if token == asset))))
    asked = holders if everyone else holders[:ASKED_EVERY_BLOCK]
    counted = ids if rule.standard is Standard.ERC1155 else None
    answers = {holder: _balance(chain, asset, holder, counted) for holder in asked}
    asker = others[0] if others else ZERO_ADDRESS
    supply = None if rule.standard is Standard.ERC1155 else read_word(chain, asset, _TOTAL_SUPPLY, asker)
    silent = ["balanceOf"] if None in answers.values() else []
    if supply is None and rule.standard in _WITH_SUPPLY:
        silent.append("totalSupply")
    return AssetProbe(
        asset=asset,
        key=rule.key,
        supply=supply,
        balances={holder: answer for holder, answer in answers.items() if answer is not None},
        silent=tuple(silent),
        everyone=len(asked) == len(holders),
        decimals=read_word(chain, asset, _DECIMALS, asker) if rule.standard in _WITH_SUPPLY else None,
        owners=_owners(chain, asset, ids if everyone else ids[:IDS_ASKED]) if rule.standard is Standard.ERC721 else {},
    )


def read_address(chain: Chain, contract: Address, data: bytes, asker: Address) -> Address | None:
    """A view that answers with one address; None where it reverts or answers anything else."""
    answer = read_word(chain, contract, data, asker)
    return None if answer is None or answer >> 160 else Address(f"0x{answer:040x}")


def read_word(chain: Chain, contract: Address, data: bytes, asker: Address) -> int | None:
    """A view that answers with one word, as it answers `asker`; None where it reverts or answers anything else."""
    answer = chain.view(contract, data, sender=asker)
    return int.from_bytes(answer.output, "big") if answer.succeeded and len(answer.output) == 32 else None


def _owners(chain: Chain, asset: Address, ids: Iterable[int]) -> dict[int, Address | None]:
    asked = ((token, _OWNER_OF + token.to_bytes(32, "big")) for token in ids)
    return {token: read_address(chain, asset, data, ZERO_ADDRESS) for token, data in asked}


def _balance(chain: Chain, asset: Address, holder: Address, ids: list[int] | None) -> int | None:
    """Base units of the holder; of a multi-token, all tokens seen so far together."""
    word = bytes(12) + bytes.fromhex(holder[2:])
    if ids is None:
        return read_word(chain, asset, _BALANCE_OF + word, holder)
    total = 0
    for token_id in ids:
        answer = read_word(chain, asset, _BALANCE_OF_ID + word + token_id.to_bytes(32, "big"), holder)
        if answer is None:
            return None
        total += answer
    return total
