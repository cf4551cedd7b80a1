-- name: saved_views -> SavedView*
-- In the order in which they were saved.
select id, list, name, filters, created_by, created_at, updated_at
from saved_views
where environment = :environment and (list = :list or :list is null)
order by created_at, id
limit :limit;

-- name: find_saved_view -> SavedView?
select id, list, name, filters, created_by, created_at, updated_at
from saved_views
where environment = :environment and id = :id;

-- name: id_of_saved_view -> str
select id
from saved_views
where environment = :environment and list = :list and name = :name;

-- name: put_saved_view
insert into saved_views (id, environment, list, name, filters, created_by, created_at, updated_at) {values :rows}
on conflict (id) do update
set name = excluded.name, filters = excluded.filters, updated_at = excluded.updated_at;

-- name: drop_saved_view
delete from saved_views
where environment = :environment and id = :id;
