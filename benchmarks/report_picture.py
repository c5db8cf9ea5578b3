"""Pictures of `report --html` in `docs/images/`: `python benchmarks/report_picture.py [--all]`.

`report.png` is the demo, played on a sandbox with a real worker; `report-month.png` is an invented month, because a
demo of one minute has neither days nor anything that stands out. Needs Chromium and ChromeDriver.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from report_month import write_month  # noqa: E402 - found by the path set above
from support.browser import Browser, absent  # noqa: E402 - found by the path set above
from zendesk_gupshup.demo.run import run_tickets  # noqa: E402 - found by the path set above
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, free_port, install  # noqa: E402 - found by the path set above
from zendesk_sandbox.server import SandboxServer  # noqa: E402 - found by the path set above


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "docs" / "images")
    parser.add_argument(
        "--all", action="store_true", help="also on a phone, in dark colours, in Spanish and Portuguese"
    )
    parser.add_argument("--month", action="store_true", help="only the invented month")
    asked = parser.parse_args()
    if reason := absent():
        print(reason, file=sys.stderr)
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="report-") as kept:
        folder = Path(kept)
        if not asked.month:
            with SandboxServer() as sandbox:
                values = demo(sandbox, folder / "demo")
                take(values, folder / "demo", asked.out, "report", ["--live"], everything=asked.all)
        with SandboxServer() as sandbox:
            values = environment(sandbox.base_url, "", folder / "month")
            write_month(folder / "month" / "state", sandbox, int(time.time()))
            take(values, folder / "month", asked.out, "report-month", [], everything=asked.all)
    return 0


def demo(sandbox: SandboxServer, folder: Path) -> Mapping[str, str]:
    """Run the demo and keep the ledger that the worker wrote; its location."""
    folder.mkdir()
    api, port = Api(sandbox.base_url), free_port()
    secret = install(api, f"http://127.0.0.1:{port}/webhooks/zendesk")
    (folder / "zendesk-gupshup.toml").write_text('[routing]\ngroup = "WhatsApp N2"\nfrom_groups = ["Support"]\n')
    values = environment(sandbox.base_url, secret, folder)
    worker = WorkerProcess(values, folder, port)
    try:
        if not worker.wait_for(lambda: worker.address, 60):
            raise RuntimeError("the worker did not start")
        wrong = [result.name for result in run_tickets(sandbox, api, worker) if result.wrong]
    finally:
        worker.stop()
    if wrong:
        raise RuntimeError(f"the demo went wrong: {', '.join(wrong)}")
    return values


def take(values: Mapping[str, str], folder: Path, out: Path, name: str, more: list[str], *, everything: bool) -> None:
    languages = {"": "en", "-es": "es", "-pt": "pt"} if everything else {"": "en"}
    with Browser() as browser:
        for suffix, language in languages.items():
            file = folder / f"{name}{suffix}.html"
            began = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "zendesk_gupshup", "report", "--names", "--lang", language, "--html", str(file),
                 *more],
                env={**os.environ, **values}, cwd=folder, check=True,
            )  # fmt: skip
            print(f"{file.name}: {time.monotonic() - began:.1f} s, {file.stat().st_size:,} bytes")
            for size, width in {"": 1120, "-phone": 390}.items() if everything else [("", 1120)]:
                browser.resize(width, 900)
                for shade in ("", "-dark") if everything else ("",):
                    browser.dark(bool(shade))
                    browser.open(file.as_uri())
                    picture = out / f"{name}{suffix}{size}{shade}.png"
                    picture.write_bytes(browser.screenshot())
                    print(picture, browser.overflow(), browser.complaints())


if __name__ == "__main__":
    sys.exit(main())
