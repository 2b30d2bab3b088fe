"""An Anvil of our own: found, started on a free port with the rules the sandbox has, stopped for sure."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import which
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import Final

from sandbox.engines.base import Genesis
from sandbox.errors import MissingDependency

START_SECONDS: Final = 20.0
STOP_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.01
_PACKAGES: Final = "@foundry-rs/anvil-*/bin/anvil"
_DIE_WITH_PARENT: Final = 1
_MOST_WORDS: Final = 65_536
_LISTENING: Final = re.compile(r"Listening on [\d.]+:(\d+)")
_MISSING: Final = (
    "run `make setup-dev` (npm package @foundry-rs/anvil), put anvil on the PATH, or name a running node by --rpc-url"
)

OPTIONS: Final = (
    "--port", "0", "--accounts", "0", "--no-mining", "--order", "fifo", "--hardfork", "prague", "--no-request-size-limit",
    "--disable-default-create2-deployer", "--disable-min-priority-fee", "--no-cors", "--disable-console-log",
)  # fmt: skip
"""No accounts, contracts, fees or blocks but those we ask for."""

STEPS: Final = "--steps-tracing"


def find(node_modules: Path | None) -> str:
    """The executable: among the npm packages (the program itself, not the script around it), else on the PATH. Raises
    MissingDependency."""
    packaged = sorted(node_modules.glob(_PACKAGES)) if node_modules is not None else []
    found = str(packaged[0]) if packaged else which("anvil")
    if found is None:
        raise MissingDependency("Anvil, the second EVM, is not installed", do=_MISSING)
    return found


class Anvil:
    """A running Anvil. steps: let it trace them. Raises MissingDependency if it does not come up."""

    def __init__(self, executable: str, genesis: Genesis, *, steps: bool) -> None:
        self._said = TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [executable, *OPTIONS, *_chain(genesis), *([STEPS] if steps else [])],
                stdin=subprocess.DEVNULL,
                stdout=self._said,
                stderr=subprocess.STDOUT,
                preexec_fn=_ending_with_parent(),
            )
        except OSError as error:
            self._said.close()
            raise MissingDependency(f"Anvil cannot be started: {error.strerror}", where=executable, do=_MISSING) from error
        try:
            self.url = f"http://127.0.0.1:{self._port(executable)}"
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def stop(self) -> None:
        """End it, and wait until it has. Stopping twice is fine."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._said.close()

    def _port(self, executable: str) -> int:
        """The port it found free, which it tells when it listens."""
        give_up = monotonic() + START_SECONDS
        while True:
            over = self._process.poll() is not None or monotonic() > give_up
            said = os.pread(self._said.fileno(), _MOST_WORDS, 0).decode("utf-8", "replace")  # its place to write stays
            listening = _LISTENING.search(said)
            if listening is not None:
                return int(listening[1])
            if over:
                last = said.strip().splitlines()[-1:] or [f"exit code {self._process.poll()}"]
                raise MissingDependency(f"Anvil does not start: {last[0]}", where=executable, do=_MISSING)
            sleep(_LOOK_SECONDS)


def _chain(genesis: Genesis) -> Sequence[str]:
    options = {
        "--chain-id": genesis.chain_id,
        "--timestamp": genesis.timestamp,
        "--gas-limit": genesis.gas_limit,
        "--block-base-fee-per-gas": genesis.base_fee,
    }
    return [part for name, value in options.items() for part in (name, str(value))]


def _ending_with_parent() -> Callable[[], None] | None:
    """Where Linux runs us, it ends the node even if we are killed and can stop nothing any more."""
    if sys.platform != "linux":
        return None
    tell = ctypes.CDLL(None).prctl
    return lambda: tell(_DIE_WITH_PARENT, signal.SIGTERM)
