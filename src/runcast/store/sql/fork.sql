-- A new run takes over the journal of another up to a chosen entry. Its effects are made anew: the body goes through what
-- was done before and sets metadata, tags and logs again; those that steps made are not, because the steps do not run.

-- name: places -> Place*
select key, position
from journal
where run_id = :run_id and (key = :key or name = :key) and status in ('done', 'failed', 'pending')
order by position, key;

-- name: adopt_before
-- In program order. With another payload the recorded results stand, whatever they were computed from. What had not
-- ended is asked for again.
insert into journal (run_id, key, kind, name, status, digest, code_version, value, error, awaits, due_at, generation,
  tries, started_at, finished_at, resolved_at, position)
select :run_id, key, kind, name, status, case when :same_payload = 1 then digest else '' end, code_version, value, error, awaits, null,
  generation, tries, started_at, finished_at, null, position
from journal
where run_id = :adopts and position < :position and (
  status = 'done' or status = 'failed' and key not in (select r.key from {rows :failed (key text)} r));

-- name: adopt_step_effects
-- Of steps that are done: they do not run again.
insert into applied (run_id, scope, count)
select :run_id, a.scope, a.count
from applied a
join journal j on j.run_id = :run_id and j.key = a.scope
where a.run_id = :adopts;

-- name: find_skippable -> Place*
-- Of the run that goes on: what it has to do again, or took over as failed.
select key, position
from journal
where run_id = :run_id and (key = :key or name = :key) and kind in ('step', 'child', 'result', 'token')
  and status in ('failed', 'forgotten')
order by position, key;

-- name: set_result
update journal
set status = 'done', value = :value, error = null, finished_at = :now
where run_id = :run_id and key = :key;
