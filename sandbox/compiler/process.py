"""One bounded run of a compiler: time, memory and output have an end, and so has everything it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from sandbox.errors import SubmissionError

_TRAMPOLINE: Final = Path(__file__).with_name("_limited.py")
_SAID: Final = 400


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one compiler run may use. seconds: wall time. memory: bytes of data. output: bytes written. file, total: bytes of
    one source file (or artifact: `artifact`), and of all sources one contract reaches."""

    seconds: float = 60
    memory: int = 2 << 30
    output: int = 64 << 20
    file: int = 1 << 20
    total: int = 8 << 20
    artifact: int = 8 << 20


def run_bounded(compiler: str, command: Sequence[str], text: str, bounds: Bounds) -> str:
    """Standard output of the command, given `text` on standard input.

    compiler: its name, for messages. command: an absolute path and arguments. Raises SubmissionError when a bound is
    passed or the program fails.
    """
    limits = [str(int(bounds.seconds) + 1), str(bounds.memory), str(bounds.output)]
    argv = [sys.executable, "-I", "-S", str(_TRAMPOLINE), *limits, *command]
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made, tempfile.TemporaryFile() as said:
        given.write(text.encode())
        given.seek(0)
        code = _wait(compiler, argv, (given, made, said), bounds.seconds)
        if max(_size(made), _size(said)) >= bounds.output:
            raise SubmissionError(
                f"{compiler} wrote more than {bounds.output >> 20} MiB", do="submit fewer or smaller contracts"
            )
        if code != 0:
            raise SubmissionError(
                f"{compiler} ended with status {code}: {_last_words(said)}",
                do=f"the compiler may use {bounds.memory >> 20} MiB and {bounds.seconds:g} s; simplify the source",
            )
        made.seek(0)
        return made.read().decode("utf-8", "replace")


def _wait(compiler: str, argv: Sequence[str], streams: tuple[IO[bytes], IO[bytes], IO[bytes]], seconds: float) -> int:
    given, made, said = streams
    process = subprocess.Popen(argv, stdin=given, stdout=made, stderr=said, start_new_session=True)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise SubmissionError(
            f"{compiler} did not finish within {seconds:g} s", do="simplify the source, or split it into contracts"
        ) from None
    finally:
        _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # the whole group has ended by itself (macOS says "not permitted" of one that has)
    finally:
        process.wait()


def _size(stream: IO[bytes]) -> int:
    return os.fstat(stream.fileno()).st_size


def _last_words(stream: IO[bytes]) -> str:
    stream.seek(0)
    lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    telling = next((line for line in lines if "rror" in line), lines[-1] if lines else "it said nothing")
    return telling.strip()[:_SAID]
