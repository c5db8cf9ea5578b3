"""Findings to a decision: guards, the account that a ticket is about, the backfill policy. Pure."""
