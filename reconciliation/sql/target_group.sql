-- P2: payments that several lines name (np, sl, has).
with several as (
    select target from edge group by target having count(*) > 1
)
select e.target, count(*) as np, cast(sum(e.line_amount) as bigint) as sl,
       max(case when e.line_amount = e.target_amount then 1 else 0 end) as has
from several s
join edge e on e.target = s.target
left join away_line a on a.line_id = e.line_id
where a.line_id is null
group by e.target
having count(*) > 1
