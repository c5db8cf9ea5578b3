"""What `setup` and `setup app` share: the confirmation, and every failure as one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import exit_on_error

if TYPE_CHECKING:
    from zendesk_gupshup.settings import Settings


@contextmanager
def exit_on_failure(settings: Settings) -> Iterator[None]:
    """Every failure as one line. After a rate limit, another `apply` continues."""
    from zendesk_gupshup.provision.objects import SetupError
    from zendesk_gupshup.zendesk.errors import Busy

    try:
        with exit_on_error(settings):
            try:
                yield
            except Busy as error:
                raise Fail(f"{error}; run it again in {error.retry_after or 60:.0f} s to continue", 4) from None
    except (SetupError, OSError) as error:
        raise Fail(str(error)) from None


def confirm(yes: bool, question: str) -> None:
    if yes:
        return
    try:
        sure = click.confirm(question, err=True)
    except click.Abort:
        raise Fail("nothing was changed; confirm, or add --yes") from None
    if not sure:
        raise Fail("nothing was changed")
