"""What an operator reads: log lines, metrics, file descriptors.

Secrets, addresses and customers' words stay out of all of them.
"""
