-- name: timeline_runs -> TimelineRun*
select id, parent_id, batch_id, task, queue, status, attempt, depth, created_at, started_at, claimed_at, finished_at, error,
  journaled > 0 as has_parts
from runs
where id = :root_id or (parent_id is not null and root_id = :root_id)
order by depth, batch_position, id
limit :limit;

-- name: claimed_at -> int
select claimed_at
from runs
where id = :run_id;

-- name: timeline_entries -> TimelineEntry*
-- By when they began, in pages.
select key, kind, name, status, error, awaits, due_at, tries, started_at, finished_at
from journal
where run_id = :run_id and (started_at > :after_at or (started_at = :after_at and key > :after_key))
order by started_at, key
limit :limit;

-- name: timeline_tries -> TimelineTry*
select key, number, name, started_at, failed_at, retry_at, error
from tries
where run_id = :run_id
order by started_at, key, number
limit :limit;

-- name: claims_of -> Claimed*
select runs.id as run_id, runs.claimed_at
from {rows :ids (id text)} r
join runs on runs.id = r.id;

-- name: timeline_entries_of -> EntryOf*
select j.key, j.kind, j.name, j.status, j.error, j.awaits, j.due_at, j.tries, j.started_at, j.finished_at, j.run_id
from {rows :keys (run_id text, key text)} r
join journal j on j.run_id = r.run_id and j.key = r.key
order by j.started_at, j.key;

-- name: timeline_tries_of -> TryOf*
select t.key, t.number, t.name, t.started_at, t.failed_at, t.retry_at, t.error, t.run_id
from {rows :keys (run_id text, key text)} r
join tries t on t.run_id = r.run_id and t.key = r.key
order by t.started_at, t.key, t.number;

-- name: put_tries
insert into tries (run_id, key, epoch, number, name, started_at, failed_at, retry_at, error) {values :rows}
on conflict (run_id, key, epoch, number) do update
set failed_at = excluded.failed_at, retry_at = excluded.retry_at, error = excluded.error;
