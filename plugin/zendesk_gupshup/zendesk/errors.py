"""The errors of a call to Zendesk, by what helps: wait, read again, decide again, give up."""

from __future__ import annotations


class ZendeskError(Exception):
    """`permanent`: the same call would fail again. `unclear`: it may have been applied. `account_wide`: not about the
    one ticket but about every call. `retry_after`: seconds to wait, where Zendesk gave a hint."""

    permanent = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        unclear: bool = False,
        account_wide: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.unclear = unclear
        self.account_wide = account_wide


class Conflict(ZendeskError):
    """The ticket changed since it was read: read it again and decide again."""


class NotFound(ZendeskError):
    permanent = True


class TicketGone(NotFound):
    """The ticket itself is not there: deleted, or there never was one. Nothing else that is missing ends a ticket."""


class TicketClosed(ZendeskError):
    permanent = True


class Refused(ZendeskError):
    """Zendesk understood the request and refuses it: a required field is empty, a value is not accepted."""

    permanent = True


class NotKept(ZendeskError):
    """Zendesk accepted the update, and a tag that proves it is not kept: the ticket is not written to again."""

    permanent = True


class Unauthorized(ZendeskError):
    """401 is about the credentials; 403 about the user's rights or the token's scopes, for one ticket or for all."""

    permanent = True


class Busy(ZendeskError):
    """A rate limit or maintenance: wait `retry_after` seconds."""


class OutcomeUnknown(ZendeskError):
    """A write whose outcome is unknown: read the ticket before anything else."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message, status=status, unclear=True)


class Unreachable(ZendeskError):
    """Nothing was written: Zendesk could not be reached, or could not answer a read."""


class InvalidResponse(ZendeskError):
    """An answer that says 200 and is not what Zendesk documents, such as a proxy's page."""
