-- name: put_channels
insert into alert_channels (id, environment, name, kind, shown, sealed, origin, created_at) {values :rows}
on conflict (id) do update
set name = excluded.name, shown = excluded.shown, sealed = excluded.sealed;

-- name: channels_of -> ChannelRow*
select id, environment, name, kind, shown, origin, created_at
from alert_channels
where environment = :environment and (id = :id or :id is null)
order by created_at, id
limit :limit;

-- name: count_channels -> int
select count(*)
from alert_channels
where environment = :environment;

-- name: alerts_of_environment -> AlertRow*
select environment, rule
from alerts
where environment = :environment
order by name;

-- name: alert_exists -> int
select 1
from alerts
where environment = :environment and name in (select r.name from {rows :names (name text)} r)
limit 1;

-- name: drop_named_alerts
delete from alerts
where environment = :environment and name in (select r.name from {rows :names (name text)} r);

-- name: drop_channels
delete from alert_channels
where id in (select r.id from {rows :ids (id text)} r);

-- name: add_deliveries
insert into alert_deliveries (id, environment, channel_id, kind, event, alert, status, attempts, next_at, created_at)
{values :rows};

-- name: next_delivery -> int
select min(next_at)
from alert_deliveries
where next_at is not null;

-- name: due_deliveries -> DueDelivery*
-- A few of each channel: one that does not answer holds up the others for no longer than its time limit.
select d.id, d.environment, d.event, d.attempts, d.created_at, d.kind, c.sealed, c.name
from (
  select id, environment, channel_id, event, attempts, created_at, kind, next_at,
    row_number() over (partition by channel_id order by next_at, id) as place
  from alert_deliveries
  where next_at <= :now
) d
left join alert_channels c on c.id = d.channel_id
where d.place <= :of_a_channel
order by d.place, d.next_at, d.id
limit :limit;

-- name: claim_deliveries
-- Until then nobody else tries them; a server that is killed meanwhile leaves them to whoever comes then.
update alert_deliveries
set next_at = :until, claimed_by = :holder, attempts = attempts + 1
where status = 'PENDING' and id in (select r.id from {rows :ids (id text)} r);

-- name: add_alert_attempts
insert into alert_attempts (delivery_id, number, at) {values :rows};

-- name: release_deliveries
update alert_deliveries
set next_at = :now, claimed_by = null
where status = 'PENDING' and claimed_by is not null;

-- name: end_attempt
-- Also of one that took longer than its claim: what happened is told, whoever has the delivery now.
update alert_attempts
set took_ms = :took_ms, status = :status, error = :error
where delivery_id = :id and number = :number;

-- name: delivered
-- It has arrived, even if another try is on its way already.
update alert_deliveries
set status = 'DELIVERED', finished_at = :now, next_at = null, claimed_by = null
where id = :id and status = 'PENDING';

-- name: try_delivery_again
-- Only the newest try decides when the next one is.
update alert_deliveries
set next_at = :next_at, claimed_by = null
where id = :id and status = 'PENDING' and attempts = :number;

-- name: fail_delivery
update alert_deliveries
set status = 'FAILED', finished_at = :now, next_at = null, claimed_by = null
where id = :id and status = 'PENDING' and attempts = :number;

-- name: revive_delivery
update alert_deliveries
set status = 'PENDING', finished_at = null, next_at = :now
where id = :id and status = 'FAILED';

-- name: deliveries_before -> DeliveryRow*
select id, environment, channel_id, kind, status, created_at, event, alert, finished_at, next_at
from alert_deliveries
where environment = :environment
  and (id < :before or :before is null)
  and (id = :id or :id is null)
  and (channel_id = :channel_id or :channel_id is null)
  and (status = :status or :status is null)
order by id desc
limit :limit;

-- name: alert_attempts_of -> AttemptRow*
select delivery_id, number, at, took_ms, status, error
from alert_attempts
where delivery_id in (select r.id from {rows :ids (id text)} r)
order by delivery_id, number;

-- name: find_alert_event -> AlertEvent?
select seq, alert, kind, subject, message, run_id, fingerprint, count, first_at, last_at, handled_by
from alert_events
where seq = :seq;

-- name: spent_deliveries -> Name*
-- Those of an event stay as long as the event does.
select id as name
from alert_deliveries
where finished_at < :before
  and (event is null or not exists (select 1 from alert_events where alert_events.seq = alert_deliveries.event))
limit :limit;

-- name: forget_alert_attempts
delete from alert_attempts
where delivery_id in (select r.id from {rows :ids (id text)} r);

-- name: forget_deliveries
delete from alert_deliveries
where id in (select r.id from {rows :ids (id text)} r);
