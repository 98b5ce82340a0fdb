-- Whose rows an authenticated user sees.  A row with an entity: the users to whom the entity is
-- granted.  A row below it: whoever sees the row above.  Plain reference data: everyone.
create table if not exists hawk_entity_grants (
    user_id text not null,
    entity_id text not null references entity_master,
    primary key (user_id, entity_id)
);
