-- P2, rule 1: all that hangs together with them, for the residual solver.
select e.line_id, e.target, e.payment_id, e.reference, e.how, e.line_amount, e.target_amount, e.claim, e.sort_key,
       e.account, e.proved, e.sound, e.batch
from tangle_target t
join edge e on e.target = t.target
left join away_line a on a.line_id = e.line_id
where a.line_id is null
