"""Logging: JSON lines on standard error. Secrets and addresses are masked here, whoever logs.

An exception is logged by its type and its place, never by its message, which may quote a customer.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from zendesk_gupshup.text.redaction import masked_values, without_addresses

from .light_structlog import structlog

# Keys whose values the processors write: never masked.
_PLAIN = frozenset({"timestamp", "level", "logger"})
_OURS = ("zendesk_gupshup", "decision", "serve")
# Frames of a traceback that are logged, the innermost first.
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
                _without_message,
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
    for name in ("zenpy", "urllib3", "uvicorn", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # These quote what they could not read in a file or a page.
    for name in ("pypdf", "PIL", "fontTools", "fpdf", "markdown_it", "RapidOCR", "asyncio", "py.warnings"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    crashed = logging.getLogger(__name__)
    sys.excepthook = lambda *error: crashed.critical("uncaught exception", exc_info=error)
    threading.excepthook = lambda args: crashed.error("uncaught exception in a thread", exc_info=args[:3])  # type: ignore[arg-type]  # may hold no value


def _without_message(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In place of a traceback: the types of the exception and of its causes, and where it was raised."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = given[1] if isinstance(given, tuple) else given if isinstance(given, BaseException) else None
    if error is None and given is True:
        error = sys.exc_info()[1]
    if error is None:
        return event
    types = [type(error).__name__]
    cause = error.__cause__ or error.__context__
    while cause is not None and len(types) < _FRAMES:
        types.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    event["exception"] = " from ".join(types)
    event["at"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return event


def _masked(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value if key in _PLAIN else masked_values(value, without_addresses) for key, value in event.items()}
