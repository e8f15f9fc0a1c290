-- P3: settled sales that the acquirer took back by a negative row.
select payment_id, min(batch_id) as batch_id, min(gross) as gross
from sale
where gross < 0 and status = 'SUCCEEDED'
group by payment_id
