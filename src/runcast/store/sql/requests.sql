-- name: token_used_until -> int
select expires_at
from used_tokens
where digest = :digest;

-- name: use_token
insert into used_tokens (digest, expires_at)
values (:digest, :expires_at);

-- name: find_answer -> str
select answer
from answers
where digest = :digest and expires_at > :now;

-- name: keep_answer
insert into answers (digest, answer, expires_at)
values (:digest, :answer, :expires_at)
on conflict (digest) do update
set answer = excluded.answer, expires_at = excluded.expires_at;

-- name: forget_tokens
delete from used_tokens
where digest in (select digest from used_tokens where expires_at < :now limit :limit);

-- name: forget_answers
delete from answers
where digest in (select digest from answers where expires_at < :now limit :limit);

-- name: release_failed_keys
-- A canceled run keeps its key: somebody wanted it to end.
delete from idempotency
where environment = :environment
  and (task, key) in (select r.task, r.key from {rows :keys (task text, key text)} r)
  and exists (
    select 1 from runs
    where runs.id = idempotency.run_id
      and runs.status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'EXPIRED', 'TIMED_OUT'));

-- name: run_of_key -> str
select run_id
from idempotency
where environment = :environment and task = :task and key = :key and (expires_at > :now or expires_at is null);

-- name: forget_key
delete from idempotency
where environment = :environment and task = :task and key = :key;
