-- name: add_person
insert into people (id, email, password, name, role, created_at) {values :rows}
on conflict (email) do nothing;

-- name: count_people -> int
select count(*)
from people;

-- name: list_people -> Person*
select *
from people
order by email
limit :limit;

-- name: find_person -> Person?
select *
from people
where id = :key or email = :key;

-- name: find_password -> str
select password
from people
where id = :id;

-- name: change_person
update people
set password = :password, role = :role, name = :name, disabled_at = :disabled_at
where id = :id;

-- name: person_signed_in
update people
set signed_in_at = :now
where id = :id;

-- name: add_sign_in
insert into sign_ins (digest, person_id, created_at, used_at, expires_at) {values :rows};

-- name: find_sign_in -> SignedIn?
select p.*, s.used_at
from sign_ins s
join people p on p.id = s.person_id
where s.digest = :digest and s.expires_at > :now and s.used_at > :idle_since and p.disabled_at is null;

-- name: sign_in_was_used
update sign_ins
set used_at = :now
where digest = :digest and used_at < :now;

-- name: drop_sign_in
delete from sign_ins
where digest = :digest;

-- name: drop_sign_ins
-- Of one person, but for the one that is kept (empty: none).
delete from sign_ins
where person_id = :person_id and digest <> :but;

-- name: forget_sign_ins
delete from sign_ins
where expires_at <= :now or used_at <= :idle_since;

-- name: crowd_out_sign_ins
-- All but the newest of a person.
delete from sign_ins
where person_id = :person_id and digest not in (
  select newest.digest
  from (
    select digest
    from sign_ins
    where person_id = :person_id
    order by used_at desc
    limit :keep) newest);
