"""What the ticket itself tells about the affected app; as written, nothing guessed."""

from __future__ import annotations

from zendesk_gupshup.detect.reading import Text
from zendesk_gupshup.models import Facts, SecretSighting


def facts(texts: tuple[Text, ...]) -> Facts:
    return Facts()


def secrets(texts: tuple[Text, ...]) -> tuple[SecretSighting, ...]:
    return ()
