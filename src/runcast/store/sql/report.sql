-- What executions report. The script first reads who owns the runs (`holdings`), in the same transaction of the one writer,
-- and passes on only runs that are EXECUTING under the epoch of the report: that is the guard of the writes below.

-- name: holdings -> Holding*
select holding.*
from {rows :ids (id text)} r
join holding on holding.id = r.id;

-- name: put_entries
-- A done entry never changes.
insert into journal (run_id, key, kind, name, status, digest, code_version, value, error, awaits, due_at, generation,
  tries, started_at, finished_at, resolved_at, position)
{values :rows}
on conflict (run_id, key) do update
set kind = excluded.kind, name = excluded.name, status = excluded.status, digest = excluded.digest,
  code_version = excluded.code_version, value = excluded.value, error = excluded.error, awaits = excluded.awaits,
  due_at = excluded.due_at, generation = excluded.generation, tries = excluded.tries, started_at = excluded.started_at,
  finished_at = excluded.finished_at, resolved_at = excluded.resolved_at, position = excluded.position
where journal.status <> 'done';

-- name: count_entries -> int
select count(*)
from journal
where run_id = :run_id;

-- name: set_journaled
update runs
set journaled = {greatest}(1, :count)
where id = :run_id;

-- name: entries_at -> JournalRow*
select j.run_id, j.key, j.kind, j.name, j.status, j.digest, j.code_version, j.value, j.error, j.awaits, j.due_at,
  j.generation, j.tries, j.started_at, j.finished_at
from {rows :keys (run_id text, key text)} r
join journal j on j.run_id = r.run_id and j.key = r.key
where j.status in ('done', 'failed');

-- name: touch_runs
-- `journaled` is 0 for a run with nothing to replay, else at least the number of its entries: counting them each time
-- would read the whole journal (17 ms with 4,000 entries of 2 KB).
update runs
set version = version + 1, journaled = {greatest}(1, journaled + r.added)
from {rows :rows (id text, added bigint)} r
where runs.id = r.id;

-- name: finish_runs
update runs
set status = r.status, output = r.output, error = r.error, counts = r.counts, finished_at = :now,
  executing_ms = executing_ms + r.executed_ms, version = version + 1, slot = r.slot, parked_reason = null
from {rows :rows (id text, status text, output text, error text, counts text, executed_ms bigint, slot bigint)} r
where runs.id = r.id;

-- name: add_tallies
insert into tallies (environment, span_ms, at, task, status, count) {values :rows}
on conflict (environment, span_ms, at, task, status) do update
set count = tallies.count + excluded.count;

-- name: wait_runs
update runs
set status = 'WAITING', slot = 0, waiting_at = :now, executing_ms = executing_ms + r.executed_ms, version = version + 1,
  worker_id = case when r.resident = 1 then worker_id end, parked_reason = r.reason
from {rows :rows (id text, executed_ms bigint, resident bigint, reason text)} r
where runs.id = r.id;

-- name: retry_runs
-- An attempt on another machine, after the run was out of memory, is granted beyond the number of attempts.
update runs
set status = 'DELAYED', slot = 0, available_at = r.available_at, fresh = 1, worker_id = null, alone = 0,
  executing_ms = executing_ms + r.executed_ms, version = version + 1, machine = coalesce(r.machine, runs.machine),
  max_attempts = case when r.machine is null then max_attempts else {greatest}(max_attempts, attempt + 1) end
from {rows :rows (id text, available_at bigint, executed_ms bigint, machine text)} r
where runs.id = r.id;

-- name: hand_back_runs
update runs
set status = 'QUEUED', slot = 0, held = 0, fresh = 0, worker_id = null, alone = 0, version = version + 1,
  executing_ms = executing_ms + r.executed_ms
from {rows :rows (id text, executed_ms bigint)} r
where runs.id = r.id;

-- name: continue_runs
-- The run goes behind those of its key that wait, as one that came now: a loop must not keep its queue to itself.
update runs
set turn = 1 + {greatest}(
    (select {greatest}(q.turn, case when runs.concurrency_key = '' then q.unkeyed_turn else 0 end) from queues q
     where q.environment = runs.environment and q.name = runs.queue),
    coalesce((select max(o.turn) from runs o
      where o.environment = runs.environment and o.queue = runs.queue and o.concurrency_key = runs.concurrency_key
        and o.status = 'QUEUED' and o.concurrency_key <> ''), 0)),
  status = 'QUEUED', slot = 0, held = 0, fresh = 1, attempt = 0, payload = r.payload, worker_id = null, alone = 0,
  executing_ms = 0, version = version + 1, deaths = 0, deaths_alone = 0, expires_at = null
from {rows :rows (id text, payload text)} r
where runs.id = r.id;

-- name: forget_blobs
-- Of a body that continued only its payload and its messages are left: it may do so for ever.
delete from blobs
where run_id in (select r.id from {rows :ids (id text)} r)
  and not exists (select 1 from runs where runs.id = blobs.run_id and runs.payload = 'blob:' || blobs.digest)
  and not exists (select 1 from inbox i where i.run_id = blobs.run_id and i.value = 'blob:' || blobs.digest);

-- name: release_slots
update runs
set slot = 0
where id in (select r.id from {rows :ids (id text)} r) and {plain slot} = 1;

-- name: evict_runs
update runs
set worker_id = null
where id in (select r.id from {rows :ids (id text)} r) and {plain status} in ('WAITING', 'QUEUED')
  and {plain worker_id} = :worker_id;

-- name: add_attempts
insert into attempts (run_id, number, worker_id, started_at, finished_at, outcome, error) {values :rows}
on conflict do nothing;

-- name: forget_entries
-- Forgotten: the row stays, so that a child keeps its generation and its predecessor. A batch is done although members
-- of it failed; who names it wants those again. What waits for a message would take one that the next attempt may never
-- ask for.
update journal
set status = 'forgotten', generation = generation + 1, value = null, error = null, resolved_at = null, due_at = null
where run_id = :run_id and (status = 'pending' and kind = 'message'
  or (status = 'failed' or status = 'done' and kind = 'batch') and key in (select r.key from {rows :keys (key text)} r));

-- name: forget_failed
update journal
set status = 'forgotten', generation = generation + 1, value = null, error = null, resolved_at = null, due_at = null
where run_id = :run_id and (status = 'failed' or status = 'pending' and kind = 'message'
  or status = 'done' and kind = 'batch' and exists (
  select 1 from runs
  where runs.batch_id = journal.awaits and runs.batch_id is not null
    and runs.status in ('CANCELED', 'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT')));

-- name: forget_journal
-- A fresh start: everything is asked for again, children and waits one generation on, without a predecessor.
update journal
set status = 'forgotten', generation = generation + 1, value = null, error = null, awaits = null, resolved_at = null,
  due_at = null
where run_id = :run_id and kind in ('child', 'trigger', 'batch', 'create');

-- name: delete_journal
delete from journal
where run_id = :run_id and status <> 'forgotten';

-- name: delete_applied
delete from applied
where run_id = :run_id and scope <> '#rounds';

-- name: count_round
insert into applied (run_id, scope, count) values (:run_id, :scope, 1)
on conflict (run_id, scope) do update
set count = applied.count + 1;

-- name: await_runs
update runs
set awaited = 1
where id in (select r.id from {rows :ids (id text)} r) and awaited = 0;

-- name: run_ends -> RunEnd*
select runs.id, runs.status, runs.output, runs.error
from {rows :ids (id text)} r
join runs on runs.id = r.id
where runs.status in ('COMPLETED', 'CANCELED', 'FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT');

-- name: wait_ends -> WaitEnd*
select waits.id, waits.status, waits.value
from {rows :ids (id text)} r
join waits on waits.id = r.id
where waits.status <> 'WAITING';

-- name: add_waits
insert into waits (id, environment, status, value, tags, schema, run_id, idempotency_key, created_at, due_at, completed_at,
  key_expires_at, question)
{values :rows}
on conflict do nothing;

-- name: known_waits -> KnownWait*
select waits.environment, waits.idempotency_key as key, waits.id, waits.key_expires_at
from {rows :keys (environment text, key text)} r
join waits on waits.idempotency_key is not null and waits.environment = r.environment and waits.idempotency_key = r.key;

-- name: release_wait_keys
-- Keys that stand for these waits no longer: others may have them.
update waits
set idempotency_key = null
where id in (select r.id from {rows :ids (id text)} r);

-- name: existing_things -> Name*
-- Which of these ids are a run's or a wait's.
select r.id as name
from {rows :ids (id text)} r
where exists (select 1 from runs where runs.id = r.id) or exists (select 1 from waits where waits.id = r.id);
