"""Zendesk plugin that answers tickets about Gupshup and WhatsApp errors, once and with proof."""

__version__ = "0.1.0"
