-- P3: the payments of a batch take its kind.
with paid as (
    select b.batch_key, v.kind, v.group_id, v.rule, v.reference, v.how, v.line_count, v.payment_count, v.line_sum,
           v.expected, v.payment_sum
    from verdict v
    join batch b on b.target = v.target
    where v.batch = 1 and v.claims = 1 and (v.lead = 1 or v.shape = 'one_to_many')
)
select m.payment_id, m.account, p.kind, p.group_id,
       case when p.rule = 'receipt.missing' and m.proved = 1 then 'receipt.missing_beside' else p.rule end,
       0, m.amount, p.line_sum - p.payment_sum, p.reference, p.how, p.line_count, p.payment_count, p.line_sum, p.expected,
       p.payment_sum, cast(null as date)
from paid p
join batch_member m on m.batch_key = p.batch_key
