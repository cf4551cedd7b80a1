-- What outboxes handed over. A row outlives its run: one that ended and was pruned is not started again.

-- name: relayed -> Name*
select relayed.id as name
from {rows :ids (id text)} r
join relayed on relayed.id = r.id;

-- name: put_relayed
insert into relayed (id, at) {values :rows}
on conflict (id) do update
set at = excluded.at;

-- name: forget_relayed
delete from relayed
where id in (
  select id
  from relayed
  where at < :before
  order by at
  limit :limit
);
