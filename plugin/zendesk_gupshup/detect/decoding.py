"""Pastes of raw mail and of URL-encoded logs, turned into what they say."""

from __future__ import annotations


def decoded(text: str) -> str:
    return text
