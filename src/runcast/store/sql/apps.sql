-- name: applied_migrations -> AppliedMigration*
select number, name, digest
from app_migrations
where app = :app
order by number;

-- name: add_app_migration
insert into app_migrations (app, number, name, digest, applied_at) {values :rows};

-- name: transacted -> str
-- A body that is executed again gets what its transaction came to, and the transaction does not happen again.
select value
from transacted
where run_id = :run_id and key = :key;

-- name: forget_transacted
-- The next round of a body that continued has a journal of its own, whose keys are those of this one.
delete from transacted
where run_id = :run_id;

-- name: add_transacted
insert into transacted (run_id, key, value) {values :rows};
