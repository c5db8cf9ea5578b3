"""The long-running process: webhooks in, a durable queue, leases and retries, the sweep."""
