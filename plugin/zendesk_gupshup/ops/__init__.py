"""What an operator watches: log lines, metrics, file descriptors."""
