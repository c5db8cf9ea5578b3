"""The npm packages of the browser tests, where `npm ci` in `tests/browser` has installed them."""

from __future__ import annotations

import json
from pathlib import Path

from support.paths import TESTS

_MODULES = TESTS / "browser" / "node_modules"
_SDK = _MODULES / "zendesk_app_framework_sdk" / "lib"
_AXE = _MODULES / "axe-core" / "axe.min.js"


def absent(path: Path) -> str | None:
    """Why a test that needs this file cannot run, or `None`."""
    if path.is_file():
        return None
    return "no npm packages: `npm ci` in tests/browser installs them; `make test` does so where npm is, as in CI"


SDK_ABSENT = absent(_SDK / "index.js")
AXE_ABSENT = absent(_AXE)


def sdk() -> bytes:
    """The app framework's client as one script: its modules, and the few lines that let one ask for another."""
    names = ("utils", "client", "index")
    modules = ",\n".join(
        f"{json.dumps('./' + name)}: (module, exports, require) => {{ {(_SDK / f'{name}.js').read_text('utf-8')}\n}}"
        for name in names
    )
    return (
        f"(() => {{ const modules = {{{modules}}}, made = {{}};\n"
        "const load = (name) => { if (!made[name]) { made[name] = { exports: {} };"
        " modules[name](made[name], made[name].exports, load); } return made[name].exports; };\n"
        "window.ZAFClient = load('./index'); })();"
    ).encode()


def axe() -> str:
    """The accessibility checker, as a script."""
    return _AXE.read_text("utf-8")
