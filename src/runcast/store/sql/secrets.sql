-- name: find_secret -> str
select value
from secrets
where name = :name;

-- name: put_secret
insert into secrets (name, value)
values (:name, :value)
on conflict (name) do nothing;
