"""`taishan serve`: one process that answers for every registered pilot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sandbox.rpc.ground import Told as Told
from sandbox.rpc.http import create_app
from sandbox.rpc.serving import listening, serve
from sandbox.service import Sandbox
from sandbox.storage.registry import PilotRow

PATHS: Final = ("/rpc/{name}",)


@dataclass(frozen=True, slots=True)
class Served:
    """A sandbox that answers. url: where. serve: answers until SIGINT or SIGTERM."""

    url: str
    pilots: tuple[PilotRow, ...]
    serve: Callable[[], None]


@contextmanager
def serving(sandbox: Sandbox, host: str, port: int, tell: Callable[[str, Told], None]) -> Iterator[Served]:
    """Listen. tell: hears of every transaction. Raises MissingDependency for a port that is taken, InputError for a host that
    is not this machine's, NotFound for a key of the chain that is gone."""
    with listening(host, port) as bound, sandbox.residences(tell) as servers:
        app = create_app(servers, PATHS)
        where, number = bound.getsockname()[:2]
        url = f"http://[{where}]:{number}" if ":" in where else f"http://{where}:{number}"
        yield Served(url, tuple(sandbox.pilots()), lambda: serve(app, bound))
