"""Taking turns at a durable chain: whoever asks a pilot's endpoint has the chain for himself as long as he is served."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import local
from types import TracebackType

from sandbox.chain.durable import DurableChain
from sandbox.chain.host import ChainHost


class Turn(AbstractContextManager["Turn"]):
    """Entered, also again by the same thread, it holds the chain. name: of the chain. moved: told whenever the chain had to be
    opened (again), before anybody is served from it. begun: told whenever somebody's turn begins."""

    def __init__(
        self, host: ChainHost, name: str, moved: Callable[[DurableChain], None], begun: Callable[[], None]
    ) -> None:
        self._host = host
        self.name = name
        self._moved = moved
        self._begun = begun
        self._chain: DurableChain | None = None
        self._mine = local()

    @property
    def chain(self) -> DurableChain:
        """The chain; only inside."""
        assert self._chain is not None
        return self._chain

    def __enter__(self) -> Turn:
        use = self._host.use(self.name)
        chain = use.__enter__()
        self._held().append(use)
        try:
            if chain is not self._chain:
                self._chain = chain
                self._moved(chain)
            if len(self._held()) == 1:
                self._begun()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held().pop().__exit__(kind, error, trace)

    def _held(self) -> list[AbstractContextManager[DurableChain]]:
        held: list[AbstractContextManager[DurableChain]] | None = getattr(self._mine, "held", None)
        if held is None:
            held = self._mine.held = []
        return held
