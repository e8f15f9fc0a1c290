-- The lines that passes P2 and P3 settled.
select line_id, account, kind, group_id, rule, lead, line_amount as amount, line_sum - payment_sum as difference,
       reference, how, line_count, payment_count, line_sum, expected, payment_sum, cast(null as date) as due_on
from verdict
where line_row = 1
