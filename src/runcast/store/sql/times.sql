-- name: newest_time -> int
-- The feed's newest fact, and what came to runs that execute, which is no fact of theirs until they wait.
select max(at)
from (
  select max(at) as at from (select at from changes order by seq desc limit 1) c
  union all
  select max(j.resolved_at) from runs r join journal j on j.run_id = r.id and j.resolved_at is not null where r.slot = 1) t;

-- name: resolved_until
update journal
set resolved_at = :now
where resolved_at > :now;

-- name: waiting_until
update runs
set waiting_at = :now
where waiting_at > :now;

-- name: bound_leases
-- A lease lasts from now on no longer than one that is given now.
update workers
set lease_until = :until
where stopped_at is null and lease_until > :until;
