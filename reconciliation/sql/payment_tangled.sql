-- P5: the payments of each component, those of its batches among them.
with tangled as (
    select distinct x.payment_id, x.target
    from tangle_edge x
    where x.batch = 0
    union all
    select m.payment_id, b.target
    from batch b
    join batch_member m on m.batch_key = b.batch_key
)
select p.payment_id, p.account, c.kind, c.group_id, c.rule, 0, p.amount, c.line_sum - c.payment_sum, p.reference, 0,
       c.line_count, c.payment_count, c.line_sum, c.expected, c.payment_sum, cast(null as date)
from component c
join tangled t on t.target = c.member
join src_payment p on p.payment_id = t.payment_id
where c.is_line = 0
