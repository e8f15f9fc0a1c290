-- The lines that passes P2 and P3 settled in groups.
select line_id, account, kind, group_id, rule, lead, line_amount, line_sum - payment_sum, reference, how, line_count,
       payment_count, line_sum, expected, payment_sum, cast(null as date)
from verdict
where line_row = 1
