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
-- By when they began, in pages; or those that changed since a moment.
select key, kind, name, status, error, awaits, due_at, tries, started_at, finished_at
from journal
where run_id = :run_id
  and (started_at > :after_at or (started_at = :after_at and key > :after_key))
  and (status = 'pending' or started_at >= :since or finished_at >= :since or resolved_at >= :since)
order by started_at, key
limit :limit;

-- name: timeline_tries -> TimelineTry*
select key, number, name, started_at, failed_at, retry_at, error
from tries
where run_id = :run_id and (started_at >= :since or failed_at >= :since)
order by started_at, key, number
limit :limit;

-- name: put_tries
insert into tries (run_id, key, epoch, number, name, started_at, failed_at, retry_at, error) {values :rows}
on conflict (run_id, key, epoch, number) do update
set failed_at = excluded.failed_at, retry_at = excluded.retry_at, error = excluded.error;
