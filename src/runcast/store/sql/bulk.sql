-- name: add_bulk
insert into bulk_actions (id, environment, kind, name, wanted, region, status, total, created_at)
values (:id, :environment, :kind, :name, :wanted, :region, 'PENDING', :total, :created_at);

-- name: find_bulk -> BulkRow?
select id, environment, kind, name, wanted, region, status, total, succeeded, failed, reached, created_at, finished_at
from bulk_actions
where id = :id;

-- name: pending_bulks -> BulkRow*
select id, environment, kind, name, wanted, region, status, total, succeeded, failed, reached, created_at, finished_at
from bulk_actions
where status = 'PENDING'
order by id
limit :limit;

-- name: count_pending_bulks -> int
select count(*)
from bulk_actions
where status = 'PENDING' and environment = :environment;

-- name: bulks_after -> BulkRow*
select id, environment, kind, name, wanted, region, status, total, succeeded, failed, reached, created_at, finished_at
from bulk_actions
where environment = :environment and (id < :after or :after is null)
order by id desc
limit :limit;

-- name: bulks_before -> BulkRow*
select id, environment, kind, name, wanted, region, status, total, succeeded, failed, reached, created_at, finished_at
from bulk_actions
where environment = :environment and id > :before
order by id
limit :limit;

-- name: advance_bulk
update bulk_actions
set reached = :reached, succeeded = succeeded + :succeeded, failed = failed + :failed
where id = :id and status = 'PENDING';

-- name: end_bulk
-- The count was taken before: what was done is what there was.
update bulk_actions
set status = :status, finished_at = :now, total = case when :status = 'COMPLETED' then succeeded + failed else total end
where id = :id and status = 'PENDING';

-- name: add_bulk_runs
insert into bulk_runs (bulk_id, run_id) {values :rows}
on conflict do nothing;

-- name: forget_bulks
delete from bulk_actions
where id in (
  select b.id from bulk_actions b
  where b.finished_at < :before and not exists (select 1 from bulk_runs r where r.bulk_id = b.id)
  limit :limit);
