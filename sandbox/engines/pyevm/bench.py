"""A place to try things: py-evm at any block, over a layer that nothing gets past, with the checks a node makes.

The machine's rules are py-evm's. What is added: fees may be left out (a call pays none), precompiles may be elsewhere, the
accounts and slots a message touches are noted, and a tracer may watch the opcodes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic
from typing import Any, Final

import rlp
from eth.abc import AtomicDatabaseAPI
from eth.consensus import ConsensusContext
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.db.chain import ChainDB
from eth.vm.chain_context import ChainContext
from eth.vm.header import HeaderSedes

from sandbox.domain.units import Address
from sandbox.engines.archive import Overrides
from sandbox.engines.pyevm.forks import ChainConfig
from sandbox.engines.pyevm.supervised import ROOM, Watch, supervised
from sandbox.engines.wire import Header, Withdrawal
from sandbox.errors import Rejected

_GWEI: Final = 10**9
_NONCES: Final = 2**64


class Overlay(BaseDB):  # type: ignore[misc]
    """Writes stay here, reads go through. base: never written to."""

    def __init__(self, base: AtomicDatabaseAPI) -> None:
        self._base = base
        self._own: dict[bytes, bytes | None] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self._own[key] if key in self._own else self._base[key]
        if value is None:
            raise KeyError(key)
        return bytes(value)

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._own[key] = value

    def __delitem__(self, key: bytes) -> None:
        self._own[key] = None

    def __contains__(self, key: object) -> bool:
        return self._own[key] is not None if key in self._own else key in self._base


class OpenState:
    """Mixed into py-evm's state: notes what is touched, and bends where the caller says so.

    touched: address -> slots read or written. warmed: the same for what became warm. moved: precompiles by address if they
    are not where they were. blob_fee: wei per blob gas, None to derive it. tracer: told of every opcode, None for none.
    """

    def __init__(self, *arguments: Any) -> None:
        self.touched: dict[bytes, set[int]] = {}
        self.warmed: dict[bytes, set[int]] = {}
        super().__init__(*arguments)
        self.moved: dict[bytes, Any] | None = None
        self.blob_fee: int | None = None
        self.tracer: Any = None

    def set_system_contracts(self) -> None:
        """py-evm writes code here that is there already, or nothing; it only costs time."""

    @property
    def blob_base_fee(self) -> int:
        """Wei per blob gas."""
        return super().blob_base_fee if self.blob_fee is None else self.blob_fee  # type: ignore[misc]

    def get_tip(self, transaction: Any) -> int:
        """Nobody is paid for a message that offers no fee."""
        return super().get_tip(transaction) if transaction.max_fee_per_gas else 0  # type: ignore[misc]

    def increment_nonce(self, address: bytes) -> None:
        """A nonce is a 64-bit number and starts over behind the last one."""
        self.set_nonce(address, (self.get_nonce(address) + 1) % _NONCES)  # type: ignore[attr-defined]

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        """Noted."""
        self.touched.setdefault(address, set()).add(slot)
        return super().get_storage(address, slot, from_journal)  # type: ignore[misc, no-any-return]

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Noted."""
        self.touched.setdefault(address, set()).add(slot)
        super().set_storage(address, slot, value)  # type: ignore[misc]

    def get_balance(self, address: bytes) -> int:
        """Noted."""
        self.touched.setdefault(address, set())
        return super().get_balance(address)  # type: ignore[misc, no-any-return]

    def get_code(self, address: bytes) -> bytes:
        """Noted."""
        self.touched.setdefault(address, set())
        return super().get_code(address)  # type: ignore[misc, no-any-return]

    def get_nonce(self, address: bytes) -> int:
        """Noted."""
        self.touched.setdefault(address, set())
        return super().get_nonce(address)  # type: ignore[misc, no-any-return]

    def mark_address_warm(self, address: bytes) -> None:
        """Noted."""
        self.warmed.setdefault(address, set())
        super().mark_address_warm(address)  # type: ignore[misc]

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        """Noted."""
        self.warmed.setdefault(address, set()).add(slot)
        super().mark_storage_warm(address, slot)  # type: ignore[misc]


class OpenComputation:
    """Mixed into py-evm's frames: precompiles where the state says they are, and a memory of the order of things.

    order: logs as (address, topics, data) and child frames, as they happened.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.order: list[Any] = []

    def add_log_entry(self, account: bytes, topics: tuple[int, ...], data: bytes) -> None:
        """Noted."""
        super().add_log_entry(account, topics, data)  # type: ignore[misc]
        self.order.append((account, topics, data))

    def generate_child_computation(self, child_msg: Any) -> Any:
        """Tell the tracer what is left to this frame while the child runs."""
        tracer = self.state.tracer  # type: ignore[attr-defined]
        if tracer is not None:
            tracer.entering(self, child_msg)
        return super().generate_child_computation(child_msg)  # type: ignore[misc]

    def add_child_computation(self, child: Any) -> None:
        """Noted."""
        super().add_child_computation(child)  # type: ignore[misc]
        self.order.append(child)

    @property
    def precompiles(self) -> Any:
        """Precompiles by address."""
        moved = self.state.moved  # type: ignore[attr-defined]
        return super().precompiles if moved is None else moved  # type: ignore[misc]


@lru_cache(maxsize=64)
def opened(machine: Any, opcodes: Any = None) -> Any:
    """The same machine for trying things out. opcodes: what makes a traced opcode table of its table, None for none."""
    watched = supervised(machine)
    state = watched._state_class
    frames = state.computation_class
    table = {} if opcodes is None else {"opcodes": opcodes(frames.opcodes)}
    frames = type("OpenComputation", (OpenComputation, frames), table)
    bent = type("OpenState", (OpenState, state), {"computation_class": frames})
    return type(f"Open{machine.__name__}", (watched,), {"_state_class": bent})


class Bench:
    """One block of a chain to try things in.

    header: the block; the state starts at its `state_root`. previous: hashes of the blocks before it, latest first; None
    to read them from the database. seconds: wall-clock budget. last: outermost frame of the message that ran last. logs:
    how many its messages have left.
    """

    def __init__(
        self,
        database: AtomicDatabaseAPI,
        config: ChainConfig,
        header: Header,
        *,
        previous: Iterable[bytes] | None = None,
        seconds: float,
        opcodes: Any = None,
    ) -> None:
        self.database = AtomicDB(Overlay(database))
        self.config = config
        self.header = header
        self.deadline = monotonic() + seconds
        inner = rlp.decode(header.raw, HeaderSedes)
        chain = ChainDB(self.database)
        context = ChainContext(config.chain_id)
        machine = opened(config.machine(header.number, header.timestamp), opcodes)
        self.vm: Any = machine(inner, chain, context, ConsensusContext(self.database))
        if previous is not None:
            execution = machine.create_execution_context(inner, previous, context)
            self.vm._state = machine.get_state_class()(self.database, execution, header.state_root)
        self.state: Any = self.vm.state
        self.state.watch = Watch(self.deadline, ROOM)
        self.last: Any = None
        self.logs = 0

    def prepare(self) -> None:
        """What happens before the first transaction of a block (EIP-2935, EIP-4788)."""
        self.vm.block_preprocessing(_Shell(self.vm.get_header()))

    def override(self, accounts: Overrides) -> None:
        """Make accounts what they are said to be. Raises Rejected."""
        moved = dict(self.state.computation_class.get_precompiles())
        arrived: set[Address] = set()
        for where, account in accounts.items():
            raw = bytes.fromhex(where[2:])
            if where in arrived:
                raise Rejected("override", f"account {where} has already been overridden by a precompile")
            if account.precompile_to is not None:
                if raw not in moved:
                    raise Rejected("override", f"account {where} is not a precompile")
                if account.precompile_to in accounts:
                    raise Rejected("override", f"account {account.precompile_to} is already overridden")
                moved[bytes.fromhex(account.precompile_to[2:])] = moved[raw]
                arrived.add(account.precompile_to)
            moved.pop(raw, None)
            self._set(raw, where, account)
        self.state.moved = moved
        self.state.lock_changes()
        self.state.touched.clear()

    def _set(self, raw: bytes, where: Address, account: Any) -> None:
        if account.nonce is not None:
            self.state.set_nonce(raw, account.nonce)
        if account.code is not None:
            self.state.set_code(raw, account.code)
        if account.balance is not None:
            self.state.set_balance(raw, account.balance)
        if account.state is not None and account.diff is not None:
            raise Rejected("override", f"account {where} has both 'state' and 'stateDiff'")
        if account.state is not None:
            self.state.delete_storage(raw)
        for slot, value in (account.state or account.diff or {}).items():
            self.state.set_storage(raw, slot, value)

    def withdraw(self, withdrawals: Iterable[Withdrawal]) -> None:
        """Credit withdrawals."""
        for one in withdrawals:
            self.state.delta_balance(bytes.fromhex(one.address[2:]), one.amount * _GWEI)

    def requests(self, deposits: bytes) -> tuple[bytes, ...]:
        """Requests to the consensus layer at the end of a block (EIP-7685), type byte first, empty ones left out.
        deposits: what the deposit contract's events ask for."""
        shell = _Shell(self.vm.get_header())
        self.vm.process_withdrawal_request_data(shell)
        self.vm.process_consolidation_request_data(shell)
        return tuple(one for one in (b"\x00" + deposits, *shell.block_requests) if len(one) > 1)

    def root(self) -> bytes:
        """Root of the state as it stands, written to the layer."""
        self.state.persist()
        return bytes(self.state.state_root)


class _Shell:
    """As much of a block as py-evm's processing of one looks at."""

    def __init__(self, header: Any) -> None:
        self.header = header
        self.number = header.block_number
        self.block_requests: list[bytes] = []
