-- name: list_variables -> VariableRow*
select name, value, is_secret
from variables
where environment = :environment
order by name;

-- name: find_variable -> VariableRow?
select name, value, is_secret
from variables
where environment = :environment and name = :name;

-- name: put_variables
insert into variables (environment, name, value, is_secret, updated_at) {values :rows}
on conflict (environment, name) do update
set value = excluded.value, is_secret = excluded.is_secret, updated_at = excluded.updated_at;

-- name: drop_variable
delete from variables
where environment = :environment and name = :name;
