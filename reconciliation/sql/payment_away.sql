-- P2, rule 3: the payments whose money lies on another account.
with claimed as (
    select a.line_id, a.payment_id from away a where a.payment_id is not null
    union all
    select a.line_id, m.payment_id
    from away a
    join batch b on b.target = a.target
    join batch_member m on m.batch_key = b.batch_key
)
select p.payment_id, p.account, r.kind, r.group_id, r.rule, 0, p.amount, r.difference, p.reference, r.how, r.line_count,
       r.payment_count, r.line_sum, r.expected, r.payment_sum, cast(null as date)
from claimed c
join src_payment p on p.payment_id = c.payment_id
join line_result r on r.line_id = c.line_id
