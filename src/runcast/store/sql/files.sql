-- name: add_file
insert into files (id, environment, kind, path, content_type, state, size, digest, created_at, due_at) {values :rows}
on conflict do nothing;

-- name: file_row -> FileRow?
select id, environment, kind, path, content_type, state, size, digest, created_at, due_at,
  (select count(*) from file_parts p where p.file_id = files.id) as parts
from files
where id = :id;

-- name: file_at -> FileRow?
select id, environment, kind, path, content_type, state, size, digest, created_at, due_at,
  (select count(*) from file_parts p where p.file_id = files.id) as parts
from files
where environment = :environment and kind = :kind and path = :path and state = 'ready'
  and (due_at is null or due_at > :now);

-- name: list_files -> FileRow*
select id, environment, kind, path, content_type, state, size, digest, created_at, due_at,
  (select count(*) from file_parts p where p.file_id = files.id) as parts
from files
where environment = :environment and kind = :kind and state = 'ready'
  and path >= :start and path < :end and path <> :after and substr(path, 1, :prefix_chars) = :prefix
order by path
limit :limit;

-- name: count_files -> int
select count(*)
from files
where environment = :environment;

-- name: sum_files -> int
select coalesce(sum(size), 0)
from files
where environment = :environment;

-- name: put_file_part
insert into file_parts (file_id, number, size, digest, object_key, data) {values :rows}
on conflict (file_id, number) do update
set size = excluded.size, digest = excluded.digest, object_key = excluded.object_key, data = excluded.data;

-- name: weigh_file
-- What is on its way counts, too.
update files
set size = (select coalesce(sum(p.size), 0) from file_parts p where p.file_id = files.id)
where id = :id;

-- name: parts_of_file -> FilePart*
select number, size, digest
from file_parts
where file_id = :id
order by number;

-- name: file_part_object -> ObjectRow?
-- Where the bytes of a part are, if they are in the blob store.
select o.run_id, o.digest, o.key, o.due_at, o.doomed
from file_parts p
join objects o on o.run_id = p.file_id and o.digest = p.digest and o.key = p.object_key
where p.file_id = :id and p.number = :number and p.object_key is not null;

-- name: file_part_data -> str
select data
from file_parts
where file_id = :id and number = :number;

-- name: finish_file
update files
set state = 'ready', size = :size, digest = :digest, due_at = :due_at, created_at = :now
where id = :id and state = 'uploading';

-- name: give_up_file
-- Its path is free from now on, its bytes stay until they are due.
update files
set state = 'removed', due_at = :due_at
where id = :id and state <> 'removed';

-- name: due_files -> Name*
select id as name
from files
where due_at is not null and due_at <= :now
order by due_at
limit :limit;

-- name: give_up_files
update files
set state = 'removed'
where id in (select r.id from {rows :ids (id text)} r) and state <> 'removed';

-- name: doom_file_objects
-- Objects of parts that are gone, or have other bytes now. They are deleted from the blob store after this commit.
update objects
set doomed = 1, due_at = 0
where run_id in (select r.id from {rows :ids (id text)} r)
  and (due_at is null or :announced = 1)
  and not exists (select 1 from file_parts p where p.file_id = objects.run_id and p.object_key = objects.key);

-- name: remove_file_parts
delete from file_parts
where (file_id, number) in (
  select p.file_id, p.number
  from {rows :ids (id text)} r
  join file_parts p on p.file_id = r.id
  limit :limit);

-- name: remove_files
delete from files
where id in (select r.id from {rows :ids (id text)} r)
  and state = 'removed'
  and not exists (select 1 from file_parts p where p.file_id = files.id);
