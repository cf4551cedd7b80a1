-- name: failed_runs -> FailedRun*
-- The newest, through the index of what is unusual.
select id, task, error, finished_at
from runs
where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
  and status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT')
  and environment = :environment and error is not null
  and finished_at >= :since
  and (task = :task or :task is null)
order by id desc
limit :limit;

-- name: runs_now -> RunsNow?
-- Through the indexes of what is not over, each up to a bound. Who is between two attempts is running.
select
  (select count(*) from (select 1 from runs where environment = :environment and slot = 1 limit :limit) r)
    + (select count(*) from (select 1 from runs
      where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
        and status = 'DELAYED' and environment = :environment and attempt > 0
      limit :limit) r) as running,
  (select count(*) from (select 1 from runs
    where environment = :environment and status = 'QUEUED' and held = 0 limit :limit) r)
    + (select count(*) from (select 1 from runs
      where environment = :environment and status = 'QUEUED' and held = 1 limit :limit) r) as queued,
  (select count(*) from (select 1 from runs
    where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
      and status = 'WAITING' and environment = :environment
    limit :limit) r) as waiting,
  (select count(*) from (select 1 from runs
    where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
      and status = 'DELAYED' and environment = :environment and attempt = 0
    limit :limit) r) as delayed,
  (select count(*) from (select 1 from runs
    where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
      and status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT') and id >= :first and environment = :environment
    limit :limit) r) as failed;

-- name: list_batches -> ListedBatch*
select b.id, b.run_id, b.size, b.created_at, b.sealed_at, b.idempotency_key,
  (select count(*) from batch_errors e where e.batch_id = b.id) as refused,
  (select count(*) from runs
    where runs.batch_id = b.id and runs.batch_id is not null and runs.finished_at is null) as live,
  (select count(*) from runs
    where runs.batch_id = b.id and runs.batch_id is not null
      and runs.status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT')) as failed
from batches b
where b.environment = :environment and (b.id < :after or :after is null)
order by b.id desc
limit :limit;

-- name: alert_events_in -> AlertEvent*
select seq, alert, kind, subject, message, run_id, fingerprint, count, first_at, last_at, handled_by
from alert_events
where environment = :environment and (seq < :before or :before is null) and (alert = :alert or :alert is null)
order by seq desc
limit :limit;

-- name: executing_in -> ExecutingRun*
-- What workers execute, the longest first.
select id, task, worker_id, claimed_at
from runs
where slot = 1 and environment = :environment and worker_id is not null
order by claimed_at, id
limit :limit;
