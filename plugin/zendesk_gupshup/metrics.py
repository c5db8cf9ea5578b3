"""What an operator watches, as Prometheus metrics; `/metrics` shows them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

RECEIVED = Counter("zendesk_gupshup_webhooks_received", "Webhooks that came in.", registry=REGISTRY)
REFUSED = Counter("zendesk_gupshup_webhooks_refused", "Webhooks refused.", ["reason"], registry=REGISTRY)
HANDLED = Counter("zendesk_gupshup_tickets_handled", "Looks at tickets, by how they ended.", ["did"], registry=REGISTRY)
FOUND = Counter(
    "zendesk_gupshup_codes_found", "Codes found, by mode of the decision.", ["code", "mode"], registry=REGISTRY
)
GUARDED = Counter("zendesk_gupshup_guards", "Guards that spoke.", ["guard"], registry=REGISTRY)
WRITTEN = Counter("zendesk_gupshup_updates_written", "Ticket updates written.", ["step"], registry=REGISTRY)
FAULTS = Counter("zendesk_gupshup_faults", "Handlings to be tried again, by reason.", ["reason"], registry=REGISTRY)
REQUESTS = Gauge("zendesk_gupshup_zendesk_requests", "Requests made to Zendesk since the start.", registry=REGISTRY)
SWEPT = Counter("zendesk_gupshup_sweep_tickets", "Changed tickets that sweeps queued.", registry=REGISTRY)
WAITING = Gauge("zendesk_gupshup_queue_tickets", "Tickets that wait or are in hand.", registry=REGISTRY)
AGE = Gauge("zendesk_gupshup_queue_age_seconds", "How long the oldest ticket has waited.", registry=REGISTRY)
FAILURES = Gauge("zendesk_gupshup_failures", "Tickets that were given up.", registry=REGISTRY)
LEDGER_FAULTS = Counter("zendesk_gupshup_ledger_faults", "Entries that the ledger could not take.", registry=REGISTRY)
HELD_BACK = Counter(
    "zendesk_gupshup_replies_held_back", "Public replies that the hour's ceiling kept back.", registry=REGISTRY
)
CREDENTIAL_ACCEPTED = Gauge(
    "zendesk_gupshup_credential_accepted", "1 while Zendesk takes our credentials, else 0.", registry=REGISTRY
)
SECONDS = Histogram(
    "zendesk_gupshup_handling_seconds",
    "Seconds from reading a ticket to its last update.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60),
    registry=REGISTRY,
)
