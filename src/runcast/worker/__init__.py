"""Executes runs: user code on an event loop, on threads, or in processes of its own."""
