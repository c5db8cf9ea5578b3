"""Pictures of the sidebar in each of its states, at two widths and in both colours: `make sidebar-pictures`.

They come from a worker of the tests, whose views stand in `tests/support/zaf_views.py`. Needs Chromium, ChromeDriver.
"""

from __future__ import annotations

import argparse
import base64
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from support.browser import Browser, absent  # noqa: E402 - found by the path set above
from support.zaf_desk import FRAME, Desk, an_app, lay  # noqa: E402 - found by the path set above
from support.zaf_views import VIEWS  # noqa: E402 - found by the path set above
from support.zaf_worker import ZafWorker  # noqa: E402 - found by the path set above
from zendesk_sandbox.server import SandboxServer  # noqa: E402 - found by the path set above

_WIDTHS = (320, 640)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "build" / "sidebar")
    parser.add_argument("--locale", default="en-US", help="the agent's language")
    asked = parser.parse_args()
    if reason := absent():
        print(reason, file=sys.stderr)
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    with SandboxServer() as sandbox, ZafWorker() as worker, Browser(1500, 2400) as browser:
        desk = Desk(browser, sandbox, worker)
        app = an_app(sandbox, worker)
        for state in (*VIEWS, "session over"):
            lay(sandbox, worker, app)
            desk.user(locale=asked.locale)
            if state in VIEWS:
                worker.view = VIEWS[state]
            else:
                worker.answers["GET "] = (401, {"error": "session"})
            for dark in (False, True):
                browser.dark(dark)
                desk.open()
                for width in _WIDTHS:
                    file = asked.out / f"{state.replace(' ', '-')}-{width}{'-dark' if dark else ''}.png"
                    file.write_bytes(_picture(desk, width))
                    print(file)
    return 0


def _picture(desk: Desk, width: int) -> bytes:
    """The frame alone, once it has the height that its page wants at this width."""
    desk.widen(width)
    host = desk.host()
    inside = "return [innerWidth, Math.ceil(document.body.getBoundingClientRect().height)]"
    outside = f"const f = document.querySelector('{FRAME}'); return [f.clientWidth, f.clientHeight]"
    host.wait_for(lambda: desk.sidebar().script(inside) == desk.host().script(outside), "the height")
    box = desk.host().script(
        f"const r = document.querySelector('{FRAME}').getBoundingClientRect();"
        "return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height, scale: 1}"
    )
    data = host.cdp("Page.captureScreenshot", format="png", clip=box)
    return base64.b64decode(data["data"])


if __name__ == "__main__":
    sys.exit(main())
