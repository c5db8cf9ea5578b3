"""What the worker's ledger says of a ticket, as the sidebar reads it: one view for each state of the page."""

from __future__ import annotations

from typing import Any

View = dict[str, Any]

_ERROR = {"namespace": "gupshup_http", "code": "401"}
_OTHER = {"namespace": "meta", "code": "131049"}

FOUND: View = {
    "ticket_id": 1,
    "as_of": "2026-11-30T21:40:00Z",
    "ticket_updated_at": "2026-11-30T21:39:58Z",
    "stale": False,
    "state": "found",
    "findings": [
        {
            "error": _ERROR,
            "title": "Authentication failed",
            "meaning": "Gupshup does not accept the key with which the request was signed.",
            "confidence": "certain",
            "evidence": [
                {
                    "quote": 'HTTP 401 {"status":"error","message":"Authentication Failed"}',
                    "place": {"kind": "comment", "n": 1},
                    "rule": "an API's answer",
                }
            ],
            "against": [{"error": {"namespace": "meta", "code": "190"}, "reason": "The answer is Gupshup's own."}],
            "lead": True,
        }
    ],
    "dismissed": [{"quote": "order 401", "reason": "An order number."}],
    "who_acts": "owner",
    "facts": {"app_name": None, "app_id": None, "account_id": None, "owner_email": None, "sources": {}},
    "missing": ["app_name", "app_id", "owner_email"],
    "mode": {"effective": "assist", "because": None},
    "sent": [{"what": "note", "at": "2026-11-30T21:40:02Z"}],
    "guards": [],
    "reply": {
        "language": "pt-BR",
        "text": "Olá, Inês.\n\nO código 401 diz que a chave não foi aceita.",
        "html": "<p>Olá, Inês.</p><p>O código <strong>401</strong> diz que a chave não foi aceita.</p>",
    },
    "draft": {"subject": "401 for app (missing)", "text": "Hello,\n\nour app gets 401.", "files": ["draft.pdf"]},
    "link": {"url": "https://support.example.com/new?subject=401", "cut": False},
    "follow_up": None,
    "feedback": None,
    "may": {"write": True, "draft": True, "send": True},
}
_FACTS = {
    "app_name": "InesOptics",
    "app_id": "6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d",
    "account_id": None,
    "owner_email": "owner@example.com",
    "sources": {"app_name": "organization field", "app_id": "ticket text", "owner_email": "agent"},
}
COMPLETE: View = FOUND | {"facts": _FACTS, "missing": []}
SEVERAL: View = COMPLETE | {
    "findings": [
        *FOUND["findings"],
        {
            "error": _OTHER,
            "title": "Kept back by Meta to protect the user from too many messages",
            "confidence": "likely",
            "evidence": [{"quote": "131049", "place": {"kind": "attachment", "name": "log.txt"}, "rule": "a log"}],
            "against": [],
            "lead": False,
        },
    ]
}
_NOTHING: View = {
    "findings": [],
    "who_acts": None,
    "facts": {},
    "missing": [],
    "reply": None,
    "draft": None,
    "link": None,
}
VIEWS: dict[str, View] = {
    "unseen": {"state": "unseen"},
    "nothing": FOUND | _NOTHING | {"state": "nothing", "unknown_codes": ["987654"]},
    "found": FOUND,
    "several": SEVERAL,
    "possible": FOUND
    | {
        "state": "possible",
        "findings": [FOUND["findings"][0] | {"confidence": "possible"}],
        "missing": [],
        "reply": None,
        "draft": None,
        "link": None,
    },
    "secret": COMPLETE | {"state": "secret"},
    "answered": COMPLETE
    | {
        "state": "answered",
        "sent": [{"what": "reply", "at": "2026-11-30T21:40:02Z"}, {"what": "note", "at": "2026-11-30T21:40:02Z"}],
        "mode": {"effective": "auto", "because": ""},
    },
    "handed over": COMPLETE
    | {
        "state": "handed_over",
        "sent": [{"what": "reply", "at": "2026-11-30T21:40:02Z"}],
        "follow_up": {"state": "awaiting_owner", "since": "2026-11-30T21:40:02Z", "next": "2026-12-02T09:00:00Z"},
        "guards": [{"name": "agent_answered", "text": "An agent has answered the client."}],
        "feedback": {"verdict": "right", "recorded_by": "26155588900256", "at": "2026-11-30T22:00:00Z"},
    },
    "stale": COMPLETE | {"stale": True},
    "read only": COMPLETE | {"may": {"write": False, "draft": False, "send": False}},
}
