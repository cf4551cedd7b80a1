-- name: tasks_in -> SeenTask*
select name, info, seen_at
from tasks
where environment = :environment
order by name
limit :limit;

-- name: task_in -> SeenTask?
select name, info, seen_at
from tasks
where environment = :environment and name = :name;

-- name: workers_in -> SeenWorker*
-- Those that are connected, with what they execute and what waits in them.
select w.id, w.embedded, w.pid, w.host, w.code_version, w.labels, w.started_at, w.lease_until,
  (select count(*) from runs where runs.slot = 1 and runs.environment = w.environment and runs.worker_id = w.id) as executing,
  (select count(*) from runs
    where runs.worker_id = w.id and runs.worker_id is not null and runs.status in ('WAITING', 'QUEUED')) as waiting
from workers w
where w.stopped_at is null and w.environment = :environment
order by w.started_at, w.id
limit :limit;
