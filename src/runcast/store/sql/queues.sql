-- name: declare_queues
-- Limits that a person changed stay; what the code declares is remembered for when they are reset.
insert into queues (environment, name, concurrency, per_key, rate_count, rate_period_ms, max_length, declared)
{values :rows}
on conflict (environment, name) do update
set concurrency = case when queues.overridden = 1 then queues.concurrency else excluded.concurrency end,
  per_key = case when queues.overridden = 1 then queues.per_key else excluded.per_key end,
  rate_count = case when queues.overridden = 1 then queues.rate_count else excluded.rate_count end,
  rate_period_ms = case when queues.overridden = 1 then queues.rate_period_ms else excluded.rate_period_ms end,
  max_length = case when queues.overridden = 1 then queues.max_length else excluded.max_length end,
  declared = excluded.declared;

-- name: queue_limits -> Limits?
select concurrency, per_key, rate_count, rate_period_ms, max_length, paused, overridden, override_ends_at, declared
from queues
where environment = :environment and name = :name;

-- name: set_queue
update queues
set concurrency = :concurrency, per_key = :per_key, rate_count = :rate_count, rate_period_ms = :rate_period_ms,
  max_length = :max_length, paused = :paused, overridden = :overridden, override_ends_at = :override_ends_at
where environment = :environment and name = :name;

-- name: ended_overrides -> EndedOverride*
select environment, name
from queues
where override_ends_at is not null and override_ends_at <= :now
order by override_ends_at
limit :limit;

-- name: queue_states -> QueueState*
select q.name, q.environment, q.concurrency, q.per_key, q.rate_count, q.rate_period_ms, q.max_length, q.paused,
  q.overridden, q.override_ends_at, q.declared,
  (select count(*) from (select 1 from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.status = 'QUEUED' and runs.held = 0
    limit 100000) ready) +
  (select count(*) from (select 1 from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.status = 'QUEUED' and runs.held = 1
    limit 100000) held) as queued,
  (select count(*) from runs
    where runs.environment = q.environment and runs.queue = q.name and runs.slot = 1) as executing
from queues q
where q.name <> '' and (q.name = :name or :name is null) and (q.environment = :environment or :environment is null)
order by q.environment, q.name;

-- name: queue_names -> Name*
select name
from queues
where environment = :environment and name <> ''
order by name
limit :limit;

-- name: queue_length -> int
-- Runs that are queued, counted up to a bound through the indexes of what is queued: there is no counter to drift.
select
  (select count(*) from (select 1 from runs
    where environment = :environment and queue = :queue and status = 'QUEUED' and held = 0
    limit :limit) ready) +
  (select count(*) from (select 1 from runs
    where environment = :environment and queue = :queue and status = 'QUEUED' and held = 1
    limit :limit) held);

-- name: queue_heads -> QueueHead*
-- Since when the oldest of those that are next in each of these queues could start.
select q.name, (select min(available_at) from (select runs.available_at from runs
    where runs.environment = :environment and runs.queue = q.name and runs.status = 'QUEUED' and runs.held = 0
    order by runs.fresh, runs.turn, runs.rank
    limit :heads) heads) as oldest_at
from {rows :names (name text)} q;

-- name: key_loads -> KeyLoad*
-- The concurrency keys of a queue, the busiest first, counted up to a bound.
select k.name as key, sum(k.queued) as queued, sum(k.executing) as executing
from (
  select * from (select concurrency_key as name, 1 as queued, 0 as executing from runs
    where environment = :environment and queue = :queue and status = 'QUEUED' and concurrency_key <> ''
    limit :rows) ready
  union all
  select * from (select concurrency_key as name, 0 as queued, 1 as executing from runs
    where environment = :environment and queue = :queue and slot = 1 and concurrency_key <> ''
    limit :rows) executing
) k
group by k.name
order by sum(k.executing) desc, sum(k.queued) desc, k.name
limit :limit;
