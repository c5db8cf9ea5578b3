"""The one path of every ticket: fetch, detect, decide, render, apply; and after an unclear outcome, look again.

`handling` is the path, `fetch` reads, `look` decides without any I/O, `apply` writes; `ports` names what they need.
"""

from .apply import write_of
from .fetch import complete, in_its_second, read_past_its_second, with_files, with_origin
from .handling import Outcome, handle, unread_because
from .look import Assessment, Brain, BrandRules, Look, assess, look_at, look_of
from .ports import Incidents, Journal, OpenGate, TicketGateway, WriteGate
from .reminders import may_remind, reminded

__all__ = [
    "Assessment",
    "Brain",
    "BrandRules",
    "Incidents",
    "Journal",
    "Look",
    "OpenGate",
    "Outcome",
    "TicketGateway",
    "WriteGate",
    "assess",
    "complete",
    "handle",
    "in_its_second",
    "look_at",
    "look_of",
    "may_remind",
    "read_past_its_second",
    "reminded",
    "unread_because",
    "with_files",
    "with_origin",
    "write_of",
]
