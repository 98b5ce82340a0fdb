-- Views read as the caller (security_invoker), so that row-level security holds in them too.

create or replace view currency_rates_parsed with (security_invoker) as
select currency_pair,
       left(currency_pair, 3) as ccy_from,
       right(currency_pair, 3) as ccy_to,
       rate_type,
       rate_value,
       effective_date
  from currency_rates
 where length(currency_pair) = 6;

create or replace view v_ccy_to_usd with (security_invoker) as
select distinct on (ccy_from, rate_type)
       ccy_from as currency_code,
       rate_value as usd_rate,
       effective_date,
       rate_type
  from currency_rates_parsed
 where ccy_to = 'USD' and effective_date <= hawk_dev.today()
 order by ccy_from, rate_type, effective_date desc;

create or replace view v_entity_capacity_complete with (security_invoker) as
with overlays as (
    select entity_id, sum(overlay_amount) as amount
      from overlay_configuration
     where active_flag = 'Y'
     group by entity_id
), hedged as (
    select distinct on (entity_id, nav_type) entity_id, nav_type, hedged_position
      from allocation_engine
     where allocation_status not in ('Rejected', 'Failed')
     order by entity_id, nav_type, created_date desc, allocation_id desc
)
select e.entity_id,
       e.entity_name,
       e.currency_code,
       sum(p.current_position) as total_capacity,
       sum(p.current_position - coalesce(p.optimal_car_amount, 0)
           + coalesce(p.manual_overlay_amount, 0) - coalesce(p.buffer_amount, 0)
           - coalesce(h.hedged_position, 0)) as available_capacity,
       coalesce(max(o.amount), 0) as overlays_applied
  from entity_master e
  join position_nav_master p using (entity_id)
  left join hedged h using (entity_id, nav_type)
  left join overlays o using (entity_id)
 group by e.entity_id, e.entity_name, e.currency_code;

-- The formula of this view is the older one: no CAR, no overlay, no buffer.
create or replace view v_available_amounts_fast with (security_invoker) as
with recent as (
    select entity_id,
           currency_code,
           sum(current_position) as total_sfx_position,
           sum(coi_amount) as total_coi_amount,
           sum(re_amount) as total_re_amount,
           max(as_of_date) as latest_date
      from position_nav_master
     where as_of_date > hawk_dev.today() - 7
     group by entity_id, currency_code
), hedged as (
    select entity_id, currency_code, sum(hedge_amount_allocation) as amount
      from allocation_engine
     where allocation_status in ('Approved', 'Allocated', 'Confirmed')
     group by entity_id, currency_code
), available as (
    select r.*, r.total_sfx_position - coalesce(h.amount, 0) as available_to_hedge
      from recent r
      left join hedged h using (entity_id, currency_code)
)
select *,
       round(100 * (1 - available_to_hedge / nullif(total_sfx_position, 0)), 2)
           as current_utilization_pct,
       case when available_to_hedge >= 0.7 * total_sfx_position then 'HIGH'
            when available_to_hedge >= 0.3 * total_sfx_position then 'MEDIUM'
            else 'LOW' end as hedge_capacity_rating
  from available;

create or replace view v_usd_pb_capacity_check with (security_invoker) as
with latest as (
    select distinct on (d.entity_id) d.*, e.currency_code
      from usd_pb_deposit d
      join entity_master e using (entity_id)
     where d.as_of_date <= hawk_dev.today()
     order by d.entity_id, d.as_of_date desc
), limits as (
    select currency_code, greatest(warning_level, critical_level, maximum_limit) as level
      from threshold_configuration
     where threshold_type = 'USD_PB_DEPOSIT' and active_flag = 'Y'
)
select l.entity_id,
       m.level as capacity_total,
       l.total_usd_deposits as capacity_used,
       m.level - l.total_usd_deposits as capacity_free,
       case when l.breach_status <> 'WITHIN' then l.breach_status end as alerts,
       l.as_of_date::timestamp as as_of_ts
  from latest l
  join limits m using (currency_code);

create or replace view v_stage2_stuck with (security_invoker) as
select e.event_id,
       e.instruction_id,
       e.entity_id,
       e.stage_2_status,
       e.stage_2_start_time,
       e.expected_deal_count,
       e.actual_deal_count,
       hawk_dev.today() - e.stage_2_start_time::date as days_stuck
  from hedge_business_events e
 where e.stage_2_status in ('Processing', 'Error', 'Failed')
   and e.stage_2_start_time::date < hawk_dev.today();

create or replace view v_hi_actionable with (security_invoker) as
select instruction_id,
       msg_uid,
       instruction_type,
       exposure_currency,
       order_id,
       instruction_status,
       check_status,
       hedge_amount_order,
       received_timestamp,
       hawk_dev.today() - instruction_date as days_open
  from hedge_instructions
 where instruction_status in ('Received', 'Validated', 'Processing');

create or replace view v_hedge_lifecycle_status with (security_invoker) as
select i.instruction_id,
       i.order_id,
       i.exposure_currency,
       i.instruction_type,
       i.instruction_status,
       e.event_id,
       e.entity_id,
       e.event_status,
       e.stage_1a_status,
       e.stage_1b_status,
       e.stage_2_status,
       e.stage_3_status,
       (select count(*) from deal_bookings d
         where d.event_id = e.event_id and d.deal_status = 'Booked') as deals_booked,
       e.expected_deal_count,
       (select count(*) from gl_entries g where g.event_id = e.event_id) as gl_entries
  from hedge_instructions i
  left join hedge_business_events e using (instruction_id);

-- An order may be split over several events: their sum must be its amount.
create or replace view hawk_hbe_instruction_mismatch with (security_invoker) as
select i.instruction_id,
       i.instruction_type,
       i.hedge_amount_order,
       sum(e.notional_amount) as notional_of_events,
       min(e.event_id) as first_event_id
  from hedge_instructions i
  join hedge_business_events e using (instruction_id)
 group by i.instruction_id
having sum(e.notional_amount) is distinct from i.hedge_amount_order;

create materialized view if not exists mv_car_latest as
select distinct on (entity_id, currency_code) *
  from car_master
 order by entity_id, currency_code, reporting_date desc;
