-- name: runs_after -> Run*
select {clause run_outline}
from runs
where runs.id < :after and runs.id >= :floor and {clause wanted_run}
order by runs.id desc
limit :limit;

-- name: nth_run_after -> str
select id
from runs
where id < :after
order by id desc
limit 1 offset :count;

-- name: nth_run_before -> str
select id
from runs
where id > :before
order by id
limit 1 offset :count;

-- name: runs_before -> Run*
-- The page in front of a run, nearest first.
select {clause run_outline}
from runs
where runs.id > :before and runs.id <= :ceiling and {clause wanted_run}
order by runs.id
limit :limit;

-- name: tagged_after -> Run*
-- Of one tag, along the index of tags.
select {clause run_outline}
from run_tags
join runs on runs.id = run_tags.run_id
where run_tags.environment = :environment and run_tags.tag = :tag and run_tags.run_id < :after
  and {clause wanted_run}
order by run_tags.run_id desc
limit :limit;

-- name: tagged_before -> Run*
select {clause run_outline}
from run_tags
join runs on runs.id = run_tags.run_id
where run_tags.environment = :environment and run_tags.tag = :tag and run_tags.run_id > :before and {clause wanted_run}
order by run_tags.run_id
limit :limit;

-- name: related_after -> Run*
-- Within a tree, a parent's children, a batch, a schedule, a bulk action: found through their own indexes.
select {clause run_outline}
from runs
where runs.id in ({clause related_ids})
  and (runs.id < :after or :after is null) and (runs.id > :before or :before is null)
  and {clause wanted_run}
order by case when cast(:before as text) is null then runs.id end desc, runs.id
limit :limit;

-- name: unusual_after -> Run*
-- Of one status: the few that are not completed are found through their own index.
select {clause run_outline}
from runs
where runs.status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
  and runs.status = :status and runs.id < :after
  and {clause wanted_run}
order by runs.id desc
limit :limit;

-- name: unusual_before -> Run*
select {clause run_outline}
from runs
where runs.status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
  and runs.status = :status and runs.id > :before
  and {clause wanted_run}
order by runs.id
limit :limit;

-- name: active_runs -> Name*
-- What is executed or between two attempts, and what is queued for its first if that is wanted; up to a bound.
select r.id as name
from (
  select id from runs where environment = :environment and slot = 1
  union all
  select id from runs
  where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
    and status = 'DELAYED' and environment = :environment and attempt > 0
  union all
  select id from runs
  where environment = :environment and status = 'QUEUED' and held = 0 and (:queued = 1 or attempt > 0)
  union all
  select id from runs
  where environment = :environment and status = 'QUEUED' and held = 1 and (:queued = 1 or attempt > 0)) r
limit :limit;

-- name: count_wanted -> int
select count(*)
from (select 1 from runs where runs.id >= :floor and {clause wanted_run} limit :limit) wanted;

-- name: count_related -> int
select count(*)
from (select 1 from runs where runs.id in ({clause related_ids}) and {clause wanted_run} limit :limit) wanted;

-- name: count_tagged -> int
select count(*)
from (
  select distinct runs.id
  from run_tags
  join runs on runs.id = run_tags.run_id
  where run_tags.environment = :environment and run_tags.tag in (select r.name from {rows :tags (name text)} r)
    and {clause wanted_run}
  limit :limit) wanted;

-- name: count_unusual -> int
select count(*)
from (
  select 1
  from runs
  where runs.status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION')
    and runs.status in (select r.name from {rows :shown (name text)} r)
    and {clause wanted_run}
  limit :limit) wanted;

-- name: costs_of -> RunCost*
select u.run_id, sum(u.cost_nanos) as cost_nanos
from {rows :ids (id text)} r
join usage u on u.run_id = r.id
group by u.run_id;

-- name: child_counts -> ChildCount*
-- Each looked at up to a bound. Children, completed and failed ones are one number of three times six digits: one pass.
select r.id as run_id, coalesce((
    select sum(case
      when c.status = 'COMPLETED' then 1000001
      when c.status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT') then 1000000000001
      else 1 end)
    from (select status from runs where parent_id is not null and parent_id = r.id limit :limit) c), 0) as counts
from {rows :ids (id text)} r;

-- name: add_run_tags
insert into run_tags (environment, tag, run_id) {values :rows}
on conflict do nothing;

-- name: index_tags
-- Of runs whose tags were written as a whole.
insert into run_tags (environment, tag, run_id)
select runs.environment, t.value, runs.id
from {rows :ids (id text)} r
join runs on runs.id = r.id
cross join {each runs.tags} t
where true
on conflict do nothing;

-- name: unindex_tags
delete from run_tags
where (environment, tag, run_id) in (
  select runs.environment, t.value, runs.id
  from {rows :ids (id text)} r
  join runs on runs.id = r.id
  cross join {each runs.tags} t);

-- name: environment_of -> str
select environment
from runs
where id = :id;

-- name: parent_of -> str
select parent_id
from runs
where id = :id;

-- name: attempts_of -> Attempt*
-- Those that were followed by another.
select number, started_at, finished_at, outcome, error
from attempts
where run_id = :run_id
order by finished_at;

-- name: worker_of -> RunWorker?
select id, host, pid, code_version, stopped_at
from workers
where id = :id;

-- name: past_runs -> PastRun*
-- Among the newest of all: no index leads to the completed runs of a task, and every run would pay for one.
select finished_at - started_at as took_ms
from (
  select id, environment, task, status, started_at, finished_at
  from runs
  order by id desc
  limit :scanned) newest
where environment = :environment and task = :task and status = 'COMPLETED' and started_at is not null
order by id desc
limit :limit;
