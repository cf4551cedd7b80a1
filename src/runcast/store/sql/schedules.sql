-- name: save_schedules
insert into schedules (id, environment, type, task, cron, timezone, overlap, catch_up, payload, external_id,
  "window", deduplication_key, paused, removed, problem, next_at, last_at, kept_at, revision, declared_by, created_at,
  updated_at)
{values :rows}
on conflict (id) do update
set environment = excluded.environment, type = excluded.type, task = excluded.task, cron = excluded.cron,
  timezone = excluded.timezone, overlap = excluded.overlap, catch_up = excluded.catch_up, payload = excluded.payload,
  external_id = excluded.external_id, "window" = excluded."window", deduplication_key = excluded.deduplication_key,
  paused = excluded.paused,
  removed = excluded.removed, problem = excluded.problem, next_at = excluded.next_at, last_at = excluded.last_at,
  kept_at = excluded.kept_at, revision = excluded.revision, declared_by = excluded.declared_by,
  created_at = excluded.created_at, updated_at = excluded.updated_at;

-- name: find_schedule -> ScheduleState?
select *
from schedules
where id = :id;

-- name: schedule_by_key -> ScheduleState?
select *
from schedules
where environment = :environment and deduplication_key = :key and deduplication_key is not null;

-- name: list_schedules -> ScheduleState*
-- Ids sort by creation; those that code declares come first.
select *
from schedules
where (environment = :environment or :environment is null)
  and (type = :type or :type is null)
  and (external_id = :external_id or :external_id is null)
  and (case when paused = 0 and removed = 0 and problem is null then 1 else 0 end = :active or :active is null)
  and (:any_task = 1 or task in (select r.task from {rows :tasks (task text)} r))
order by id
limit :limit offset :offset;

-- name: count_schedules -> int
select count(*)
from schedules
where (environment = :environment or :environment is null)
  and (type = :type or :type is null)
  and (external_id = :external_id or :external_id is null)
  and (case when paused = 0 and removed = 0 and problem is null then 1 else 0 end = :active or :active is null)
  and (:any_task = 1 or task in (select r.task from {rows :tasks (task text)} r));

-- name: declared_schedules -> ScheduleState*
select *
from schedules
where environment = :environment and type = 'DECLARATIVE';

-- name: forsaken_schedules -> Name*
-- Declared by a worker that is gone.
select s.id as name
from schedules s
left join workers w on w.id = s.declared_by
where s.environment = :environment and s.type = 'DECLARATIVE' and s.removed = 0
  and (w.id is null or w.stopped_at is not null);

-- name: due_schedules -> ScheduleState*
select *
from schedules
where next_at <= :now
order by next_at
limit :limit;

-- name: kept_schedules -> ScheduleState*
-- Those whose kept tick need not wait any more: a run that lives for long must not hide the others behind it.
select *
from schedules
where kept_at is not null and not exists (
  select 1
  from (
    select run_id
    from schedule_ticks
    where schedule_id = schedules.id and run_id is not null
    order by at desc
    limit :look_back) newest
  join runs on runs.id = newest.run_id
  where runs.finished_at is null)
order by kept_at
limit :limit;

-- name: any_kept -> int
select 1
from schedules
where kept_at is not null
limit 1;

-- name: next_tick -> int
select min(next_at)
from schedules
where next_at is not null;

-- name: schedules_by_id -> ScheduleState*
select schedules.*
from {rows :ids (id text)} r
join schedules on schedules.id = r.id;

-- name: known_ticks -> KnownTick*
select t.schedule_id, t.at, t.run_id
from {rows :ticks (schedule_id text, at bigint)} r
join schedule_ticks t on t.schedule_id = r.schedule_id and t.at = r.at and t.manual = 0;

-- name: live_schedules -> Name*
-- Schedules with a run that is not final, among their newest ticks.
select r.id as name
from {rows :ids (id text)} r
where exists (
  select 1
  from (
    select run_id
    from schedule_ticks
    where schedule_id = r.id and run_id is not null
    order by at desc
    limit :look_back) newest
  join runs on runs.id = newest.run_id
  where runs.finished_at is null);

-- name: put_ticks
-- A tick that was passed over may be started later, by a back-fill; one that has a run is never put again.
insert into schedule_ticks (schedule_id, at, manual, outcome, run_id, decided_at) {values :rows}
on conflict (schedule_id, at, manual) do update
set outcome = excluded.outcome, run_id = excluded.run_id, decided_at = excluded.decided_at;

-- name: advance_schedules
-- Time goes one way: a schedule's last tick is never set back.
update schedules
set next_at = r.next_at, last_at = r.last_at, kept_at = r.kept_at
from {rows :rows (id text, revision bigint, next_at bigint, last_at bigint, kept_at bigint)} r
where schedules.id = r.id and schedules.revision = r.revision
  and (schedules.last_at is null or r.last_at >= schedules.last_at);

-- name: newest_manual -> int
select max(at)
from schedule_ticks
where schedule_id = :id and manual = 1 and at >= :now;

-- name: ticks_of -> Tick*
select *
from schedule_ticks
where schedule_id = :id
order by at desc
limit :limit;

-- name: tick_of_run -> Tick?
select *
from schedule_ticks
where run_id = :run_id and run_id is not null;

-- name: delete_schedule
delete from schedules
where id = :id;

-- name: delete_ticks
delete from schedule_ticks
where schedule_id = :id;
