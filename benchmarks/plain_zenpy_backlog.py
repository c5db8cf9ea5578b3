"""The straightforward script that the backlog is compared with: zenpy's own objects, every ticket's comments, `detect`.

usage: python benchmarks/plain_zenpy_backlog.py BASE_URL (prints one JSON line)
"""

from __future__ import annotations

import json
import os
import sys
import time
from urllib.parse import urlsplit

from zenpy import Zenpy

from zendesk_gupshup.detect import detect, is_error
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Comment, Ticket


def main(base_url: str) -> None:
    os.environ["ZENPY_FORCE_NETLOC"] = urlsplit(base_url).netloc
    os.environ["ZENPY_FORCE_SCHEME"] = urlsplit(base_url).scheme
    client = Zenpy(subdomain="plain", email="worker@example.com", token="sandbox-token")
    dictionary, started, read, found = load(), time.perf_counter(), 0, 0
    for ticket in client.tickets.incremental(start_time=0, paginate_by_time=False):
        comments = [
            Comment(id=c.id, author_id=c.author_id, public=c.public, body=c.body or "", html_body=c.html_body or "")
            for c in client.tickets.comments(ticket=ticket.id)
        ]
        seen = Ticket(
            id=ticket.id, subject=ticket.subject, requester_id=ticket.requester_id, comments=tuple(comments)
        )  # fmt: skip
        read += 1
        found += is_error(detect(seen, dictionary))
    print(json.dumps({"read": read, "found": found, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(sys.argv[1])
