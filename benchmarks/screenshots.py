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

# The frame gets the height that its page asks for once it has something to show.
_APP_IS_SHOWN = "return parseInt(document.getElementById('app-frame').style.height) > 150"
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
            browser.resize(width, 844 if width < 500 else 800)
            for shade in ("", "-dark") if everything else ("",):
                browser.dark(bool(shade))
                for name, path in pages.items():
                    browser.open(base_url.rstrip("/") + path)
                    if browser.count("#app-frame"):
                        browser.wait_for(lambda: browser.script(_APP_IS_SHOWN), "the app beside the ticket")
                    file = out / f"{name}{suffix}{shade}.png"
                    file.write_bytes(browser.screenshot())
                    print(file)


if __name__ == "__main__":
    sys.exit(main())
