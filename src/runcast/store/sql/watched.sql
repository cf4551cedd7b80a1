-- Runs that are followed by what they belong to.

-- name: newest_of_tag -> Name*
select run_id as name
from run_tags
where environment = :environment and tag = :tag
order by run_id desc
limit :limit;

-- name: changes_of_many -> ChangeRow*
-- The piece of the feed is small, and each change leads to one run.
select c.seq, c.run_id, c.root_id, c.version, c.kind, c.status, c.at, c.keys
from changes c
join runs on runs.id = c.run_id
where c.seq > :cursor and c.seq <= :upto and c.kind <> 'slot'
  and (runs.environment = :environment or :environment is null)
  and (exists (
      select 1 from batch_members m
      where m.run_id = runs.id and m.batch_id in (select r.id from {rows :batches (id text)} r))
    or runs.batch_id in (select r.id from {rows :batches (id text)} r)
    or exists (
      select 1 from run_tags t
      where t.run_id = runs.id and t.environment = runs.environment
        and t.tag in (select r.name from {rows :tags (name text)} r)))
order by c.seq;
