"""Where the runs of Leads wait: how many providers and models are asked at once."""

from __future__ import annotations

from runcast import Queue, Retention, Retry

leads_queue = Queue("leads", concurrency=100)
"""Leads themselves hold a slot only between their steps."""
providers_queue = Queue("leads-providers", concurrency=10)
writing_queue = Queue("leads-writing", concurrency=6)
ONCE = Retry(max_attempts=1)
"""Calls are tried again one by one, where they are made; a step that failed is a person's to retry."""
KEPT = Retention("365d")
MAX_DURATION = "30m"
"""Of executing, without waits."""
