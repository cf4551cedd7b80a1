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

-- name: newest_runs -> Run*
select *
from runs
where environment = :environment
order by id desc
limit :limit;

-- name: count_tag -> int
-- How many runs have a tag, up to a bound.
select count(*)
from (select 1 from run_tags where environment = :environment and tag = :tag limit :limit) found;

-- name: runs_of_tags -> Run*
-- Those with all of the tags, newest first, among the newest that have one of them.
select runs.*
from (
  select run_id
  from run_tags
  where environment = :environment and tag = :rarest
  order by run_id desc
  limit :scanned
) newest
join runs on runs.id = newest.run_id
where runs.created_at >= :created_from
  and (select count(*)
    from {rows :tags (name text)} r
    cross join run_tags t
    where t.environment = :environment and t.tag = r.name and t.run_id = newest.run_id) = :count
order by runs.created_at desc, runs.id desc
limit :limit;

-- name: stream_page -> Part*
-- The next parts, up to a number of them and, but for the first, of characters.
select stream, seq, kind, value, at, superseded
from (
  select p.stream, p.seq, p.kind, p.value, p.at, p.superseded,
    sum(length(p.value)) over (order by p.seq) - length(p.value) as chars_before
  from (
    select stream, seq, kind, value, at, superseded
    from parts
    where run_id = :run_id and stream = :stream and seq > :after
    order by seq
    limit :limit
  ) p
) page
where chars_before < :chars
order by seq;

-- name: status_of_run -> str
select status
from runs
where id = :id;
