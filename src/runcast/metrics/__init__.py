"""What an operator's monitor reads: `/metrics` in Prometheus' format, and `/healthz`."""
