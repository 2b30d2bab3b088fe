"""`taishan serve`: one process that answers for every registered pilot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Final

from sandbox.cases.places import resides
from sandbox.errors import SandboxError
from sandbox.rpc.ground import Told as Told
from sandbox.rpc.http import create_app
from sandbox.rpc.serving import Metronome, listening, serve
from sandbox.service import Sandbox
from sandbox.storage.registry import PilotRow

log = logging.getLogger(__name__)

PATHS: Final = ("/rpc/{name}",)
UPKEEP: Final = 30.0
"""Seconds between two times that deadlines are looked at and the registry contract is told what changed."""


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox that answers. url: where. serve: answers until SIGINT or SIGTERM."""

    url: str
    pilots: tuple[PilotRow, ...]
    serve: Callable[[], None]


@contextmanager
def serving(sandbox: Sandbox, host: str, port: int, tell: Callable[[str, Told], None]) -> Iterator[Served]:
    """Listen, and keep true what the registry on the chain says of pilots. tell: hears of every transaction. Raises
    MissingDependency for a port that is taken, InputError for a host that is not this machine's, NotFound for a key of the
    chain that is gone."""

    def changed(pilot: str) -> None:
        try:
            sandbox.sync_registry(pilot)
        except SandboxError:  # the transaction that changed it stands; the registry is told later
            log.exception("the registry on the chain could not be told of %s", pilot)

    with listening(host, port) as bound, sandbox.residences(tell, changed) as servers:
        sandbox.sync_registry()
        app = create_app(servers, PATHS)
        where, number = bound.getsockname()[:2]
        url = f"http://[{where}]:{number}" if ":" in where else f"http://{where}:{number}"

        def keep_up() -> None:
            sandbox.elapse()
            sandbox.sync_registry()

        with Metronome(keep_up, lambda: UPKEEP, Event()):
            yield Served(url, tuple(filter(resides, sandbox.pilots())), lambda: serve(app, bound))
    sandbox.sync_registry()
