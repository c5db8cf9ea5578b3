"""An agent's desk: a ticket of the sandbox with the sidebar beside it, in a real browser."""

from __future__ import annotations

from dataclasses import dataclass

from support.browser import Browser
from support.zaf_worker import ZafWorker
from zendesk_sandbox.server import SandboxServer

FRAME = "#app-frame"
READY = "[data-view], .notice"


@dataclass
class Desk:
    """An agent's desk with one ticket: the browser, the sandbox that it shows, and the worker behind the frame."""

    browser: Browser
    sandbox: SandboxServer
    worker: ZafWorker

    def host(self) -> Browser:
        """The browser, in the ticket's page."""
        self.browser.enter(None)
        return self.browser

    def sidebar(self, ready: str | None = READY) -> Browser:
        """The browser, in the frame, as soon as it shows something."""
        self.host().enter(FRAME)
        if ready:
            self.browser.find(ready)
        return self.browser

    def open(self, ready: str | None = READY) -> Browser:
        """The ticket's page is opened anew; the browser is left in the frame."""
        self.host().open(f"{self.sandbox.base_url}/inbox/tickets/1")
        return self.sidebar(ready)

    def composer(self) -> tuple[str, str]:
        """The kind of the reply that is being written, and its text or HTML."""
        kind, text = self.host().script(
            "return [document.querySelector('#panel-agent input[name=kind]:checked').value,"
            " (document.getElementById('agent-rich') ?? {}).innerHTML ?? document.getElementById('agent-body').value]"
        )
        self.browser.enter(FRAME)
        return kind, text

    def user(self, **changed: str) -> None:
        """Change the agent who looks at the ticket."""
        ada = self.sandbox.store.user_by_email("ada@example.com")
        self.sandbox.store.put_user({**ada, **changed})
