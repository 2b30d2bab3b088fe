"""Asking a registered asset what it holds for whom: the answers `supervision.judge_block` compares with its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sandbox.chain.chain import Chain
from sandbox.domain.book import Book
from sandbox.domain.effects import Standard
from sandbox.domain.policy import AssetRule
from sandbox.domain.supervision import AssetProbe
from sandbox.domain.units import Address

ASKED_EVERY_BLOCK: Final = 64
"""Holders a block asks about at most; the end of a run asks about all of them."""

_TOTAL_SUPPLY: Final = bytes.fromhex("18160ddd")
_BALANCE_OF: Final = bytes.fromhex("70a08231")
_WITH_SUPPLY: Final = frozenset({Standard.ERC20, Standard.ERC4626})
_PROBED: Final = _WITH_SUPPLY | {Standard.ERC721}


def probe(
    chain: Chain, book: Book, asset: Address, rule: AssetRule, others: Iterable[Address], *, everyone: bool
) -> AssetProbe | None:
    """What the asset answers about its supply and about everyone its events named, and `others` (people and contracts that
    might hold some without an event). None for a standard without these views."""
    if rule.standard not in _PROBED:
        return None
    holders = sorted({holder for token, holder in book.balances if token == asset} | set(others))
    asked = holders if everyone else holders[:ASKED_EVERY_BLOCK]
    answers = {holder: _read(chain, asset, _BALANCE_OF + bytes(12) + bytes.fromhex(holder[2:])) for holder in asked}
    supply = _read(chain, asset, _TOTAL_SUPPLY)
    silent = ["balanceOf"] if None in answers.values() else []
    if supply is None and rule.standard in _WITH_SUPPLY:
        silent.append("totalSupply")
    balances = {holder: answer for holder, answer in answers.items() if answer is not None}
    return AssetProbe(asset, rule.key, supply, balances, tuple(silent))


def _read(chain: Chain, contract: Address, data: bytes) -> int | None:
    """A view that answers with one uint256; None where it reverts or answers anything else."""
    answer = chain.view(contract, data)
    return int.from_bytes(answer.output, "big") if answer.succeeded and len(answer.output) == 32 else None
