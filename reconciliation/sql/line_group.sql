-- P2: lines that name several payments (nl, sp).
with several as (
    select line_id from edge group by line_id having count(*) > 1
)
select e.line_id, count(*) as nl, cast(sum(e.target_amount) as bigint) as sp, cast(sum(e.claim) as bigint) as claim,
       min(e.proved) as proved, min(e.sound) as sound, min(e.target) as first_target
from several s
join edge e on e.line_id = s.line_id
group by e.line_id
