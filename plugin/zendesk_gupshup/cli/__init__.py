"""The command line: one module for each group of commands, imported when the command is called.

So `--help` is instant. Results go to stdout, messages and progress to stderr.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

# Command -> the module here that defines it under this name, and its line in `--help`.
_COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Run the main job on an embedded sandbox Zendesk, to watch."),
    "init": ("init", "Write a settings file to start with."),
    "serve": ("serve", "Run the worker: webhooks, sweep, queue."),
    "explain": ("explain", "Show what is found in a ticket or text, and what would be written."),
    "process": ("process", "Process the given tickets; a dry run unless --apply."),
    "reprocess": ("reprocess", "Backfill old tickets; a dry run unless --apply."),
    "undo": ("undo", "Undo a run; a dry run unless --apply."),
    "runs": ("runs", "List runs and what each decided and wrote."),
    "failures": ("failures", "The dead-letter list, tickets that failed for good: list, show, retry, drop."),
    "alerts": ("alerts", "Alerts to Slack, Teams, e-mail and others: test, list, acknowledge."),
    "report": ("report", "Report on a period or a run, also as an HTML page with charts."),
    "agreement": ("agreement", "Compare what was held back with what agents did: is a code ready for auto?"),
    "forget": ("runs", "Remove a ticket, requester or organization from the ledger."),
    "setup": (
        "setup",
        "Manage our fields, webhook, triggers, macros, views and app in Zendesk: plan, apply, drift, destroy.",
    ),
    "app": ("app", "Build and check the package of the Zendesk app, which `setup app` installs."),
    "doctor": ("doctor", "Check settings, credentials, Zendesk and the worker; each fault comes with its remedy."),
    "codes": ("codes", "Look up, search and export error codes."),
    "templates": ("templates", "List, check and preview the texts of replies, notes and drafts."),
    "sandbox": ("sandbox", "Run the sandbox Zendesk alone, with its inbox page."),
}

_EPILOG = (
    "Exit codes: 0 success, 1 error, 2 usage error, 3 finished but some tickets failed, 4 stopped by a limit and can "
    "be resumed, 5 differences found, 6 authentication or permission."
)


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is the protocol's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the signature is the protocol's
        if cmd_name not in _COMMANDS:
            return None
        module, _help = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"{__name__}.{module}"), cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - tells mypy the type
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Also a database that fails in the middle of a command is one line; an unknown error of it is a bug."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if not type(error).__module__.startswith("sqlalchemy."):
                raise
            from zendesk_gupshup.settings import load_settings
            from zendesk_gupshup.storage.store_fault import store_fault

            config = (ctx.obj or {}).get("config")
            worker = load_settings(Path(config) if config else None).worker
            fault = store_fault(error, worker.state, remote=worker.database_url is not None)
            if fault is None:
                raise
        raise Fail(str(fault))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the signature is the protocol's
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, text) in _COMMANDS.items()])


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from zendesk_gupshup import __version__

        click.echo(f"zendesk-gupshup {__version__}")
        ctx.exit()


@click.group(cls=_LazyGroup, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(dir_okay=False), help="Settings file (default: ./zendesk-gupshup.toml).")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """Answer Zendesk tickets about Gupshup and WhatsApp errors: once, and with proof."""
    ctx.obj = {"config": config}


class Fail(click.ClickException):
    """One line on stderr, and a documented exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc] # click reads it from the instance, and declares it on the class

    def show(self, file: Any = None) -> None:  # noqa: ARG002 - the signature is the protocol's
        click.echo(f"zendesk-gupshup: {self.message}", err=True)
