"""`taishan node`: a chain of one's own, used as one uses Anvil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sandbox.commands.common import settings
from sandbox.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

    from sandbox.cases.node import Opened, Told

_MOST_CHAIN: Final = 2**53 - 1
MOST_PORT: Final = 65_535
_MOST_SECONDS: Final = 86_400
_STYLES: Final = {"success": "green", "flagged": "yellow", "reverted": "magenta", "blocked": "red", "dropped": "red"}


@click.command("node")
@click.option("--pilot", type=click.Path(path_type=Path), help="pilot.yaml or its folder: its limits judge every transaction.")
@click.option("--port", type=click.IntRange(0, MOST_PORT), default=8545, show_default=True, help="0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--chain-id", type=click.IntRange(1, _MOST_CHAIN), default=31_337, show_default=True)
@click.option(
    "--block-time",
    type=click.FloatRange(0, _MOST_SECONDS, min_open=True),
    help="Seconds between blocks (default: a block for each transaction).",
)
@click.option("--genesis", type=click.Path(path_type=Path), help="A go-ethereum genesis.json: show that chain instead.")
@click.option("--import", "blocks", type=click.Path(path_type=Path), help="Its blocks in RLP, one after the other.")
def node(
    pilot: Path | None,
    port: int,
    host: str,
    chain_id: int,
    block_time: float | None,
    genesis: Path | None,
    blocks: Path | None,
) -> None:
    """Run a local development chain with funded accounts and JSON-RPC; with --pilot, under that pilot's supervision."""
    if blocks is not None and genesis is None:
        raise click.UsageError("--import needs --genesis.")
    if genesis is not None and (pilot is not None or block_time is not None):
        raise click.UsageError("--genesis shows a finished chain: it goes with neither --pilot nor --block-time.")
    from sandbox import terminal
    from sandbox.cases.node import Development, development, imported

    screen = terminal.console()
    if genesis is not None:
        with imported(genesis, blocks, host, port) as opened:
            _serve(screen, opened)
        return
    wanted = Development(chain_id, block_time, pilot)
    with development(wanted, host, port, settings(), teller(screen)) as opened:
        _serve(screen, opened)


def _serve(screen: Console, opened: Opened) -> None:
    for holder in opened.accounts:
        party = f"  [cyan]{holder.party}[/]" if holder.party else ""
        screen.print(f"{holder.address}  10000 ether{party}\n  [dim]key {holder.key}[/]", soft_wrap=True)
    if opened.accounts:
        screen.print("[bold yellow]These keys are public (the test mnemonic): whatever they get on a real chain is lost.[/]")
    if opened.pilot:
        screen.print(f"supervision: limits of pilot [bold]{opened.pilot}[/]; what they refuse is error -32003", soft_wrap=True)
    screen.print(f"chain {opened.chain_id}, block {opened.blocks} · listening on {opened.url}", soft_wrap=True)
    opened.serve()
    screen.print("stopped")


def teller(screen: Console) -> Callable[[Told], None]:
    """Prints one line for each transaction, what its contracts said below it; coloured where the screen is. Not by rich, which
    would take as long as the transaction."""
    coloured = screen.is_terminal and not screen.no_color

    def tell(told: Told) -> None:
        effects = told.effects
        parts = [click.style(f"{told.status:<8}", fg=_STYLES[told.status]), told.who, told.action]
        if effects is not None:
            parts += [f"gas {effects.gas_used:,}", f"block {effects.block}", f"0x{effects.hash.hex()[:8]}…"]
        parts.append(told.why or "")
        parts += [f"{one['code']} {one['grade']}: {one['observed']}, bound {one['bound']}" for one in told.findings]
        lines = ["  ".join(filter(None, parts[:1] + [printable(part) for part in parts[1:]]))]
        lines += [f"  console  {printable(line)}" for line in told.said]
        click.echo("\n".join(lines), color=coloured)

    return tell
