"""py-evm's complaints in the sandbox's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eth.exceptions import PyEVMError, UnrecognizedTransactionType, VMError
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException
from trie.exceptions import MissingTrieNode

from sandbox.engines.pyevm.supervised import OutOfRoom, OutOfTime
from sandbox.errors import EngineError, InputError


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raises InputError for what no block could hold, EngineError for what py-evm could not do or not in time."""
    try:
        yield
    except OutOfRoom as error:
        raise EngineError(f"{what} opens more frames than there is memory for", do="call less often, with less data") from error
    except OutOfTime as error:
        raise EngineError(
            f"{what} ran longer than its time budget", do="look for a loop that does not end, or raise the budget"
        ) from error
    except (ValidationError, VMError, RLPException, UnrecognizedTransactionType) as error:
        raise InputError(f"no block could hold {what}: {error}", do="check nonce, funds, fees and fields") from error
    except (PyEVMError, RecursionError) as error:
        raise EngineError(f"py-evm failed on {what}: {error}") from error
    except MissingTrieNode as error:
        raise EngineError(f"{what} needs a part of the state that is gone: {error}", do="restore it from a backup") from error
