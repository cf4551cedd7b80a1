-- name: add_api_key
insert into api_keys (id, digest, environment, role, name, hint, created_at, expires_at) {values :rows};

-- name: count_api_keys -> int
select count(*)
from api_keys
where revoked_at is null and (expires_at is null or expires_at > :now);

-- name: list_api_keys -> ApiKey*
select *
from api_keys
where (environment = :environment or :environment is null)
order by created_at desc, id desc
limit :limit;

-- name: find_api_key -> ApiKey?
select *
from api_keys
where id = :id;

-- name: live_api_keys -> LiveKey*
select *
from api_keys
where revoked_at is null and (expires_at is null or expires_at > :now)
order by created_at
limit :limit;

-- name: revoke_api_key
-- What is revoked stays so since the first time.
update api_keys
set revoked_at = :now
where id = :id and revoked_at is null;

-- name: replace_api_key
-- An end that was there before does not move away.
update api_keys
set replaced_by = :replaced_by, expires_at = :until
where id = :id and (expires_at is null or expires_at > :until);

-- name: api_key_was_used
update api_keys
set used_at = :now
where id = :id and (used_at is null or used_at < :now);

-- name: forget_api_keys
delete from api_keys
where revoked_at < :before or expires_at < :before;
