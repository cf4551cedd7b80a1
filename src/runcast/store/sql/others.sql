-- name: queues_ready_since -> Name*
select distinct runs.queue as name
from changes
join runs on runs.id = changes.run_id
where changes.seq > :since and runs.status = 'QUEUED';

-- name: queues_freed_since -> Name*
select distinct runs.queue as name
from changes
join runs on runs.id = changes.run_id
where changes.seq > :since and runs.slot = 0 and runs.status <> 'QUEUED';

-- name: ends_since -> End*
select distinct runs.id, runs.status, runs.output, runs.error
from changes
join runs on runs.id = changes.run_id
where changes.seq > :since and changes.kind = 'status' and runs.finished_at is not null;

-- name: stopped_workers -> Name*
-- Of these workers those that left, or that another engine declared dead.
select workers.id as name
from {rows :ids (id text)} r
join workers on workers.id = r.id
where workers.stopped_at is not null;

-- name: held_since -> Holding*
-- Runs of these workers that changed.
select holding.*
from holding
where holding.id in (select run_id from changes where seq > :since and kind in ('status', 'journal'))
  and holding.worker_id in (select r.id from {rows :workers (id text)} r);

-- name: resolved_since -> JournalRow*
-- What was resolved in these runs since. A fact and what it tells of have one time.
select j.run_id, j.key, j.kind, j.name, j.status, j.digest, j.code_version, j.value, j.error, j.awaits, j.due_at,
  j.generation, j.tries, j.started_at, j.finished_at
from {rows :ids (id text)} r
join journal j on j.run_id = r.id
where j.resolved_at >= (
  select min(c.at) from changes c where c.seq > :since and c.run_id = r.id and c.kind = 'journal');
