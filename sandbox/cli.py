"""`taishan`: the command line. Thin: parse, one service call, print; every error in three lines and an exit code."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from sandbox import __version__
from sandbox.commands.ask import backtest, settle, what_if, what_if_option
from sandbox.commands.common import (
    BAD_INPUT,
    FAILED,
    HELD,
    MAX_SEED,
    MISSING,
    SETTINGS,
    home_option,
    lang_option,
    opened,
    progress,
)
from sandbox.commands.log import log
from sandbox.commands.node import node
from sandbox.commands.pilot import pilot
from sandbox.commands.serve import serve
from sandbox.errors import (
    CompileError,
    Conflict,
    Disagreement,
    EngineError,
    InputError,
    MissingDependency,
    NotFound,
    Refused,
    Rejected,
    SandboxError,
    SubmissionError,
    VerificationFailed,
    printable,
)

if TYPE_CHECKING:
    from sandbox.domain.outcome import RunOutcome
    from sandbox.service import Sandbox
    from sandbox.settings import Settings

EXIT_CODES: Final[dict[type[SandboxError], int]] = {
    VerificationFailed: FAILED,
    Disagreement: FAILED,
    InputError: BAD_INPUT,
    SubmissionError: BAD_INPUT,
    CompileError: BAD_INPUT,
    NotFound: BAD_INPUT,
    Conflict: BAD_INPUT,
    Rejected: BAD_INPUT,
    Refused: BAD_INPUT,
    EngineError: BAD_INPUT,
    SandboxError: BAD_INPUT,
    MissingDependency: MISSING,
}

@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="taishan")
@click.pass_context
def cli(context: click.Context) -> None:
    """Taishan sandbox (泰山沙盒): run on-chain fintech pilots for real, under supervision, without real money.

    Exit codes: 0 all held; 1 an expectation or verification failed; 2 bad input; 3 something needed is missing.
    """
    context.obj = _open
    context.meta[SETTINGS] = _settings


@cli.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo-out"), show_default=True, help="Folder to write to.")
def demo(out: Path) -> None:
    """Run every shipped pilot and scenario; write reports; check that all refusals and the log hold."""
    from sandbox import terminal
    from sandbox.demo import run_demo

    screen = terminal.console()
    with opened(out) as sandbox:
        result = run_demo(sandbox, progress())
        terminal.show_summary(screen, result.outcomes)
        terminal.show_lives(screen, result.outcomes)
        terminal.show_suite(screen, result.suite, result.suite_outcomes)
        screen.print(f"\nlog: {result.log_size} entries, verified · root {result.log_root[:16]}…")
        screen.print("reports:")
        for path in result.reports:
            screen.print(f"  {path}", soft_wrap=True)
    held = all(outcome.passed for outcome in (*result.outcomes, *result.suite_outcomes))
    sys.exit(HELD if held and result.suite.holds else FAILED)


@cli.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--engine", type=click.Choice(["auto", "pyevm", "rpc"]), default=None, help="EVM to run on (default: TAISHAN_ENGINE)."
)
@click.option("--rpc-url", default=None, help="Node behind engine rpc (default: TAISHAN_RPC_URL, else an Anvil is started).")
@click.option("--agree", type=click.Choice(["rpc"]), default=None, help="Second EVM that must agree on every transaction.")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), help="Seed of every random choice (default: the scenario's).")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="The sandbox's folder (default: TAISHAN_HOME).")
@click.option("--format", "shape", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@what_if_option
def run(
    files: tuple[Path, ...],
    engine: str | None,
    rpc_url: str | None,
    agree: str | None,
    seed: int | None,
    out: Path | None,
    shape: str,
    question: str | None,
) -> None:
    """Run scenario FILES and compare what happens with what they expect; with --what-if, only ask."""
    files, question = settle(files, question)
    if question is not None:
        if agree is not None or rpc_url is not None:
            raise click.UsageError("--what-if goes with neither --agree nor --rpc-url (TAISHAN_RPC_URL names a node).")
        what_if(files, question, engine, seed, out, shape)
    from sandbox.cases.prepare import Second

    outcomes: list[RunOutcome] = []
    second = Second(agree, rpc_url)
    with opened(out) as sandbox:
        try:
            for file in files:
                outcomes.append(sandbox.run(file, engine=engine, seed=seed, progress=progress(), second=second))
                if outcomes[-1].differs:
                    break
        except SandboxError:
            if shape == "text":  # what is recorded already is shown before the error
                _print_outcomes(outcomes, shape)
            raise
    _print_outcomes(outcomes, shape)
    sys.exit(HELD if all(outcome.passed for outcome in outcomes) else FAILED)


@cli.command()
@click.argument("subject")
@click.option("--format", "shape", type=click.Choice(["html", "json"]), default="html", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="File to write (default: in the reports folder).")
@lang_option
@home_option
def report(subject: str, shape: str, out: Path | None, lang: str, home: Path | None) -> None:
    """Write the compliance report of SUBJECT: a pilot, or the id of a run."""
    with opened(home) as sandbox:
        for path in sandbox.write_report(subject, shape=shape, lang=lang, out=out):
            click.echo(str(path))


@cli.command()
@click.argument("kind", type=click.Choice(["manifest", "scenario", "profile", "limits"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a file format, for editors."""
    import json

    from sandbox.scenario_files import json_schema

    click.echo(json.dumps(json_schema(kind), ensure_ascii=False, indent=2))


for _group in (backtest, pilot, log, node, serve):
    cli.add_command(_group)


def main() -> None:
    """Entry point: turns every error into three lines and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as finished:
        sys.exit(finished.exit_code)
    except click.Abort:
        _fail("interrupted", BAD_INPUT)
    except click.exceptions.NoArgsIsHelpError as error:
        _fail(error.format_message(), BAD_INPUT)
    except click.ClickException as error:
        _fail(f"error: {error.format_message()}\n  do: see `taishan --help`", BAD_INPUT)
    except SandboxError as error:
        from sandbox.terminal import error_text

        _fail(error_text(error), exit_code(error))
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:
        _fail(f"error: {error.strerror or error}\n  at: {error.filename}\n  do: check the path and its permissions", BAD_INPUT)
    except Exception as error:  # the last resort: a fault of our own is told in three lines too, and fails
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"error: the sandbox itself failed: {type(error).__name__}: {error}"
        _fail(f"{what}\n  at: {Path(place.filename).name}:{place.lineno}\n  do: report it with the files it needs", FAILED)


def exit_code(error: SandboxError) -> int:
    """The exit code of the error's class, or of the nearest one above it."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def _fail(text: str, code: int) -> NoReturn:
    click.echo(printable(text), err=True)
    sys.exit(code)


def _open(home: Path | None, must_exist: bool) -> Sandbox:
    from sandbox.service import Sandbox

    return Sandbox.open(_settings(), home, must_exist=must_exist)


def _settings() -> Settings:
    from sandbox.settings import Settings

    return Settings()


def _print_outcomes(outcomes: list[RunOutcome], shape: str) -> None:
    import json

    from sandbox import terminal

    if shape == "json":
        data: dict[str, Any] = {"engine": outcomes[0].engine, "scenarios": [outcome.as_data() for outcome in outcomes]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    elif shape == "junit":
        click.echo(terminal.junit(outcomes))
    else:
        screen = terminal.console()
        for outcome in outcomes:
            terminal.show_run(screen, outcome)
