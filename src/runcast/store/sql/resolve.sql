-- name: awaiting -> Awaiting*
-- Pending entries, of any run, that wait for one of these things.
select j.run_id, j.key, j.kind, j.awaits
from {rows :ids (id text)} r
join journal j on j.awaits = r.id and j.status = 'pending' and j.awaits is not null;

-- name: resolve_entries
-- Later than the wait that it ends, whichever of two engines' clocks is behind: a wait is answered with what came since.
update journal
set status = r.status, value = r.value, error = r.error, finished_at = :now,
  resolved_at = {greatest}(:now, coalesce((select waiting_at from runs where runs.id = journal.run_id), 0))
from {rows :rows (run_id text, key text, status text, value text, error text)} r
where journal.run_id = r.run_id and journal.key = r.key and {plain journal.status} = 'pending';

-- name: wake_runs
update runs
set status = 'QUEUED', held = 0, fresh = 0, version = version + 1
where id in (select r.id from {rows :ids (id text)} r) and {plain status} = 'WAITING' and parked_reason is null;

-- name: finished_batches -> Name*
-- Of these batches, those whose every member is final: looked up with a fresh statement after the last change.
select b.name as name
from {rows :ids (name text)} b
where not exists (
    select 1 from runs
    where runs.batch_id = b.name and runs.awaited = 1 and runs.batch_id is not null
      and runs.status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING'))
  and not exists (
    select 1 from batch_members m
    join runs on runs.id = m.run_id
    where m.batch_id = b.name
      and runs.status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING'));

-- name: batches_of_member -> Name*
select m.batch_id as name
from {rows :ids (id text)} r
join batch_members m on m.run_id = r.id;

-- name: cancel_targets -> Holding*
-- The runs and their live descendants through live runs.
with recursive tree (id) as (
  select runs.id from {rows :ids (id text)} r
  join runs on runs.id = r.id
  where runs.status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING')
  union
  select runs.id from tree
  join runs on runs.parent_id = tree.id and runs.parent_id is not null
  where runs.status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING')
)
select holding.*
from tree
join holding on holding.id = tree.id;

-- name: end_runs
-- Final without the owner's word: canceled, expired, crashed. A slot stays held until the body is gone.
update runs
set status = r.status, error = r.error, finished_at = :now, version = version + 1, held = 0, parked_reason = null
from {rows :rows (id text, status text, error text)} r
where runs.id = r.id;

-- name: held_below -> HeldBelow*
-- From each final run that holds a slot up to those that are asked for: few hold one, and many may be below a run.
with recursive climb (id, at, finished_at) as (
  select runs.id, runs.id, runs.finished_at
  from runs
  where runs.slot = 1 and {plain runs.finished_at} is not null
  union
  select climb.id, runs.parent_id, climb.finished_at
  from climb
  join runs on runs.id = climb.at
  where runs.parent_id is not null
)
select climb.id, climb.at as asked, climb.finished_at
from climb
where climb.at in (select r.id from {rows :ids (id text)} r)
order by climb.finished_at, climb.id;

-- name: unpark
update runs
set status = 'QUEUED', parked_reason = null, held = 0, fresh = 0, version = version + 1
where id = :id and status = 'WAITING' and parked_reason is not null;

-- name: complete_wait
update waits
set status = 'COMPLETED', value = :value, completed_at = :now, completed_by = :by
where id = :id and status = 'WAITING';

-- name: due_entries -> Awaiting*
select run_id, key, kind, awaits
from journal
where status = 'pending' and due_at is not null and due_at <= :now
order by due_at
limit :limit;

-- name: due_waits -> Name*
select id as name
from waits
where status = 'WAITING' and due_at is not null and due_at <= :now
order by due_at
limit :limit;

-- name: time_out_waits
update waits
set status = 'TIMED_OUT', completed_at = :now
where id in (select r.id from {rows :ids (id text)} r) and status = 'WAITING';

-- name: due_runs -> Holding*
select holding.*
from holding
where status = 'DELAYED' and available_at <= :now
order by available_at
limit :limit;

-- name: queue_runs
update runs
set status = 'QUEUED', held = 0, version = version + 1
where id in (select r.id from {rows :ids (id text)} r) and {plain status} = 'DELAYED';

-- name: expired_runs -> Holding*
select holding.*
from holding
where expires_at is not null and expires_at <= :now and status in ('QUEUED', 'DELAYED', 'PENDING_VERSION') and attempt = 0
order by expires_at
limit :limit;

-- name: next_due -> int
select min(at) from (
  select min(due_at) as at from journal where status = 'pending' and due_at is not null
  union all
  select min(due_at) from waits where status = 'WAITING' and due_at is not null
  union all
  select min(override_ends_at) from queues where override_ends_at is not null
  union all
  select min(available_at) from runs where status = 'DELAYED'
  union all
  select min(expires_at) from runs
  where expires_at is not null and status in ('QUEUED', 'DELAYED', 'PENDING_VERSION') and attempt = 0
) due;
