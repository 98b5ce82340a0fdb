-- What the client calls when a template is used; the caller needs no right to write templates.
create or replace function increment_template_usage(template_id uuid) returns void
    language sql security definer set search_path = ''
    begin atomic
        update public.prompt_templates
           set usage_count = usage_count + 1
         where id = template_id;
    end;
revoke execute on function increment_template_usage(uuid) from public, anon;
grant execute on function increment_template_usage(uuid) to authenticated, service_role;
