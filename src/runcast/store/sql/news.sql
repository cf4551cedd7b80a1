-- name: streams_of -> StreamName*
-- From one name to the next in the primary key: a stream may have many parts.
with recursive found (run_id, stream) as (
  select r.id, (select min(p.stream) from parts p where p.run_id = r.id)
  from {rows :ids (id text)} r
  union all
  select found.run_id, (select min(p.stream) from parts p where p.run_id = found.run_id and p.stream > found.stream)
  from found
  where found.stream is not null
)
select run_id, stream
from found
where stream is not null
order by run_id, stream;

-- name: tagged_runs -> Run*
-- Those with all of the tags, newest first.
select *
from runs
where tags <> '[]' and environment = :environment and created_at >= :created_from
  and (select count(distinct t.value) from {each runs.tags} t
    where t.value in (select r.name from {rows :tags (name text)} r)) = :count
order by created_at desc, id desc
limit :limit;
