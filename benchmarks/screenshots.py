"""Pictures of the sandbox's inbox page in `docs/images/`: `python benchmarks/screenshots.py [BASE_URL TICKET...]`.

With an address it takes that sandbox's pages; without one it runs the demo first. Needs Chromium and ChromeDriver.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from support.browser import Browser, absent  # noqa: E402 - found by the path set above
from zendesk_gupshup.demo.run import run_tickets  # noqa: E402 - found by the path set above
from zendesk_gupshup.demo.stage import stage  # noqa: E402 - found by the path set above

_WIDTHS = {"": 1280, "-phone": 390}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base_url", nargs="?", help="a running sandbox; without it the demo is played on a new one")
    parser.add_argument("tickets", nargs="*", type=int, metavar="TICKET", help="the first becomes ticket.png")
    parser.add_argument("--out", type=Path, default=_ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true", help="also on a phone's width and in dark colours")
    asked = parser.parse_args()
    if reason := absent():
        print(reason, file=sys.stderr)
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.base_url:
        take(asked.base_url, asked.tickets, asked.out, everything=asked.all)
        return 0
    with stage() as (sandbox, api, worker):
        tickets = [result.ticket_id for result in run_tickets(sandbox, api, worker)]
        take(sandbox.base_url, tickets[: 1 if not asked.all else len(tickets)], asked.out, everything=asked.all)
    return 0


def take(base_url: str, tickets: list[int], out: Path, *, everything: bool) -> None:
    """`inbox.png`, `ticket.png` (the first ticket), `ticket-<id>.png` (the others), and the variants where asked."""
    pages = {"inbox": "/", "new-ticket": "/inbox/new"} if everything else {"inbox": "/"}
    for ticket in tickets:
        pages["ticket" if ticket == tickets[0] else f"ticket-{ticket}"] = f"/inbox/tickets/{ticket}"
    with Browser() as browser:
        for suffix, width in _WIDTHS.items() if everything else [("", _WIDTHS[""])]:
            height = 844 if width < 500 else 800
            for shade in ("", "-dark") if everything else ("",):
                browser.dark(bool(shade))
                for name, path in pages.items():
                    browser.resize(width, height)
                    browser.open(base_url.rstrip("/") + path)
                    if browser.count("#app-frame"):
                        _wait_for_the_app(browser)
                        # A picture beyond the window would make the frame's page wider for a moment, and so taller.
                        browser.resize(width, browser.script("return document.documentElement.scrollHeight"))
                    file = out / f"{name}{suffix}{shade}.png"
                    file.write_bytes(browser.screenshot(whole_page=not browser.count("#app-frame")))
                    print(file)


def _wait_for_the_app(browser: Browser) -> None:
    """Until the frame beside the ticket shows something, at the height that it asked for."""
    browser.enter("#app-frame")
    browser.find("[data-view], .notice")
    high = browser.script("return Math.ceil(document.body.getBoundingClientRect().height)")
    browser.enter(None)
    browser.wait_for(lambda: browser.script("return document.getElementById('app-frame').clientHeight") >= high)


if __name__ == "__main__":
    sys.exit(main())
