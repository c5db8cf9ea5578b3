"""How well codes are read from pictures: 40 drawn screenshots and photos, the extra `ocr`, then the detector.

Needs an environment with the extra: `pip install -e .[ocr]`. Each case is judged on its typed text, too, so that what
the detector misses anyway is told apart from what was misread.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from zendesk_gupshup.attachments.formats.pictures import can_read_pictures
from zendesk_gupshup.attachments.reader import less_certain_in_pictures
from zendesk_gupshup.attachments.reader_process import MEGABYTE, ReaderProcess
from zendesk_gupshup.detect import detect, reported
from zendesk_gupshup.dictionary import Dictionary, load
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.ticket import Attachment, Comment, Ticket, User

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Cells = list[list[str]]

_FONTS = ("DejaVuSansMono", "DejaVuSans", "LiberationMono-Regular", "LiberationSans-Regular")
_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/Library/Fonts"))
_ASKS = {
    "en": "Messages fail at Gupshup, see the picture.",
    "es": "Los mensajes fallan en Gupshup, ver la captura.",
    "pt": "As mensagens falham na Gupshup, ver a imagem.",
}
_HEADS = {
    "en": ("Delivery log", "time", "number", "error code", "reason"),
    "es": ("Registro de envíos", "hora", "número", "código de error", "motivo"),
    "pt": ("Registro de envios", "hora", "número", "código de erro", "motivo"),
}
_MENU = ("Dashboard", "Apps", "Templates", "Wallet", "Reports", "Settings", "Help")
CODES = (
    ("gupshup", "1003"), ("gupshup", "1004"), ("gupshup", "1008"), ("gupshup", "4003"),
    ("gupshup_http", "401"), ("gupshup_http", "401"),
    ("meta", "131049"), ("meta", "131026"), ("meta", "132001"), ("meta", "130472"),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One picture: what it shows, and how."""

    name: str
    language: str
    error: ErrorCode
    cells: Cells
    dark: bool
    photo: bool
    font: str | None
    size: int
    # A whole screen with a menu at its side, or a cutting.
    whole_screen: bool


def cases(dictionary: Dictionary, fonts: dict[str, Path]) -> Iterator[Case]:
    """Each code in four pictures: light and dark, screenshot and photo; languages, fonts and contexts take turns."""
    names: list[str | None] = [None, *fonts]
    number = 0
    for namespace, code in CODES:
        error = ErrorCode.model_validate({"namespace": namespace, "code": code})
        entry = dictionary.get(error)
        assert entry is not None
        for dark, photo in ((False, False), (True, False), (False, True), (True, True)):
            language = ("en", "es", "pt")[(number + number // 3) % 3]
            context = _CONTEXTS["http" if namespace == "gupshup_http" else "code"][number % 3]
            cells = context(code, entry.title, language)
            size = (13, 15, 18, 22)[(number // 3) % 4] + (6 if photo else 0)
            font = names[number % len(names)]
            yield Case(context.__name__, language, error, cells, dark, photo, font, size, number % 8 in (1, 4))
            number += 1


def _table(code: str, title: str, language: str) -> Cells:
    heading, *columns = _HEADS[language]
    rows = [[f"09:0{n}:17", f"+1 202 555 01{n}7", code, title] for n in range(1, 4)]
    return [[f"Gupshup  {heading}"], columns, *rows]


def _event(code: str, title: str, _language: str) -> Cells:
    return [
        ['{ "app": "ExampleApp", "type": "message-event",'],
        ['  "payload": { "type": "failed",'],
        [f'    "payload": {{ "code": {code}, "reason": "{title}" }} }} }}'],
    ]


def _line(code: str, title: str, language: str) -> Cells:
    said = {"en": "Error code", "es": "Código de error", "pt": "Código de erro"}[language]
    return [["Gupshup Console"], [f"{said} {code}: {title}"], ["2026-11-21 09:00:01"]]


def _console(code: str, title: str, _language: str) -> Cells:
    return [
        ["$ curl -i https://api.gupshup.io/wa/api/v1/msg"],
        [f"HTTP/1.1 {code} {title}"],
        ['{"status":"error","message":"Authentication Failed"}'],
    ]


def _log(code: str, title: str, _language: str) -> Cells:
    return [
        [f"09:0{n}:44 POST https://api.gupshup.io/wa/api/v1/template/msg", f"HTTP {code} {title}"] for n in range(1, 4)
    ]


def _banner(code: str, title: str, language: str) -> Cells:
    said = {"en": "Gupshup answers", "es": "Gupshup responde", "pt": "Gupshup responde"}[language]
    return [[f"{said} HTTP {code} {title}"], ['"message": "Portal User Not Found With APIKey"']]


_CONTEXTS = {"code": (_table, _event, _line), "http": (_console, _log, _banner)}


def found_fonts() -> dict[str, Path]:
    files = {path.stem: path for folder in _FOLDERS if folder.is_dir() for path in folder.rglob("*.ttf")}
    return {name: files[name] for name in _FONTS if name in files}


def drawn(case: Case, fonts: dict[str, Path], chance: random.Random) -> bytes:
    font: Font = ImageFont.load_default(case.size)
    if case.font:
        font = ImageFont.truetype(str(fonts[case.font]), case.size)
    ground, ink = ((24, 26, 31), (214, 219, 226)) if case.dark else ((252, 252, 250), (28, 30, 34))
    columns = [row for row in case.cells if len(row) > 1]
    widths = [max(math.ceil(font.getlength(cell)) for cell in column) for column in zip(*columns, strict=True)]
    step, gap = round(case.size * 1.9), case.size * 2
    single = max((math.ceil(font.getlength(row[0])) for row in case.cells if len(row) == 1), default=0)
    left, top = (220, 140) if case.whole_screen else (30, 30)
    width = left + max(single, sum(widths) + gap * len(widths)) + 30
    least = (1280, 720) if case.whole_screen else (480, 160)
    image = Image.new("RGB", (max(width, least[0]), max(2 * top + step * len(case.cells), least[1])), ground)
    draw = ImageDraw.Draw(image)
    for line, word in enumerate(_MENU if case.whole_screen else ()):
        draw.text((24, 90 + 44 * line), word, fill=ink, font=font)
    for line, row in enumerate(case.cells):
        x = left
        for n, cell in enumerate(row):
            draw.text((x, top + step * line), cell, fill=ink, font=font)
            x += widths[n] + gap if len(row) > 1 else 0
    out = BytesIO()
    if case.photo:
        _photographed(image, ground, chance).save(out, "JPEG", quality=55)
    else:
        image.save(out, "PNG")
    return out.getvalue()


def _photographed(image: Image.Image, ground: tuple[int, int, int], chance: random.Random) -> Image.Image:
    """Tilted, a little out of focus, grainy and unevenly lit."""
    image = image.rotate(chance.uniform(-4, 4), Image.Resampling.BICUBIC, expand=True, fillcolor=ground)
    image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.4, 0.9)))
    light = Image.linear_gradient("L").resize(image.size).point(lambda v: 150 + v * 100 // 255)
    image = Image.composite(image, Image.new("RGB", image.size, (90, 90, 95)), light)
    return Image.blend(image, Image.effect_noise(image.size, 60).convert("RGB"), 0.14)


def found_in(text: str, case: Case, dictionary: Dictionary) -> dict[ErrorCode, str]:
    """The codes that a ticket reports by what it says and this picture, with the confidence."""
    file = Attachment(id=1, file_name="screen.png", content_type="image/png", size=90_000)
    comment = Comment(id=10, author_id=1, body=_ASKS[case.language], attachments=(file,))
    ticket = Ticket(
        id=7, subject="WhatsApp", requester_id=1, users={1: User(id=1)}, comments=(comment,),
        attachment_texts={1: text}, picture_texts=frozenset({1}),
    )  # fmt: skip
    detection = less_certain_in_pictures(detect(ticket, dictionary), ticket)
    return {finding.error: finding.confidence.value for finding in reported(detection)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder to keep the pictures in")
    parser.add_argument("--seconds", type=float, default=20.0, help="time-out of one picture")
    parser.add_argument("--seed", type=int, default=7, help="of tilt, blur and grain")
    options = parser.parse_args()
    if not can_read_pictures():
        raise SystemExit("the extra is not installed: pip install -e .[ocr]")
    dictionary, fonts, chance = load(), found_fonts(), random.Random(options.seed)
    print(f"fonts: Pillow's own{''.join(f', {name}' for name in fonts)}")
    child = ReaderProcess("pictures", seconds=options.seconds, memory=2048 * MEGABYTE)
    seconds: list[float] = []
    right = wrong = missed = typed_right = 0
    for number, case in enumerate(cases(dictionary, fonts), 1):
        data = drawn(case, fonts, chance)
        if options.keep:
            options.keep.mkdir(exist_ok=True)
            (options.keep / f"{number:02}{'.jpg' if case.photo else '.png'}").write_bytes(data)
        typed = found_in("\n".join("\t".join(row) for row in case.cells), case, dictionary)
        started = time.perf_counter()
        reading = child.read("screen.png", "image/png", data)
        seconds.append(time.perf_counter() - started)
        got = found_in(reading.text, case, dictionary)
        typed_right += case.error in typed
        right += case.error in got
        missed += case.error not in got
        wrong += len(got.keys() - {case.error})
        if got.keys() != {case.error}:
            shown = ", ".join(f"{error} {how}" for error, how in got.items()) or "nothing"
            print(f"{number:2} {case.name} {case.language} {case.error}: {shown} ({reading.unread or 'read'})")
            print("   " + reading.text.replace("\n", "\n   "))
    memory = _peak_memory(child.pid)
    child.close()
    print(
        f"{len(seconds)} pictures: codes right {right}, wrong {wrong}, missed {missed} "
        f"(on the typed text right {typed_right}); seconds a picture: first {seconds[0]:.2f}, median "
        f"{statistics.median(seconds[1:]):.2f}, longest {max(seconds[1:]):.2f}; peak memory {memory}"
    )


def _peak_memory(pid: int | None) -> str:
    status = Path(f"/proc/{pid}/status")
    if pid is None or not status.exists():
        return "unknown"
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return f"{int(line.split()[1]) // 1024} MB"


if __name__ == "__main__":
    main()
