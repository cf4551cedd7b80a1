-- name: ready_queues -> Name*
-- Queues with something to claim, by skipping from name to name through the index.
with recursive q (name) as (
  select min(queue) from runs where environment = :environment and status = 'QUEUED' and held = 0
  union all
  select (select min(queue) from runs
          where environment = :environment and status = 'QUEUED' and held = 0 and queue > q.name)
  from q where q.name is not null
)
select name from q where name is not null;

-- name: held_queues -> Name*
with recursive q (name) as (
  select min(queue) from runs where environment = :environment and status = 'QUEUED' and held = 1
  union all
  select (select min(queue) from runs
          where environment = :environment and status = 'QUEUED' and held = 1 and queue > q.name)
  from q where q.name is not null
)
select name from q where name is not null;

-- name: count_slots -> int
select count(*)
from runs
where environment = :environment and queue = :queue and slot = 1;

-- name: slots_by_key -> KeyCount*
select concurrency_key as key, count(*) as count
from runs
where environment = :environment and queue = :queue and slot = 1
group by concurrency_key;

-- name: held_keys -> Name*
with recursive k (name) as (
  select min(concurrency_key) from runs
  where environment = :environment and queue = :queue and status = 'QUEUED' and held = 1
  union all
  select (select min(concurrency_key) from runs
          where environment = :environment and queue = :queue and status = 'QUEUED' and held = 1
            and concurrency_key > k.name)
  from k where k.name is not null
)
select name from k where name is not null;

-- name: ready_of_key -> int
select count(*)
from (
  select 1 from runs
  where environment = :environment and queue = :queue and concurrency_key = :key and concurrency_key <> ''
    and status = 'QUEUED' and held = 0 and (worker_id is null or worker_id = :worker_id)
    and task in (select r.name from {rows :tasks (name text)} r)
    and (machine is null or :any_machine = 1 or machine in (select r.name from {rows :machines (name text)} r))
  limit :limit
) ready;

-- name: unhold
update runs
set held = 0
where id in (
  select id from runs
  where environment = :environment and queue = :queue and concurrency_key = :key and status = 'QUEUED' and held = 1
    and (worker_id is null or worker_id = :worker_id)
    and task in (select r.name from {rows :tasks (name text)} r)
    and (machine is null or :any_machine = 1 or machine in (select r.name from {rows :machines (name text)} r))
  order by fresh, turn
  limit :limit
);

-- name: unhold_all
update runs
set held = 0
where environment = :environment and queue = :queue and status = 'QUEUED' and held = 1;

-- name: hold
update runs
set held = 1
where id in (select r.id from {rows :ids (id text)} r);

-- name: ready_runs -> ReadyRun*
-- The claim follows the stored order. A woken run whose coroutine lives in another worker is left to that worker.
select id, task, concurrency_key, payload, metadata, tags, turn, rank, fresh, attempt, max_attempts, epoch, version,
  journaled, deaths, executing_ms, max_duration_ms, created_at, waiting_at, worker_id, parent_id, root_id, depth,
  batch_id, idempotency_key, machine, traceparent
from runs
where environment = :environment and queue = :queue and status = 'QUEUED' and held = 0 and fresh <= :fresh_max
  and (worker_id is null or worker_id = :worker_id)
  and (expires_at is null or expires_at > :now or attempt > 0)
order by fresh, turn, rank
limit :limit;

-- name: ready_runs_of -> ReadyRun*
-- The same, for a worker that does not know every task of the queue.
select id, task, concurrency_key, payload, metadata, tags, turn, rank, fresh, attempt, max_attempts, epoch, version,
  journaled, deaths, executing_ms, max_duration_ms, created_at, waiting_at, worker_id, parent_id, root_id, depth,
  batch_id, idempotency_key, machine, traceparent
from runs
where environment = :environment and queue = :queue and status = 'QUEUED' and held = 0 and fresh <= :fresh_max
  and (worker_id is null or worker_id = :worker_id)
  and (expires_at is null or expires_at > :now or attempt > 0)
  and task in (select r.name from {rows :tasks (name text)} r)
  and (machine is null or :any_machine = 1 or machine in (select r.name from {rows :machines (name text)} r))
order by fresh, turn, rank
limit :limit;

-- name: preferred_of_key -> ReadyRun?
-- A run with a head start takes the turn of the run of its key that it overtakes; that one, in turn, goes before those
-- that came after it.
select id, task, concurrency_key, payload, metadata, tags, turn, rank, fresh, attempt, max_attempts, epoch, version,
  journaled, deaths, executing_ms, max_duration_ms, created_at, waiting_at, worker_id, parent_id, root_id, depth,
  batch_id, idempotency_key, machine, traceparent
from runs
where environment = :environment and queue = :queue and concurrency_key = :key and status = 'QUEUED'
  and (priority_ms > 0 or overtaken = 1) and fresh = 1 and rank < :rank
  and (expires_at is null or expires_at > :now or attempt > 0)
  and task in (select r.name from {rows :tasks (name text)} r)
  and (machine is null or :any_machine = 1 or machine in (select r.name from {rows :machines (name text)} r))
  and id not in (select r.id from {rows :taken (id text)} r)
order by rank
limit 1;

-- name: has_priority -> int
select 1
from runs
where environment = :environment and queue = :queue and status = 'QUEUED' and (priority_ms > 0 or overtaken = 1)
limit 1;

-- name: swap_turns
update runs
set turn = r.turn, overtaken = {greatest}(runs.overtaken, r.overtaken)
from {rows :rows (id text, turn bigint, overtaken bigint)} r
where runs.id = r.id;

-- name: take
update runs
set status = 'EXECUTING', epoch = epoch + 1, attempt = attempt + fresh, version = version + 1, fresh = 0, held = 0,
  slot = 1, worker_id = :worker_id, claimed_at = :now, started_at = coalesce(started_at, :now), waiting_at = null,
  alone = case when deaths >= 2 then 1 else 0 end
where id in (select r.id from {rows :ids (id text)} r) and {plain status} = 'QUEUED';

-- name: advance_queue
update queues
set turn = {greatest}(turn, :turn), tat_us = :tat_us
where environment = :environment and name = :name;

-- name: save_turns
-- What `advance_queue` and `set_unkeyed_turn` did to these queues, once a commit.
update queues
set turn = r.turn, unkeyed_turn = r.unkeyed_turn, tat_us = r.tat_us
from {rows :rows (environment text, name text, turn bigint, unkeyed_turn bigint, tat_us bigint)} r
where queues.environment = r.environment and queues.name = r.name;

-- name: journal_of -> JournalRow*
select run_id, key, kind, name, status, digest, code_version, value, error, awaits, due_at, generation, tries,
  started_at, finished_at
from journal
where run_id in (select r.id from {rows :ids (id text)} r);

-- name: resolved_of -> JournalRow*
select j.run_id, j.key, j.kind, j.name, j.status, j.digest, j.code_version, j.value, j.error, j.awaits, j.due_at,
  j.generation, j.tries, j.started_at, j.finished_at
from {rows :since (id text, at bigint)} r
join journal j on j.run_id = r.id and j.resolved_at >= r.at;

-- name: applied_of -> AppliedRow*
-- Those of the run itself: who writes its streams from outside may have any number.
select run_id, scope, count
from applied
where run_id in (select r.id from {rows :ids (id text)} r) and substr(scope, 1, 8) <> '#writer/';
