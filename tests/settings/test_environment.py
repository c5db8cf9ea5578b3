"""Only the settings read the environment: every other variable would be one that no page names."""

from __future__ import annotations

import ast
from pathlib import Path

from support.paths import ROOT

PACKAGES = ("zendesk_gupshup", "zendesk_sandbox")
# These choose what another program gets, or does not get, of our environment.
PASSED_ON = {
    "zendesk_gupshup/attachments/reader_process.py",
    "zendesk_gupshup/demo/stage.py",
    "zendesk_gupshup/worker/queue.py",
}


def reads_environment(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(attr="environ" | "environb" | "getenv") | ast.alias(name="environ" | "getenv"):
                return True
            case ast.keyword(arg="envvar" | "auto_envvar_prefix"):
                return True
    return False


def test_only_the_settings_read_the_environment() -> None:
    plugin = ROOT / "plugin"
    files = [path for package in PACKAGES for path in (plugin / package).rglob("*.py")]
    found = {str(path.relative_to(plugin)) for path in files if reads_environment(path)}
    assert found == {"zendesk_gupshup/settings/loading.py", *PASSED_ON}
