"""The official JSON-RPC suite: its chain, its conversations, and how an answer is compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.engines.pyevm.imported import ImportedChain
from sandbox.rpc.methods import METHODS, TESTING
from sandbox.rpc.node import Node
from sandbox.rpc.pool import Pool
from sandbox.rpc.server import Server

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "execution-apis"
FILES = sorted(FOLDER.glob("*/*.io"))


@dataclass(frozen=True)
class Exchange:
    """One request and the answer it should get."""

    request: str
    answer: Any


@dataclass(frozen=True)
class Conversation:
    """One file. shape_only: the answer need only be a result where one is expected, and an error where one is."""

    exchanges: tuple[Exchange, ...]
    shape_only: bool


def read(path: Path) -> Conversation:
    lines = path.read_text(encoding="utf-8").splitlines()
    requests = [line[3:] for line in lines if line.startswith(">> ")]
    answers = [json.loads(line[3:]) for line in lines if line.startswith("<< ")]
    shape_only = any("speconly" in line for line in lines if line.startswith("//"))
    return Conversation(tuple(map(Exchange, requests, answers)), shape_only)


@cache
def imported() -> ImportedChain:
    """The official chain, imported once per process."""
    chain = ImportedChain((FOLDER / "genesis.json").read_bytes())
    chain.import_blocks((FOLDER / "chain.rlp").read_bytes())
    return chain


def server() -> Server:
    """A fresh node on the official chain."""
    chain = imported()
    return Server(Node(chain, Pool(chain)), methods={**METHODS, **TESTING})


def without_words(value: Any) -> Any:
    """The answer without the messages of its errors, which every client words its own way."""
    if isinstance(value, list):
        return [without_words(item) for item in value]
    if isinstance(value, dict):
        shown = {key: without_words(item) for key, item in value.items()}
        if isinstance(shown.get("error"), dict):
            shown["error"].pop("message", None)
        return shown
    return value


_ABSENT = object()
"""What a member that is not there is worth: equal to nothing else."""


def differences(got: Any, wanted: Any, where: str = "") -> Iterator[str]:
    """Where two answers differ, one line each."""
    if isinstance(got, dict) and isinstance(wanted, dict):
        for key in sorted(got.keys() | wanted.keys()):
            yield from differences(got.get(key, _ABSENT), wanted.get(key, _ABSENT), f"{where}.{key}")
    elif isinstance(got, list) and isinstance(wanted, list) and len(got) == len(wanted):
        for at, (one, other) in enumerate(zip(got, wanted, strict=True)):
            yield from differences(one, other, f"{where}[{at}]")
    elif got != wanted or isinstance(got, bool) != isinstance(wanted, bool):
        yield f"{where}: got {str(got)[:200]}, wanted {str(wanted)[:200]}"
