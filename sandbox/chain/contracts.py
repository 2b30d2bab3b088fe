"""What is deployed where, under which name and ABI; and what reverts and events mean, judged by all ABIs known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from sandbox.chain.codec import DecodedEvent, Interface
from sandbox.chain.coercion import text_of
from sandbox.domain.effects import Log, Reverted
from sandbox.domain.units import Address
from sandbox.errors import Conflict, NotFound

_ERROR: Final = bytes.fromhex("08c379a0")
_PANIC: Final = bytes.fromhex("4e487b71")
_PANICS: Final = {
    0x00: "generic panic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "value outside of an enum",
    0x22: "storage bytes wrongly encoded",
    0x31: "pop from an empty array",
    0x32: "index out of bounds",
    0x41: "too much memory",
    0x51: "call of an uninitialised function",
}


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract at its address. instance: the name scenarios call it by."""

    address: Address
    instance: str
    interface: Interface


class Contracts:
    """Deployed contracts by address and by instance name, and every ABI that may explain an error."""

    def __init__(self) -> None:
        self._at: dict[Address, Deployed] = {}
        self._named: dict[str, Deployed] = {}
        self._interfaces: list[Interface] = []

    def declare(self, interface: Interface) -> None:
        """Make an ABI's errors known before (or without) a deployment of it."""
        if interface not in self._interfaces:
            self._interfaces.append(interface)

    def add(self, address: Address, instance: str, interface: Interface) -> Deployed:
        """Register a deployment. Raises Conflict if the instance name is taken."""
        if instance in self._named:
            raise Conflict(
                f"{instance!r} is already deployed at {self._named[instance].address}", do="give this one another name"
            )
        self.declare(interface)
        deployed = Deployed(address, instance, interface)
        self._at[address] = self._named[instance] = deployed
        return deployed

    def at(self, address: Address) -> Deployed | None:
        """What is deployed there, if it was registered."""
        return self._at.get(address)

    def named(self, instance: str) -> Deployed:
        """A deployment by its name. Raises NotFound."""
        deployed = self._named.get(instance)
        if deployed is None:
            names = ", ".join(sorted(self._named)) or "none yet"
            do = f"deployed are: {names}; if the scenario deploys it, see why that step did not go through"
            raise NotFound(f"no contract {instance!r} is deployed", do=do)
        return deployed

    def all(self) -> tuple[Deployed, ...]:
        """Every registered deployment, in order."""
        return tuple(self._named.values())

    def known(self) -> tuple[dict[Address, Deployed], dict[str, Deployed]]:
        """Every deployment as registered by now, to come back to."""
        return dict(self._at), dict(self._named)

    def return_to(self, known: tuple[dict[Address, Deployed], dict[str, Deployed]]) -> None:
        """Forget deployments made since."""
        self._at, self._named = dict(known[0]), dict(known[1])

    def events(self, logs: Iterable[Log]) -> tuple[DecodedEvent, ...]:
        """Events of registered contracts that their ABI knows, named by instance."""
        decoded = []
        for log in logs:
            deployed = self._at.get(log.address)
            event = deployed.interface.event(log) if deployed else None
            if deployed and event:
                decoded.append(DecodedEvent(deployed.instance, event.address, event.name, event.args, event.log_index))
        return tuple(decoded)

    def reverted(self, error: str, output: bytes) -> Reverted:
        """Why it failed. error: the EVM's word. output: revert data."""
        if error != "Revert":
            return Reverted(error, (), output)
        found = _standard(output) or self._custom(output)
        if found is None:
            return Reverted("", (), output)
        name, args = found
        return Reverted(name, tuple(map(text_of, args)), output)

    def _custom(self, output: bytes) -> tuple[str, tuple[Any, ...]] | None:
        for interface in self._interfaces:
            found = interface.error(output)
            if found is not None:
                return found
        return None


def _standard(output: bytes) -> tuple[str, tuple[Any, ...]] | None:
    try:
        if output[:4] == _ERROR:
            return "Error", decode(["string"], output[4:])
        if output[:4] == _PANIC:
            (code,) = decode(["uint256"], output[4:])
            return "Panic", (hex(code), _PANICS.get(code, "unknown panic"))
    except (DecodingError, UnicodeDecodeError):
        return None
    return None
