"""The HTTP API: REST, realtime and authentication over the gateways of an engine."""
