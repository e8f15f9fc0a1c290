-- The payments that lines on their own account settle in groups.
select payment_id, account, kind, group_id,
       case when rule = 'receipt.missing' and own_proof = 1 then 'receipt.missing_beside' else rule end,
       0, target_amount, line_sum - payment_sum, reference, how, line_count, payment_count, line_sum, expected, payment_sum,
       cast(null as date)
from verdict
where claims = 1 and batch = 0 and (lead = 1 or shape = 'one_to_many')
