"""structlog without Rich, Pygments and attrs, which it loads for coloured tracebacks where they are installed."""

from __future__ import annotations

from .light_imports import without

with without("rich", "better_exceptions"):
    import structlog

__all__ = ["structlog"]
