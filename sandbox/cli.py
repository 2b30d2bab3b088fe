"""`taishan`: the command line. Thin: parse, one service call, print; every error in three lines and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from sandbox import __version__
from sandbox.errors import (
    CompileError,
    Conflict,
    EngineError,
    InputError,
    MissingDependency,
    NotFound,
    SandboxError,
    SubmissionError,
    VerificationFailed,
    printable,
)

if TYPE_CHECKING:
    from sandbox.domain.outcome import RunOutcome
    from sandbox.service import Sandbox

HELD, FAILED, BAD_INPUT, MISSING = 0, 1, 2, 3
MAX_SEED: Final = 2**53 - 1

EXIT_CODES: Final[dict[type[SandboxError], int]] = {
    VerificationFailed: FAILED,
    InputError: BAD_INPUT,
    SubmissionError: BAD_INPUT,
    CompileError: BAD_INPUT,
    NotFound: BAD_INPUT,
    Conflict: BAD_INPUT,
    EngineError: BAD_INPUT,
    SandboxError: BAD_INPUT,
    MissingDependency: MISSING,
}

_HOME = click.option("--home", type=click.Path(path_type=Path), help="The sandbox's folder (default: TAISHAN_HOME).")
_LANG = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the report.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="taishan")
def cli() -> None:
    """Taishan sandbox (泰山沙盒): run on-chain fintech pilots for real, under supervision, without real money.

    Exit codes: 0 all held; 1 an expectation or verification failed; 2 bad input; 3 something needed is missing.
    """


@cli.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo-out"), show_default=True, help="Folder to write to.")
def demo(out: Path) -> None:
    """Run every shipped pilot and scenario; write reports; check that all refusals and the log hold."""
    from sandbox import terminal
    from sandbox.demo import run_demo

    screen = terminal.console()
    with _open(out) as sandbox:
        result = run_demo(sandbox, _progress())
        terminal.show_summary(screen, result.outcomes)
        screen.print(f"\nlog: {result.log_size} entries, verified · root {result.log_root[:16]}…")
        screen.print("reports:")
        for path in result.reports:
            screen.print(f"  {path}", soft_wrap=True)
    sys.exit(HELD if all(outcome.passed for outcome in result.outcomes) else FAILED)


@cli.group()
def pilot() -> None:
    """Hand in and look up pilots."""


@pilot.command("submit")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_HOME
def pilot_submit(path: Path, shape: str, home: Path | None) -> None:
    """Compile, check and register the pilot at PATH (pilot.yaml or its folder)."""
    from sandbox import present
    from sandbox.domain.admission import Refused

    with _open(home) as sandbox:
        submission = sandbox.submit(path)
        click.echo(present.submission(submission, shape))
    sys.exit(BAD_INPUT if isinstance(submission.decision, Refused) else HELD)


@pilot.command("list")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_HOME
def pilot_list(shape: str, home: Path | None) -> None:
    """List the registered pilots."""
    from sandbox import present

    with _open(home) as sandbox:
        click.echo(present.pilots(sandbox.pilots(), shape))


@pilot.command("show")
@click.argument("slug")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_HOME
def pilot_show(slug: str, shape: str, home: Path | None) -> None:
    """Show one pilot: contracts, limits in force, runs."""
    from sandbox import present

    with _open(home) as sandbox:
        click.echo(present.pilot(sandbox.pilot(slug), shape))


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--engine", type=click.Choice(["auto", "pyevm"]), default=None, help="EVM to run on (default: TAISHAN_ENGINE).")
@click.option("--seed", type=click.IntRange(0, MAX_SEED), help="Seed of every random choice (default: the scenario's).")
@click.option("--out", type=click.Path(path_type=Path), default=None, help="The sandbox's folder (default: TAISHAN_HOME).")
@click.option("--format", "shape", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
def run(files: tuple[Path, ...], engine: str | None, seed: int | None, out: Path | None, shape: str) -> None:
    """Run scenario FILES and compare what happens with what they expect."""
    with _open(out) as sandbox:
        outcomes = [sandbox.run(file, engine=engine, seed=seed, progress=_progress()) for file in files]
    _print_outcomes(outcomes, shape)
    sys.exit(HELD if all(outcome.passed for outcome in outcomes) else FAILED)


@cli.command()
@click.argument("subject")
@click.option("--format", "shape", type=click.Choice(["html", "json"]), default="html", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=None, help="File to write (default: in the reports folder).")
@_LANG
@_HOME
def report(subject: str, shape: str, out: Path | None, lang: str, home: Path | None) -> None:
    """Write the compliance report of SUBJECT: a pilot, or the id of a run."""
    with _open(home) as sandbox:
        for path in sandbox.write_report(subject, shape=shape, lang=lang, out=out):
            click.echo(str(path))


@cli.group()
def log() -> None:
    """Check, prove and export the log nobody can quietly change."""


@log.command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--key", help="The verifier key you trust (name+id+key); without it FILE vouches for itself.")
@_HOME
def log_verify(file: Path | None, key: str | None, home: Path | None) -> None:
    """Recompute the whole log and compare; or check an exported log or a proof in FILE, with no database."""
    if file is not None:
        from sandbox.auditlog import verify_file

        click.echo(printable(f"holds: {verify_file(file, key)}"))
        return
    with _open(home, must_exist=True) as sandbox:
        for line in sandbox.verify_logs():
            click.echo(line)


@log.command("prove")
@click.argument("index", type=int)
@click.option("--log", "log_id", default="sandbox", show_default=True, help="Which log: sandbox, or the id of a run.")
@_HOME
def log_prove(index: int, log_id: str, home: Path | None) -> None:
    """Print the inclusion proof of entry INDEX against a signed checkpoint, as JSON."""
    with _open(home, must_exist=True) as sandbox:
        click.echo(sandbox.prove(log_id, index))


@log.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--log", "log_id", default="sandbox", show_default=True, help="Which log: sandbox, or the id of a run.")
@_HOME
def log_export(target: Path, log_id: str, home: Path | None) -> None:
    """Write a log with its checkpoint to TARGET; `taishan log verify TARGET` checks it anywhere."""
    with _open(home, must_exist=True) as sandbox:
        click.echo(f"{sandbox.export_log(log_id, target)} entries written to {target}")


@cli.command()
@click.argument("kind", type=click.Choice(["manifest", "scenario", "profile"]))
def schema(kind: str) -> None:
    """Print the JSON Schema of a file format, for editors."""
    import json

    from sandbox.scenario_files import json_schema

    click.echo(json.dumps(json_schema(kind), ensure_ascii=False, indent=2))


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


def _open(home: Path | None, *, must_exist: bool = False) -> Sandbox:
    from sandbox.service import Sandbox
    from sandbox.settings import Settings

    return Sandbox.open(Settings(), home, must_exist=must_exist)


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


def _progress() -> Callable[[str, int, int], None]:
    """A counter on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda *_: None

    def show(name: str, done: int, total: int) -> None:
        click.echo(f"\r\033[K{name} {done}/{total}" if done < total else "\r\033[K", nl=False, err=True)

    return show
