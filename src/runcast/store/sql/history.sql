-- name: tallied_counts -> TaskCount*
-- Of runs that ended, without a look at them.
select case when :by_task = 1 then task else '' end as task,
  (at - cast(:since as bigint)) / cast(:width as bigint) as bucket, status, sum(count) as count
from tallies
where environment = :environment and span_ms = :span and at >= :since and at < :until and (task = :task or :task is null)
group by 1, 2, 3
order by 1, 2, 3;

-- name: live_counts -> LiveCount*
-- Of runs that are not over, through the indexes of each status, each up to a bound. Who is between two attempts is running.
select l.source, case when :by_task = 1 then l.task else '' end as task,
  (l.created_at - cast(:since as bigint)) / cast(:width as bigint) as bucket,
  case when l.attempt > 0 and l.status in ('DELAYED', 'QUEUED') then 'EXECUTING' else l.status end as status,
  l.created_at >= :since and l.created_at < :until and (l.task = :task or :task is null) as is_asked, count(*) as count
from (
  select r.* from (
    select 1 as source, task, created_at, attempt, status from runs
    where environment = :environment and slot = 1 and status = 'EXECUTING'
    limit :limit) r
  union all
  select r.* from (
    select 2 as source, task, created_at, attempt, status from runs
    where environment = :environment and status = 'QUEUED' and held = 0
    limit :limit) r
  union all
  select r.* from (
    select 3 as source, task, created_at, attempt, status from runs
    where environment = :environment and status = 'QUEUED' and held = 1
    limit :limit) r
  union all
  select r.* from (
    select 4 as source, task, created_at, attempt, status from runs
    where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
      and status = 'WAITING' and environment = :environment
    order by id desc
    limit :limit) r
  union all
  select r.* from (
    select 5 as source, task, created_at, attempt, status from runs
    where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
      and status = 'DELAYED' and environment = :environment
    order by id desc
    limit :limit) r
  union all
  select r.* from (
    select 6 as source, task, created_at, attempt, status from runs
    where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
      and status = 'PENDING_VERSION' and environment = :environment
    order by id desc
    limit :limit) r) l
group by 1, 2, 3, 4, 5;

-- name: scanned_counts -> TaskCount*
-- Of the newest runs of a time too short for tallies: an id begins with its time, so that these are found without an index
-- of their own.
select case when :by_task = 1 then task else '' end as task, bucket, status, count(*) as count
from (
  select task, (created_at - cast(:since as bigint)) / cast(:width as bigint) as bucket,
    case when attempt > 0 and status in ('DELAYED', 'QUEUED') then 'EXECUTING' else status end as status
  from runs
  where id >= :first and environment = :environment and created_at >= :since and created_at < :until
    and (task = :task or :task is null)
  order by id desc
  limit :limit) newest
group by 1, 2, 3
order by 1, 2, 3;

-- name: task_durations -> TaskDuration*
-- Of the newest runs of a time that completed.
select task, executing_ms
from runs
where id >= :first and environment = :environment and created_at >= :since and created_at < :until
  and status = 'COMPLETED' and (task = :task or :task is null)
order by id desc
limit :limit;
