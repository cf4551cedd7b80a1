"""The demo: a real list of companies, enriched by one durable run each, live in the terminal and without network.

    python -m runcast.demo

It uses only the public names of `runcast`, so its tasks may be copied as the beginning of a project.
"""
