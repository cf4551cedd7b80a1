-- name: find_secret -> str
select value
from meta
where key = 'secret';

-- name: put_secret
insert into meta (key, value)
values ('secret', :value)
on conflict (key) do nothing;
