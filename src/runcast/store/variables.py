"""Environment variables of an environment's workers. Values come and go encrypted."""

from __future__ import annotations

from collections.abc import Sequence

from runcast.domain.access import VARIABLES_BYTES_MAX, VARIABLES_MAX
from runcast.domain.errors import Conflict, NotFound
from runcast.store.access_rows import VariableRow
from runcast.store.script import Script, call


def list_variables(environment: str) -> Script[tuple[VariableRow, ...]]:
    """By name."""
    rows: list[VariableRow] = yield call("list_variables", environment=environment)
    return tuple(rows)


def get_variable(environment: str, name: str) -> Script[VariableRow]:
    """Raises `NotFound`."""
    found: VariableRow | None = yield call("find_variable", environment=environment, name=name)
    if found is None:
        raise NotFound(f"no environment variable {name[:300]}")
    return found


def put_variables(environment: str, given: Sequence[VariableRow], now: int, *, override: bool) -> Script[None]:
    """Set variables, all or none; without `override` those that exist keep their values."""
    known = {row.name: row for row in (yield from list_variables(environment))}
    wanted = [row for row in given if override or row.name not in known]
    if len(known.keys() | {row.name for row in wanted}) > VARIABLES_MAX:
        raise Conflict(f"an environment has at most {VARIABLES_MAX:,} variables")
    sizes = {name: len(row.value) for name, row in known.items()} | {row.name: len(row.value) for row in wanted}
    if sum(sizes.values()) > VARIABLES_BYTES_MAX:
        raise Conflict(f"the variables of an environment take at most {VARIABLES_BYTES_MAX // 1024} KiB, encrypted")
    if wanted:
        rows = [(environment, row.name, row.value, int(row.is_secret), now) for row in wanted]
        yield call("put_variables", rows=rows)


def add_variable(environment: str, given: VariableRow, now: int) -> Script[None]:
    """Raises `Conflict` for a name that is set."""
    known: VariableRow | None = yield call("find_variable", environment=environment, name=given.name)
    if known is not None:
        raise Conflict(f"environment variable {given.name} exists: update it")
    yield from put_variables(environment, [given], now, override=False)


def change_variable(environment: str, name: str, value: str, now: int) -> Script[None]:
    """Another value; a secret stays one. Raises `NotFound`."""
    known = yield from get_variable(environment, name)
    yield from put_variables(environment, [VariableRow(name, value, known.is_secret)], now, override=True)


def drop_variable(environment: str, name: str) -> Script[None]:
    """Raises `NotFound`."""
    yield from get_variable(environment, name)
    yield call("drop_variable", environment=environment, name=name)
