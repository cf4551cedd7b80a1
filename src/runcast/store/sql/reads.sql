-- name: find_run -> Run?
select *
from runs
where id = :id;

-- name: runs_by_id -> Run*
select runs.*
from {rows :ids (id text)} r
join runs on runs.id = r.id;

-- name: ends -> End*
select runs.id, runs.status, runs.output, runs.error
from {rows :ids (id text)} r
join runs on runs.id = r.id
where runs.status in ('COMPLETED', 'CANCELED', 'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT');

-- name: list_runs -> Run*
select *
from runs
where (environment = :environment or :environment is null)
  and (id < :cursor or :cursor is null)
  and (created_at >= :created_from or :created_from is null)
  and (created_at < :created_to or :created_to is null)
  and (:roots_only = 0 or parent_id is null)
  and (:no_task = 1 or task in (select r.name from {rows :tasks (name text)} r))
  and (:no_queue = 1 or queue in (select r.name from {rows :queues (name text)} r))
  and (:no_status = 1 or status in (select r.name from {rows :statuses (name text)} r))
  and (:no_tag = 1 or exists (
    select 1 from {each runs.tags} t where t.value in (select r.name from {rows :tags (name text)} r)))
order by id desc
limit :limit;

-- name: list_runs_by_status -> Run*
-- The few that are not completed are found through their own index.
select *
from runs
where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
  and status in (select r.name from {rows :statuses (name text)} r)
  and (environment = :environment or :environment is null)
  and (id < :cursor or :cursor is null)
order by id desc
limit :limit;

-- name: list_related -> Run*
-- Within a tree, a parent's children or a batch: found through their own indexes, then filtered like any list.
select *
from runs
where id in (
    select id from runs where parent_id is not null and parent_id = :parent_id
    union all
    select cast(:root_id as text) where cast(:root_id as text) is not null
    union all
    select id from runs where parent_id is not null and root_id = :root_id
    union all
    select id from runs where batch_id is not null and batch_id = :batch_id
    union all
    select run_id from batch_members where batch_id = :batch_id)
  and (parent_id = :parent_id or :parent_id is null)
  and (root_id = :root_id or :root_id is null)
  and (batch_id = :batch_id or :batch_id is null
    or exists (select 1 from batch_members m where m.run_id = runs.id and m.batch_id = :batch_id))
  and (environment = :environment or :environment is null)
  and (id < :cursor or :cursor is null)
  and (created_at >= :created_from or :created_from is null)
  and (created_at < :created_to or :created_to is null)
  and (:roots_only = 0 or parent_id is null)
  and (:no_task = 1 or task in (select r.name from {rows :tasks (name text)} r))
  and (:no_queue = 1 or queue in (select r.name from {rows :queues (name text)} r))
  and (:no_status = 1 or status in (select r.name from {rows :statuses (name text)} r))
  and (:no_tag = 1 or exists (
    select 1 from {each runs.tags} t where t.value in (select r.name from {rows :tags (name text)} r)))
order by id desc
limit :limit;

-- name: list_tree -> Run*
select *
from runs
where id = :root_id or (parent_id is not null and root_id = :root_id)
order by depth, batch_position, id
limit :limit;

-- name: batch_members -> Run*
-- Members that were triggered with the batch, and those that existed before.
select *
from (
  select runs.*, runs.batch_position as position
  from runs
  where runs.batch_id is not null and runs.batch_id = :batch_id
  union all
  select runs.*, m.position as position
  from batch_members m
  join runs on runs.id = m.run_id
  where m.batch_id = :batch_id
) members
order by position;

-- name: member_positions -> KeyCount*
select run_id as key, position as count
from batch_members
where batch_id = :batch_id;

-- name: journal_rows -> JournalRow*
select run_id, key, kind, name, status, digest, code_version, value, error, awaits, due_at, generation, tries, started_at,
  finished_at
from journal
where run_id = :run_id
order by started_at, key;

-- name: journal_entry -> JournalRow*
select run_id, key, kind, name, status, digest, code_version, value, error, awaits, due_at, generation, tries, started_at,
  finished_at
from journal
where run_id = :run_id and key = :key;

-- name: journal_outline -> JournalRow*
-- Without values, which may be long.
select run_id, key, kind, name, status, digest, code_version, null as value, error, awaits, due_at, generation, tries,
  started_at, finished_at
from journal
where run_id = :run_id
order by started_at, key
limit :limit;

-- name: run_logs -> Log*
select seq, at, level, message, data, attempt, scope
from logs
where run_id = :run_id and seq > :after
order by seq
limit :limit;

-- name: stream_parts -> Part*
select stream, seq, kind, value, at, superseded
from parts
where run_id = :run_id and stream = :stream and seq > :after
order by seq
limit :limit;

-- name: newest_parts -> Part*
select stream, seq, kind, value, at, superseded
from (
  select stream, seq, kind, value, at, superseded
  from parts
  where run_id = :run_id
  order by at desc, seq desc
  limit :limit
) newest
order by stream, seq;

-- name: run_artifacts -> Artifact*
select id, name, content_type, size, created_at, attempt
from artifacts
where run_id = :run_id
order by created_at, id;

-- name: usage_of_tree -> UsageRow*
-- The run's own and that of everything below it, derived from the rows, so that no sum can drift.
with recursive tree (id) as (
  select id from runs where id = :run_id
  union all
  select runs.id from tree join runs on runs.parent_id = tree.id
)
select cast(u.run_id = :run_id as integer) as own, u.name, u.unit, sum(u.quantity_micros) as quantity_micros,
  sum(u.cost_nanos) as cost_nanos
from tree join usage u on u.run_id = tree.id
group by own, u.name, u.unit
order by u.name, u.unit;

-- name: executed_of_tree -> ExecutedRow
with recursive tree (id) as (
  select id from runs where id = :run_id
  union all
  select runs.id from tree join runs on runs.parent_id = tree.id
)
select count(*) as runs, coalesce(sum(runs.executing_ms), 0) as total_ms,
  coalesce(sum(case when runs.id = :run_id then runs.executing_ms end), 0) as own_ms
from tree join runs on runs.id = tree.id;

-- name: artifact_object -> ObjectRow?
-- Where the bytes of an artifact are, if they are in the blob store.
select o.run_id, o.digest, o.key, o.due_at, o.doomed
from artifacts a
join objects o on o.run_id = a.run_id and o.digest = a.digest
where a.id = :id;

-- name: artifact_data -> str
select data
from artifacts
where id = :id;

-- name: changes_after -> ChangeRow*
select seq, run_id, root_id, version, kind, status, at, keys
from changes
where seq > :cursor
order by seq
limit :limit;

-- name: changes_for -> ChangeRow*
select seq, run_id, root_id, version, kind, status, at, keys
from changes
where seq > :cursor and seq <= :upto and kind <> 'slot'
  and (run_id in (select r.id from {rows :run_ids (id text)} r) or root_id in (select r.id from {rows :root_ids (id text)} r))
order by seq;

-- name: newest_change -> int
select coalesce(max(seq), 0)
from changes;

-- name: oldest_change -> int
select coalesce(min(seq), 0)
from changes;

-- name: find_wait -> Wait?
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where id = :id;

-- name: wait_by_key -> Wait?
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where idempotency_key is not null and environment = :environment and idempotency_key = :key;

-- name: open_waits -> Wait*
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where status = 'WAITING'
order by id
limit :limit;

-- name: list_waits -> Wait*
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where environment = :environment
  and (id < :after or :after is null)
  and (:no_status = 1 or {plain status} in (select r.name from {rows :statuses (name text)} r))
  and (idempotency_key = :key or :key is null)
  and (created_at >= :created_from or :created_from is null)
  and (created_at < :created_to or :created_to is null)
  and (:no_tag = 1 or exists (
    select 1 from {each waits.tags} t where t.value in (select r.name from {rows :tags (name text)} r)))
order by id desc
limit :limit;

-- name: newest_open_waits -> Wait*
-- Every page of the dashboard counts them: through the index of the few that are open among all that were.
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where status = 'WAITING' and environment = :environment and (id < :after or :after is null)
order by id desc
limit :limit;

-- name: open_waits_back -> Wait*
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where status = 'WAITING' and environment = :environment and id > :before
order by id
limit :limit;

-- name: tasks_of_runs -> TaskOfRun*
select runs.id, runs.task
from {rows :ids (id text)} r
join runs on runs.id = r.id;

-- name: list_waits_back -> Wait*
-- The page before `before`, nearest first.
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where environment = :environment
  and id > :before
  and (:no_status = 1 or {plain status} in (select r.name from {rows :statuses (name text)} r))
  and (idempotency_key = :key or :key is null)
  and (created_at >= :created_from or :created_from is null)
  and (created_at < :created_to or :created_to is null)
  and (:no_tag = 1 or exists (
    select 1 from {each waits.tags} t where t.value in (select r.name from {rows :tags (name text)} r)))
order by id
limit :limit;

-- name: all_tasks -> TaskRow*
select name, info
from tasks
order by name;

-- name: assigned_run -> ReadyRun?
select id, task, concurrency_key, payload, metadata, tags, turn, rank, 0 as fresh, attempt, max_attempts, epoch - 1 as epoch,
  version, journaled, deaths, executing_ms, max_duration_ms, created_at, waiting_at, null as worker_id, parent_id, root_id,
  depth, batch_id, idempotency_key, machine, traceparent
from runs
where id = :id and status = 'EXECUTING' and epoch = :epoch and worker_id = :worker_id;

-- name: run_queue -> QueueRow?
select q.environment, q.name, q.concurrency, q.per_key, q.rate_count, q.rate_period_ms, q.max_length, q.paused, q.tat_us, q.turn,
  q.unkeyed_turn
from runs
join queues q on q.environment = runs.environment and q.name = runs.queue
where runs.id = :id;

-- name: ahead_of -> int
-- Queued runs of the queue that come first, counted up to a bound.
select count(*) from (
  select 1
  from (select * from runs where id = :id) me
  cross join runs r
  where r.environment = me.environment and r.queue = me.queue and r.status = 'QUEUED' and r.held = 0
    and (r.fresh, r.turn, r.rank) < (me.fresh, me.turn, me.rank)
  union all
  select 1
  from (select * from runs where id = :id) me
  cross join runs r
  where r.environment = me.environment and r.queue = me.queue and r.status = 'QUEUED' and r.held = 1
    and (r.fresh, r.turn, r.rank) < (me.fresh, me.turn, me.rank)
  limit :limit
) ahead;

-- name: holders -> Name*
-- Who holds the slots of a queue, or of one of its keys.
select id as name
from runs
where environment = :environment and queue = :queue and slot = 1 and (concurrency_key = :key or :key is null)
order by claimed_at, id
limit :limit;

-- name: recent_pace -> int
-- Mean milliseconds between the ends of the last runs of a queue that the feed remembers.
select (max(finished_at) - min(finished_at)) / nullif(count(*) - 1, 0)
from (
  select finished_at from runs
  where id < :id and environment = :environment and queue = :queue and finished_at is not null
  order by id desc
  limit 50
) last;

-- name: worker_knows -> int
select count(*)
from workers
where stopped_at is null and environment = :environment;

-- name: worker_serves -> int
-- Live workers that serve a machine.
select count(*)
from workers
where stopped_at is null and environment = :environment
  and (labels is null or :machine in (select label.value from {each labels} label));

-- name: pending_of -> Pending*
select key, kind, awaits, due_at
from journal
where run_id = :run_id and status = 'pending'
limit :limit;
