"""What commands share: exit codes, options, the sandbox they open, a progress counter."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from sandbox.service import Sandbox
    from sandbox.settings import Settings

HELD, FAILED, BAD_INPUT, MISSING = 0, 1, 2, 3
SETTINGS: Final = "sandbox.settings"
"""Where the root command leaves what makes the settings, in click's `meta`."""

MAX_SEED: Final = 2**53 - 1

home_option = click.option("--home", type=click.Path(path_type=Path), help="The sandbox's folder (default: TAISHAN_HOME).")
lang_option = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language.")
shape_option = click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)


def opened(home: Path | None, *, must_exist: bool = False) -> Sandbox:
    """The sandbox in a folder; the root command knows the settings."""
    sandbox: Sandbox = click.get_current_context().obj(home, must_exist)
    return sandbox


def settings() -> Settings:
    """The settings of the root command, for commands that need no sandbox."""
    made: Settings = click.get_current_context().meta[SETTINGS]()
    return made


def progress() -> Callable[[str, int, int], None]:
    """A counter on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda *_: None

    def show(name: str, done: int, total: int) -> None:
        click.echo(f"\r\033[K{name} {done}/{total}" if done < total else "\r\033[K", nl=False, err=True)

    return show
