-- P2: lines that name several payments (nl, sp).
select line_id, count(*) as nl, cast(sum(target_amount) as bigint) as sp, cast(sum(claim) as bigint) as claim,
       min(proved) as proved, min(sound) as sound, min(target) as first_target
from edge
group by line_id
having count(*) > 1
