"""Text in pictures, by the optional extra `ocr`: RapidOCR with the models inside its wheel, and no download ever.

A misread digit is another error code, so what is read here counts one step less certain (`less_certain_in_pictures`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from .limits import Limits, Reading, trimmed

if TYPE_CHECKING:
    from PIL.Image import Image

NO_EXTRA = "a picture; reading pictures takes the extra zendesk-gupshup[ocr]"
_MODELS = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}
_FORMATS = ("PNG", "JPEG", "WEBP")
_THREADS = 2


class Words(NamedTuple):
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

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._engine: Any = None

    def read(self, data: bytes) -> Reading:
        """The lines of text in a picture, top to bottom."""
        from PIL import Image, UnidentifiedImageError

        try:
            picture, unread = _opened(data, self._limits)
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
            return Reading(unread="a broken picture")
        except Image.DecompressionBombError:
            return Reading(unread="a picture with far too many points")
        if picture is None:
            return Reading(unread=unread)
        lines = list(lines_of(self._words(picture)))
        if not lines:
            return Reading(unread="a picture in which no text was found")
        return trimmed("\n".join(lines), self._limits)

    def _words(self, picture: Image) -> list[Words]:
        import numpy as np

        if self._engine is None:
            self._engine = _engine(self._limits.longest_side)
        # RapidOCR takes an array for OpenCV's, whose colours are blue, green, red.
        found = self._engine(np.asarray(picture)[:, :, ::-1])
        if found.boxes is None or found.txts is None:
            return []
        return [_words(text, box.tolist()) for text, box in zip(found.txts, found.boxes, strict=True)]


def _opened(data: bytes, limits: Limits) -> tuple[Image | None, str | None]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = limits.pixels
    with Image.open(BytesIO(data), formats=_FORMATS) as opened:
        width, height = opened.size
        if width * height > limits.pixels:
            return None, f"a picture of {width} by {height} points, which is too large"
        if width < limits.least_width or height < limits.least_height:
            return None, None
        # JPEG can be unpacked at half or a quarter of its size at once.
        opened.draft("RGB", (limits.longest_side, limits.longest_side))
        picture = ImageOps.exif_transpose(opened)
        picture.thumbnail((limits.longest_side, limits.longest_side))
        if picture.has_transparency_data:
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture.convert("RGBA"))
        return picture.convert("RGB"), None


def _engine(longest_side: int) -> Any:
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    models = {key: str(folder / name) for key, name in _MODELS.items()}
    return rapidocr.RapidOCR(
        params={
            **models,
            "Global.log_level": "critical",
            # By default it blows a wide, low cutting up to 736 points in height: six seconds instead of one.
            "Det.limit_type": "max",
            "Det.limit_side_len": longest_side,
            # It turned braces and digits of upright lines upside down; phones note how they were held.
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _words(text: str, corners: list[list[float]]) -> Words:
    (x1, y1), (x2, y2), (x3, y3), (x4, y4) = corners
    height = (math.dist((x1, y1), (x4, y4)) + math.dist((x2, y2), (x3, y3))) / 2
    lean = math.atan2(y2 - y1, x2 - x1)
    return Words(text, (x1 + x2 + x3 + x4) / 4, (y1 + y2 + y3 + y4) / 4, height, lean)


def lines_of(words: Iterable[Words]) -> list[str]:
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
