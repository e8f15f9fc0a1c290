-- P2, rule 3: each line on another account, with the payments it claims.
with named as (
    select e.line_id, min(e.reference) as reference, min(e.how) as how
    from away_line a
    join edge e on e.line_id = a.line_id
    group by e.line_id
), claimed as (
    select line_id, count(*) as payment_count, cast(sum(target_amount) as bigint) as expected,
           cast(sum(claim) as bigint) as payment_sum
    from away
    group by line_id
)
select l.line_id, l.account, 'WRONG_ACCOUNT', 'l:' || l.line_id,
       case when c.line_id is null then 'account.wrong_again' else 'account.wrong' end, 1, l.amount,
       l.amount - coalesce(c.payment_sum, 0), n.reference, n.how, 1, coalesce(c.payment_count, 0), l.amount,
       coalesce(c.expected, 0), coalesce(c.payment_sum, 0), cast(null as date)
from named n
join src_line l on l.line_id = n.line_id
left join claimed c on c.line_id = n.line_id
