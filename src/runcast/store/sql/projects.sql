-- name: list_projects -> Project*
select *
from projects
order by slug
limit :limit;

-- name: find_project -> Project?
select *
from projects
where slug = :slug;

-- name: put_project
insert into projects (slug, name, created_at) {values :rows}
on conflict (slug) do update
set name = excluded.name;
