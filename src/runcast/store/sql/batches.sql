-- name: find_batch -> BatchRow?
select id, environment, run_id, size, created_at, sealed_at, idempotency_key, tasks
from batches
where id = :id;

-- name: batch_environment -> str
-- Of its members: a batch that was stored whole, by the Python client, has no row of its own.
select environment
from (
  select environment from runs where batch_id is not null and batch_id = :id
  union all
  select runs.environment from batch_members m join runs on runs.id = m.run_id where m.batch_id = :id
) members
limit 1;

-- name: batch_of_key -> BatchRow?
select id, environment, run_id, size, created_at, sealed_at, idempotency_key, tasks
from batches
where environment = :environment and idempotency_key = :key;

-- name: open_batch
insert into batches (id, environment, size, created_at, idempotency_key, tasks) {values :rows}
on conflict do nothing;

-- name: release_batch_key
update batches
set idempotency_key = null
where id = :id;

-- name: seal_batch
-- Once: what was sealed stays sealed since then.
update batches
set sealed_at = :now
where id = :id and sealed_at is null;

-- name: batch_positions -> Position*
-- Items that are stored: as a run, as a run that existed before, or as an error.
select batch_position as position from runs where batch_id is not null and batch_id = :id
union
select position from batch_members where batch_id = :id
union
select position from batch_errors where batch_id = :id;

-- name: add_batch_errors
insert into batch_errors (batch_id, position, task, message, code) {values :rows}
on conflict do nothing;

-- name: batch_errors -> BatchError*
select position, task, message, code
from batch_errors
where batch_id = :id
order by position;

-- name: batch_runs -> BatchRun*
-- Its runs without their values, by position.
select id, environment, task, status, position, created_at, finished_at
from (
  select runs.id, runs.environment, runs.task, runs.status, runs.batch_position as position, runs.created_at, runs.finished_at
  from runs
  where runs.batch_id is not null and runs.batch_id = :id
  union all
  select runs.id, runs.environment, runs.task, runs.status, m.position, runs.created_at, runs.finished_at
  from batch_members m
  join runs on runs.id = m.run_id
  where m.batch_id = :id
) members
order by position;
