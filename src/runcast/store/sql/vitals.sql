-- name: queue_depths -> QueueDepth*
-- What is ready in each queue, counted up to a bound; `oldest_at` is the oldest of those that are next.
select q.environment, q.name, q.paused, q.concurrency,
  (select count(*) from (select 1 from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.status = 'QUEUED' and runs.held = 0
    limit :limit) ready) +
  (select count(*) from (select 1 from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.status = 'QUEUED' and runs.held = 1
    limit :limit) held) as queued,
  (select count(*) from (select 1 from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.slot = 1
    limit :limit) executing) as executing,
  (select min(available_at) from (select runs.available_at from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.status = 'QUEUED' and runs.held = 0
    order by runs.fresh, runs.turn, runs.rank
    limit :heads) heads) as oldest_at
from queues q
where q.name <> ''
order by q.environment, q.name
limit :queues;

-- name: resting_runs -> Resting*
-- Runs that wait for something else than a slot, by queue. The list of statuses is that of the index `runs_unusual`.
select r.environment, r.queue, r.status, count(*) as count
from (
  select * from (
    select environment, queue, status from runs
    where status = 'WAITING' and status in (
      'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
    limit :limit) waiting
  union all
  select * from (select environment, queue, status from runs where status = 'DELAYED' limit :limit) delayed
  union all
  select * from (
    select environment, queue, status from runs where status = 'PENDING_VERSION' limit :limit) pending
) r
group by r.environment, r.queue, r.status;

-- name: live_workers -> LiveWorkers*
select environment, count(*) as count
from workers
where stopped_at is null and (embedded = 1 or lease_until >= :now)
group by environment;

-- name: pulse -> Pulse?
select
  (select coalesce(max(seq), 0) from changes) as feed,
  (select min(next_at) from schedules where next_at is not null) as next_tick_at,
  (select min(available_at) from runs where status = 'DELAYED') as next_start_at,
  (select min(due_at) from journal where status = 'pending' and due_at is not null) as next_entry_at,
  (select count(*) from (select 1 from waits where status = 'WAITING' limit :limit) w) as open_waits;
