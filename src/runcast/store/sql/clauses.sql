-- Parts that several queries share: `{clause wanted_run}` stands for the text below that name.

-- name: wanted_run
-- What a `RunFilter` asks of a run. An empty list, or null, restricts nothing.
(runs.environment = :environment or :environment is null)
and (runs.created_at >= :created_from or :created_from is null)
and (runs.created_at < :created_to or :created_to is null)
and (:roots_only = 0 or runs.parent_id is null)
and (runs.parent_id = :parent_id or :parent_id is null)
and (runs.root_id = :root_id or :root_id is null)
and (runs.batch_id = :batch_id or :batch_id is null
  or exists (select 1 from batch_members m where m.run_id = runs.id and m.batch_id = :batch_id))
and (:no_id = 1 or runs.id in (select r.id from {rows :ids (id text)} r))
and (:no_task = 1 or runs.task in (select r.name from {rows :tasks (name text)} r))
and (:no_queue = 1 or runs.queue in (select r.name from {rows :queues (name text)} r))
and (:no_machine = 1 or runs.machine in (select r.name from {rows :machines (name text)} r))
and (:no_status = 1 or runs.status in (select r.name from {rows :statuses (name text)} r))
and (:no_shown = 1 or case when runs.attempt > 0 and runs.status in ('DELAYED', 'QUEUED') then 'EXECUTING' else runs.status end
  in (select r.name from {rows :shown (name text)} r))
and (:no_tag = 1 or exists (
  select 1 from {each runs.tags} t where t.value in (select r.name from {rows :tags (name text)} r)))
and (:no_region = 1 or {field runs.origin region} in (select r.name from {rows :regions (name text)} r))
and (case when {field runs.origin is_test} = 'true' then 1 else 0 end = :is_test or :is_test is null)
and (cast(:pattern as text) is null or lower(runs.id || ' ' || runs.task) like :pattern escape '!')
and (:no_outcome = 1 or runs.finished_at is not null and runs.counts is not null and case
    when {field runs.counts failed} = '0' then 'completed'
    when {field runs.counts ok} = '0' then 'failed'
    else 'partial' end in (select r.name from {rows :outcomes (name text)} r))
and (:no_worker = 1 or runs.worker_id in (select r.id from {rows :workers (id text)} r))
and (:no_version = 1 or runs.worker_id in (
  select w.id from workers w where w.code_version in (select r.name from {rows :versions (name text)} r)))
and (cast(:took_min as bigint) is null
  or coalesce(runs.finished_at, cast(:as_of as bigint)) - runs.started_at >= cast(:took_min as bigint))
and (cast(:took_max as bigint) is null
  or coalesce(runs.finished_at, cast(:as_of as bigint)) - runs.started_at <= cast(:took_max as bigint))
and (cast(:schedule_id as text) is null
  or exists (select 1 from schedule_ticks s where s.run_id = runs.id and s.schedule_id = :schedule_id))
and (cast(:bulk_id as text) is null
  or exists (select 1 from bulk_runs b where b.run_id = runs.id and b.bulk_id = :bulk_id))

-- name: related_ids
-- Of a `RunFilter` that names a tree, a parent, a batch, a schedule, a bulk action or runs.
select id from runs where parent_id is not null and parent_id = :parent_id
union all
select cast(:root_id as text) where cast(:root_id as text) is not null
union all
select id from runs where parent_id is not null and root_id = :root_id
union all
select id from runs where batch_id is not null and batch_id = :batch_id
union all
select run_id from batch_members where batch_id = :batch_id
union all
select run_id from schedule_ticks where schedule_id = :schedule_id and run_id is not null
union all
select run_id from bulk_runs where bulk_id = :bulk_id
union all
select r.id from {rows :ids (id text)} r

-- name: tallied
-- Of ended runs: how many were created in each minute, quarter and hour, by task and status.
select k.environment, k.span_ms, k.at, k.task, k.status, count(*) as count
from (
  select runs.environment, s.span_ms, runs.created_at / s.span_ms * s.span_ms as at, runs.task, runs.status
  from {rows :ids (id text)} r
  join runs on runs.id = r.id
  cross join (select 60000 as span_ms union all select 900000 as span_ms union all select 3600000 as span_ms) s
  where runs.finished_at is not null) k
group by k.environment, k.span_ms, k.at, k.task, k.status

-- name: run_outline
-- A run without its payload and its output, which may be long.
runs.id, runs.environment, runs.task, runs.queue, runs.concurrency_key, runs.status, 'null' as payload, null as output,
runs.error, runs.metadata, runs.tags, runs.attempt, runs.max_attempts, runs.epoch, runs.version, runs.priority_ms,
runs.worker_id, runs.created_at, runs.available_at, runs.started_at, runs.finished_at, runs.expires_at, runs.executing_ms,
runs.max_duration_ms, runs.deaths, runs.parked_reason, runs.parent_id, runs.parent_key, runs.root_id, runs.depth,
runs.batch_id, runs.batch_position, runs.idempotency_key, runs.resumed_from, runs.continued_by, runs.counts, runs.machine,
runs.origin
