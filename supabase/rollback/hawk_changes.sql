-- Takes the version feed away; the gateway goes on without it (docs/cache.md says how).
-- Apply by hand: it stands outside supabase/migrations so that no tool applies it.
-- Dropping the trigger's function drops every trigger with it.

drop view if exists public.hawk_table_versions;
drop view if exists public.hawk_view_bases;
drop function if exists public.hawk_watch(text);
drop function if exists public.hawk_note_change() cascade;
drop function if exists public.hawk_fold_changes(text);
drop table if exists public.hawk_changes;

notify pgrst, 'reload schema';
