"""From what an engine saw to what limits are judged on: token movements and declared measures join the `Effects`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from sandbox.domain.effects import Effects, Log, Measured, Reverted, Standard, TokenMove
from sandbox.domain.pilot import Measure
from sandbox.domain.units import Address, BaseUnits
from sandbox.engines.base import Execution

_TRANSFER: Final = keccak(b"Transfer(address,address,uint256)")
_TRANSFER_SINGLE: Final = keccak(b"TransferSingle(address,address,address,uint256,uint256)")
_TRANSFER_BATCH: Final = keccak(b"TransferBatch(address,address,address,uint256[],uint256[])")
_FUNGIBLE: Final = frozenset({Standard.ERC20, Standard.ERC4626})


@lru_cache(maxsize=4096)
def _address(word: bytes) -> Address:
    return Address("0x" + word[12:].hex())


def _transfer(log: Log, standard: Standard, caller: Address) -> Iterator[TokenMove]:
    """ERC-20 and ERC-4626 shares: the amount is data (3 topics). ERC-721: the token's id is the fourth topic."""
    topics = log.topics
    if len(topics) == 3 and standard in _FUNGIBLE and len(log.data) == 32:
        token_id, amount = None, int.from_bytes(log.data, "big")
    elif len(topics) == 4 and standard is Standard.ERC721:
        token_id, amount = int.from_bytes(topics[3], "big"), 1
    else:
        return
    yield TokenMove(
        log.address, standard, token_id, _address(topics[1]), _address(topics[2]), BaseUnits(amount), caller, log.index
    )


def _legs(log: Log, standard: Standard, types: tuple[str, str]) -> Iterator[TokenMove]:
    if len(log.topics) != 4 or standard is not Standard.ERC1155:
        return
    try:
        ids, amounts = decode(types, log.data)
    except DecodingError:
        return
    if isinstance(ids, int):
        ids, amounts = (ids,), (amounts,)
    operator, sender, receiver = (_address(topic) for topic in log.topics[1:])
    for token_id, amount in zip(ids, amounts, strict=False):
        yield TokenMove(log.address, standard, token_id, sender, receiver, BaseUnits(amount), operator, log.index)


def _single(log: Log, standard: Standard, _caller: Address) -> Iterator[TokenMove]:
    return _legs(log, standard, ("uint256", "uint256"))


def _batch(log: Log, standard: Standard, _caller: Address) -> Iterator[TokenMove]:
    return _legs(log, standard, ("uint256[]", "uint256[]"))


_READERS: Final[dict[bytes, Callable[[Log, Standard, Address], Iterator[TokenMove]]]] = {
    _TRANSFER: _transfer,
    _TRANSFER_SINGLE: _single,
    _TRANSFER_BATCH: _batch,
}


class _Reading:
    """How to read one declared measure out of an event."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self._indexed = [one for one in measure.event.parameters if one.indexed]
        self._plain = [one for one in measure.event.parameters if not one.indexed]
        self._types = tuple(one.type for one in self._plain)

    def __call__(self, log: Log, caller: Address) -> Measured | None:
        """The fact, or None if the log does not have the declared shape."""
        if len(log.topics) != len(self._indexed) + 1:
            return None
        try:
            values: dict[str, Any] = dict(zip((one.name for one in self._plain), decode(self._types, log.data), strict=True))
            for one, topic in zip(self._indexed, log.topics[1:], strict=True):
                if one.name in (self.measure.client, self.measure.amount):
                    values[one.name] = decode((one.type,), topic)[0]
        except (DecodingError, UnicodeDecodeError):
            return None
        measure = self.measure
        client = caller if measure.client is None else Address(values[measure.client])
        return Measured(measure.name, measure.to, client, measure.sign * values[measure.amount], log.index)


class Observer:
    """Knows which contracts are registered assets and which events measure something.

    Events of anybody else say nothing about assets or measures, however they look.
    """

    def __init__(self) -> None:
        self._assets: dict[Address, Standard] = {}
        self._measures: dict[tuple[bytes, Address | None], list[_Reading]] = {}

    def watch_asset(self, address: Address, standard: Standard) -> None:
        """From now on, the contract's own events count as movements of a registered asset."""
        self._assets[address] = standard

    def watch_measures(self, address: Address | None, measures: Iterable[Measure]) -> None:
        """From now on, these events of the contract (None: of any) count as measured facts."""
        for measure in measures:
            topic = keccak(str(measure.event).encode())
            self._measures.setdefault((topic, address), []).append(_Reading(measure))

    def forget(self, address: Address) -> None:
        """What was said of the address no longer holds: no contract of that kind came to be there."""
        self._assets.pop(address, None)
        for key in [key for key in self._measures if key[1] == address]:
            del self._measures[key]

    def known(self) -> tuple[object, object]:
        """Everything it was told by now, to come back to."""
        return dict(self._assets), {key: list(readings) for key, readings in self._measures.items()}

    def return_to(self, known: tuple[Any, Any]) -> None:
        """Forget what it was told since."""
        assets, measures = known
        self._assets, self._measures = dict(assets), {key: list(readings) for key, readings in measures.items()}

    @property
    def assets(self) -> Mapping[Address, Standard]:
        """Registered asset contracts and how they announce movements."""
        return self._assets

    def reread(self, effects: Effects, assets: Mapping[Address, Standard]) -> Effects:
        """The effects with movements of assets that were only recognised by what the transaction did."""
        moves = [
            move
            for log in effects.logs
            if log.topics and log.address in assets and log.topics[0] in _READERS
            for move in _READERS[log.topics[0]](log, assets[log.address], effects.sender)
        ]
        return replace(effects, tokens=tuple(sorted((*effects.tokens, *moves), key=lambda move: move.log_index)))

    def observe(
        self, execution: Execution, block: int, timestamp: int, reverted: Reverted | None, request: str | None
    ) -> Effects:
        """Everything the transaction did. block, timestamp (unix seconds): of the block it is in."""
        tokens: list[TokenMove] = []
        measured: list[Measured] = []
        for log in execution.logs:
            if not log.topics:
                continue
            topic = log.topics[0]
            reader, standard = _READERS.get(topic), self._assets.get(log.address)
            if reader is not None and standard is not None:
                tokens.extend(reader(log, standard, execution.sender))
            for reading in (*self._measures.get((topic, log.address), ()), *self._measures.get((topic, None), ())):
                fact = reading(log, execution.sender)
                if fact is not None:
                    measured.append(fact)
        return Effects(
            hash=execution.hash,
            block=block,
            timestamp=timestamp,
            sender=execution.sender,
            target=execution.to,
            nonce=execution.nonce,
            value=execution.value,
            data=execution.data,
            gas_limit=execution.gas_limit,
            gas_used=execution.gas_used,
            reverted=reverted,
            output=execution.output,
            created=execution.created,
            frames=execution.frames,
            logs=execution.logs,
            native=execution.native,
            tokens=tuple(tokens),
            creations=execution.creations,
            opcodes=execution.opcodes,
            writes=execution.writes,
            measured=tuple(measured),
            request=request,
        )
