-- The version feed: how the gateway learns that a table has changed.
-- Made by ./scripts/feed from the catalogue; it may be applied again at any time.
--
-- A statement that writes to a watched table appends a random token to hawk_changes, in the
-- writer's own transaction.  A table's version is the sum of its tokens: it changes with every
-- commit, however late, and no writer ever waits for another.  A trigger that fails says so in
-- a NOTICE and lets the write stand.
--
-- Not seen: writes under session_replication_role = replica, with triggers disabled, to foreign
-- tables or directly to partitions, and REFRESH MATERIALIZED VIEW.

create table if not exists public.hawk_changes (
    id bigint generated always as identity primary key,
    table_name text not null,
    token numeric not null
);
create index if not exists hawk_changes_table_name on public.hawk_changes (table_name);
comment on table public.hawk_changes is 'HAWK: one token for every statement that wrote to a table';
alter table public.hawk_changes enable row level security;
revoke all on public.hawk_changes from public, anon, authenticated, service_role;
grant select on public.hawk_changes to service_role;

-- Replaces tokens by their sum, which leaves the version as it is.  Rows that another writer is
-- replacing are passed over.
create or replace function public.hawk_fold_changes(changed text) returns void
    language sql security definer set search_path = '' as $$
    with chosen as (
        select id from public.hawk_changes where table_name = changed for update skip locked
    ), folded as (
        delete from public.hawk_changes using chosen
         where hawk_changes.id = chosen.id
        returning token
    )
    insert into public.hawk_changes (table_name, token)
    select changed, sum(token) from folded having count(*) > 0;
$$;
revoke all on function public.hawk_fold_changes(text) from public, anon, authenticated, service_role;

-- One write in 64 folds.  Under the stricter isolation levels none does: there, what it reads
-- could make a writer's transaction fail.
create or replace function public.hawk_note_change() returns trigger
    language plpgsql security definer set search_path = '' set lock_timeout = '250ms' as $$
begin
    insert into public.hawk_changes (table_name, token)
    values (tg_table_name, 1 + floor(random() * 9007199254740991)::bigint);
    if random() < 1 / 64.0 and current_setting('transaction_isolation') = 'read committed' then
        begin
            perform public.hawk_fold_changes(tg_table_name);
        exception when others then
            null;
        end;
    end if;
    return null;
exception when others then
    raise notice 'hawk: a change of % was not noted: %', tg_table_name, sqlerrm;
    return null;
end $$;
revoke all on function public.hawk_note_change() from public, anon, authenticated, service_role;

-- Watches one table of the schema public; says whether there was one to watch.
create or replace function public.hawk_watch(watched text) returns boolean
    language plpgsql set search_path = '' as $$
declare
    found regclass := (
        select c.oid
          from pg_catalog.pg_class c
         where c.relnamespace = 'public'::regnamespace
           and c.relname = watched
           and c.relkind in ('r', 'p')
    );
begin
    if found is null then
        return false;
    end if;
    execute format(
        'create or replace trigger hawk_note_change'
        ' after insert or update or delete or truncate on %s'
        ' for each statement execute function public.hawk_note_change()', found);
    return true;
end $$;
revoke all on function public.hawk_watch(text) from public, anon, authenticated, service_role;

-- One row for every table with a working trigger; a version is compared for equality only.
create or replace view public.hawk_table_versions with (security_invoker = true) as
select c.relname::text as table_name,
       coalesce((select sum(token) from public.hawk_changes h where h.table_name = c.relname), 0)::text
           as version
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
 where t.tgfoid = 'public.hawk_note_change'::regproc
   and t.tgenabled in ('O', 'A')
   and c.relnamespace = 'public'::regnamespace;
revoke all on public.hawk_table_versions from public, anon, authenticated, service_role;
grant select on public.hawk_table_versions to service_role;

-- What each view of the schema public reads, through other views too; tables of another schema
-- bear its name.  What a function reads inside itself is not known here.
create or replace view public.hawk_view_bases with (security_invoker = true) as
with recursive direct (reader, base) as (
    select distinct r.ev_class, d.refobjid
      from pg_catalog.pg_rewrite r
      join pg_catalog.pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
     where d.refclassid = 'pg_class'::regclass and d.refobjid <> r.ev_class
), through (reader, base) as (
    select reader, base from direct
    union
    select t.reader, d.base
      from through t
      join direct d on d.reader = t.base
      join pg_catalog.pg_class v on v.oid = t.base and v.relkind = 'v'
)
select v.relname::text as view_name,
       v.relkind = 'm' as materialized,
       coalesce(array_agg(distinct case b.relnamespace when v.relnamespace then b.relname::text
                                   else b.relnamespace::regnamespace || '.' || b.relname end)
                filter (where b.relkind <> 'v'), '{}') as bases
  from pg_catalog.pg_class v
  left join through t on t.reader = v.oid
  left join pg_catalog.pg_class b on b.oid = t.base
 where v.relnamespace = 'public'::regnamespace
   and v.relkind in ('v', 'm')
   and v.relname not in ('hawk_table_versions', 'hawk_view_bases')
 group by v.oid, v.relname, v.relkind;
revoke all on public.hawk_view_bases from public, anon, authenticated, service_role;
grant select on public.hawk_view_bases to service_role;

-- The catalogue's tables, as far as this database has them.
select watched from unnest(array[
    'allocation_engine',
    'audit_trail',
    'buffer_configuration',
    'business_event_rules',
    'capacity_overrides',
    'car_master',
    'car_parameters',
    'car_thresholds',
    'currency_configuration',
    'currency_rate_pairs',
    'currency_rates',
    'deal_bookings',
    'deal_bookings_archive',
    'entity_master',
    'entity_threshold_configuration',
    'fx_proxy_parameters',
    'gl_be_narrative_templates',
    'gl_coa',
    'gl_entries',
    'gl_entries_archive',
    'gl_entries_detail',
    'gl_journal_lines',
    'gl_periods',
    'gl_posting_queue',
    'gl_rules',
    'h_stg_mrx_ext',
    'hawk_agent_attachments',
    'hawk_agent_conversations',
    'hawk_agent_errors',
    'hawk_agent_sessions',
    'hawk_kpis_daily',
    'hawk_processing_messages',
    'hedge_be_config',
    'hedge_business_events',
    'hedge_effectiveness',
    'hedge_gl_entries',
    'hedge_gl_packages',
    'hedge_instructions',
    'hedge_instructions_archive',
    'hedge_instruments',
    'hedging_framework',
    'hfm_template_entries',
    'instruction_event_config',
    'market_data',
    'murex_book_config',
    'mx_discounted_spot',
    'mx_proxy_hedge_report',
    'overlay_configuration',
    'portfolio_master',
    'portfolio_positions',
    'position_nav_master',
    'product_master',
    'prompt_templates',
    'proxy_configuration',
    'ps_gl_month_end_rates',
    'rate_history',
    'rate_staging',
    'risk_metrics',
    'risk_monitoring',
    'rollover_configuration',
    'stage2_error_log',
    'stage3_error_log',
    'stage_bundles',
    'system_configuration',
    'termination_configuration',
    'threshold_configuration',
    'trade_history',
    'transaction_log',
    'usd_pb_deposit',
    'waterfall_logic_configuration'
]) as watched
 where public.hawk_watch(watched);

notify pgrst, 'reload schema';
