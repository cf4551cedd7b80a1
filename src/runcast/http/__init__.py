"""HTTP retries for httpx2: a transport that waits as long as the server says. Needs the extra `http`.

client = httpx2.AsyncClient(transport=retry_transport())
"""

from runcast.http.transport import IDEMPOTENT, RetryTransport, retry_after, retry_transport

__all__ = ["IDEMPOTENT", "RetryTransport", "retry_after", "retry_transport"]
