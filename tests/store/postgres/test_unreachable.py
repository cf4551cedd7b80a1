"""What is told of a PostgreSQL that cannot be reached: which, why, what to do, and no password."""

from __future__ import annotations

import psycopg
import pytest

from runcast.domain.masked import masked
from runcast.store.postgres.unreachable import no_address, unreachable

URL = "postgresql://ada:hunter2@db.example.com/shop"


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ('FATAL:  password authentication failed for user "ada"', "The password or the user is wrong."),
        ("fe_sendauth: no password supplied", "It asks for a password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "ada", no encryption', "pg_hba.conf lets nobody in"),
        ('FATAL:  database "shop" does not exist', "createdb shop"),
        ('FATAL:  role "ada" does not exist', "createuser ada"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("session is read-only", "It is a standby"),
        ("Connection refused Is the server running on that host?", "Nothing listens there"),
        ("FATAL:  the database system is starting up", "Try again in a moment."),
        ('could not translate host name "db.example.com" to address', "There is no such host"),
    ],
)
def test_each_reason_comes_with_what_to_do(reason: str, advice: str) -> None:
    error = psycopg.OperationalError(
        f'connection failed: connection to server at "10.0.0.1", port 5432 failed: {reason}'
    )
    text = str(unreachable(URL, masked(URL), error))
    assert text.startswith("cannot reach postgresql://ada:***@db.example.com/shop: connection to server")
    assert advice in text


def test_what_libpq_quotes_of_a_password_is_not_told() -> None:
    url = "postgresql://ada:hunter2@word@db.example.com/shop"
    error = psycopg.OperationalError('could not translate host name "word@db.example.com" to address: hunter2')
    text = str(unreachable(url, masked(url), error))
    assert "word@" not in text
    assert "hunter2" not in text
    refused = psycopg.ProgrammingError('invalid integer value "hunter2" for connection option "port"')
    assert "hunter2" not in str(no_address(url, masked(url), refused))
