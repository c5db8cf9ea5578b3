"""The Prometheus metrics behind `/metrics`; docs/metrics.md explains each one."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()
_counter = partial(Counter, namespace="zendesk_gupshup", registry=REGISTRY)
_gauge = partial(Gauge, namespace="zendesk_gupshup", registry=REGISTRY)
_histogram = partial(Histogram, namespace="zendesk_gupshup", registry=REGISTRY)

RECEIVED = _counter("webhooks_received", "Webhooks received.")
VERIFIED = _counter("webhooks_verified", "Webhooks with a valid signature.")
REPEATED = _counter("webhooks_repeated", "Valid webhooks that had been received before.")
REFUSED = _counter("webhooks_refused", "Webhooks refused, by reason.", ["reason"])
APP_REFUSED = _counter("app_refused", "Requests of the Zendesk app refused, by reason.", ["reason"])
HANDLED = _counter("tickets_handled", "Visits to tickets, by outcome.", ["did"])
FOUND = _counter("codes_found", "Findings, by code and mode of the decision.", ["code", "mode"])
GUARDED = _counter("guards", "Guards that applied, by name.", ["guard"])
WRITTEN = _counter("updates_written", "Ticket updates written, by step.", ["step"])
REMINDERS = _counter("reminders", "Reminders of owners, by outcome: sent, noted, over or stopped.", ["outcome"])
FAULTS = _counter("faults", "Visits that ended with an error and are retried, by kind of error.", ["reason"])
FILES_PUT_OFF = _counter("files_put_off", "Failed attempts to read a file that will be retried.")
FILES_GIVEN_UP = _counter("files_given_up", "Files given up after the last attempt.")
REQUESTS = _gauge("zendesk_requests", "Requests to Zendesk since the process started.")
ANSWERS = _counter(
    "zendesk_answers",
    "Responses of Zendesk, by method and status; 409: conflict, 429: rate limit.",
    ["method", "status"],
)
BUDGET_LEFT = _gauge("budget_left", "Requests left in this minute, for all processes together.")
BUDGET = _gauge("budget", "Request limit per minute, for all processes together.")
CONVERSATION_EVENTS = _counter(
    "conversation_events",
    "Events in conversation logs: read, ignored (nothing new in them), or of an unknown type.",
    ["outcome"],
)
CONVERSATIONS_UNREAD = _counter("conversations_unread", "Conversation logs that Zendesk refused.")
SWEPT = _counter("sweep_tickets", "Changed tickets that sweeps queued.")
CURSOR_REFUSED = _counter("sweep_cursor_refused", "Sweep cursors that Zendesk rejected.")
WAITING = _gauge("queue_tickets", "Tickets that are due or being handled.")
AGE = _gauge("queue_age_seconds", "Age of the oldest ticket that is due.")
FAILURES = _gauge("failures", "Tickets on the dead-letter list, by state.", ["state"])
LEDGER_FAULTS = _counter("ledger_faults", "Ledger entries that could not be written.")
NOT_NEEDED = _counter("looks_not_needed", "Queued visits that were skipped, because the ticket had been read since.")
PUT_OFF = _counter("looks_put_off", "Visits that were deferred, by reason.", ["reason"])
HELD_BACK = _counter("replies_held_back", "Public replies that became notes because the hourly quota was used up.")
REPLIES = _gauge("replies_last_hour", "Public replies in the last hour, of all processes together.")
CEILING = _gauge("replies_ceiling", "Hourly quota of public replies.")
CONNECTIONS = _gauge("connections", "Open connections to the web server.")
CONNECTIONS_ENDED = _counter("connections_ended", "Connections that the web server closed, by reason.", ["reason"])
CREDENTIAL_ACCEPTED = _gauge("credential_accepted", "1 while Zendesk accepts the credentials, else 0.")
CREDENTIAL_AGE = _gauge("credential_age_seconds", "Time since the current token or secret came into use.")
CREDENTIAL_LEFT = _gauge("credential_left_seconds", "Time until the current token expires; NaN if unknown.")
STORE_REACHABLE = _gauge("store_reachable", "1 while the gauges from the database can be read, else 0.")
INCIDENTS = _counter("incidents", "Incidents by event: begun or ended.", ["event"])
INCIDENTS_OPEN = _gauge("incidents_open", "Incidents that last.")
INCIDENT_TICKETS = _gauge("incident_tickets", "Tickets that belong to incidents that last.")
ALERTS = _counter("alerts", "Messages about alerts to one service, by outcome: sent or failed.", ["outcome"])
SECONDS = _histogram(
    "handling_seconds",
    "Duration of a visit, from the fetch to the last update.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60),
)
