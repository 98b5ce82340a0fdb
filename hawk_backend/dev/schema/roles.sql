-- The roles of a hosted project: three that rows are read as, and the one that logs in for them.
do $$
declare
    role text;
begin
    foreach role in array array['anon', 'authenticated', 'service_role'] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I nologin', role);
        end if;
    end loop;
    if not exists (select from pg_roles where rolname = 'authenticator') then
        create role authenticator login noinherit;
    end if;
end $$;
alter role service_role bypassrls;
grant anon, authenticated, service_role to authenticator;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public
    grant all on tables to anon, authenticated, service_role;

-- What the policies read of a token, under the name that a hosted project gives it.
create schema if not exists auth;
grant usage on schema auth to anon, authenticated, service_role;
create or replace function auth.jwt() returns jsonb language sql stable
    return coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;

-- What this stack keeps about itself; not exposed over REST.
create schema if not exists hawk_dev;
grant usage on schema hawk_dev to anon, authenticated, service_role;
create table if not exists hawk_dev.loaded (
    made_of text not null,
    anchor date not null
);
grant select on hawk_dev.loaded to anon, authenticated, service_role;

-- Today as the data knows it, so that the views' windows hold on every anchor date.
create or replace function hawk_dev.today() returns date language sql stable
    begin atomic
        select coalesce((select anchor from hawk_dev.loaded), current_date);
    end;
