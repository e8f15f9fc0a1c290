-- P1: every credit that names a payment. A reversed debit is money of ours coming back, not a payment.
select r.line_id, 'p:' || p.payment_id as target, p.payment_id, r.ref as reference, r.how,
       l.amount as line_amount, p.amount as target_amount, p.amount as claim,
       l.booking_date, l.sort_key, l.account,
       case when l.account = p.account then 1 else 0 end as home,
       case when p.status = 'SUCCEEDED' and p.receipt = 1 then 1 else 0 end as proved,
       1 as sound,
       0 as batch
from src_line_ref r
join src_payment p on p.reference = r.ref
join src_line l on l.line_id = r.line_id
where r.how < 3 and l.credit = 1 and l.reversal = 0
