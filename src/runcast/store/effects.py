"""Applies what bodies add to their runs: each effect once, whoever executes, however often."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from runcast.domain.effect import Effect, EffectKind, Target, Try
from runcast.domain.errors import ValueTooLarge
from runcast.domain.limits import (
    ARTIFACT_BYTES_MAX,
    LOG_CHARS_MAX,
    LOGS_PER_RUN_MAX,
    METADATA_BYTES_MAX,
    STREAM_BYTES_MAX,
    STREAM_PART_BYTES_MAX,
    TAGS_MAX,
    USAGE_ITEMS_MAX,
)
from runcast.domain.run import FINAL
from runcast.store import changes, run_tags
from runcast.store.objects import KeptArtifact, keep
from runcast.store.rows import AppliedRow, Holding, MetadataRow, SeqRow, StreamEnd
from runcast.store.script import Script, call

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder().decode
_TRY = msgspec.json.Decoder(Try).decode
_LOGS_SCOPE = "#logs"
_BYTES_SCOPE = "#bytes/"
_METADATA = frozenset(
    {
        EffectKind.SET,
        EffectKind.DELETE,
        EffectKind.APPEND,
        EffectKind.REMOVE,
        EffectKind.INCREMENT,
        EffectKind.REPLACE,
        EffectKind.TAG,
    }
)
_STREAM = frozenset({EffectKind.PART, EffectKind.RESET, EffectKind.CLOSE})


class Flush(msgspec.Struct, frozen=True):
    """One run's effects, and the run."""

    run: Holding
    effects: tuple[Effect, ...]


def apply(flushes: Sequence[Flush], now: int) -> Script[None]:
    """Apply the effects of several runs, in order, with their counts.

    Raises `ValueTooLarge` when metadata, a stream part or an artifact passes its bound.
    """
    news, logged = yield from _unapplied(flushes)
    metadata = [(run, effect) for run, effect in news if effect.kind in _METADATA]
    if metadata:
        yield from _apply_metadata(metadata, now)
    streams = [(run, effect) for run, effect in news if effect.kind in _STREAM]
    if streams:
        yield from _apply_streams(streams, now)
    logs = [(run, effect) for run, effect in news if effect.kind == EffectKind.LOG]
    if logs:
        yield from _apply_logs(logs, logged, now)
    artifacts = [(run, effect) for run, effect in news if effect.kind == EffectKind.ARTIFACT]
    if artifacts:
        yield from _apply_artifacts(artifacts, now)
    tries = [(run, effect) for run, effect in news if effect.kind == EffectKind.TRY]
    if tries:
        yield from _apply_tries(tries, now)
    spent = [(run, effect) for run, effect in news if effect.kind == EffectKind.USAGE]
    if spent:
        yield from _apply_usage(spent, now)


def _unapplied(flushes: Sequence[Flush]) -> Script[tuple[list[tuple[Holding, Effect]], dict[str, int]]]:
    """Effects past their scope's count, whose counts are raised here; and how many logs each run has."""
    scopes = {(flush.run.id, effect.scope) for flush in flushes for effect in flush.effects if effect.number}
    scopes |= {(flush.run.id, _LOGS_SCOPE) for flush in flushes if any(e.kind == EffectKind.LOG for e in flush.effects)}
    rows: list[AppliedRow] = []
    if scopes:
        rows = yield call("applied_scopes", scopes=[list(scope) for scope in scopes])
    counts = {(row.run_id, row.scope): row.count for row in rows}
    before = dict(counts)
    news: list[tuple[Holding, Effect]] = []
    for flush in flushes:
        for effect in flush.effects:
            if effect.number:
                scope = (flush.run.id, effect.scope)
                if effect.number <= counts.get(scope, 0):
                    continue
                counts[scope] = effect.number
            if effect.kind == EffectKind.LOG:
                scope = (flush.run.id, _LOGS_SCOPE)
                counts[scope] = counts.get(scope, 0) + 1
            news.append((flush.run, effect))
    raised = [(*scope, count) for scope, count in counts.items() if count != before.get(scope, 0)]
    if raised:
        yield call("put_applied", rows=raised)
    return news, {run_id: count for (run_id, scope), count in before.items() if scope == _LOGS_SCOPE}


def _target(run: Holding, effect: Effect) -> str:
    if effect.target == Target.PARENT:
        return run.parent_id or run.id
    if effect.target == Target.ROOT:
        return run.root_id
    return run.id


def _apply_metadata(news: Sequence[tuple[Holding, Effect]], now: int) -> Script[None]:
    ids = sorted({_target(run, effect) for run, effect in news})
    rows: list[MetadataRow] = yield call("metadata_rows", ids=[[id] for id in ids])
    live = {row.id: row for row in rows if row.status not in FINAL}
    objects: dict[str, Any] = {id: _DECODE(row.metadata) for id, row in live.items()}
    tags: dict[str, list[str]] = {id: list(row.tags) for id, row in live.items()}
    added: list[run_tags.TagRow] = []
    for run, effect in news:
        target = _target(run, effect)
        if target not in live:
            continue
        if effect.kind == EffectKind.TAG:
            if effect.key not in tags[target] and len(tags[target]) < TAGS_MAX:
                tags[target].append(effect.key)
                added.append((run.environment, effect.key, target))
        else:
            objects[target] = change_metadata(objects[target], effect.kind, effect.key, _DECODE(effect.value))
    updates = []
    for id in live:
        text = _ENCODE(objects[id]).decode()
        if len(text) > METADATA_BYTES_MAX:
            raise ValueTooLarge(
                f"the metadata of run {id} would have {len(text):,} bytes, the limit is {METADATA_BYTES_MAX:,}. "
                "Put large values into a stream or an artifact."
            )
        updates.append([id, text, _ENCODE(tags[id]).decode()])
    yield call("set_metadata", rows=updates)
    yield from run_tags.add(added)
    yield from changes.append(
        [(row.id, row.root_id, row.version + 1, "metadata", row.status, now) for row in live.values()]
    )


def change_metadata(metadata: dict[str, Any], kind: EffectKind, key: str, value: Any) -> dict[str, Any]:
    """`metadata` after one operation. An operation that does not fit the value there replaces it.

    >>> change_metadata({"done": 1}, EffectKind.INCREMENT, "done", 2)
    {'done': 3}
    """
    match kind:
        case EffectKind.REPLACE:
            return value if isinstance(value, dict) else {}
        case EffectKind.SET:
            metadata[key] = value
        case EffectKind.DELETE:
            metadata.pop(key, None)
        case EffectKind.APPEND:
            items = metadata.get(key)
            metadata[key] = [*items, value] if isinstance(items, list) else [value]
        case EffectKind.REMOVE:
            items = metadata.get(key)
            if isinstance(items, list):
                metadata[key] = [item for item in items if item != value]
        case EffectKind.INCREMENT:
            number = metadata.get(key)
            if isinstance(number, int | float) and isinstance(value, int | float):
                value = number + value
            metadata[key] = value
        case _:
            raise AssertionError(f"{kind} does not change metadata")
    return metadata


def _apply_streams(news: Sequence[tuple[Holding, Effect]], now: int) -> Script[None]:
    wanted = sorted({(_target(run, effect), effect.key) for run, effect in news})
    ends: list[StreamEnd] = yield call("stream_ends", streams=[list(pair) for pair in wanted])
    seqs = {(end.run_id, end.stream): end.next_seq for end in ends}
    yield from _count_bytes(news)
    rows: list[tuple[object, ...]] = []
    for run, effect in news:
        stream = (_target(run, effect), effect.key)
        scope = f"{run.id}/{effect.scope}"
        value = effect.value
        if len(value) > STREAM_PART_BYTES_MAX:
            raise ValueTooLarge(
                f"a part of stream {effect.key!r} has {len(value):,} bytes, the limit is {STREAM_PART_BYTES_MAX:,}."
            )
        if effect.kind == EffectKind.RESET:
            if rows:
                yield call("add_parts", rows=rows)
                rows = []
            gone = yield from _supersede(stream, f"{run.id}/{_DECODE(value)}")
            if not gone:
                continue
            value = _ENCODE({"seqs": gone}).decode()
        kind = {EffectKind.PART: "data", EffectKind.RESET: "reset", EffectKind.CLOSE: "close"}[effect.kind]
        rows.append((*stream, seqs[stream], kind, value, scope, effect.at or now))
        seqs[stream] += 1
    if rows:
        yield call("add_parts", rows=rows)
    yield from changes.append(
        list(_facts([run for run, effect in news if _target(run, effect) == run.id], "stream", now))
    )
    yield from _tell_ancestors({_target(run, effect) for run, effect in news if _target(run, effect) != run.id}, now)


def _count_bytes(news: Sequence[tuple[Holding, Effect]]) -> Script[None]:
    """Add up what each stream holds, beside the counts of effects. Raises `ValueTooLarge` past the bound."""
    added: dict[tuple[str, str], int] = {}
    for run, effect in news:
        stream = (_target(run, effect), f"{_BYTES_SCOPE}{effect.key}")
        added[stream] = added.get(stream, 0) + len(effect.value)
    rows: list[AppliedRow] = yield call("applied_scopes", scopes=[list(stream) for stream in added])
    before = {(row.run_id, row.scope): row.count for row in rows}
    totals = {stream: before.get(stream, 0) + count for stream, count in added.items()}
    for (run_id, scope), total in totals.items():
        if total > STREAM_BYTES_MAX:
            raise ValueTooLarge(
                f"stream {scope.removeprefix(_BYTES_SCOPE)!r} of run {run_id} would have {total:,} bytes, the limit is "
                f"{STREAM_BYTES_MAX:,}. Store large results as artifacts."
            )
    yield call("put_applied", rows=[(*stream, total) for stream, total in totals.items()])


def _tell_ancestors(ids: set[str], now: int) -> Script[None]:
    """Facts about runs whose streams others wrote: their own state, one version on."""
    if not ids:
        return
    rows: list[MetadataRow] = yield call("metadata_rows", ids=[[id] for id in sorted(ids)])
    yield call("raise_versions", ids=[[row.id] for row in rows])
    yield from changes.append([(row.id, row.root_id, row.version + 1, "stream", row.status, now) for row in rows])


def _supersede(stream: tuple[str, str], scope: str) -> Script[list[int]]:
    rows: list[SeqRow] = yield call("parts_of_scope", run_id=stream[0], stream=stream[1], scope=scope)
    if rows:
        yield call("supersede_parts", run_id=stream[0], stream=stream[1], scope=scope)
    return [row.seq for row in rows]


def _facts(runs: Sequence[Holding], kind: str, now: int) -> Iterator[changes.ChangeFact]:
    """Facts about the reporting runs themselves, whose versions their report raises by one."""
    for run in {run.id: run for run in runs}.values():
        yield (run.id, run.root_id, run.version + 1, kind, run.status, now)


def _apply_logs(news: Sequence[tuple[Holding, Effect]], logged: dict[str, int], now: int) -> Script[None]:
    rows: list[tuple[object, ...]] = []
    seen = dict(logged)
    for run, effect in news:
        seen[run.id] = seen.get(run.id, 0) + 1
        if seen[run.id] > LOGS_PER_RUN_MAX:
            continue
        record = _DECODE(effect.value)
        message, data = str(record.get("message", "")), record.get("data")
        if len(message) > LOG_CHARS_MAX:
            message = f"{message[:LOG_CHARS_MAX]}… [{len(message) - LOG_CHARS_MAX} more characters cut]"
        if seen[run.id] == LOGS_PER_RUN_MAX:
            message, data = f"this run reached {LOGS_PER_RUN_MAX} log lines; further ones are dropped", None
        encoded = None if data is None else _ENCODE(data).decode()
        rows.append((run.id, effect.at or now, effect.key, message, encoded, run.attempt, effect.scope))
    if rows:
        yield call("add_logs", rows=rows)
        yield from changes.append(list(_facts([run for run, _ in news], "log", now)))


def _apply_artifacts(news: Sequence[tuple[Holding, Effect]], now: int) -> Script[None]:
    kept = [(run.id, effect.digest, effect.object_key) for run, effect in news if isinstance(effect, KeptArtifact)]
    if kept:
        yield from keep(kept)
    rows: list[tuple[object, ...]] = []
    for run, effect in news:
        if isinstance(effect, KeptArtifact):
            content: tuple[object, ...] = (effect.content_type, effect.size, b"", effect.digest)
        else:
            content_type, data = artifact_content(effect)
            content = (content_type, len(data), data, None)
        identity = f"{run.id}\0{run.epoch}\0{effect.scope}\0{effect.number}\0{effect.key}".encode()
        id = f"artifact_{blake2b(identity, digest_size=12).hexdigest()}"
        rows.append((id, run.id, effect.key, *content, run.attempt, now))
    yield call("add_artifacts", rows=rows)
    yield from changes.append(list(_facts([run for run, _ in news], "artifact", now)))


def artifact_content(effect: Effect) -> tuple[str, bytes]:
    """Content type and bytes of an artifact. Raises `ValueTooLarge`."""
    record = _DECODE(effect.value)
    data = b64decode(record["base64"]) if "base64" in record else record["text"].encode()
    if len(data) > ARTIFACT_BYTES_MAX:
        raise ValueTooLarge(f"artifact {effect.key!r} has {len(data):,} bytes, the limit is {ARTIFACT_BYTES_MAX:,}.")
    return record["content_type"], data


def _apply_tries(news: Sequence[tuple[Holding, Effect]], now: int) -> Script[None]:
    """The newest word of each try."""
    rows: dict[tuple[object, ...], tuple[object, ...]] = {}
    for run, effect in news:
        told = _TRY(effect.value)
        error = None if told.error is None else _ENCODE(told.error).decode()
        key = (run.id, effect.key, run.epoch, told.number)
        rows[key] = (*key, told.name, told.started_at, told.failed_at, told.retry_at, error)
    yield call("put_tries", rows=list(rows.values()))
    keys: dict[str, dict[str, None]] = {}
    for run, effect in news:
        keys.setdefault(run.id, {})[effect.key] = None
    facts = list(_facts([run for run, _ in news], "journal", now))
    yield from changes.append(facts, keys={run_id: changes.keys_text(those) for run_id, those in keys.items()})


def _apply_usage(news: Sequence[tuple[Holding, Effect]], now: int) -> Script[None]:
    """Add up per run, name and unit. Raises `ValueTooLarge` for a run with too many different things."""
    sums: dict[tuple[str, str, str], tuple[int, int]] = {}
    for run, effect in news:
        record = _DECODE(effect.value)
        key = (run.id, effect.key, record["unit"])
        quantity, cost = sums.get(key, (0, 0))
        sums[key] = (quantity + record["quantity"], cost + record["cost"])
    yield call("add_usage", rows=[(*key, *amounts) for key, amounts in sums.items()])
    crowded: str | None = yield call(
        "crowded_usage", ids=[[id] for id in sorted({key[0] for key in sums})], maximum=USAGE_ITEMS_MAX
    )
    if crowded is not None:
        raise ValueTooLarge(
            f"run {crowded} counts the usage of more than {USAGE_ITEMS_MAX} different things: a name stands for a kind "
            "of thing, such as a model, not for one item"
        )
    yield from changes.append(list(_facts([run for run, _ in news], "usage", now)))
