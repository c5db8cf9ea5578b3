"""The client of Zendesk: `client` reads and writes tickets, over `api`, `transport` and `auth`.

Its rate limits are kept over all processes (`rate_limiter`). zenpy and what we use of requests below its surface stand
in `zenpy_internals` and `requests_internals`.
"""
