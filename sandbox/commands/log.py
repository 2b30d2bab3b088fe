"""`taishan log`: check, prove and export the log nobody can quietly change."""

from __future__ import annotations

from pathlib import Path

import click

from sandbox.commands.common import home_option, opened
from sandbox.errors import printable


@click.group()
def log() -> None:
    """Check, prove and export the log nobody can quietly change."""


@log.command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--key", help="The verifier key you trust (name+id+key); without it FILE vouches for itself.")
@home_option
def log_verify(file: Path | None, key: str | None, home: Path | None) -> None:
    """Recompute the whole log and compare; or check an exported log or a proof in FILE, with no database."""
    if file is not None:
        from sandbox.auditlog import verify_file

        click.echo(printable(f"holds: {verify_file(file, key)}"))
        return
    with opened(home, must_exist=True) as sandbox:
        for line in sandbox.verify_logs():
            click.echo(line)


@log.command("prove")
@click.argument("index", type=int)
@click.option("--log", "log_id", default="sandbox", show_default=True, help="Which log: sandbox, or the id of a run.")
@home_option
def log_prove(index: int, log_id: str, home: Path | None) -> None:
    """Print the inclusion proof of entry INDEX against a signed checkpoint, as JSON."""
    with opened(home, must_exist=True) as sandbox:
        click.echo(sandbox.prove(log_id, index))


@log.command("checkpoint")
@home_option
def log_checkpoint(home: Path | None) -> None:
    """Print a signed checkpoint of the sandbox's log, and write its size and root to the registry contract on the chain."""
    with opened(home, must_exist=True) as sandbox:
        made = sandbox.checkpoint()
    click.echo(made.note, nl=False)
    click.echo(f"anchored: {made.anchor.size} entries, root {made.anchor.root.hex()}, in block {made.anchor.block}", err=True)


@log.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--log", "log_id", default="sandbox", show_default=True, help="Which log: sandbox, or the id of a run.")
@home_option
def log_export(target: Path, log_id: str, home: Path | None) -> None:
    """Write a log with its checkpoint to TARGET; `taishan log verify TARGET` checks it anywhere."""
    with opened(home, must_exist=True) as sandbox:
        click.echo(f"{sandbox.export_log(log_id, target)} entries written to {target}")
