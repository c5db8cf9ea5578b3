"""An agent's desk: a ticket of the sandbox with the sidebar beside it, in a real browser."""

from __future__ import annotations

from dataclasses import dataclass

from support.browser import Browser
from support.zaf_worker import ZafWorker
from zendesk_sandbox.seed import seed
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.zaf import InstalledApp, new_key

FRAME = "#app-frame"
READY = "[data-view], .notice"


def an_app(sandbox: SandboxServer, worker: ZafWorker) -> InstalledApp:
    """An app whose page for the sidebar is this worker's."""
    pages = {"ticket_sidebar": f"{worker.origin}/zaf/sidebar"}
    return InstalledApp(sandbox.base_url, 100, 200, "Gupshup errors", pages, new_key())


def lay(sandbox: SandboxServer, worker: ZafWorker, app: InstalledApp) -> None:
    """Everything as at the start of a day: one ticket, and a page that uses the sandbox's client of the framework."""
    with sandbox.store.lock:
        sandbox.store.clear()
        seed(sandbox.store)
        sandbox.store.app_installations[app.installation_id] = app
        sandbox.store.write_as_client("ines@example.com", "Inês", "A API diz 401.", subject="401", locale="pt-BR")
    sandbox.change(app_latency_ms=0, app_silent=False, app_errors="", app_rich_text=True, app_comment_type_fixed=False)
    worker.clear()
    worker.app, worker.ancestors = app, sandbox.base_url
    worker.sdk_url = f"{sandbox.base_url}/inbox/static/zaf_client.js"


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

    def widen(self, width: int) -> None:
        """Give the frame this width, in pixels: its card has a border of one on each side."""
        columns = f"minmax(0, 1fr) {width + 2}px"
        self.host().script(f"document.querySelector('.columns').style.gridTemplateColumns = '{columns}'")

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
