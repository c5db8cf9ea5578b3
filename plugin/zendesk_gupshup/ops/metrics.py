"""What an operator watches, as Prometheus metrics; `/metrics` shows them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

RECEIVED = Counter("zendesk_gupshup_webhooks_received", "Webhooks that came in.", registry=REGISTRY)
VERIFIED = Counter("zendesk_gupshup_webhooks_verified", "Webhooks that proved to be Zendesk's.", registry=REGISTRY)
REPEATED = Counter(
    "zendesk_gupshup_webhooks_repeated", "Verified webhooks that had been queued before.", registry=REGISTRY
)
REFUSED = Counter("zendesk_gupshup_webhooks_refused", "Webhooks refused, by reason.", ["reason"], registry=REGISTRY)
HANDLED = Counter("zendesk_gupshup_tickets_handled", "Looks at tickets, by how they ended.", ["did"], registry=REGISTRY)
FOUND = Counter(
    "zendesk_gupshup_codes_found", "Codes found, by mode of the decision.", ["code", "mode"], registry=REGISTRY
)
GUARDED = Counter("zendesk_gupshup_guards", "Guards that spoke.", ["guard"], registry=REGISTRY)
WRITTEN = Counter("zendesk_gupshup_updates_written", "Ticket updates written.", ["step"], registry=REGISTRY)
FAULTS = Counter("zendesk_gupshup_faults", "Handlings to be tried again, by reason.", ["reason"], registry=REGISTRY)
FILES_PUT_OFF = Counter(
    "zendesk_gupshup_files_put_off",
    "Files of tickets that could not be read for the moment, at each attempt.",
    registry=REGISTRY,
)
FILES_GIVEN_UP = Counter(
    "zendesk_gupshup_files_given_up", "Files that were tried for the last time.", registry=REGISTRY
)
REQUESTS = Gauge("zendesk_gupshup_zendesk_requests", "Requests made to Zendesk since the start.", registry=REGISTRY)
ANSWERS = Counter(
    "zendesk_gupshup_zendesk_answers",
    "Answers of Zendesk by method and status; 409 are conflicts, 429 rate limits.",
    ["method", "status"],
    registry=REGISTRY,
)
BUDGET_LEFT = Gauge(
    "zendesk_gupshup_budget_left", "Requests left to all our processes in this minute.", registry=REGISTRY
)
BUDGET = Gauge("zendesk_gupshup_budget", "Requests a minute that all our processes may make.", registry=REGISTRY)
CONVERSATION_EVENTS = Counter(
    "zendesk_gupshup_conversation_events",
    "Events of conversation logs: read, ignored because they hold nothing new, or of an unknown type.",
    ["outcome"],
    registry=REGISTRY,
)
CONVERSATIONS_UNREAD = Counter(
    "zendesk_gupshup_conversations_unread", "Conversation logs that Zendesk did not give us.", registry=REGISTRY
)
SWEPT = Counter("zendesk_gupshup_sweep_tickets", "Changed tickets that sweeps queued.", registry=REGISTRY)
CURSOR_REFUSED = Counter(
    "zendesk_gupshup_sweep_cursor_refused", "Cursors of the sweep that Zendesk refused.", registry=REGISTRY
)
WAITING = Gauge("zendesk_gupshup_queue_tickets", "Tickets that wait or are in hand.", registry=REGISTRY)
AGE = Gauge(
    "zendesk_gupshup_queue_age_seconds", "How long the oldest ticket that is due has waited.", registry=REGISTRY
)
FAILURES = Gauge("zendesk_gupshup_failures", "Tickets on the list of failures, by state.", ["state"], registry=REGISTRY)
LEDGER_FAULTS = Counter("zendesk_gupshup_ledger_faults", "Entries that the ledger could not take.", registry=REGISTRY)
NOT_NEEDED = Counter(
    "zendesk_gupshup_looks_not_needed",
    "Queued looks at tickets that were read since they were asked for.",
    registry=REGISTRY,
)
PUT_OFF = Counter(
    "zendesk_gupshup_looks_put_off", "Looks that came too early, by what they wait for.", ["reason"], registry=REGISTRY
)
HELD_BACK = Counter(
    "zendesk_gupshup_replies_held_back", "Public replies that the hour's ceiling kept back.", registry=REGISTRY
)
REPLIES = Gauge(
    "zendesk_gupshup_replies_last_hour", "Public replies of all our processes in the last hour.", registry=REGISTRY
)
CEILING = Gauge("zendesk_gupshup_replies_ceiling", "Public replies that an hour may have.", registry=REGISTRY)
CONNECTIONS = Gauge("zendesk_gupshup_connections", "Connections that the web server holds.", registry=REGISTRY)
CONNECTIONS_ENDED = Counter(
    "zendesk_gupshup_connections_ended", "Connections that the web server ended, by reason.", ["reason"],
    registry=REGISTRY,
)  # fmt: skip
CREDENTIAL_ACCEPTED = Gauge(
    "zendesk_gupshup_credential_accepted", "1 while Zendesk takes our credentials, else 0.", registry=REGISTRY
)
CREDENTIAL_AGE = Gauge(
    "zendesk_gupshup_credential_age_seconds", "Since when the token or secret in use is in use.", registry=REGISTRY
)
CREDENTIAL_LEFT = Gauge(
    "zendesk_gupshup_credential_left_seconds",
    "How long the token in use will last; NaN where that is not known.",
    registry=REGISTRY,
)
STORE_REACHABLE = Gauge(
    "zendesk_gupshup_store_reachable", "1 while the gauges out of the store can be read, else 0.", registry=REGISTRY
)
SECONDS = Histogram(
    "zendesk_gupshup_handling_seconds",
    "Seconds from reading a ticket to its last update.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60),
    registry=REGISTRY,
)
