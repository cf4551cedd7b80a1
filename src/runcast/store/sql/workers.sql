-- name: put_worker
insert into workers (id, environment, embedded, pid, host, code_version, labels, started_at, lease_until,
  stopped_at)
{values :rows}
on conflict (id) do update
set environment = excluded.environment, embedded = excluded.embedded, pid = excluded.pid, host = excluded.host,
  code_version = excluded.code_version, labels = excluded.labels, started_at = excluded.started_at,
  lease_until = excluded.lease_until, stopped_at = excluded.stopped_at;

-- name: put_tasks
insert into tasks (environment, name, info, seen_at) {values :rows}
on conflict (environment, name) do update
set info = excluded.info, seen_at = excluded.seen_at;

-- name: pending_runs -> PendingRun*
select id, root_id, version, task, queue, concurrency_key, max_attempts, max_duration_ms, available_at, expires_at, machine
from runs
where environment = :environment and status = 'PENDING_VERSION'
  and task in (select r.name from {rows :tasks (name text)} r)
order by id
limit :limit;

-- name: know_runs
update runs
set status = r.status, queue = r.queue, turn = r.turn, max_attempts = r.max_attempts,
  max_duration_ms = r.max_duration_ms, expires_at = r.expires_at, machine = r.machine, version = version + 1
from {rows :rows (id text, status text, queue text, turn bigint, max_attempts bigint, max_duration_ms bigint, expires_at bigint,
  machine text)} r
where runs.id = r.id and {plain runs.status} = 'PENDING_VERSION';

-- name: renew_worker
update workers
set lease_until = :lease_until
where id = :id and stopped_at is null;

-- name: worker -> WorkerRow?
select id, environment, lease_until, stopped_at
from workers
where id = :id;

-- name: dead_workers -> WorkerRow*
-- A worker in the engine's own process lives as long as that: a body that blocks its loop is no death.
select id, environment, lease_until, stopped_at
from workers
where stopped_at is null
  and case when embedded = 1 then :boot = 1 else lease_until < :now or (pid, host) in (
    select r.pid, r.host from {rows :gone (pid bigint, host text)} r) end;

-- name: processes -> Process*
-- The processes of live workers that are not the engine's.
select distinct pid, host
from workers
where stopped_at is null and embedded = 0;

-- name: stop_workers
update workers
set stopped_at = :now
where id in (select r.id from {rows :ids (id text)} r) and stopped_at is null;

-- name: held_by -> Holding*
-- Runs that hold a slot in these workers; the slot index is small.
select holding.*
from holding
where slot = 1 and worker_id in (select r.id from {rows :ids (id text)} r);

-- name: residents -> Holding*
-- Runs whose coroutine lives in these workers.
select holding.*
from holding
where status in ('WAITING', 'QUEUED') and worker_id is not null
  and worker_id in (select r.id from {rows :ids (id text)} r);

-- name: drop_residents
update runs
set worker_id = null
where status in ('WAITING', 'QUEUED') and worker_id is not null
  and worker_id in (select r.id from {rows :ids (id text)} r);

-- name: count_deaths
update runs
set deaths = deaths + 1
where id in (select r.id from {rows :ids (id text)} r);

-- name: count_death_alone
update runs
set deaths_alone = deaths_alone + 1
where id = :id;
