"""The script that a user would write in an afternoon: fetch each ticket, search it, upload a draft, reply, tag.

usage: python benchmarks/plain_zenpy.py BASE_URL FILE (a file of ticket ids, one a line; prints one JSON line)

It does a part of what the worker does: one code, no note, no guide, no language, nothing that stops a second reply.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from zenpy import Zenpy
from zenpy.lib.api_objects import Comment

ERROR = re.compile(r"HTTP 401|Portal User Not Found With APIKey", re.IGNORECASE)
REPLY = """An authentication error has been detected (401). This incident must be managed by the Gupshup Account Owner.
Please send the attached ticket from the owner's profile."""
DRAFT = """App name:
App ID:
Error type: HTTP 401 Unauthorized
Ticket: {ticket.id}
Subject: {ticket.subject}

{evidence}
"""


def main(base_url: str, file: Path) -> None:
    os.environ["ZENPY_FORCE_NETLOC"] = urlsplit(base_url).netloc
    os.environ["ZENPY_FORCE_SCHEME"] = urlsplit(base_url).scheme
    client = Zenpy(subdomain="plain", email="worker@example.com", token="sandbox-token")
    started, replied = time.perf_counter(), 0
    for ticket_id in file.read_text().split():
        replied += answer(client, int(ticket_id))
    print(json.dumps({"replied": replied, "seconds": time.perf_counter() - started}))


def answer(client: Zenpy, ticket_id: int) -> bool:
    ticket = client.tickets(id=ticket_id)
    comments = list(client.tickets.comments(ticket=ticket_id))
    found = next((c for c in comments if ERROR.search(c.body or "")), None)
    if found is None or "gupshup" in ticket.tags:
        return False
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as draft:
        draft.write(DRAFT.format(ticket=ticket, evidence=found.body))
        draft.flush()
        upload = client.attachments.upload(draft.name, target_name=f"gupshup-draft-{ticket_id}.txt")
    ticket.comment = Comment(body=REPLY, public=True, uploads=[upload.token])
    ticket.tags = [*ticket.tags, "gupshup", "gupshup__http_401"]
    client.tickets.update(ticket)
    return True


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
