"""Log lines: JSON, one a line, on standard error; secrets and addresses are masked in one place, whoever logs.

What an exception says stays out altogether: it may quote a customer. Where it happened goes in.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

import structlog

from zendesk_gupshup.ledger.entry import without_addresses

# Keys that the processors write and that are no words of anybody's.
_PLAIN = frozenset({"timestamp", "level", "logger"})
_OURS = ("zendesk_gupshup", "decision", "serve")
# Frames of a traceback that are told, the innermost first.
_FRAMES = 6


def set_up(level: str = "INFO") -> None:
    """Route structlog and the standard library's logging through the same processors.

    Only our own loggers go below INFO: at DEBUG libraries print what they read and send.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_words,
                _masked,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level]))
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    # These print request bodies or addresses, or one line a request.
    for name in ("zenpy", "urllib3", "requests_oauth2client", "uvicorn", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # These quote what they could not read in a file or a page.
    for name in ("pypdf", "PIL", "fontTools", "fpdf", "markdown_it", "RapidOCR", "asyncio", "py.warnings"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    crashed = logging.getLogger(__name__)
    sys.excepthook = lambda *error: crashed.critical("ended by a fault", exc_info=error)
    threading.excepthook = lambda told: crashed.error("a thread ended by a fault", exc_info=told[:3])  # type: ignore[arg-type]


def _without_words(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In place of a traceback: the kind of the exception and of those behind it, and where it came from."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else None
    if error is None and given is True:
        error = sys.exc_info()[1]
    if error is None:
        return event
    kinds = [type(error).__name__]
    behind = error.__cause__ or error.__context__
    while behind is not None and len(kinds) < _FRAMES:
        kinds.append(type(behind).__name__)
        behind = behind.__cause__ or behind.__context__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    event["exception"] = " from ".join(kinds)
    event["at"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return event


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value if key in _PLAIN else _mask(value) for key, value in event.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return without_addresses(value)
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    if isinstance(value, dict):
        return {key: _mask(item) for key, item in value.items()}
    return value
