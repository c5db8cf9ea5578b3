"""The one path of every ticket: fetch, detect, decide, render, apply; and after an unclear outcome, look again.

`handling` is the path, `fetch` reads, `look` decides without any I/O, `apply` writes; `ports` names what they need.
"""

from .apply import write_of
from .fetch import whole_look, with_files, with_origin
from .handling import Outcome, handle, unread_because
from .look import Brain, Look, look_at
from .ports import Journal, TicketGateway

__all__ = [
    "Brain",
    "Journal",
    "Look",
    "Outcome",
    "TicketGateway",
    "handle",
    "look_at",
    "unread_because",
    "whole_look",
    "with_files",
    "with_origin",
    "write_of",
]
