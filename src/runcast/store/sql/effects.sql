-- name: applied_scopes -> AppliedRow*
select a.run_id, a.scope, a.count
from {rows :scopes (run_id text, scope text)} r
join applied a on a.run_id = r.run_id and a.scope = r.scope;

-- name: put_applied
insert into applied (run_id, scope, count) {values :rows}
on conflict (run_id, scope) do update
set count = excluded.count;

-- name: metadata_rows -> MetadataRow*
select runs.id, runs.metadata, runs.tags, runs.status, runs.root_id, runs.version
from {rows :ids (id text)} r
join runs on runs.id = r.id;

-- name: set_metadata
update runs
set metadata = r.metadata, tags = r.tags, version = version + 1
from {rows :rows (id text, metadata text, tags text)} r
where runs.id = r.id;

-- name: raise_versions
update runs
set version = version + 1
where id in (select r.id from {rows :ids (id text)} r);

-- name: stream_ends -> StreamEnd*
select r.run_id, r.stream, coalesce((
  select max(p.seq) + 1 from parts p where p.run_id = r.run_id and p.stream = r.stream
), 0) as next_seq
from {rows :streams (run_id text, stream text)} r;

-- name: add_parts
insert into parts (run_id, stream, seq, kind, value, scope, at) {values :rows};

-- name: parts_of_scope -> SeqRow*
select seq
from parts
where run_id = :run_id and stream = :stream and superseded = 0 and kind = 'data'
  and substr(scope, 1, length(:scope)) = :scope
order by seq;

-- name: supersede_parts
update parts
set superseded = 1
where run_id = :run_id and stream = :stream and superseded = 0 and kind = 'data'
  and substr(scope, 1, length(:scope)) = :scope;

-- name: add_logs
insert into logs (run_id, at, level, message, data, attempt, scope) {values :rows};

-- name: add_artifacts
insert into artifacts (id, run_id, name, content_type, size, data, digest, attempt, created_at) {values :rows}
on conflict do nothing;

-- name: add_usage
insert into usage (run_id, name, unit, quantity_micros, cost_nanos) {values :rows}
on conflict (run_id, name, unit) do update
set quantity_micros = usage.quantity_micros + excluded.quantity_micros, cost_nanos = usage.cost_nanos + excluded.cost_nanos;

-- name: crowded_usage -> str
select r.id
from {rows :ids (id text)} r
where (select count(*) from usage u where u.run_id = r.id) > :maximum
limit 1;
