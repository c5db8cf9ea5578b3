"""Headless Chromium through ChromeDriver, in plain W3C WebDriver JSON: https://www.w3.org/TR/webdriver2/#endpoints."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from typing import Any, Self, TypeVar

import requests

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=en",
)
# Pages share a process, whatever their sites, and none is kept to go back to: a new process costs more than a page.
# Who may see or call whom is the same.
_SHARED_PROCESS = (
    "--disable-site-isolation-trials",
    "--disable-features=BackForwardCache,IsolateOrigins,SpareRendererForSitePerProcess,site-per-process",
)
# https://www.w3.org/TR/webdriver2/#keyboard-actions
TAB, ENTER, SPACE = "\ue004", "\ue007", " "
_T = TypeVar("_T")


class BrowserError(Exception):
    """What ChromeDriver refused; `kind` is WebDriver's word for it (`no such element`, ...)."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


def absent() -> str | None:
    """Why there can be no browser on this machine, or `None`."""
    missing = [name for name, path in (("chromium", _chromium()), ("chromedriver", _driver())) if path is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


def _driver() -> str | None:
    return shutil.which("chromedriver")


class Browser:
    """One window. Elements are found by CSS selector each time they are used, so a page may change in between.

    `isolated`: each site has processes of its own, as on a person's desk.
    """

    def __init__(self, width: int = 1280, height: int = 900, *, timeout: float = 15, isolated: bool = False) -> None:
        self.timeout = timeout
        self._isolated = isolated
        self._width, self._height = width, height

    def __enter__(self) -> Self:
        driver, chromium = _driver(), _chromium()
        if driver is None or chromium is None:
            raise RuntimeError(absent())
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        port = _free_port()
        self._process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._profile.name
        )
        self._http = requests.Session()
        self._http.trust_env = False
        self._url = f"http://127.0.0.1:{port}"
        try:
            self.wait_for(self._driver_is_up)
            processes = () if self._isolated else _SHARED_PROCESS
            arguments = [*_ARGUMENTS, *processes, f"--user-data-dir={self._profile.name}/profile"]
            options = {"binary": chromium, "args": arguments}
            capabilities = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
            session = self._call("POST", "/session", {"capabilities": capabilities})
            self._url += f"/session/{session['sessionId']}"
            self.resize(self._width, self._height)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if "/session/" in self._url:
                self._call("DELETE", "")
        finally:
            self._http.close()
            self._process.terminate()
            self._process.wait()
            self._profile.cleanup()

    # --- What a person does -----------------------------------------------------------------------------------

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def find(self, css: str) -> str:
        """The first element's handle, as soon as there is one."""
        return self.wait_for(lambda: self._handle(css), what=f"an element {css}")

    def count(self, css: str) -> int:
        return len(self._call("POST", "/elements", {"using": "css selector", "value": css}))

    def click(self, css: str) -> None:
        self.wait_for(lambda: [self._call("POST", f"/element/{self._handle(css)}/click", {})], what=f"an element {css}")

    def type(self, css: str, text: str) -> None:
        """What was in the field is replaced. A file input takes paths, a select the beginning of a label."""
        handle = self.find(css)
        if self.script("return arguments[0].matches('textarea, input:not([type=file])')", {_ELEMENT: handle}):
            self._call("POST", f"/element/{handle}/clear", {})
        self._call("POST", f"/element/{handle}/value", {"text": text})

    def press(self, *keys: str) -> None:
        """Keys to whatever has the focus, one after the other; special ones by WebDriver's code points (`TAB`)."""
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def enter(self, css: str | None) -> None:
        """Go on inside the frame of this element; `None`: in the page itself."""
        frame = {_ELEMENT: self.find(css)} if css else None
        self._call("POST", "/frame", {"id": frame})

    def text(self, css: str = "body") -> str:
        """The words as they are rendered: what is hidden is not among them."""
        [text] = self.wait_for(lambda: [self._call("GET", f"/element/{self._handle(css)}/text")], f"an element {css}")
        return str(text)

    @property
    def url(self) -> str:
        return str(self._call("GET", "/url"))

    def wait_for(self, condition: Callable[[], _T], what: str = "the condition") -> _T:
        """The first true answer of `condition`; an element that the page has just replaced counts as not yet."""
        end = time.monotonic() + self.timeout
        pause = 0.005
        while True:
            try:
                if found := condition():
                    return found
            except BrowserError as error:
                if error.kind not in ("no such element", "stale element reference"):
                    raise
            if time.monotonic() > end:
                raise TimeoutError(f"waited {self.timeout:g} s for {what}")
            time.sleep(pause)
            pause = min(2 * pause, 0.05)

    # --- What a tester does -----------------------------------------------------------------------------------

    def script(self, body: str, *arguments: Any) -> Any:
        return self._call("POST", "/execute/sync", {"script": body, "args": list(arguments)})

    def script_async(self, body: str, *arguments: Any) -> Any:
        """What the script hands to its last argument, a function."""
        return self._call("POST", "/execute/async", {"script": body, "args": list(arguments)})

    def cdp(self, command: str, **params: Any) -> Any:
        """A command of Chromium's own protocol: https://chromedevtools.github.io/devtools-protocol/."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def renew(self, width: int = 1280, height: int = 900) -> None:
        """As a new window would be: empty, without cookies, light, with scripts, and with nothing in its console.

        The page of before runs no longer when this returns.
        """
        self.enter(None)
        self.open("about:blank")
        self.cdp("Network.clearBrowserCookies")
        self.page_scripts(True)
        self.resize(width, height)
        self.dark(False)
        self.complaints()

    def resize(self, width: int, height: int) -> None:
        """The page's own width and height: a headless window cannot be narrower than 500 pixels."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def dark(self, on: bool = True) -> None:
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.cdp("Emulation.setEmulatedMedia", features=[feature])

    def page_scripts(self, on: bool) -> None:
        """Whether pages opened from now on may run scripts; `script` runs all the same."""
        self.cdp("Emulation.setScriptExecutionDisabled", value=not on)

    def overflow(self) -> list[str]:
        """What makes the page wider than the window: the opening tags, outermost first; nothing where it fits."""
        found: list[str] = self.script(
            "if (document.documentElement.scrollWidth <= window.innerWidth) return [];"
            "return [...document.querySelectorAll('body *')]"
            ".filter((node) => node.getBoundingClientRect().right > window.innerWidth)"
            ".map((node) => node.cloneNode().outerHTML.slice(0, 120))"
        )
        return found

    def complaints(self) -> list[str]:
        """What the console said since the last call: script errors, blocked and missing resources."""
        log = self._call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, *, whole_page: bool = True) -> bytes:
        """A PNG."""
        data = self.cdp(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole_page, **self._clip(whole_page)
        )
        return base64.b64decode(data["data"])

    def _clip(self, whole_page: bool) -> dict[str, Any]:
        if not whole_page:
            return {}
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}

    def _handle(self, css: str) -> str:
        return str(self._call("POST", "/element", {"using": "css selector", "value": css})[_ELEMENT])

    def _driver_is_up(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError("chromedriver ended at its start")
        try:
            return bool(self._call("GET", "/status")["ready"])
        except requests.ConnectionError:
            return False

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, self._url + path, json=body, timeout=60)
        value = answer.json()["value"]
        if not answer.ok:
            raise BrowserError(value["error"], value["message"].splitlines()[0])
        return value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
