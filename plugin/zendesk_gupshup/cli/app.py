"""`app build` and `app check`: the package of the Zendesk app. `setup app` installs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import console, settings_of
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.app.package import AppPackage

FILE_NAME = "zendesk-gupshup-app.zip"
_url = click.option("--url", help="Scheme and host under which browsers reach `serve`; unset: as in the settings.")


@click.group()
def app() -> None:
    """Build and check the package of the Zendesk app; `setup app` installs it."""


@app.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=FILE_NAME, show_default=True, help="Zip to write."
)
@_url
@click.pass_context
def build(ctx: click.Context, out: Path, url: str | None) -> None:
    """Write the zip that `setup app apply` uploads, for uploading by hand. The same settings give the same bytes."""
    package = package_of(ctx, url)
    try:
        out.write_bytes(package.content)
    except OSError as error:
        raise Fail(f"{out}: cannot be written: {error.strerror}") from None
    console(err=True).print(
        f"{out}: {package.name} {package.version}, pages at {package.url}, {len(package.content):,} bytes,"
        f" SHA-256 {package.digest}"
    )


@app.command()
@click.argument("path", metavar="[FOLDER|ZIP]", required=False, type=click.Path(path_type=Path))
@_url
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.pass_context
def check(ctx: click.Context, path: Path | None, url: str | None, as_json: bool) -> None:
    """Check an app by the rules of Zendesk's validator, without an account; unset: what `app build` would write.

    Exit code 1 if there is an error: Zendesk would refuse the package.
    """
    from zendesk_gupshup.app.check import PackageUnreadable, check_package, read_package
    from zendesk_gupshup.app.check.source import read_zip

    try:
        files = read_package(path) if path else tuple(read_zip(package_of(ctx, url).content))
    except PackageUnreadable as error:
        raise Fail(str(error)) from None
    problems = check_package(files)
    errors = sum(one.is_error for one in problems)
    if as_json:
        rows = [
            {"level": "error" if one.is_error else "warning", "rule": one.rule, "file": one.file, "key": one.key}
            | {"text": one.text}
            for one in problems
        ]
        click.echo(json.dumps({"problems": rows, "files": len(files)}, ensure_ascii=False))
    else:
        out = console()
        for one in problems:
            out.print(f"{'ERROR  ' if one.is_error else 'warning'} {one}")
        warnings = len(problems) - errors
        out.print(f"{counted(len(files), 'file')}, {counted(errors, 'error')}, {counted(warnings, 'warning')}.")
    ctx.exit(1 if errors else 0)


def package_of(ctx: click.Context, url: str | None) -> AppPackage:
    """The app with the worker's URL in it. Raises `Fail`."""
    from zendesk_gupshup.app.package import PackageError, app_package, pages_url

    settings = settings_of(ctx, {("app", "url"): url})
    try:
        return app_package(pages_url(settings))
    except PackageError as error:
        raise Fail(str(error)) from None
