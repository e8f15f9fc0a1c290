-- P2, rule 3: what a line on another account claims: a payment that no line on its own account names.
with free as (
    select e.line_id, e.target, e.payment_id, e.target_amount, e.claim,
           row_number() over (
               partition by e.target
               order by case when e.line_amount = e.target_amount then 0 else 1 end, e.how, e.booking_date, e.sort_key,
                        e.line_id
           ) as rn
    from away_line a
    join edge e on e.line_id = a.line_id
    left join verdict v on v.target = e.target and v.claims = 1
    left join tangle_target x on x.target = e.target
    where v.target is null and x.target is null
)
select line_id, target, payment_id, target_amount, claim
from free
where rn = 1
