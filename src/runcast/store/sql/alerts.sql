-- name: put_alerts
insert into alerts (environment, name, kind, run, rule, seen_at) {values :rows}
on conflict (environment, name) do update
set kind = excluded.kind, run = excluded.run, rule = excluded.rule, seen_at = excluded.seen_at;

-- name: drop_alerts
-- An alert belongs to its task: who knows the task, and not the alert, has code from which it was removed.
delete from alerts
where environment = :environment and run in (select r.name from {rows :tasks (name text)} r)
  and name not in (select r.name from {rows :alerts (name text)} r);

-- name: alert_rules -> AlertRow*
select environment, rule
from alerts
where kind in (select r.name from {rows :kinds (name text)} r)
order by environment, name;

-- name: same_event -> int
select seq
from alert_events
where environment = :environment and alert = :alert and fingerprint = :fingerprint and first_at > :after
order by seq desc
limit 1;

-- name: count_event
update alert_events
set count = count + 1, last_at = :now
where seq = :seq;

-- name: add_event
insert into alert_events (environment, alert, kind, subject, message, run_id, fingerprint, count, first_at, last_at) {values :rows};

-- name: newest_event -> int
select max(seq) from alert_events;

-- name: set_handled_by
update alert_events
set handled_by = :run_id
where seq = :seq;

-- name: alert_events_before -> AlertEvent*
select seq, alert, kind, subject, message, run_id, fingerprint, count, first_at, last_at, handled_by
from alert_events
where seq < :before or :before is null
order by seq desc
limit :limit;

-- name: slow_runs -> SlowRun*
-- Those that hold a slot: who waits for a person or a time is not slow.
select id, environment, task, queue, started_at
from runs
where slot = 1 and finished_at is null and started_at <= :before and environment = :environment
order by started_at
limit :limit;

-- name: forget_alert_events
delete from alert_events
where seq in (select seq from alert_events where last_at < :before limit :limit);
