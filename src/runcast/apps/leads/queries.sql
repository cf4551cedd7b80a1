-- name: add_clients
insert into app_leads_clients (id, environment, name, brief, created_at, updated_at) {values :rows};

-- name: change_client
update app_leads_clients
set name = :name, brief = :brief, updated_at = :now
where id = :id and environment = :environment and deleted_at is null;

-- name: drop_client
update app_leads_clients
set deleted_at = :now
where id = :id and environment = :environment and deleted_at is null;

-- name: find_client -> ClientRow?
select id, brief, created_at, updated_at
from app_leads_clients
where id = :id and environment = :environment and deleted_at is null;

-- name: clients -> ClientRow*
select id, brief, created_at, updated_at
from app_leads_clients
where environment = :environment and deleted_at is null
order by name, id
limit :limit;

-- name: count_clients -> int
select count(*) from app_leads_clients where environment = :environment and deleted_at is null;

-- name: add_batches
insert into app_leads_batches (id, environment, client_id, name, leads, created_at) {values :rows};

-- name: find_batch -> BatchRow?
select id, client_id, name, leads, created_at
from app_leads_batches
where id = :id and environment = :environment;

-- name: add_leads
insert into app_leads_leads (id, environment, client_id, client_name, batch_id, position, linkedin_url, slug, name, title, company,
  options, input, created_at, run_id) {values :rows};

-- name: add_runs
insert into app_leads_runs (lead_id, run_id, began_at) {values :rows}
on conflict do nothing;

-- name: set_run
update app_leads_leads set run_id = :run_id where id = :id and environment = :environment;

-- name: name_lead
update app_leads_leads set name = :name, title = :title, company = :company where id = :id;

-- name: find_lead -> LeadRow?
select l.id, l.environment, l.client_id, l.client_name, l.batch_id, l.linkedin_url, l.slug, l.name, l.title, l.company,
  l.run_id, l.options, l.input, l.created_at, r.status, r.metadata, r.error, r.created_at as begun_at, r.finished_at,
  coalesce((
    select cast(sum(u.cost_nanos) as bigint)
    from app_leads_runs p
    join runs c on c.root_id = p.run_id and c.parent_id is not null
    join usage u on u.run_id = c.id
    where p.lead_id = l.id), 0) as cost_nanos
from app_leads_leads l
left join runs r on r.id = l.run_id
where l.id = :id and (:environment = '' or l.environment = :environment);

-- name: place -> PlaceRow?
select created_at, position from app_leads_leads where id = :id and environment = :environment;

-- name: leads -> LeadRow*
-- Newest first, and what was given together in its order; those after the last one of the page before.
select l.id, l.environment, l.client_id, l.client_name, l.batch_id, l.linkedin_url, l.slug, l.name, l.title, l.company,
  l.run_id, l.options, '' as input, l.created_at, r.status, r.metadata, r.error, r.created_at as begun_at, r.finished_at,
  coalesce((
    select cast(sum(u.cost_nanos) as bigint)
    from app_leads_runs p
    join runs c on c.root_id = p.run_id and c.parent_id is not null
    join usage u on u.run_id = c.id
    where p.lead_id = l.id), 0) as cost_nanos
from app_leads_leads l
left join runs r on r.id = l.run_id
where l.environment = :environment
  and l.created_at <= :at
  and (l.created_at < :at or l.position > :position or l.position = :position and l.id > :after)
  and (:client_id = '' or l.client_id = :client_id)
  and (:asked = 0 or coalesce(r.status, '') in (select s.name from {rows :statuses (name text)} s))
  and (:approval = 0 or :approval = 1 and r.metadata like '%"awaits":%' or :approval = 2 and r.metadata not like '%"awaits":%')
order by l.created_at desc, l.position, l.id
limit :limit;

-- name: batch_leads -> LeadRow*
-- In the order in which they were given.
select l.id, l.environment, l.client_id, l.client_name, l.batch_id, l.linkedin_url, l.slug, l.name, l.title, l.company,
  l.run_id, l.options, '' as input, l.created_at, r.status, r.metadata, r.error, r.created_at as begun_at, r.finished_at,
  coalesce((
    select cast(sum(u.cost_nanos) as bigint)
    from app_leads_runs p
    join runs c on c.root_id = p.run_id and c.parent_id is not null
    join usage u on u.run_id = c.id
    where p.lead_id = l.id), 0) as cost_nanos
from app_leads_leads l
left join runs r on r.id = l.run_id
where l.batch_id = :batch_id and l.environment = :environment
  and l.position > :position
  and (:client_id = '' or l.client_id = :client_id)
  and (:asked = 0 or coalesce(r.status, '') in (select s.name from {rows :statuses (name text)} s))
  and (:approval = 0 or :approval = 1 and r.metadata like '%"awaits":%' or :approval = 2 and r.metadata not like '%"awaits":%')
order by l.position
limit :limit;

-- name: known_people -> KnownRow*
-- Leads that a client has already, the newest of each person.
select l.slug, max(l.id) as lead_id
from app_leads_leads l
where l.environment = :environment and l.client_id = :client_id
  and l.slug in (select s.slug from {rows :slugs (slug text)} s)
group by l.slug;

-- name: runs_of -> RunOfLead*
select run_id, began_at from app_leads_runs where lead_id = :lead_id order by began_at, run_id;

-- name: put_assets
insert into app_leads_assets (id, lead_id, kind, name, title, content_type, content, size, run_id, created_at) {values :rows}
on conflict (lead_id, name) do update
set kind = excluded.kind, title = excluded.title, content_type = excluded.content_type, content = excluded.content,
  size = excluded.size, run_id = excluded.run_id, created_at = excluded.created_at;

-- name: drop_assets
delete from app_leads_assets
where lead_id = :lead_id and kind = :kind and name not in (select n.name from {rows :names (name text)} n);

-- name: assets -> AssetRow*
select id, lead_id, kind, name, title, content_type, size, run_id, created_at
from app_leads_assets
where lead_id = :lead_id
order by kind, name;

-- name: asset -> AssetContent?
select id, kind, name, title, content_type, content
from app_leads_assets
where lead_id = :lead_id and (id = :asset or name = :asset);

-- name: add_shares
insert into app_leads_shares (id, lead_id, digest, created_by, created_at, expires_at) {values :rows};

-- name: shares -> ShareRow*
select id, lead_id, created_by, created_at, expires_at, revoked_at
from app_leads_shares
where lead_id = :lead_id
order by id desc
limit 100;

-- name: count_shares -> int
select count(*) from app_leads_shares where lead_id = :lead_id and revoked_at is null and expires_at > :now;

-- name: share_by_digest -> ShareRow?
select id, lead_id, created_by, created_at, expires_at, revoked_at
from app_leads_shares
where digest = :digest and revoked_at is null and expires_at > :now;

-- name: revoke_share
update app_leads_shares
set revoked_at = :now
where id = :id and lead_id = :lead_id and revoked_at is null;

-- name: put_settings
insert into app_leads_settings (environment, choices, updated_at) {values :rows}
on conflict (environment) do update
set choices = excluded.choices, updated_at = excluded.updated_at;

-- name: settings -> str
select choices from app_leads_settings where environment = :environment;

-- name: past_runs -> PastRun*
-- How long the newest finished runs of a step took, from their start, with their waits.
select task, finished_at - started_at as took_ms
from (
  select r.task, r.finished_at, coalesce(r.started_at, r.created_at) as started_at
  from runs r
  where r.environment = :environment and r.task = :task and r.status = 'COMPLETED'
  order by r.id desc
  limit :limit
) past;
