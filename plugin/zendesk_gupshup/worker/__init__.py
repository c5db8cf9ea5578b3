"""The long-running process, `zendesk-gupshup serve`: webhooks and sweeps queue tickets, the handler works on them.

`worker.py` wires the parts; `queue.py` is the durable queue, `http_app.py` the web server, `sweep.py` the sweep.
"""
