-- phase: pre
create table meta (key text primary key, value text not null);

create table runs (
  id text primary key,
  environment text not null,
  task text not null,
  queue text not null,
  concurrency_key text not null,
  status text not null,
  payload text not null,
  output text,
  error text,
  metadata text not null,
  tags text not null,
  attempt integer not null default 0,
  max_attempts integer not null,
  epoch integer not null default 0,
  version integer not null default 1,
  priority_ms integer not null,
  turn integer not null,
  rank integer not null,
  fresh integer not null default 1,
  held integer not null default 0,
  overtaken integer not null default 0,
  slot integer not null default 0,
  journaled integer not null default 0,
  awaited integer not null default 0,
  alone integer not null default 0,
  deaths integer not null default 0,
  deaths_alone integer not null default 0,
  worker_id text,
  created_at integer not null,
  available_at integer not null,
  started_at integer,
  claimed_at integer,
  waiting_at integer,
  finished_at integer,
  expires_at integer,
  executing_ms integer not null default 0,
  max_duration_ms integer,
  parked_reason text,
  parent_id text,
  parent_key text,
  root_id text not null,
  depth integer not null,
  generation integer not null,
  batch_id text,
  batch_position integer not null,
  idempotency_key text,
  resumed_from text,
  continued_by text,
  counts text,
  machine text,
  traceparent text,
  origin text
);
create index runs_ready on runs (environment, queue, fresh, turn, rank) where status = 'QUEUED' and held = 0;
create index runs_held on runs (environment, queue, concurrency_key, fresh, turn) where status = 'QUEUED' and held = 1;
create index runs_keyed on runs (environment, queue, concurrency_key, turn) where status = 'QUEUED' and concurrency_key <> '';
create index runs_priority on runs (environment, queue, concurrency_key, rank)
  where status = 'QUEUED' and (priority_ms > 0 or overtaken = 1);
create index runs_slot on runs (environment, queue, concurrency_key) where slot = 1;
create index runs_resident on runs (worker_id) where status in ('WAITING', 'QUEUED') and worker_id is not null;
create index runs_delayed on runs (available_at) where status = 'DELAYED';
create index runs_expiring on runs (expires_at)
  where expires_at is not null and status in ('QUEUED', 'DELAYED', 'PENDING_VERSION');
create index runs_pending on runs (environment, task) where status = 'PENDING_VERSION';
create index runs_unusual on runs (status, id)
  where status in ('FAILED', 'CRASHED', 'SYSTEM_FAILURE', 'TIMED_OUT', 'EXPIRED', 'CANCELED', 'WAITING', 'DELAYED', 'PENDING_VERSION');
create index runs_parent on runs (parent_id) where parent_id is not null;
create index runs_root on runs (root_id, id) where parent_id is not null;
create index runs_batch on runs (batch_id, batch_position) where batch_id is not null;
create index runs_batch_live on runs (batch_id)
  where awaited = 1 and batch_id is not null
    and status in ('PENDING_VERSION', 'DELAYED', 'QUEUED', 'DEQUEUED', 'EXECUTING', 'WAITING');

create table attempts (
  run_id text not null,
  number integer not null,
  worker_id text,
  started_at integer,
  finished_at integer not null,
  outcome text not null,
  error text,
  primary key (run_id, number, finished_at)
) without rowid;

create table journal (
  run_id text not null,
  key text not null,
  kind text not null,
  name text not null,
  status text not null,
  digest text not null,
  code_version text not null,
  value text,
  error text,
  awaits text,
  due_at integer,
  generation integer not null,
  tries integer not null,
  started_at integer not null,
  finished_at integer,
  resolved_at integer,
  position integer not null default 0,
  primary key (run_id, key)
) without rowid;
create index journal_awaits on journal (awaits) where status = 'pending' and awaits is not null;
create index journal_due on journal (due_at) where status = 'pending' and due_at is not null;
create index journal_resolved on journal (run_id, resolved_at) where resolved_at is not null;

-- Tries of steps: those that are told before the step's record, which is in the journal when it is done.
create table tries (
  run_id text not null,
  key text not null,
  epoch integer not null,
  number integer not null,
  name text not null,
  started_at integer not null,
  failed_at integer,
  retry_at integer,
  error text,
  primary key (run_id, key, epoch, number)
) without rowid;

create table applied (
  run_id text not null,
  scope text not null,
  count integer not null,
  primary key (run_id, scope)
) without rowid;

create table waits (
  id text primary key,
  environment text not null,
  status text not null,
  value text,
  tags text not null,
  schema text,
  run_id text,
  idempotency_key text,
  created_at integer not null,
  due_at integer,
  completed_at integer,
  key_expires_at integer,
  question text,
  completed_by text
);
create index waits_due on waits (due_at) where status = 'WAITING' and due_at is not null;
create index waits_open on waits (id) where status = 'WAITING';
create unique index waits_idempotency on waits (environment, idempotency_key) where idempotency_key is not null;
create index waits_run on waits (run_id) where run_id is not null;

create table inbox (
  seq integer primary key autoincrement,
  run_id text not null,
  name text not null,
  key text not null,
  value text not null,
  sent_at integer not null,
  taken_by text
);
create unique index inbox_key on inbox (run_id, name, key);
create index inbox_unread on inbox (run_id, name, seq) where taken_by is null;
create index inbox_taken on inbox (run_id, taken_by) where taken_by is not null;

create table app_migrations (
  app text not null,
  number integer not null,
  name text not null,
  digest text not null,
  applied_at integer not null,
  primary key (app, number)
) without rowid;
create table transacted (
  run_id text not null,
  key text not null,
  value text not null,
  primary key (run_id, key)
) without rowid;

create table alerts (
  environment text not null,
  name text not null,
  kind text not null,
  run text not null,
  rule text not null,
  seen_at integer not null,
  primary key (environment, name)
) without rowid;
create table alert_events (
  seq integer primary key autoincrement,
  environment text not null,
  alert text not null,
  kind text not null,
  subject text not null,
  message text not null,
  run_id text,
  fingerprint text not null,
  count integer not null,
  first_at integer not null,
  last_at integer not null,
  handled_by text
);
create index alert_events_same on alert_events (environment, alert, fingerprint, seq);
create table alert_channels (
  id text primary key,
  environment text not null,
  name text not null,
  kind text not null,
  shown text not null,
  sealed text not null,
  origin text not null,
  created_at integer not null
) without rowid;
create table alert_deliveries (
  id text primary key,
  environment text not null,
  channel_id text not null,
  kind text not null,
  event integer,
  alert text not null,
  status text not null,
  attempts integer not null,
  claimed_by text,
  next_at integer,
  created_at integer not null,
  finished_at integer
) without rowid;
create index alert_deliveries_due on alert_deliveries (next_at) where next_at is not null;
create index alert_deliveries_event on alert_deliveries (event) where event is not null;
create table alert_attempts (
  delivery_id text not null,
  number integer not null,
  at integer not null,
  took_ms integer,
  status integer,
  error text,
  primary key (delivery_id, number)
) without rowid;

create table batches (
  id text primary key,
  environment text not null,
  run_id text,
  size integer not null,
  created_at integer not null,
  sealed_at integer,
  idempotency_key text,
  tasks text
);
create unique index batches_idempotency on batches (environment, idempotency_key) where idempotency_key is not null;
-- Items of a batch that became no run.
create table batch_errors (
  batch_id text not null,
  position integer not null,
  task text not null,
  message text not null,
  code text not null,
  primary key (batch_id, position)
) without rowid;
create table batch_members (
  batch_id text not null,
  position integer not null,
  run_id text not null,
  primary key (batch_id, position)
) without rowid;
create index batch_members_run on batch_members (run_id);

create table idempotency (
  environment text not null,
  task text not null,
  key text not null,
  run_id text not null,
  expires_at integer,
  primary key (environment, task, key)
) without rowid;
create index idempotency_run on idempotency (run_id);

create table debounces (
  environment text not null,
  task text not null,
  key text not null,
  run_id text not null,
  primary key (environment, task, key)
) without rowid;
create index debounces_run on debounces (run_id);

create table queues (
  environment text not null,
  name text not null,
  concurrency integer,
  per_key integer,
  rate_count integer,
  rate_period_ms integer,
  max_length integer,
  paused integer not null default 0,
  overridden integer not null default 0,
  override_ends_at integer,
  declared text,
  tat_us integer not null default 0,
  turn integer not null default 0,
  unkeyed_turn integer not null default 0,
  primary key (environment, name)
) without rowid;
-- Few: limits that a person set for a while.
create index queues_override_ending on queues (override_ends_at) where override_ends_at is not null;

create table tasks (
  environment text not null,
  name text not null,
  info text not null,
  seen_at integer not null,
  primary key (environment, name)
) without rowid;

create table workers (
  id text primary key,
  environment text not null,
  embedded integer not null,
  pid integer not null,
  host text not null,
  code_version text not null,
  labels text,
  started_at integer not null,
  lease_until integer not null,
  stopped_at integer
);
create index workers_live on workers (lease_until) where stopped_at is null;

-- What one of several engines does for all.
create table duties (
  name text primary key,
  holder text not null,
  epoch integer not null,
  until integer not null
);

create table changes (
  seq integer primary key autoincrement,
  run_id text not null,
  root_id text not null,
  version integer not null,
  kind text not null,
  status text not null,
  at integer not null,
  keys text
);

create table parts (
  run_id text not null,
  stream text not null,
  seq integer not null,
  kind text not null,
  value text not null,
  scope text not null,
  at integer not null,
  superseded integer not null default 0,
  primary key (run_id, stream, seq)
) without rowid;

create table logs (
  seq integer primary key autoincrement,
  run_id text not null,
  at integer not null,
  level text not null,
  message text not null,
  data text,
  attempt integer not null,
  scope text not null
);
create index logs_run on logs (run_id, seq);

create table artifacts (
  id text primary key,
  run_id text not null,
  name text not null,
  content_type text not null,
  size integer not null,
  data blob not null,
  digest text,
  attempt integer not null,
  created_at integer not null
);
create index artifacts_run on artifacts (run_id);

create table objects (
  run_id text not null,
  digest text not null,
  key text not null,
  due_at integer,
  doomed integer not null default 0,
  primary key (run_id, digest)
) without rowid;
-- What falls due, or is to be deleted: few of many.
create index objects_due on objects (doomed, due_at) where due_at is not null;

create table files (
  id text primary key,
  environment text not null,
  kind text not null,
  path text not null,
  content_type text not null,
  state text not null,
  size integer not null,
  digest text not null,
  created_at integer not null,
  due_at integer
);
create unique index files_path on files (environment, kind, path) where state = 'ready';
create index files_due on files (due_at) where due_at is not null;
create index files_size on files (environment, size);
create table file_parts (
  file_id text not null,
  number integer not null,
  size integer not null,
  digest text not null,
  object_key text,
  data blob not null,
  primary key (file_id, number)
);

create table usage (
  run_id text not null,
  name text not null,
  unit text not null,
  quantity_micros integer not null,
  cost_nanos integer not null,
  primary key (run_id, name, unit)
) without rowid;

create table blobs (
  run_id text not null,
  digest text not null,
  data text not null,
  primary key (run_id, digest)
);

create table schedules (
  id text primary key,
  environment text not null,
  type text not null,
  task text not null,
  cron text not null,
  timezone text not null,
  overlap text not null,
  catch_up text not null,
  payload text,
  external_id text,
  "window" text,
  deduplication_key text,
  paused integer not null,
  removed integer not null,
  problem text,
  next_at integer,
  last_at integer,
  kept_at integer,
  revision integer not null,
  declared_by text,
  created_at integer not null,
  updated_at integer not null
);
create index schedules_due on schedules (next_at) where next_at is not null;
create index schedules_kept on schedules (kept_at) where kept_at is not null;
create index schedules_declared on schedules (environment, task) where type = 'DECLARATIVE';
create unique index schedules_deduplication on schedules (environment, deduplication_key)
  where deduplication_key is not null;

-- The key is what makes a tick happen once.
create table schedule_ticks (
  schedule_id text not null,
  at integer not null,
  manual integer not null,
  outcome text not null,
  run_id text,
  decided_at integer not null,
  primary key (schedule_id, at, manual)
) without rowid;
create unique index schedule_ticks_run on schedule_ticks (run_id) where run_id is not null;
create index schedule_ticks_idle on schedule_ticks (decided_at) where run_id is null;

-- Ids that an outbox handed over, so that each is started once.
create table relayed (
  id text primary key,
  at integer not null
) without rowid;
create index relayed_at on relayed (at);

-- What the instance signs and encrypts with, where no setting says it.
create table secrets (
  name text primary key,
  value text not null
);

create table projects (
  slug text primary key,
  name text not null,
  created_at integer not null
);

-- Keys are random: a digest that is read admits nobody.
create table api_keys (
  id text primary key,
  digest text not null unique,
  environment text not null,
  role text not null,
  name text not null,
  hint text not null,
  created_at integer not null,
  used_at integer,
  expires_at integer,
  revoked_at integer,
  replaced_by text
);

-- Public tokens that were asked for, and those that admit nobody any more; a token itself is kept nowhere.
create table public_tokens (
  id text primary key,
  environment text not null,
  name text not null,
  scopes text not null,
  once integer not null,
  made_by text not null,
  created_at integer not null,
  expires_at integer not null,
  revoked_at integer
);
create index public_tokens_environment on public_tokens (environment, name, created_at);
create index public_tokens_expiring on public_tokens (expires_at);
create index public_tokens_revoked on public_tokens (revoked_at) where revoked_at is not null;

create table people (
  id text primary key,
  email text not null unique,
  password text not null,
  name text not null,
  role text not null,
  created_at integer not null,
  signed_in_at integer,
  disabled_at integer
);

create table sign_ins (
  digest text primary key,
  person_id text not null,
  created_at integer not null,
  used_at integer not null,
  expires_at integer not null
);
create index sign_ins_person on sign_ins (person_id);

-- Environment variables of workers; values are encrypted.
create table variables (
  environment text not null,
  name text not null,
  value text not null,
  is_secret integer not null,
  updated_at integer not null,
  primary key (environment, name)
);

-- Runs by tag: an index of `runs.tags`, for those that have any.
create table run_tags (
  environment text not null,
  tag text not null,
  run_id text not null,
  primary key (environment, tag, run_id)
) without rowid;

-- How many ended runs were created in each minute, quarter of an hour and hour: what a history of 1,000,000 runs is drawn from.
create table tallies (
  environment text not null,
  span_ms integer not null,
  at integer not null,
  task text not null,
  status text not null,
  count integer not null,
  primary key (environment, span_ms, at, task, status)
) without rowid;

-- Filters of lists under a name, for everybody in an environment.
create table saved_views (
  id text primary key,
  environment text not null,
  list text not null,
  name text not null,
  filters text not null,
  created_by text,
  created_at integer not null,
  updated_at integer not null
);
create unique index saved_views_name on saved_views (environment, list, name);

-- One-time tokens that were used.
create table used_tokens (
  digest text primary key,
  expires_at integer not null
) without rowid;
create index used_tokens_expiring on used_tokens (expires_at);

-- Answers to requests that may be sent again, because their client did not hear the first.
create table answers (
  digest text primary key,
  answer text not null,
  expires_at integer not null
) without rowid;
create index answers_expiring on answers (expires_at);

create table bulk_actions (
  id text primary key,
  environment text not null,
  kind text not null,
  name text,
  wanted text not null,
  region text,
  status text not null,
  total integer not null,
  succeeded integer not null default 0,
  failed integer not null default 0,
  reached text,
  created_at integer not null,
  finished_at integer
) without rowid;
create index bulk_actions_pending on bulk_actions (id) where status = 'PENDING';
-- What a bulk action canceled, or made.
create table bulk_runs (
  bulk_id text not null,
  run_id text not null,
  primary key (bulk_id, run_id)
) without rowid;
create index bulk_runs_run on bulk_runs (run_id);

-- What fences and follow-ups need to know of a run.
create view holding as
select id, environment, queue, status, epoch, version, slot, alone, awaited, attempt, worker_id, claimed_at, parent_id, root_id,
  batch_id, task, deaths, deaths_alone, parked_reason is not null as parked, journaled, created_at, available_at, expires_at
from runs;
