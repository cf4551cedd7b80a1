create table app_leads_clients (
  id text primary key,
  environment text not null,
  name text not null,
  brief text not null,
  created_at bigint not null,
  updated_at bigint not null,
  deleted_at bigint
);
create index app_leads_clients_of on app_leads_clients (environment, name);
create table app_leads_leads (
  id text primary key,
  environment text not null,
  client_id text not null,
  client_name text not null,
  batch_id text not null,
  position bigint not null,
  linkedin_url text not null,
  slug text not null,
  name text not null,
  title text not null,
  company text not null,
  run_id text not null,
  options text not null,
  input text not null,
  created_at bigint not null
);
create index app_leads_leads_of on app_leads_leads (environment, created_at, position);
create index app_leads_leads_batch on app_leads_leads (batch_id, position);
create index app_leads_leads_person on app_leads_leads (environment, slug);
create table app_leads_batches (
  id text primary key,
  environment text not null,
  client_id text not null,
  name text not null,
  leads bigint not null,
  created_at bigint not null
);
create table app_leads_runs (
  lead_id text not null,
  run_id text not null,
  began_at bigint not null,
  primary key (lead_id, run_id)
);
create table app_leads_assets (
  id text primary key,
  lead_id text not null,
  kind text not null,
  name text not null,
  title text not null,
  content_type text not null,
  content text not null,
  size bigint not null,
  run_id text not null,
  created_at bigint not null
);
create unique index app_leads_assets_of on app_leads_assets (lead_id, name);
create table app_leads_shares (
  id text primary key,
  lead_id text not null,
  digest text not null,
  created_by text not null,
  created_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create unique index app_leads_shares_digest on app_leads_shares (digest);
create index app_leads_shares_of on app_leads_shares (lead_id);
create table app_leads_settings (
  environment text primary key,
  choices text not null,
  updated_at bigint not null
);
