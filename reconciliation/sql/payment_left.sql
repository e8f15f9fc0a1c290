-- P4: the payments that no line settled.
select p.payment_id, p.account, p.amount, p.reference, p.channel, p.status, p.paid_on, p.receipt
from src_payment p
left join payment_result r on r.payment_id = p.payment_id
where r.payment_id is null
