"""What contracts answered, for as long as nothing an answer was made of has changed.

After every block the supervisor asks registered assets for supply and balances, and most answers are those of the last block.
A view depends on what it read and on nothing else: accounts, storage, code, and the block it pretends to be in. So what it read
first is noted with the answer, which stands while reading the same again gives the same. Nobody has to say what became stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sandbox.engines.base import Execution

_MOST: Final = 1_024
_READS: Final = frozenset(
    {
        "account_exists",
        "account_has_code_or_nonce",
        "account_is_empty",
        "get_balance",
        "get_code",
        "get_code_hash",
        "get_nonce",
        "get_storage",
    }
)

Seen = Mapping[tuple[str, tuple[Any, ...]], Any]
"""(name, arguments) -> what was read."""


class _Accounts:
    """Lets everything through, and notes what was read first."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.seen: dict[tuple[str, tuple[Any, ...]], Any] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        return self._noting(name, found) if name in _READS else found

    def _noting(self, name: str, read: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any) -> Any:
            value = read(*arguments)
            self.seen.setdefault((name, arguments), value)
            return value

        return noted


class _Block:
    """The same for what is known of the block."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.seen: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        value = self.seen[name] = getattr(self.inner, name)
        return value


class Answers:
    """The last answers. most: how many are kept."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: OrderedDict[object, tuple[Execution, Seen, Mapping[str, Any]]] = OrderedDict()

    def ask(self, question: object, state: Any, run: Callable[[], Execution]) -> Execution:
        """The answer that stands, or else what running gives. question: everything the answer depends on besides the state.
        state: py-evm's, at which a transaction begins."""
        known = self._known.get(question)
        if known is not None and _stands(state, *known[1:]):
            self._known.move_to_end(question)
            return known[0]
        with _noted(state) as (accounts, block):
            answer = run()
        self._known[question] = answer, accounts.seen, block.seen
        self._known.move_to_end(question)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return answer


def _stands(state: Any, seen: Seen, around: Mapping[str, Any]) -> bool:
    accounts, block = state._account_db, state.execution_context
    return all(getattr(block, name) == value for name, value in around.items()) and all(
        getattr(accounts, name)(*arguments) == value for (name, arguments), value in seen.items()
    )


@contextmanager
def _noted(state: Any) -> Iterator[tuple[_Accounts, _Block]]:
    accounts, block = _Accounts(state._account_db), _Block(state.execution_context)
    state._account_db, state.execution_context = accounts, block
    try:
        yield accounts, block
    finally:
        state._account_db, state.execution_context = accounts.inner, block.inner
