"""Consents: who may move whose tokens. A leg out of a client's account is its own doing, or somebody's it allowed to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from sandbox.domain.effects import Effects, TokenMove
from sandbox.domain.policy import Policy
from sandbox.domain.units import ZERO_ADDRESS, Address

Consent = tuple[Address, Address, Address]
"""(asset, owner, who may move its units)."""

_APPROVAL: Final = bytes.fromhex("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925")
_APPROVAL_FOR_ALL: Final = bytes.fromhex("17307eab39ab6107e8899845ad3d59bd9653f200f220920489ca2b5937696c31")
_OPERATOR: Final = bytes.fromhex("f4caeb2d6ca8932a215a353d0703c326ec2d81fc68170f320eb2ab49e9df61f9")
_OPERATOR_GONE: Final = bytes.fromhex("50546e66e5f44d728365dc3908c63bc5cfeeab470722c1677e3073a6ac294aa1")
_AUTHORIZATION: Final = bytes.fromhex("98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5")
"""Topics of Approval (ERC-20, ERC-721), ApprovalForAll, AuthorizedOperator and RevokedOperator (ERC-777), AuthorizationUsed
(ERC-3009)."""


_BY_SIGNATURE: Final = frozenset({"permit", "permitForAll", "transferWithAuthorization", "receiveWithAuthorization"})
"""Functions made to hand in an owner's signature (ERC-2612, ERC-4494, ERC-3009), by name: their parameters differ."""


class Consents:
    """What one transaction shows of consents, over those known before. given: consent -> whether it stands afterwards."""

    def __init__(self, known: Collection[Consent], policy: Policy, effects: Effects) -> None:
        self._known = known
        self._policy = policy
        self._sender = policy.client(effects.sender)
        self._asked = set(_entered(policy, effects))
        self._callers: dict[Address, set[Address]] = {}
        for frame in effects.frames:
            if frame.target in policy.assets and frame.committed:
                self._callers.setdefault(frame.target, set()).add(frame.caller)
        own = [one for one in _given(policy, effects) if self._of_its_own(one[0][0], one[0][1])]
        self.given: dict[Consent, bool] = dict(own)
        self._lent = {consent for consent, stands in own if stands}
        used = [log for log in effects.logs if len(log.topics) > 1 and log.topics[0] == _AUTHORIZATION]
        signed = ((log.address, _address(log.topics[1])) for log in used)
        self._signed = {(asset, owner) for asset, owner in signed if self._of_its_own(asset, owner)}

    def covers(self, move: TokenMove) -> bool:
        """True for a leg of nobody's but a client's account, one's own, one by a contract the owner called itself, or one the
        owner allowed: before, or in this transaction (permits), even if the allowance is used up by it."""
        owner, client = move.sender, self._policy.client(move.sender)
        if client is None or client == self._sender:
            return True
        callers = self._callers.get(move.asset, set())
        allowed = any(self._allowed((move.asset, owner, caller)) for caller in (*callers, move.operator))
        return owner in callers or allowed or (move.asset, owner) in self._signed

    def _allowed(self, consent: Consent) -> bool:
        return consent in self._known or consent in self._lent

    def _of_its_own(self, asset: Address, owner: Address) -> bool:
        """Whether an owner had a part in what an asset says of its consent: it sent the transaction, called the asset, or its
        signature was handed in by a function made for that. An asset's word alone is none."""
        client = self._policy.client(owner)
        return (
            (client is not None and client == self._sender)
            or client is None
            or owner in self._callers.get(asset, ())
            or asset in self._asked
        )


def _entered(policy: Policy, effects: Effects) -> Iterator[Address]:
    """Assets of which a function that takes an owner's signature was called."""
    for frame in effects.frames:
        code = policy.contracts.get(frame.target) or policy.contracts.get(frame.code_address)
        if code is not None and frame.committed and code.functions.get(frame.selector) in _BY_SIGNATURE:
            yield frame.target


def _given(policy: Policy, effects: Effects) -> Iterator[tuple[Consent, bool]]:
    for log in effects.logs:
        if log.address not in policy.assets or len(log.topics) < 3:
            continue
        kind, first, second = log.topics[0], _address(log.topics[1]), _address(log.topics[2])
        if kind == _APPROVAL:  # of an ERC-721 the third topic is the token; approving nobody takes the approval back
            yield (log.address, first, second), second != ZERO_ADDRESS if len(log.topics) == 4 else any(log.data)
        elif kind == _APPROVAL_FOR_ALL:
            yield (log.address, first, second), any(log.data)
        elif kind in (_OPERATOR, _OPERATOR_GONE):
            yield (log.address, second, first), kind == _OPERATOR


def _address(word: bytes) -> Address:
    return Address("0x" + word[12:].hex())
