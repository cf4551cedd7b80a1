-- name: broken_statuses -> Name*
select id as name
from runs
where status not in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'EXECUTING', 'WAITING',
    'COMPLETED', 'CANCELED', 'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT')
  or (finished_at is null) <> (status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'EXECUTING', 'WAITING'))
limit 20;

-- name: lost_tags -> Name*
select runs.id || ' ' || t.value as name
from runs
cross join {each runs.tags} t
where not exists (
  select 1 from run_tags i where i.environment = runs.environment and i.tag = t.value and i.run_id = runs.id)
union all
select i.run_id || ' ' || i.tag as name
from run_tags i
where not exists (
  select 1 from runs cross join {each runs.tags} t
  where runs.id = i.run_id and runs.environment = i.environment and t.value = i.tag)
limit 20;

-- name: wrong_tallies -> Name*
select c.environment || ' ' || c.task || ' ' || c.status || ': ' || sum(c.count) || ' at ' || c.at as name
from (
  select environment, span_ms, at, task, status, -count as count
  from tallies
  union all
  select runs.environment, s.span_ms, runs.created_at / s.span_ms * s.span_ms as at, runs.task, runs.status, 1 as count
  from runs
  cross join (select 60000 as span_ms union all select 900000 as span_ms union all select 3600000 as span_ms) s
  where runs.finished_at is not null) c
group by c.environment, c.span_ms, c.at, c.task, c.status
having sum(c.count) <> 0
limit 20;

-- name: slots_without_body -> Name*
-- A final run keeps its slot until its body is gone; then somebody must hold it.
select id as name
from runs
where (slot = 1 and (status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'WAITING') or worker_id is null))
  or (slot = 0 and status = 'EXECUTING')
limit 20;

-- name: exceeded_totals -> Name*
-- Slots above a limit that nobody changed by hand.
select runs.queue || ': ' || count(*) || ' of ' || q.concurrency as name
from runs
join queues q on q.environment = runs.environment and q.name = runs.queue
where runs.slot = 1 and q.overridden = 0
group by runs.environment, runs.queue, q.concurrency
having count(*) > q.concurrency
limit 20;

-- name: exceeded_keys -> Name*
select runs.queue || ' ' || runs.concurrency_key || ': ' || count(*) || ' of ' || q.per_key as name
from runs
join queues q on q.environment = runs.environment and q.name = runs.queue
where runs.slot = 1 and q.overridden = 0 and runs.concurrency_key <> ''
group by runs.environment, runs.queue, runs.concurrency_key, q.per_key
having count(*) > q.per_key
limit 20;

-- name: repeated_children -> Name*
select min(id) as name
from runs
where parent_id is not null and parent_key is not null
group by parent_id, parent_key, generation, batch_position
having count(*) > 1
limit 20;

-- name: missed_run_ends -> Name*
select j.run_id || ' ' || j.key as name
from journal j
join runs r on r.id = j.awaits
where j.status = 'pending' and r.finished_at is not null
limit 20;

-- name: missed_wait_ends -> Name*
select j.run_id || ' ' || j.key as name
from journal j
join waits w on w.id = j.awaits
where j.status = 'pending' and w.status <> 'WAITING'
limit 20;

-- name: missed_batch_ends -> Name*
select j.run_id || ' ' || j.key as name
from journal j
join batches b on b.id = j.awaits
where j.status = 'pending'
  and not exists (select 1 from runs where runs.batch_id = b.id and runs.finished_at is null)
  and not exists (
    select 1 from batch_members m
    join runs on runs.id = m.run_id
    where m.batch_id = b.id and runs.finished_at is null)
limit 20;

-- name: deaf_entries -> Name*
-- The end of a run resolves entries only if the run knows that it is awaited.
select j.run_id || ' ' || j.key as name
from journal j
join runs r on r.id = j.awaits or r.batch_id = j.awaits
where j.status = 'pending' and j.awaits is not null and r.finished_at is null and r.awaited = 0
limit 20;

-- name: entries_of_nothing -> Name*
select j.run_id || ' ' || j.key as name
from journal j
where j.status = 'pending' and (
  (j.awaits is null and j.due_at is null)
  or (j.awaits is not null and not (j.kind = 'message' and j.awaits = j.run_id || '/' || j.name)
    and not exists (select 1 from runs where runs.id = j.awaits)
    and not exists (select 1 from waits where waits.id = j.awaits)
    and not exists (select 1 from batches where batches.id = j.awaits)))
limit 20;

-- name: unanswered_alerts -> Name*
-- An event and what it sets in motion, a run or deliveries, are one transaction.
select alert || ' ' || seq as name
from alert_events
where count < 1 or last_at < first_at
  or (handled_by is null and not exists (select 1 from alert_deliveries d where d.event = alert_events.seq))
limit 20;

-- name: missed_messages -> Name*
-- Nobody waits for a message that is there.
select j.run_id || ' ' || j.key as name
from journal j
join inbox i on i.run_id = j.run_id and i.name = j.name and i.taken_by is null
where j.status = 'pending' and j.kind = 'message'
limit 20;

-- name: lost_messages -> Name*
-- Who is said to have received a message has it in its journal.
select i.run_id || ' ' || i.seq as name
from inbox i
where i.taken_by is not null and i.taken_by <> ''
  and not exists (
    select 1 from journal j
    where j.run_id = i.run_id and j.key = i.taken_by and j.kind = 'message' and j.status = 'done')
limit 20;

-- name: lost_wake_ups -> Name*
-- A run that waits has something to wait for, and nothing came since it began to.
select id as name
from runs
where status = 'WAITING' and parked_reason is null and (
  not exists (select 1 from journal j where j.run_id = runs.id and j.status = 'pending')
  or exists (select 1 from journal j where j.run_id = runs.id and j.resolved_at > runs.waiting_at))
limit 20;

-- name: missing_owners -> Name*
-- A live run that belongs to a worker belongs to one that is there: nobody else may go on with it.
select r.id as name
from runs r
left join workers w on w.id = r.worker_id
where r.worker_id is not null and (r.finished_at is null or r.slot = 1) and (w.id is null or w.stopped_at is not null)
limit 20;

-- name: broken_streams -> Name*
select run_id || ' ' || stream as name
from parts
group by run_id, stream
having min(seq) <> 0 or max(seq) <> count(*) - 1
limit 20;

-- name: keys_of_nothing -> Name*
select task || ' ' || key as name
from idempotency
where not exists (select 1 from runs where runs.id = idempotency.run_id)
limit 20;

-- name: started_after_expiry -> Name*
select id as name
from runs
where (status = 'EXPIRED' and attempt > 0) or (attempt = 1 and expires_at is not null and started_at > expires_at)
limit 20;

-- name: unseen_changes -> Name*
-- The feed's newest status of a run is its status, and no fact is newer than the run.
select r.id as name
from runs r
join (
  select run_id, max(version) as version, max(case when kind = 'status' then seq end) as seq
  from changes group by run_id
) c on c.run_id = r.id
left join changes s on s.seq = c.seq
where c.version > r.version or s.status <> r.status
limit 20;

-- name: orphans -> Name*
select name
from (
  select 'journal ' || run_id as name, run_id from journal
  union all select 'applied ' || run_id, run_id from applied
  union all select 'attempt ' || run_id, run_id from attempts
  union all select 'part ' || run_id, run_id from parts
  union all select 'log ' || run_id, run_id from logs
  union all select 'artifact ' || id, run_id from artifacts
  union all select 'usage ' || run_id, run_id from usage
  union all select 'blob ' || run_id, run_id from blobs
  union all select 'message ' || run_id, run_id from inbox
  union all select 'transaction ' || run_id, run_id from transacted
  union all select 'bulk action ' || bulk_id, run_id from bulk_runs
  union all select 'child ' || id, parent_id from runs where parent_id is not null
  union all select 'descendant ' || id, root_id from runs
) owned
where run_id not in (select id from runs)
limit 20;

-- name: missing_blobs -> Name*
select v.run_id || ' ' || v.value as name
from (
  select id as run_id, payload as value from runs where substr(payload, 1, 5) = 'blob:'
  union all select id, output from runs where substr(output, 1, 5) = 'blob:'
  union all select run_id, value from journal where substr(value, 1, 5) = 'blob:'
  union all select run_id, value from inbox where substr(value, 1, 5) = 'blob:'
) v
where not exists (select 1 from blobs b where b.run_id = v.run_id and b.digest = substr(v.value, 6))
limit 20;

-- name: missing_objects -> Name*
-- Kept objects belong to artifacts, and to parts of files, that have no bytes in their row.
select u.name
from (
  select a.id as name
  from artifacts a
  where a.digest is not null and not exists (
    select 1 from objects o
    where o.run_id = a.run_id and o.digest = a.digest and o.due_at is null and o.doomed = 0)
  union all
  select p.file_id || ' part ' || p.number
  from file_parts p
  where p.object_key is not null and not exists (
    select 1 from objects o
    where o.run_id = p.file_id and o.key = p.object_key and o.due_at is null and o.doomed = 0)
  union all
  select o.run_id || ' ' || o.digest
  from objects o
  where o.due_at is null
    and not exists (select 1 from artifacts a where a.run_id = o.run_id and a.digest = o.digest)
    and not exists (select 1 from file_parts p where p.file_id = o.run_id and p.object_key = o.key)
) u
limit 20;

-- name: stuck_keys -> Name*
-- Runs are set aside only while something of their key holds a slot or stands ready.
select distinct r.environment || ' ' || r.queue || ' ' || r.concurrency_key as name
from runs r
join queues q on q.environment = r.environment and q.name = r.queue
where r.status = 'QUEUED' and r.held = 1 and q.per_key is null
limit 20;

-- name: times_ahead -> Name*
-- A clock that was wrong by more than a day left what waits for a time that is far.
select l.name
from (
  select id as name, created_at as at from runs
    where finished_at is null and status in ('DELAYED', 'WAITING', 'QUEUED', 'PENDING_VERSION')
  union all select id, last_at from schedules where next_at is not null) l
where l.at > (select c.at from changes c order by c.seq desc limit 1) + 86400000
limit 20;

-- name: silent_schedules -> Name*
-- A rule may come to its end (the 29th of February of a zone that goes): then it has ticked before.
select id as name
from schedules
where next_at <= last_at
  or (next_at is not null and (paused = 1 or removed = 1 or problem is not null))
  or (next_at is null and last_at is null and paused = 0 and removed = 0 and problem is null)
  or (kept_at is not null and (paused = 1 or removed = 1 or problem is not null))
limit 20;

-- name: broken_ticks -> Name*
select t.schedule_id || ' ' || t.at as name
from schedule_ticks t
where (t.outcome = 'started') <> (t.run_id is not null)
  or not exists (select 1 from schedules s where s.id = t.schedule_id)
  or (t.run_id is not null and not exists (select 1 from runs where runs.id = t.run_id))
limit 20;
