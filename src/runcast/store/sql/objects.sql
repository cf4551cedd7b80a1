-- name: announce_objects
-- A kept object stays kept, and a doomed one doomed.
insert into objects (run_id, digest, key, due_at) {values :rows}
on conflict (run_id, digest) do update
set due_at = excluded.due_at
where objects.due_at is not null and objects.doomed = 0;

-- name: object_at -> ObjectRow?
select run_id, digest, key, due_at, doomed
from objects
where run_id = :run_id and digest = :digest;

-- name: keep_objects
update objects
set due_at = null
from {rows :rows (run_id text, digest text, key text)} r
where objects.run_id = r.run_id and objects.digest = r.digest and objects.key = r.key and objects.doomed = 0;

-- name: lost_object -> str
select r.digest
from {rows :rows (run_id text, digest text, key text)} r
where not exists (
  select 1 from objects o
  where o.run_id = r.run_id and o.digest = r.digest and o.key = r.key and o.doomed = 0 and o.due_at is null)
limit 1;

-- name: doom_objects
-- Uploads that no commit came to refer to.
update objects
set doomed = 1
where (run_id, digest) in (
  select o.run_id, o.digest
  from objects o
  where o.due_at <= :now and o.doomed = 0
    and not exists (select 1 from artifacts a where a.run_id = o.run_id and a.digest = o.digest)
  order by o.due_at
  limit :limit);

-- name: doomed_objects -> ObjectRow*
select run_id, digest, key, due_at, doomed
from objects
where due_at is not null and doomed = 1
order by due_at
limit :limit;

-- name: forget_objects
delete from objects
where (run_id, digest, key) in (select r.run_id, r.digest, r.key from {rows :rows (run_id text, digest text, key text)} r)
  and doomed = 1;
