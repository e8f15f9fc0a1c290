-- P1: every credit that names a payment. A reversed debit is money of ours coming back, not a payment.
select r.line_id, 'p:' || p.payment_id as target, p.payment_id, r.ref as reference, r.how,
       r.amount as line_amount, p.amount as target_amount, p.amount as claim,
       r.booking_date, r.sort_key, r.account,
       case when r.account = p.account then 1 else 0 end as home,
       case when p.status = 'SUCCEEDED' and p.receipt = 1 then 1 else 0 end as proved,
       1 as sound,
       0 as batch
from src_line_ref r
join src_payment p on p.reference = r.ref
where r.how < 3 and r.pays = 1
