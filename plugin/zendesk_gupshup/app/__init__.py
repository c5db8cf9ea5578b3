"""The Zendesk app: pages in a frame beside the ticket, answered by the worker from what it has stored.

`token` and `session` say who asks, `access` what he may see, `routes` what there is; `view` is what a page shows.
"""
