-- name: add_public_token
insert into public_tokens (id, environment, name, scopes, once, made_by, created_at, expires_at, revoked_at) {values :rows};

-- name: count_public_tokens -> int
-- Where it stops: so much is enough to know.
select count(*)
from (select 1 as one from public_tokens where environment = :environment limit :limit) t;

-- name: public_tokens -> PublicToken*
select *
from public_tokens
where environment = :environment and expires_at > :now
order by created_at desc, id desc
limit :limit;

-- name: find_public_token -> PublicToken?
select *
from public_tokens
where id = :id and environment = :environment and expires_at > :now;

-- name: revoked_tokens -> RevokedToken*
select id
from public_tokens
where revoked_at is not null and {plain expires_at} > :now;

-- name: named_tokens -> PublicToken*
select *
from public_tokens
where environment = :environment and name = :name and revoked_at is null and expires_at > :now
limit :limit;

-- name: revoke_public_tokens
-- What is revoked stays so since the first time.
update public_tokens
set revoked_at = :now
where id in (select r.id from {rows :rows (id text)} r) and revoked_at is null;

-- name: forget_public_tokens
delete from public_tokens
where id in (select id from public_tokens where expires_at < :now limit :limit);
