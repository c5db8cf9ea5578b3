"""The main job on an embedded sandbox Zendesk: real HTTP, real webhooks, the worker as a real process.

`tickets.toml` holds the tickets with the expected outcome of each; no code here depends on a single ticket.
"""
