-- phase: pre
create table meta (key text collate "C" primary key, value text not null);

create table runs (
  id text collate "C" primary key,
  environment text collate "C" not null,
  task text collate "C" not null,
  queue text collate "C" not null,
  concurrency_key text collate "C" not null,
  status text collate "C" not null,
  payload text collate "C" not null,
  output text collate "C",
  error text collate "C",
  metadata text collate "C" not null,
  tags text collate "C" not null,
  attempt bigint not null default 0,
  max_attempts bigint not null,
  epoch bigint not null default 0,
  version bigint not null default 1,
  priority_ms bigint not null,
  turn bigint not null,
  rank bigint not null,
  fresh bigint not null default 1,
  held bigint not null default 0,
  overtaken bigint not null default 0,
  slot bigint not null default 0,
  journaled bigint not null default 0,
  awaited bigint not null default 0,
  alone bigint not null default 0,
  deaths bigint not null default 0,
  deaths_alone bigint not null default 0,
  worker_id text collate "C",
  created_at bigint not null,
  available_at bigint not null,
  started_at bigint,
  claimed_at bigint,
  waiting_at bigint,
  finished_at bigint,
  expires_at bigint,
  executing_ms bigint not null default 0,
  max_duration_ms bigint,
  parked_reason text collate "C",
  parent_id text collate "C",
  parent_key text collate "C",
  root_id text collate "C" not null,
  depth bigint not null,
  generation bigint not null,
  batch_id text collate "C",
  batch_position bigint not null,
  idempotency_key text collate "C",
  resumed_from text collate "C",
  continued_by text collate "C",
  counts text collate "C",
  machine text collate "C",
  traceparent text collate "C",
  origin text collate "C"
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
  run_id text collate "C" not null,
  number bigint not null,
  worker_id text collate "C",
  started_at bigint,
  finished_at bigint not null,
  outcome text collate "C" not null,
  error text collate "C",
  primary key (run_id, number, finished_at)
);

create table journal (
  run_id text collate "C" not null,
  key text collate "C" not null,
  kind text collate "C" not null,
  name text collate "C" not null,
  status text collate "C" not null,
  digest text collate "C" not null,
  code_version text collate "C" not null,
  value text collate "C",
  error text collate "C",
  awaits text collate "C",
  due_at bigint,
  generation bigint not null,
  tries bigint not null,
  started_at bigint not null,
  finished_at bigint,
  resolved_at bigint,
  position bigint not null default 0,
  primary key (run_id, key)
);
create index journal_awaits on journal (awaits) where status = 'pending' and awaits is not null;
create index journal_due on journal (due_at) where status = 'pending' and due_at is not null;
create index journal_resolved on journal (run_id, resolved_at) where resolved_at is not null;

-- Tries of steps: those that are told before the step's record, which is in the journal when it is done.
create table tries (
  run_id text collate "C" not null,
  key text collate "C" not null,
  epoch bigint not null,
  number bigint not null,
  name text collate "C" not null,
  started_at bigint not null,
  failed_at bigint,
  retry_at bigint,
  error text collate "C",
  primary key (run_id, key, epoch, number)
);

create table applied (
  run_id text collate "C" not null,
  scope text collate "C" not null,
  count bigint not null,
  primary key (run_id, scope)
);

create table waits (
  id text collate "C" primary key,
  environment text collate "C" not null,
  status text collate "C" not null,
  value text collate "C",
  tags text collate "C" not null,
  schema text collate "C",
  run_id text collate "C",
  idempotency_key text collate "C",
  created_at bigint not null,
  due_at bigint,
  completed_at bigint,
  key_expires_at bigint,
  question text collate "C",
  completed_by text collate "C"
);
create index waits_due on waits (due_at) where status = 'WAITING' and due_at is not null;
create index waits_open on waits (id) where status = 'WAITING';
create unique index waits_idempotency on waits (environment, idempotency_key) where idempotency_key is not null;
create index waits_run on waits (run_id) where run_id is not null;

create table inbox (
  seq bigint generated by default as identity primary key,
  run_id text collate "C" not null,
  name text collate "C" not null,
  key text collate "C" not null,
  value text collate "C" not null,
  sent_at bigint not null,
  taken_by text collate "C"
);
create unique index inbox_key on inbox (run_id, name, key);
create index inbox_unread on inbox (run_id, name, seq) where taken_by is null;
create index inbox_taken on inbox (run_id, taken_by) where taken_by is not null;

create table app_migrations (
  app text collate "C" not null,
  number bigint not null,
  name text collate "C" not null,
  digest text collate "C" not null,
  applied_at bigint not null,
  primary key (app, number)
);
create table transacted (
  run_id text collate "C" not null,
  key text collate "C" not null,
  value text collate "C" not null,
  primary key (run_id, key)
);

create table alerts (
  environment text collate "C" not null,
  name text collate "C" not null,
  kind text collate "C" not null,
  run text collate "C" not null,
  rule text collate "C" not null,
  seen_at bigint not null,
  primary key (environment, name)
);
create table alert_events (
  seq bigint generated by default as identity primary key,
  environment text collate "C" not null,
  alert text collate "C" not null,
  kind text collate "C" not null,
  subject text collate "C" not null,
  message text collate "C" not null,
  run_id text collate "C",
  fingerprint text collate "C" not null,
  count bigint not null,
  first_at bigint not null,
  last_at bigint not null,
  handled_by text collate "C"
);
create index alert_events_same on alert_events (environment, alert, fingerprint, seq);
create table alert_channels (
  id text collate "C" primary key,
  environment text collate "C" not null,
  name text collate "C" not null,
  kind text collate "C" not null,
  shown text collate "C" not null,
  sealed text collate "C" not null,
  origin text collate "C" not null,
  created_at bigint not null
);
create table alert_deliveries (
  id text collate "C" primary key,
  environment text collate "C" not null,
  channel_id text collate "C" not null,
  kind text collate "C" not null,
  event bigint,
  alert text collate "C" not null,
  status text collate "C" not null,
  attempts bigint not null,
  claimed_by text collate "C",
  next_at bigint,
  created_at bigint not null,
  finished_at bigint
);
create index alert_deliveries_due on alert_deliveries (next_at) where next_at is not null;
create index alert_deliveries_event on alert_deliveries (event) where event is not null;
create table alert_attempts (
  delivery_id text collate "C" not null,
  number bigint not null,
  at bigint not null,
  took_ms bigint,
  status bigint,
  error text collate "C",
  primary key (delivery_id, number)
);

create table batches (
  id text collate "C" primary key,
  environment text collate "C" not null,
  run_id text collate "C",
  size bigint not null,
  created_at bigint not null,
  sealed_at bigint,
  idempotency_key text collate "C",
  tasks text collate "C"
);
create unique index batches_idempotency on batches (environment, idempotency_key) where idempotency_key is not null;
-- Items of a batch that became no run.
create table batch_errors (
  batch_id text collate "C" not null,
  position bigint not null,
  task text collate "C" not null,
  message text collate "C" not null,
  code text collate "C" not null,
  primary key (batch_id, position)
);
create table batch_members (
  batch_id text collate "C" not null,
  position bigint not null,
  run_id text collate "C" not null,
  primary key (batch_id, position)
);
create index batch_members_run on batch_members (run_id);

create table idempotency (
  environment text collate "C" not null,
  task text collate "C" not null,
  key text collate "C" not null,
  run_id text collate "C" not null,
  expires_at bigint,
  primary key (environment, task, key)
);
create index idempotency_run on idempotency (run_id);

create table debounces (
  environment text collate "C" not null,
  task text collate "C" not null,
  key text collate "C" not null,
  run_id text collate "C" not null,
  primary key (environment, task, key)
);
create index debounces_run on debounces (run_id);

create table queues (
  environment text collate "C" not null,
  name text collate "C" not null,
  concurrency bigint,
  per_key bigint,
  rate_count bigint,
  rate_period_ms bigint,
  max_length bigint,
  paused bigint not null default 0,
  overridden bigint not null default 0,
  override_ends_at bigint,
  declared text collate "C",
  tat_us bigint not null default 0,
  turn bigint not null default 0,
  unkeyed_turn bigint not null default 0,
  primary key (environment, name)
);
-- Few: limits that a person set for a while.
create index queues_override_ending on queues (override_ends_at) where override_ends_at is not null;

create table tasks (
  environment text collate "C" not null,
  name text collate "C" not null,
  info text collate "C" not null,
  seen_at bigint not null,
  primary key (environment, name)
);

create table workers (
  id text collate "C" primary key,
  environment text collate "C" not null,
  embedded bigint not null,
  pid bigint not null,
  host text collate "C" not null,
  code_version text collate "C" not null,
  labels text collate "C",
  started_at bigint not null,
  lease_until bigint not null,
  stopped_at bigint
);
create index workers_live on workers (lease_until) where stopped_at is null;

-- What one of several engines does for all.
create table duties (
  name text collate "C" primary key,
  holder text collate "C" not null,
  epoch bigint not null,
  until bigint not null
);

create table changes (
  seq bigint generated by default as identity primary key,
  run_id text collate "C" not null,
  root_id text collate "C" not null,
  version bigint not null,
  kind text collate "C" not null,
  status text collate "C" not null,
  at bigint not null,
  keys text collate "C"
);

create table parts (
  run_id text collate "C" not null,
  stream text collate "C" not null,
  seq bigint not null,
  kind text collate "C" not null,
  value text collate "C" not null,
  scope text collate "C" not null,
  at bigint not null,
  superseded bigint not null default 0,
  primary key (run_id, stream, seq)
);

create table logs (
  seq bigint generated by default as identity primary key,
  run_id text collate "C" not null,
  at bigint not null,
  level text collate "C" not null,
  message text collate "C" not null,
  data text collate "C",
  attempt bigint not null,
  scope text collate "C" not null
);
create index logs_run on logs (run_id, seq);

create table artifacts (
  id text collate "C" primary key,
  run_id text collate "C" not null,
  name text collate "C" not null,
  content_type text collate "C" not null,
  size bigint not null,
  data bytea not null,
  digest text collate "C",
  attempt bigint not null,
  created_at bigint not null
);
create index artifacts_run on artifacts (run_id);

create table objects (
  run_id text collate "C" not null,
  digest text collate "C" not null,
  key text collate "C" not null,
  due_at bigint,
  doomed bigint not null default 0,
  primary key (run_id, digest)
);
-- What falls due, or is to be deleted: few of many.
create index objects_due on objects (doomed, due_at) where due_at is not null;

create table files (
  id text collate "C" primary key,
  environment text collate "C" not null,
  kind text collate "C" not null,
  path text collate "C" not null,
  content_type text collate "C" not null,
  state text collate "C" not null,
  size bigint not null,
  digest text collate "C" not null,
  created_at bigint not null,
  due_at bigint
);
create unique index files_path on files (environment, kind, path) where state = 'ready';
create index files_due on files (due_at) where due_at is not null;
create index files_size on files (environment, size);
create table file_parts (
  file_id text collate "C" not null,
  number bigint not null,
  size bigint not null,
  digest text collate "C" not null,
  object_key text collate "C",
  data bytea not null,
  primary key (file_id, number)
);

create table usage (
  run_id text collate "C" not null,
  name text collate "C" not null,
  unit text collate "C" not null,
  quantity_micros bigint not null,
  cost_nanos bigint not null,
  primary key (run_id, name, unit)
);

create table blobs (
  run_id text collate "C" not null,
  digest text collate "C" not null,
  data text collate "C" not null,
  primary key (run_id, digest)
);

create table schedules (
  id text collate "C" primary key,
  environment text collate "C" not null,
  type text collate "C" not null,
  task text collate "C" not null,
  cron text collate "C" not null,
  timezone text collate "C" not null,
  overlap text collate "C" not null,
  catch_up text collate "C" not null,
  payload text collate "C",
  external_id text collate "C",
  "window" text collate "C",
  deduplication_key text collate "C",
  paused bigint not null,
  removed bigint not null,
  problem text collate "C",
  next_at bigint,
  last_at bigint,
  kept_at bigint,
  revision bigint not null,
  declared_by text collate "C",
  created_at bigint not null,
  updated_at bigint not null
);
create index schedules_due on schedules (next_at) where next_at is not null;
create index schedules_kept on schedules (kept_at) where kept_at is not null;
create index schedules_declared on schedules (environment, task) where type = 'DECLARATIVE';
create unique index schedules_deduplication on schedules (environment, deduplication_key)
  where deduplication_key is not null;

-- The key is what makes a tick happen once.
create table schedule_ticks (
  schedule_id text collate "C" not null,
  at bigint not null,
  manual bigint not null,
  outcome text collate "C" not null,
  run_id text collate "C",
  decided_at bigint not null,
  primary key (schedule_id, at, manual)
);
create unique index schedule_ticks_run on schedule_ticks (run_id) where run_id is not null;
create index schedule_ticks_idle on schedule_ticks (decided_at) where run_id is null;

-- Ids that an outbox handed over, so that each is started once.
create table relayed (
  id text collate "C" primary key,
  at bigint not null
);
create index relayed_at on relayed (at);

-- What the instance signs and encrypts with, where no setting says it.
create table secrets (
  name text collate "C" primary key,
  value text collate "C" not null
);

create table projects (
  slug text collate "C" primary key,
  name text collate "C" not null,
  created_at bigint not null
);

-- Keys are random: a digest that is read admits nobody.
create table api_keys (
  id text collate "C" primary key,
  digest text collate "C" not null unique,
  environment text collate "C" not null,
  role text collate "C" not null,
  name text collate "C" not null,
  hint text collate "C" not null,
  created_at bigint not null,
  used_at bigint,
  expires_at bigint,
  revoked_at bigint,
  replaced_by text collate "C"
);

-- Public tokens that were asked for, and those that admit nobody any more; a token itself is kept nowhere.
create table public_tokens (
  id text collate "C" primary key,
  environment text collate "C" not null,
  name text collate "C" not null,
  scopes text collate "C" not null,
  once bigint not null,
  made_by text collate "C" not null,
  created_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index public_tokens_environment on public_tokens (environment, name, created_at);
create index public_tokens_expiring on public_tokens (expires_at);
create index public_tokens_revoked on public_tokens (revoked_at) where revoked_at is not null;

create table people (
  id text collate "C" primary key,
  email text collate "C" not null unique,
  password text collate "C" not null,
  name text collate "C" not null,
  role text collate "C" not null,
  created_at bigint not null,
  signed_in_at bigint,
  disabled_at bigint
);

create table sign_ins (
  digest text collate "C" primary key,
  person_id text collate "C" not null,
  created_at bigint not null,
  used_at bigint not null,
  expires_at bigint not null
);
create index sign_ins_person on sign_ins (person_id);

-- Environment variables of workers; values are encrypted.
create table variables (
  environment text collate "C" not null,
  name text collate "C" not null,
  value text collate "C" not null,
  is_secret bigint not null,
  updated_at bigint not null,
  primary key (environment, name)
);

-- Runs by tag: an index of `runs.tags`, for those that have any.
create table run_tags (
  environment text collate "C" not null,
  tag text collate "C" not null,
  run_id text collate "C" not null,
  primary key (environment, tag, run_id)
);

-- How many ended runs were created in each minute, quarter of an hour and hour: what a history of 1,000,000 runs is drawn from.
create table tallies (
  environment text collate "C" not null,
  span_ms bigint not null,
  at bigint not null,
  task text collate "C" not null,
  status text collate "C" not null,
  count bigint not null,
  primary key (environment, span_ms, at, task, status)
) with (fillfactor = 50);

-- Filters of lists under a name, for everybody in an environment.
create table saved_views (
  id text collate "C" primary key,
  environment text collate "C" not null,
  list text collate "C" not null,
  name text collate "C" not null,
  filters text collate "C" not null,
  created_by text collate "C",
  created_at bigint not null,
  updated_at bigint not null
);
create unique index saved_views_name on saved_views (environment, list, name);

-- One-time tokens that were used.
create table used_tokens (
  digest text collate "C" primary key,
  expires_at bigint not null
);
create index used_tokens_expiring on used_tokens (expires_at);

-- Answers to requests that may be sent again, because their client did not hear the first.
create table answers (
  digest text collate "C" primary key,
  answer text collate "C" not null,
  expires_at bigint not null
);
create index answers_expiring on answers (expires_at);

create table bulk_actions (
  id text collate "C" primary key,
  environment text collate "C" not null,
  kind text collate "C" not null,
  name text collate "C",
  wanted text collate "C" not null,
  region text collate "C",
  status text collate "C" not null,
  total bigint not null,
  succeeded bigint not null default 0,
  failed bigint not null default 0,
  reached text collate "C",
  created_at bigint not null,
  finished_at bigint
);
create index bulk_actions_pending on bulk_actions (id) where status = 'PENDING';
-- What a bulk action canceled, or made.
create table bulk_runs (
  bulk_id text collate "C" not null,
  run_id text collate "C" not null,
  primary key (bulk_id, run_id)
);
create index bulk_runs_run on bulk_runs (run_id);

-- What fences and follow-ups need to know of a run.
create view holding as
select id, environment, queue, status, epoch, version, slot, alone, awaited, attempt, worker_id, claimed_at, parent_id, root_id,
  batch_id, task, deaths, deaths_alone, parked_reason is not null as parked, journaled, created_at, available_at, expires_at
from runs;

-- Who takes the writer's turn takes a number: whose last was the one before knows that nobody else wrote meanwhile.
create sequence writer_turns;

-- Rows of these are written often while they live: room beside them, and a vacuum that does not wait for a fifth of the table.
alter table runs set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1,
  autovacuum_analyze_scale_factor = 0.05);
alter table journal set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 1);
alter table queues set (fillfactor = 50, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
alter table workers set (fillfactor = 50, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
alter table changes set (autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_vacuum_scale_factor = 0.05);
