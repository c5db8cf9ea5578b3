"""Text in pictures, by the optional extra `ocr`: RapidOCR with the models inside its wheel, and no download ever.

A misread digit is another error code, so what is read here counts one step less certain (`less_certain_in_pictures`).
The model that detects upside-down lines is not used: it turned upright lines over, and phones note their orientation.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from zendesk_gupshup.attachments.limits import FileText, ReadLimits, trimmed
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.unread_reasons import UnreadReason

if TYPE_CHECKING:
    from PIL.Image import Image

_MODELS = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}
_FORMATS = ("PNG", "JPEG", "WEBP")
_THREADS = 2
# Detecting text needs less detail than reading it.
_DETECTED_SIDE = 1280
# Lines are read a few at a time until this part of a picture's seconds is over; a screen full takes twenty on one core.
_LINES_AT_ONCE = 6
_PART = 0.7
_LEAST_SCORE = 0.5


class OcrWord(NamedTuple):
    """A piece of text and where it stands: its middle, its height, and how far its line leans, in radians."""

    text: str
    x: float
    y: float
    height: float
    lean: float


def can_read_pictures() -> bool:
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


class PictureReader:
    """Holds the loaded models; one a process, because they take half a gigabyte."""

    def __init__(self, limits: ReadLimits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._engine: Any = None

    def load(self) -> None:
        """Load the models now, which takes a second, and on a busy machine ten."""
        import numpy  # noqa: F401, ICN001 - loaded ahead of the first picture
        import PIL.ImageOps  # noqa: F401 - loaded ahead of the limits

        self._engine = self._engine or _engine()

    def read(self, data: bytes, seconds: float = 20.0) -> FileText:
        """The lines of text in a picture, top to bottom; the first ones where there is no time for all."""
        from PIL import Image, UnidentifiedImageError

        deadline = self._monotonic() + _PART * seconds
        try:
            picture, unread = _opened(data, self._limits)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
            return FileText(unread=(UnreadReason.PICTURE_BROKEN(),))
        except Image.DecompressionBombError:
            return FileText(unread=(UnreadReason.PICTURE_PIXELS(),))
        if picture is None:
            return FileText(unread=unread)
        words, unread = self._words(picture, deadline)
        retryable = RetryableReason.TOO_SLOW if unread else None
        if not words and not unread:
            return FileText(unread=(UnreadReason.PICTURE_WITHOUT_TEXT(),), empty=True)
        return replace(trimmed("\n".join(lines_of(words)), self._limits, unread), retryable=retryable)

    def _words(self, picture: Image, deadline: float) -> tuple[list[OcrWord], tuple[Reason, ...]]:
        import numpy as np

        self.load()
        # RapidOCR takes an array for OpenCV's, whose colours are blue, green, red.
        points = np.ascontiguousarray(np.asarray(picture)[:, :, ::-1])
        boxes = self._engine(points, use_det=True, use_cls=False, use_rec=False).boxes
        words: list[OcrWord] = []
        for first in range(0, 0 if boxes is None else len(boxes), _LINES_AT_ONCE):
            if self._monotonic() > deadline:
                return words, (UnreadReason.PICTURE_UPPER_PART(count=first, total=len(boxes)),)
            some = boxes[first : first + _LINES_AT_ONCE]
            found = self._engine.recognize_txt(self._engine.crop_text_regions(points, some))
            words.extend(
                _words(text, box.tolist())
                for text, score, box in zip(found.txts, found.scores, some, strict=True)
                if text.strip() and score >= _LEAST_SCORE
            )
        return words, ()


def _opened(data: bytes, limits: ReadLimits) -> tuple[Image | None, tuple[Reason, ...]]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = limits.pixels
    with Image.open(BytesIO(data), formats=_FORMATS) as opened:
        width, height = opened.size
        if width * height > limits.pixels:
            return None, (UnreadReason.PICTURE_SIZE(width=width, height=height),)
        if width < limits.least_width or height < limits.least_height:
            return None, ()
        # JPEG can be unpacked at half or a quarter of its size at once.
        opened.draft("RGB", (limits.longest_side, limits.longest_side))
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((limits.longest_side, limits.longest_side))
        if picture.has_transparency_data:
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture.convert("RGBA"))
        return picture.convert("RGB"), ()


def _engine() -> Any:
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    models = {key: str(folder / name) for key, name in _MODELS.items()}
    return rapidocr.RapidOCR(
        params={
            **models,
            "Global.log_level": "critical",
            # By default it blows a wide, low cutting up to 736 points in height: six seconds instead of one.
            "Det.limit_type": "max",
            "Det.limit_side_len": _DETECTED_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _words(text: str, corners: list[list[float]]) -> OcrWord:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = corners
    height = (math.dist((x1, y1), (x4, y4)) + math.dist((x2, y2), (x3, y3))) / 2
    lean = math.atan2(y2 - y1, x2 - x1)
    return OcrWord(text, (x1 + x2 + x3 + x4) / 4, (y1 + y2 + y3 + y4) / 4, height, lean)


def lines_of(words: Iterable[OcrWord]) -> list[str]:
    """Pieces that stand on one line, joined left to right, also where the photo leans."""
    pieces = list(words)
    if not pieces:
        return []
    lean = median(piece.lean for piece in pieces)
    sine, cosine = math.sin(lean), math.cos(lean)
    upright = sorted((p.y * cosine - p.x * sine, p.x * cosine + p.y * sine, p.height, p.text) for p in pieces)
    lines: list[list[tuple[float, float, float, str]]] = []
    for piece in upright:
        last = lines[-1][-1] if lines else None
        if last is not None and abs(piece[0] - last[0]) < 0.5 * min(piece[2], last[2]):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return ["  ".join(text for _, _, _, text in sorted(line, key=lambda p: p[1])) for line in lines]
