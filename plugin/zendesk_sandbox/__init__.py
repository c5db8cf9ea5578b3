"""A Zendesk on this machine to try things on: real HTTP, real webhooks, nothing of anybody's account.

It keeps everything in memory and speaks to this machine only.
Where it differs from Zendesk stands in `docs/sandbox.md`.
"""
