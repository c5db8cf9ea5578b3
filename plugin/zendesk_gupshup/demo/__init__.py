"""The main job on an embedded sandbox Zendesk: real HTTP, real webhooks, the worker as a real process.

`plays.toml` holds the tickets and what has to come of each; nothing here knows a ticket by name.
"""
