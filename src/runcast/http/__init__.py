"""HTTP for httpx2: a transport that waits as long as the server says, and one that stays out of private networks. Needs
the extra `http`.

client = httpx2.AsyncClient(transport=retry_transport())
"""

from runcast.http.guarded import guarded_transport
from runcast.http.transport import IDEMPOTENT, RetryTransport, retry_after, retry_transport
from runcast.outgoing.guard import OutgoingRefused

__all__ = ["IDEMPOTENT", "OutgoingRefused", "RetryTransport", "guarded_transport", "retry_after", "retry_transport"]
