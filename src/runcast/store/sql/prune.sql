-- name: prunable_roots -> Name*
-- Finished trees past their retention. Ids sort by time, so the scan starts at the oldest.
select runs.id as name
from runs
where runs.id < :before_id and runs.parent_id is null and runs.finished_at < :before
  and not exists (
    select 1 from runs child
    where child.parent_id is not null and child.root_id = runs.id
      and (child.finished_at is null or child.finished_at >= :before))
limit :limit;

-- name: retentions -> Policy*
select environment, name as task, {field info retention} as retention
from tasks
where {field info retention} is not null;

-- name: walk_end -> str
-- The last of the next runs below a cursor.
select min(id)
from (select id from runs where id < :cursor order by id desc limit :limit) next;

-- name: finished_roots -> RootRun*
select id, environment, task, status, finished_at
from runs
where id < :cursor and id >= :end and parent_id is null and finished_at is not null
order by id desc;

-- name: removable_roots -> Name*
-- Those roots whose whole tree ended before a time of their own.
select runs.id as name
from {rows :rows (id text, before bigint)} r
join runs on runs.id = r.id
where runs.parent_id is null and runs.finished_at < r.before
  and not exists (
    select 1 from runs child
    where child.parent_id is not null and child.root_id = runs.id
      and (child.finished_at is null or child.finished_at >= r.before));

-- name: tree_ids -> Name*
select id as name from runs where id in (select r.id from {rows :ids (id text)} r)
union
select runs.id from {rows :ids (id text)} r join runs on runs.root_id = r.id and runs.parent_id is not null;

-- name: prune_attempts
delete from attempts where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_journal
delete from journal where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_tries
delete from tries where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_applied
delete from applied where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_parts
delete from parts where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_logs
delete from logs where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_artifacts
delete from artifacts where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_objects
-- They are deleted from the blob store after this commit.
update objects
set doomed = 1, due_at = 0
where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_usage
delete from usage where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_blobs
delete from blobs where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_idempotency
delete from idempotency where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_debounces
delete from debounces where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_waits
delete from waits where run_id is not null and run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_inbox
delete from inbox where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_transacted
delete from transacted where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_loose_waits
-- Waits that no run created go by themselves.
delete from waits
where id in (select id from waits where run_id is null and completed_at < :before limit :limit);

-- name: prune_members
delete from batch_members where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_ticks
delete from schedule_ticks where run_id in (select r.id from {rows :ids (id text)} r) and run_id is not null;

-- name: prune_bulk_runs
delete from bulk_runs where run_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_idle_ticks
-- Ticks that were passed over belong to no run.
delete from schedule_ticks
where (schedule_id, at, manual) in (
  select schedule_id, at, manual
  from schedule_ticks
  where run_id is null and decided_at < :before
  limit :limit);

-- name: subtract_tallies
update tallies
set count = tallies.count - gone.count
from ({clause tallied}) gone
where tallies.environment = gone.environment and tallies.span_ms = gone.span_ms and tallies.at = gone.at
  and tallies.task = gone.task and tallies.status = gone.status;

-- name: forget_tallies
-- Of which nothing is left.
delete from tallies
where count = 0
  and (environment, span_ms, at, task, status) in (
    select gone.environment, gone.span_ms, gone.at, gone.task, gone.status from ({clause tallied}) gone);

-- name: prune_runs
delete from runs where id in (select r.id from {rows :ids (id text)} r);

-- name: prunable_batches -> Name*
select b.id as name
from batches b
where b.created_at < :before
  and not exists (select 1 from runs where runs.batch_id = b.id and runs.batch_id is not null)
  and not exists (select 1 from batch_members m where m.batch_id = b.id)
limit :limit;

-- name: prune_batches
delete from batches where id in (select r.id from {rows :ids (id text)} r);

-- name: prune_batch_errors
delete from batch_errors where batch_id in (select r.id from {rows :ids (id text)} r);

-- name: prune_changes
delete from changes
where seq <= (
  select coalesce(max(seq), 0) from (select seq from changes where at < :before order by seq limit :limit) old
) and seq < (select max(seq) from changes);

-- name: leavings_left -> int
-- Each of these went in one piece; what is more than that is left for the next.
select 1
where exists (
    select 1 from changes
    where seq = (select min(seq) from changes) and at < :before and seq < (select max(seq) from changes))
  or exists (select 1 from schedule_ticks where run_id is null and decided_at < :before)
  or exists (select 1 from alert_events where last_at < :before)
  or exists (
    select 1 from alert_deliveries d
    where d.finished_at < :before and (d.event is null or not exists (select 1 from alert_events e where e.seq = d.event)))
  or exists (select 1 from waits where run_id is null and completed_at < :before)
  or exists (
    select 1 from batches b
    where b.created_at < :before
      and not exists (select 1 from runs where runs.batch_id = b.id and runs.batch_id is not null)
      and not exists (select 1 from batch_members m where m.batch_id = b.id));

-- name: prune_workers
delete from workers where stopped_at < :before;
