"""What we use of zenpy, some of it below its documented surface: how it builds a URL and makes a call.

zenpy's own calls turn answers into its objects. These cost fifteen times as much on an export page, and an answer that
they cannot hold would turn a write that was applied into an exception. `tests/zendesk/test_library_internals.py` fails
where a version of zenpy no longer has what this file relies on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import requests
from zenpy import Zenpy
from zenpy.lib.endpoint import Url

# At DEBUG zenpy logs what it sends, which is customers' words.
logging.getLogger("zenpy").setLevel(logging.WARNING)


class RawZenpy:
    """For one thread, as zenpy's own client: it keeps the state of a call."""

    def __init__(self, subdomain: str, session: requests.Session, timeout: float) -> None:
        self._session = session
        self._timeout = timeout
        # It keeps tickets for 30 seconds, whose stamp is then out of date.
        self._api: Any = Zenpy(subdomain=subdomain, session=session, timeout=timeout, disable_cache=True).tickets

    def call(self, method: str, path: str, params: Mapping[str, Any], **body: Any) -> requests.Response:
        """The answer to a request below `/api/v2/`, as the session gives it."""
        # zenpy puts values into the query as they are, and a cursor or a file name can hold anything.
        query = {name: quote(str(value), safe=",") for name, value in params.items()}
        url = self._api._build_url(Url(path, query))
        send = getattr(self._session, method.lower())
        response: requests.Response = self._api._call_api(send, url, timeout=self._timeout, **body)
        return response
