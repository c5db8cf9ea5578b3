"""Note, reply and guide in each language, as pictures and PDF to look at: `python benchmarks/language_pictures.py OUT`.

A client of each language reports the same error on a sandbox, a real worker answers, and Chromium takes the ticket's
page on a desktop's and on a phone's width. The guide is saved as the client gets it. Needs Chromium and ChromeDriver.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

from support.browser import Browser, absent  # noqa: E402 - found by the path set above
from zendesk_gupshup.demo.stage import stage  # noqa: E402 - found by the path set above
from zendesk_sandbox.store import SandboxStore  # noqa: E402 - found by the path set above

_ERROR = '{"status":"error","message":"Authentication Failed"}'
# Locale and words of each language's client; the first line is the subject.
_CLIENTS = {
    "en": ("en-US", "Since this morning the Gupshup API answers HTTP 401 to every message. We made a new key already."),
    "es": ("es-MX", "Desde esta mañana la API de Gupshup responde HTTP 401 a cada mensaje. Ya generamos otra clave."),
    "pt": ("pt-BR", "Desde hoje cedo a API da Gupshup responde HTTP 401 a cada mensagem. Já geramos outra chave."),
    "fr": (
        "fr",
        "Depuis ce matin l'API de Gupshup répond HTTP 401 à chaque message. Nous avons déjà une nouvelle clé.",
    ),
}
_WIDTHS = {"": 1280, "-phone": 390}
_SECONDS = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the folder to write to")
    out: Path = parser.parse_args().out
    if reason := absent():
        print(reason, file=sys.stderr)
        return 1
    out.mkdir(parents=True, exist_ok=True)
    with stage() as (sandbox, _api, worker), Browser() as browser:
        tickets = {language: _write(sandbox.store, language) for language in _CLIENTS}
        # Set by the note, which comes last.
        noted = "gupshup_noted__http_401"
        tags = sandbox.store.tickets
        if not worker.wait_for(lambda: all(noted in tags[t]["tags"] for t in tickets.values()), _SECONDS):
            print("the worker did not answer in time", file=sys.stderr)
            return 1
        for suffix, width in _WIDTHS.items():
            browser.resize(width, 844)
            for language, ticket_id in tickets.items():
                browser.open(f"{sandbox.base_url}/inbox/tickets/{ticket_id}")
                # A page that has just been opened may not be laid out yet.
                browser.wait_for(lambda: browser.cdp("Page.getLayoutMetrics")["cssContentSize"]["width"])
                _save(out / f"ticket-{language}{suffix}.png", browser.screenshot())
        for language, ticket_id in tickets.items():
            for name, content in _files(sandbox.store, ticket_id):
                _save(out / f"{language}-{name}", content)
    return 0


def _write(store: SandboxStore, language: str) -> int:
    locale, words = _CLIENTS[language]
    ticket = store.write_as_client(
        f"olivia@{language}.example", "Olivia", f"{words}\n\n{_ERROR}", subject="WhatsApp", locale=locale
    )
    return int(ticket["id"])


def _files(store: SandboxStore, ticket_id: int) -> list[tuple[str, bytes]]:
    with store.lock:
        attached = [file for comment in store.comments(ticket_id) for file in comment["attachments"]]
        return [(file["file_name"], store.attachment(file["id"])[1]) for file in attached]


def _save(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    print(file)


if __name__ == "__main__":
    sys.exit(main())
