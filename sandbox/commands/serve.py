"""`taishan serve`: the registered pilots' endpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.commands.common import home_option, opened
from sandbox.commands.node import MOST_PORT, teller

if TYPE_CHECKING:
    from sandbox.cases.serving import Told


@click.command("serve")
@click.option("--port", type=click.IntRange(0, MOST_PORT), default=8000, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@home_option
def serve(port: int, host: str, home: Path | None) -> None:
    """Serve the registered pilots: JSON-RPC under supervision at /rpc/PILOT, on chains that last."""
    from sandbox import present, terminal
    from sandbox.cases.serving import serving

    screen = terminal.console()
    tell = teller(screen)

    def heard(pilot: str, told: Told) -> None:
        tell(replace(told, who=f"{pilot}  {told.who}"))

    with opened(home, must_exist=True) as sandbox, serving(sandbox, host, port, heard) as served:
        screen.print(present.endpoints(served.url, served.pilots), soft_wrap=True, highlight=False)
        served.serve()
        screen.print("stopped")
