"""The command `slo`: finds the verb, and turns everything that can happen into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

import click
from click.exceptions import NoSuchCommand

from slo_toolkit import __version__
from slo_toolkit.cli.console import note
from slo_toolkit.errors import InvalidSpec, SloError

VERBS = ("compile", "validate", "budget", "report", "push", "schema")

PIPE_CLOSED = 141  # what a shell reports for a program that wrote into a closed pipe
INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h: neither an answer nor a mistake of the caller


class Verbs(click.Group):
    """Imports the module of a verb only when that verb is called, or its help is printed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"slo_toolkit.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as unknown:
            raise NoSuchCommand(unknown.command_name, possibilities=VERBS, ctx=ctx) from None


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 fine, 1 the answer is bad, 2 input or call is wrong, 3 it could not be measured.",
)
@click.version_option(__version__, prog_name="slo", message="%(prog)s %(version)s")
def cli() -> None:
    """SLO specs in; exact burn-rate rules, alerts, tests and runbooks for Prometheus out."""


def run(arguments: Sequence[str]) -> int:
    """Run `slo` with `arguments` and answer its exit code. Raises nothing but KeyboardInterrupt."""
    if isinstance(sys.stdout, TextIOWrapper):
        # A name in a report may hold what the terminal's encoding has not.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _invoke(list(arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        code = PIPE_CLOSED
    except OSError as error:
        note(f"error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        code = SloError.exit_code
    except Exception as error:
        code = _internal_error(error)
    _discard_output()
    return code


def _invoke(arguments: list[str]) -> int:
    completion = os.environ.get("_SLO_COMPLETE")
    if completion:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "slo", "_SLO_COMPLETE", completion)
    colour = False if os.environ.get("NO_COLOR") else None
    # Not click's own `main`: it answers a closed pipe with 1, and that means "the answer is bad" here.
    try:
        with cli.make_context("slo", arguments, color=colour) as context:
            try:
                cli.invoke(context)
            except InvalidSpec as invalid:
                _report(invalid)
                return invalid.exit_code
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SloError as error:
        note(f"error: {error}")
        return error.exit_code
    return 0


def _report(invalid: InvalidSpec) -> None:
    from slo_toolkit.cli.diagnostics.as_text import problems_text

    click.echo(problems_text(invalid.problems), err=True, nl=False)


def _discard_output() -> None:
    """Let what is still buffered go nowhere, so that the interpreter's last flush cannot fail again."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _internal_error(error: Exception) -> int:
    import traceback

    if os.environ.get("SLO_DEBUG"):
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"
    what = " ".join(f"{type(error).__name__}: {error}".split())
    note(
        f"internal error: {what} ({place}). "
        "This is a bug: please report it with what the same call prints with SLO_DEBUG=1 set."
    )
    return INTERNAL_ERROR
