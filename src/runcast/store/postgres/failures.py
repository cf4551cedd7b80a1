"""PostgreSQL's errors as the domain's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors

from runcast.domain.errors import Conflict, DatabaseReadOnly, DiskFull, InvalidInput, Unavailable
from runcast.store.session import TurnLost

GIVEN_UP = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.ReadOnlySqlTransaction,
    errors.InvalidSqlStatementName,
    errors.TooManyConnections,
)
"""After these nothing of the transaction happened, and it may be run again: on another connection, maybe another server."""


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise PostgreSQL's errors as the domain's, saying which database and what to do."""
    try:
        yield
    except GIVEN_UP as error:
        raise TurnLost(f"{name} gave up a transaction ({_first_line(error)})") from error
    except errors.UniqueViolation as error:
        raise Conflict(
            f"a row of that id is stored already ({_first_line(error)}). Was the request sent twice?"
        ) from error
    except errors.DiskFull as error:
        raise DiskFull(f"no space left for {name}; the request was rolled back. Free space and try again.") from error
    except errors.InsufficientPrivilege as error:
        raise DatabaseReadOnly(f"{name}: {_first_line(error)}. Give the user of the address that right.") from error
    except errors.DataError as error:
        raise InvalidInput(f"PostgreSQL cannot store a value ({_first_line(error)})") from error
    except (errors.InsufficientResources, errors.OperatorIntervention, errors.SystemError) as error:
        raise Unavailable(f"{name}: {_first_line(error)}") from error
    except errors.ProgrammingError:
        raise
    except errors.OperationalError as error:
        raise TurnLost(f"the connection to {name} was lost ({_first_line(error)})") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
