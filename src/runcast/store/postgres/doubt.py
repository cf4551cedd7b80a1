"""How a transaction ended whose commit nobody answered.

The server is asked for the state of its number. A server that crashed may have lost numbers that it gave, and gives them
once more, so that "committed" can be said of somebody else's transaction: what was written to the feed is looked for, as a
row of that transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import pq
from psycopg.errors import InvalidParameterValue, OperationalError, error_from_result

Fact = Sequence[object]
"""A row of the feed, as `add_changes` takes it."""

_FACT = 6
"""The columns by which it is found."""
_STATUS = b"select pg_xact_status($1)"
# The row's own number of its transaction has 32 bits.
_IS_THERE = b"""
select count(*) from changes
where run_id = $2 and root_id = $3 and version = $4 and kind = $5 and status = $6 and at = $7
  and xmin::text::bigint = $1 % 4294967296"""


def was_committed(pgconn: pq.abc.PGconn, xid: bytes, fact: Fact | None) -> bool | None:
    """None: it still goes on, because the server did not notice that its connection broke. Raises psycopg's errors."""
    try:
        status = _ask(pgconn, _STATUS, [xid])
    except InvalidParameterValue:
        # It lies in the future: a server that took over never heard of it.
        return False
    if status == b"in progress":
        return None
    if status != b"committed" or fact is None:
        return status == b"committed"
    return _ask(pgconn, _IS_THERE, [xid, *(str(value).encode() for value in fact[:_FACT])]) != b"0"


def _ask(pgconn: pq.abc.PGconn, statement: bytes, values: Sequence[bytes]) -> bytes | None:
    result = pgconn.exec_params(statement, list(values))
    if result.status != pq.ExecStatus.TUPLES_OK:
        if pgconn.status != pq.ConnStatus.OK:
            raise OperationalError(pgconn.get_error_message())
        raise error_from_result(result, encoding="utf-8")
    return result.get_value(0, 0)
