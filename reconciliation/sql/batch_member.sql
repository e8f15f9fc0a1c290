-- P3: the payments that a batch pays out.
select s.batch_key, s.payment_id, s.payment_amount as amount, s.account, s.proved
from sale s
left join charged_back c on c.payment_id = s.payment_id
where s.gross >= 0 and s.turn = 1 and s.paid_by_line = 0 and s.payment_id is not null and c.payment_id is null
