-- name: known_tasks -> TaskRow*
select t.name, t.info
from tasks t
where t.environment = :environment
  and t.name in (select r.name from {rows :names (name text)} r);

-- name: known_keys -> Known*
-- An idempotency key holds until it expires or its run is pruned. The cross join keeps the order: a look-up for each key
-- asked for, where SQLite would rather read every key of the environment.
select i.task, i.key, i.run_id
from {rows :keys (task text, key text)} r
cross join idempotency i
where i.environment = :environment and i.task = r.task and i.key = r.key
  and (i.expires_at is null or i.expires_at > :now);

-- name: existing_runs -> Name*
select runs.id as name
from {rows :ids (id text)} r
join runs on runs.id = r.id;

-- name: existing_children -> Name*
-- Whoever knows a run can compute the ids of its children: those of another environment are none.
select runs.id as name
from {rows :ids (id text)} r
join runs on runs.id = r.id
where runs.environment = :environment;

-- name: put_keys
insert into idempotency (environment, task, key, run_id, expires_at) {values :rows}
on conflict (environment, task, key) do update
set run_id = excluded.run_id, expires_at = excluded.expires_at;

-- name: queue_rows -> QueueRow*
select q.environment, q.name, q.concurrency, q.per_key, q.rate_count, q.rate_period_ms, q.max_length, q.paused, q.tat_us, q.turn,
  q.unkeyed_turn
from queues q
where q.environment = :environment
  and q.name in (select r.name from {rows :names (name text)} r);

-- name: add_queues
insert into queues (environment, name) {values :rows}
on conflict do nothing;

-- name: last_turns -> KeyTurn*
-- The last turn that each key of a queue was given, among its queued runs.
select r.queue as queue, r.key as key, coalesce((
  select max(turn) from runs
  where environment = :environment and queue = r.queue and concurrency_key = r.key and status = 'QUEUED'
    and concurrency_key <> ''
), 0) as turn
from {rows :keys (queue text, key text)} r;

-- name: set_unkeyed_turn
update queues
set unkeyed_turn = :turn
where environment = :environment and name = :name;

-- name: add_runs
insert into runs (id, environment, task, queue, concurrency_key, status, payload, metadata, tags, max_attempts,
  priority_ms, turn, rank, created_at, available_at, expires_at, max_duration_ms, parent_id, parent_key, root_id, depth,
  generation, batch_id, batch_position, idempotency_key, resumed_from, machine, traceparent, origin, journaled, awaited)
{values :rows};

-- name: debounced_runs -> DebouncedRun*
-- The runs that debounce keys stand for, as long as they have not started.
select d.task, d.key, runs.id, runs.root_id, runs.status, runs.version, runs.created_at, runs.available_at
from {rows :keys (task text, key text)} r
cross join debounces d
join runs on runs.id = d.run_id
where d.environment = :environment and d.task = r.task and d.key = r.key and runs.attempt = 0
  and (runs.status = 'DELAYED' or runs.status = 'PENDING_VERSION' and runs.available_at > :now);

-- name: put_debounces
insert into debounces (environment, task, key, run_id) {values :rows}
on conflict (environment, task, key) do update
set run_id = excluded.run_id;

-- name: push_runs
-- The start of runs that have not started is moved, and with it their ttl and their place: a millisecond is 2^20 ranks.
update runs
set available_at = r.available_at, expires_at = expires_at + r.available_at - runs.available_at,
  rank = rank + (r.available_at - runs.available_at) * 1048576, version = version + 1
from {rows :rows (id text, available_at bigint)} r
where runs.id = r.id and {plain runs.status} in ('DELAYED', 'PENDING_VERSION') and runs.attempt = 0;

-- name: replace_data
update runs
set payload = r.payload, metadata = r.metadata, tags = r.tags, max_attempts = r.max_attempts,
  max_duration_ms = r.max_duration_ms, machine = r.machine
from {rows :rows (id text, payload text, metadata text, tags text, max_attempts bigint, max_duration_ms bigint, machine text)} r
where runs.id = r.id and {plain runs.status} in ('DELAYED', 'PENDING_VERSION') and runs.attempt = 0;

-- name: add_batch
insert into batches (id, environment, run_id, size, created_at) {values :rows}
on conflict do nothing;

-- name: add_members
insert into batch_members (batch_id, position, run_id) {values :rows}
on conflict do nothing;

-- name: add_changes
insert into changes (run_id, root_id, version, kind, status, at, keys) {values :rows};

-- name: add_blobs
insert into blobs (run_id, digest, data) {values :rows}
on conflict do nothing;

-- name: blob -> str
select data
from blobs
where run_id = :run_id and digest = :digest;

-- name: adopt_journal
-- What the predecessor did is done here too. Failed entries that its final error names (or all, if it names none) are
-- forgotten: they run again, a child one generation on, adopting its own predecessor. A batch is done although members of
-- it failed. A child that still lives goes on, for the successor (`keep_live`), or is forgotten like one that failed.
with old as (
  select j.*,
    case
      when status = 'pending' and :keep_live = 1 then 'pending'
      when status = 'done' and not (kind = 'batch' and (
        key in (select r.key from {rows :failed (key text)} r)
        or :all_failed = 1 and exists (
          select 1 from runs
          where runs.batch_id = j.awaits and runs.batch_id is not null
            and runs.status in ('CANCELED', 'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT')))) then 'done'
      when status = 'failed' and not (:all_failed = 1 or key in (select r.key from {rows :failed (key text)} r)) then 'failed'
      else 'forgotten'
    end as fate
  from journal j
  where run_id = :adopts
    and (status in ('done', 'failed', 'forgotten') or kind in ('child', 'batch'))
)
insert into journal (run_id, key, kind, name, status, digest, code_version, value, error, awaits, due_at, generation,
  tries, started_at, finished_at, resolved_at, position)
select :run_id, key, kind, name, fate, digest, code_version,
  case when fate in ('done', 'failed') then value end,
  case when fate = 'failed' then error end,
  awaits, null,
  generation + case when fate = 'forgotten' and status <> 'forgotten' then 1 else 0 end,
  tries, started_at, finished_at, null, position
from old;

-- name: adopt_children
-- Live children that the predecessor waited for are the successor's: their effects and its cancel reach each other.
update runs
set parent_id = :run_id
where parent_id = :adopts and parent_id is not null and awaited = 1 and finished_at is null;

-- name: all_applied -> AppliedRow*
select run_id, scope, count
from applied
where run_id = :run_id;

-- name: adopt_blobs
insert into blobs (run_id, digest, data)
select :run_id, digest, data
from blobs
where run_id = :adopts
on conflict do nothing;

-- name: run_error -> str
select error
from runs
where id = :id;

-- name: adopt_tags
update runs
set tags = (
  select {array t.value}
  from (
    select own.value from {each runs.tags} own
    union
    select former.value from runs f cross join {each f.tags} former where f.id = :adopts
    limit :maximum
  ) t)
where id = :run_id;

-- name: continued_payload -> str
select payload
from runs
where id = :id and exists (select 1 from applied where run_id = :id and scope = :scope);

-- name: run_metadata -> str
select metadata
from runs
where id = :id;

-- name: set_continued
update runs
set continued_by = :by, version = version + 1
where id = :id;
