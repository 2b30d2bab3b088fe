"""`taishan node`: a chain of one's own, used as one uses Anvil."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
_INDENT: Final = " " * 10
_STYLES: Final = {
    "success": "green",
    "flagged": "yellow",
    "reverted": "magenta",
    "blocked": "red",
    "dropped": "red",
    "called": "cyan",
    "moved": "red",
}


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
    for line in _banner(opened):
        screen.print(line, soft_wrap=True)
    opened.serve()
    screen.print("stopped")


def _banner(opened: Opened) -> Iterator[str]:
    yield f"[bold]{opened.title}[/]\n"
    if opened.accounts:
        yield "[bold]Accounts[/] with 10,000 ether each"
        for at, holder in enumerate(opened.accounts):
            yield f"({at}) {holder.address}" + (f"  [cyan]{holder.party}[/]" if holder.party else "")
        yield "\n[bold]Private keys[/]"
        yield from (f"({at}) {holder.key}" for at, holder in enumerate(opened.accounts))
        yield f"\n[bold]Mnemonic[/]     {opened.mnemonic}"
        yield "[yellow]These keys are public: whatever they get on a real chain is lost.[/]\n"
    yield f"[bold]Chain[/]        id {opened.chain_id}, block {opened.blocks}, {opened.mining}"
    if opened.pilot:
        yield f"[bold]Supervision[/]  limits of pilot {opened.pilot}; what they refuse is error -32003, findings in `data`"
    yield f"[bold]JSON-RPC[/]     listening on {opened.url} (WebSocket on the same port)\n"


def teller(screen: Console) -> Callable[[Told], None]:
    """Prints a line for each transaction, and below it why it failed, what was found and what its contracts said; coloured
    where the screen is. Not by rich, which would take as long as the transaction."""
    coloured = screen.is_terminal and not screen.no_color

    def tell(told: Told) -> None:
        click.echo("\n".join([_headline(told), *_details(told)]), color=coloured)

    return tell


def _headline(told: Told) -> str:
    effects, action = told.effects, told.action
    if effects is not None and effects.created is not None:
        action += f" at {effects.created}"
    parts = [click.style(f"{told.status:<8}", fg=_STYLES[told.status]), *(printable(one) for one in (told.who, action) if one)]
    if effects is not None:
        parts.append(f"{effects.gas_used:,} gas")
    if effects is not None and told.status != "blocked":
        parts += [f"block {effects.block}", click.style(f"0x{effects.hash.hex()[:8]}…", dim=True)]
    return "  ".join(parts)


def _details(told: Told) -> Iterator[str]:
    if told.why is not None:
        yield _INDENT + printable(told.why)
    for one in told.findings:
        text = printable(f"{one['code']} {one['grade']}: {one['observed']}, bound {one['bound']}")
        yield _INDENT + click.style(text, fg="red" if one["refused"] else "yellow")
    yield from (f"{_INDENT}console: {printable(line)}" for line in told.said)
