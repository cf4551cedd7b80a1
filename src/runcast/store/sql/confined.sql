-- What a caller of one environment names, and may not, because it belongs to another.

-- name: runs_elsewhere -> Name*
select runs.id as name
from {rows :ids (id text)} r
join runs on runs.id = r.id
where runs.environment <> :environment;

-- name: waits_elsewhere -> Name*
select waits.id as name
from {rows :ids (id text)} r
join waits on waits.id = r.id
where waits.environment <> :environment;

-- name: batches_elsewhere -> Name*
-- Opened by a client, or stored whole: then only its runs say where it is.
select r.id as name
from {rows :ids (id text)} r
join batches on batches.id = r.id
where batches.environment <> :environment
union all
select r.id as name
from {rows :ids (id text)} r
join runs on runs.batch_id = r.id
where runs.batch_id is not null and runs.environment <> :environment
limit 1;

-- name: worker_environment -> str
select environment
from workers
where id = :id;

-- name: artifact_environment -> str
select runs.environment
from artifacts
join runs on runs.id = artifacts.run_id
where artifacts.id = :id;

-- name: file_environment -> str
select environment
from files
where id = :id;

-- name: open_waits_in -> Wait*
select id, environment, status, value, tags, schema, run_id, created_at, due_at, completed_at, idempotency_key,
  key_expires_at, question, completed_by
from waits
where environment = :environment and status = 'WAITING'
order by id
limit :limit;
