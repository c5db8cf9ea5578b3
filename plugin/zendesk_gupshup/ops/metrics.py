"""The Prometheus metrics behind `/metrics`; docs/metrics.md explains each one."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

RECEIVED = Counter("zendesk_gupshup_webhooks_received", "Webhooks received.", registry=REGISTRY)
VERIFIED = Counter("zendesk_gupshup_webhooks_verified", "Webhooks with a valid signature.", registry=REGISTRY)
REPEATED = Counter(
    "zendesk_gupshup_webhooks_repeated", "Valid webhooks that had been received before.", registry=REGISTRY
)
REFUSED = Counter("zendesk_gupshup_webhooks_refused", "Webhooks refused, by reason.", ["reason"], registry=REGISTRY)
HANDLED = Counter("zendesk_gupshup_tickets_handled", "Visits to tickets, by outcome.", ["did"], registry=REGISTRY)
FOUND = Counter(
    "zendesk_gupshup_codes_found", "Findings, by code and mode of the decision.", ["code", "mode"], registry=REGISTRY
)
GUARDED = Counter("zendesk_gupshup_guards", "Guards that applied, by name.", ["guard"], registry=REGISTRY)
WRITTEN = Counter("zendesk_gupshup_updates_written", "Ticket updates written, by step.", ["step"], registry=REGISTRY)
FAULTS = Counter(
    "zendesk_gupshup_faults",
    "Visits that ended with an error and are retried, by kind of error.",
    ["reason"],
    registry=REGISTRY,
)
FILES_PUT_OFF = Counter(
    "zendesk_gupshup_files_put_off",
    "Failed attempts to read a file that will be retried.",
    registry=REGISTRY,
)
FILES_GIVEN_UP = Counter("zendesk_gupshup_files_given_up", "Files given up after the last attempt.", registry=REGISTRY)
REQUESTS = Gauge(
    "zendesk_gupshup_zendesk_requests", "Requests to Zendesk since the process started.", registry=REGISTRY
)
ANSWERS = Counter(
    "zendesk_gupshup_zendesk_answers",
    "Responses of Zendesk, by method and status; 409: conflict, 429: rate limit.",
    ["method", "status"],
    registry=REGISTRY,
)
BUDGET_LEFT = Gauge(
    "zendesk_gupshup_budget_left", "Requests left in this minute, for all processes together.", registry=REGISTRY
)
BUDGET = Gauge("zendesk_gupshup_budget", "Request limit per minute, for all processes together.", registry=REGISTRY)
CONVERSATION_EVENTS = Counter(
    "zendesk_gupshup_conversation_events",
    "Events in conversation logs: read, ignored (nothing new in them), or of an unknown type.",
    ["outcome"],
    registry=REGISTRY,
)
CONVERSATIONS_UNREAD = Counter(
    "zendesk_gupshup_conversations_unread", "Conversation logs that Zendesk refused.", registry=REGISTRY
)
SWEPT = Counter("zendesk_gupshup_sweep_tickets", "Changed tickets that sweeps queued.", registry=REGISTRY)
CURSOR_REFUSED = Counter(
    "zendesk_gupshup_sweep_cursor_refused", "Sweep cursors that Zendesk rejected.", registry=REGISTRY
)
WAITING = Gauge("zendesk_gupshup_queue_tickets", "Tickets that are due or being handled.", registry=REGISTRY)
AGE = Gauge("zendesk_gupshup_queue_age_seconds", "Age of the oldest ticket that is due.", registry=REGISTRY)
FAILURES = Gauge("zendesk_gupshup_failures", "Tickets on the dead-letter list, by state.", ["state"], registry=REGISTRY)
LEDGER_FAULTS = Counter("zendesk_gupshup_ledger_faults", "Ledger entries that could not be written.", registry=REGISTRY)
NOT_NEEDED = Counter(
    "zendesk_gupshup_looks_not_needed",
    "Queued visits that were skipped, because the ticket had been read since.",
    registry=REGISTRY,
)
PUT_OFF = Counter(
    "zendesk_gupshup_looks_put_off", "Visits that were deferred, by reason.", ["reason"], registry=REGISTRY
)
HELD_BACK = Counter(
    "zendesk_gupshup_replies_held_back",
    "Public replies that became notes because the hourly quota was used up.",
    registry=REGISTRY,
)
REPLIES = Gauge(
    "zendesk_gupshup_replies_last_hour",
    "Public replies in the last hour, of all processes together.",
    registry=REGISTRY,
)
CEILING = Gauge("zendesk_gupshup_replies_ceiling", "Hourly quota of public replies.", registry=REGISTRY)
CONNECTIONS = Gauge("zendesk_gupshup_connections", "Open connections to the web server.", registry=REGISTRY)
CONNECTIONS_ENDED = Counter(
    "zendesk_gupshup_connections_ended", "Connections that the web server closed, by reason.", ["reason"],
    registry=REGISTRY,
)  # fmt: skip
CREDENTIAL_ACCEPTED = Gauge(
    "zendesk_gupshup_credential_accepted", "1 while Zendesk accepts the credentials, else 0.", registry=REGISTRY
)
CREDENTIAL_AGE = Gauge(
    "zendesk_gupshup_credential_age_seconds", "Time since the current token or secret came into use.", registry=REGISTRY
)
CREDENTIAL_LEFT = Gauge(
    "zendesk_gupshup_credential_left_seconds",
    "Time until the current token expires; NaN if unknown.",
    registry=REGISTRY,
)
STORE_REACHABLE = Gauge(
    "zendesk_gupshup_store_reachable", "1 while the gauges from the database can be read, else 0.", registry=REGISTRY
)
SECONDS = Histogram(
    "zendesk_gupshup_handling_seconds",
    "Duration of a visit, from the fetch to the last update.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60),
    registry=REGISTRY,
)
