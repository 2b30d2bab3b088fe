"""`taishan backtest` and `taishan run --what-if`: ask first; nothing is sent and nothing is recorded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from sandbox.commands.common import FAILED, HELD, home_option, opened, progress, shape_option

OWN_LAST = ""
"""Value of a bare `--what-if`: the scenario's own last transaction."""

what_if_option = click.option(
    "--what-if",
    "question",
    is_flag=False,
    flag_value=OWN_LAST,
    default=None,
    metavar="[STEP]",
    help="Send nothing more: say what STEP ('{call: ..., as: ...}', or a file with steps:) would come to after the "
    "scenario, and the headroom it leaves. Without STEP: the scenario's own last transaction.",
)


@click.command("backtest")
@click.argument("pilot")
@click.option("--limits", "file", required=True, type=click.Path(path_type=Path), help="File with limits: and modes:.")
@click.option("--run", "run_id", default=None, help="Only this run (default: every recorded run of the pilot).")
@shape_option
@home_option
def backtest(pilot: str, file: Path, run_id: str | None, shape: str, home: Path | None) -> None:
    """Judge PILOT's recorded runs again under other limits: which transactions and clients would be affected."""
    from sandbox import answers, terminal

    with opened(home, must_exist=True) as sandbox:
        result = sandbox.backtest(pilot, file, run_id)
    if shape == "json":
        click.echo(json.dumps(result.as_data(), ensure_ascii=False, indent=2))
    else:
        answers.show_backtest(terminal.console(), result)


def settle(files: tuple[Path, ...], question: str | None) -> tuple[tuple[Path, ...], str | None]:
    """The files and the question of `taishan run`: a bare --what-if before the only file has swallowed it."""
    if not files and question and Path(question).is_file():
        return (Path(question),), OWN_LAST
    if not files:
        raise click.UsageError("Missing argument 'FILES...'.")
    return files, question


def what_if(files: tuple[Path, ...], question: str, engine: str | None, seed: int | None, out: Path | None, shape: str) -> None:
    """Play each scenario, ask, print; ends with exit 1 if a transaction asked about would not pass."""
    from sandbox import answers, terminal
    from sandbox.scenario_files import load_questions

    if shape == "junit":
        raise click.UsageError("--what-if answers as text or json, not as junit.")
    questions = None if question == OWN_LAST else load_questions(question)
    with opened(out) as sandbox:
        asked = [sandbox.what_if(file, questions, engine=engine, seed=seed, progress=progress()) for file in files]
    if shape == "json":
        data: dict[str, Any] = {
            "engine": asked[0].setup.engine,
            "scenarios": [one.setup.as_data() for one in asked],
            "what_if": [
                {"scenario": one.setup.scenario, "pilot": one.setup.pilot, "index": index, **answer.as_data()}
                for one in asked
                for index, answer in enumerate(one.answers, start=1)
            ],
        }
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        screen = terminal.console()
        for one in asked:
            answers.show_asked(screen, one)
    sys.exit(HELD if all(one.passes for one in asked) else FAILED)
