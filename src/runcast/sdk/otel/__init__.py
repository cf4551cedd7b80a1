"""OpenTelemetry, where it is set up: spans of runs and steps, log records, and the export of both."""
