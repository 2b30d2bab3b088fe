"""A point in the life of a world to come back to."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sandbox.domain.book import Book
from sandbox.domain.grading import Memory
from sandbox.domain.policy import Policy
from sandbox.domain.units import Address
from sandbox.running.world import World


@dataclass(frozen=True, slots=True)
class Mark:
    """What a `World` knows besides its chain. told, contracts, observed: of its lookout, its contracts and its observer."""

    policy: Policy
    book: Book
    memory: Memory
    addresses: Mapping[str, Address]
    code_of: Mapping[str, str]
    told: Any
    contracts: Any
    observed: Any


def mark(world: World) -> Mark:
    """The world as it stands."""
    chain, (book, memory) = world.chain, deepcopy((world.book, world.memory))
    names, code = dict(world.addresses), dict(world.code_of)
    told = world.lookout.told()
    return Mark(world.policy, book, memory, names, code, told, chain.contracts.known(), chain.observer.known())


def return_to(world: World, kept: Mark) -> None:
    """Let the world know again what the mark holds; its chain is somebody else's to take back."""
    world.policy = kept.policy
    world.book, world.memory = deepcopy((kept.book, kept.memory))
    world.addresses.clear()
    world.addresses.update(kept.addresses)
    world.code_of.clear()
    world.code_of.update(kept.code_of)
    world.lookout.return_to(kept.told)
    world.chain.contracts.return_to(kept.contracts)
    world.chain.observer.return_to(kept.observed)
