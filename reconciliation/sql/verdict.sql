-- P2: one row for each line and payment that belong together (claims = 1), and for each further credit (claims = 0).
with shaped as (
    select e.line_id, e.target, e.payment_id, e.reference, e.how, e.account, e.line_amount, e.target_amount,
           e.proved as own_proof, e.batch,
           case
               when g.nl is not null then 'one_to_many'
               when t.has = 1 and t.rn > 1 then 'duplicate'
               when t.has = 0 then 'many_to_one'
               else 'single'
           end as shape,
           case when g.nl is null or g.first_target = e.target then 1 else 0 end as line_row,
           case when t.rn is null or t.rn = 1 or t.has = 1 then 1 else 0 end as first_line,
           coalesce(g.nl, 1) as payment_count,
           case when t.has = 0 then t.np else 1 end as line_count,
           case when t.has = 0 then t.sl else e.line_amount end as line_sum,
           coalesce(g.sp, e.target_amount) as expected,
           coalesce(g.claim, e.claim) as payment_sum,
           coalesce(g.proved, e.proved) as proved,
           coalesce(g.sound, e.sound) as sound
    from crowd c
    join edge e on e.line_id = c.line_id
    left join away_line a on a.line_id = e.line_id
    left join tangle_target x on x.target = e.target
    left join line_group g on g.line_id = e.line_id
    left join turn t on t.line_id = e.line_id and t.target = e.target
    where a.line_id is null and x.target is null
)
select line_id, target, payment_id, reference, how, account, line_amount, target_amount, own_proof, batch, shape, line_row,
       line_row * first_line as lead,
       case when shape = 'duplicate' then 0 else 1 end as claims,
       case when shape = 'duplicate' or shape = 'one_to_many' then 'l:' || line_id else target end as group_id,
       line_count, payment_count, line_sum, expected,
       case when shape = 'duplicate' then 0 else payment_sum end as payment_sum,
       case
           when shape = 'duplicate' then 'DUPLICATE'
           when batch = 1 and (line_sum <> expected or sound = 0) then 'FEE_MISMATCH'
           when line_sum < expected then 'AMOUNT_UNDER'
           when line_sum > expected then 'AMOUNT_OVER'
           when proved = 0 then 'MONEY_WITHOUT_RECEIPT'
           when batch = 1 then 'MATCH_BATCH'
           when shape = 'one_to_many' then 'MATCH_ONE_TO_MANY'
           when shape = 'many_to_one' then 'MATCH_MANY_TO_ONE'
           when how = 1 then 'MATCH_E2E'
           else 'MATCH_MEMO'
       end as kind,
       case
           when shape = 'duplicate' then 'duplicate.again'
           when batch = 1 and line_sum <> expected then 'batch.lump_differs'
           when batch = 1 and sound = 0 then 'batch.row_differs'
           when line_sum < expected then 'amount.under'
           when line_sum > expected then 'amount.over'
           when proved = 0 then 'receipt.missing'
           when batch = 1 then 'batch.equal'
           when shape = 'one_to_many' then 'one_to_many.equal'
           when shape = 'many_to_one' then 'many_to_one.equal'
           when how = 1 then 'structured.equal'
           else 'memo.equal'
       end as rule
from shaped
