-- P3: each settlement row beside its payment, with its first flaw. One sale counts once: turn 1 is its row,
-- and a payment that a line names by itself is not paid by the batch.
with paid_by_line as (
    select distinct e.payment_id
    from src_settlement s
    join src_payment p on p.reference = s.reference
    join edge e on e.target = 'p:' || p.payment_id
), row_of_sale as (
    select s.row_no, s.batch_id, s.batch_key, s.terminal_key, s.trade_date, s.gross, s.mdr, s.net, s.expected_mdr,
           p.payment_id, p.amount as payment_amount, p.account, p.status,
           case when p.status = 'SUCCEEDED' and p.receipt = 1 then 1 else 0 end as proved,
           case when d.payment_id is null then 0 else 1 end as paid_by_line,
           row_number() over (
               partition by p.payment_id, case when s.gross < 0 then 1 else 0 end
               order by s.trade_date, s.batch_key, s.row_no
           ) as turn
    from src_settlement s
    left join src_payment p on p.reference = s.reference
    left join paid_by_line d on d.payment_id = p.payment_id
)
select row_no, batch_id, batch_key, terminal_key, trade_date, gross, mdr, net, payment_id, payment_amount, account, status, proved,
       paid_by_line, turn,
       case
           when payment_id is null then 'unknown'
           when net <> gross - mdr then 'net'
           when gross < 0 and status <> 'SUCCEEDED' then 'unknown'
           when gross < 0 then 'none'
           when turn > 1 then 'repeated'
           when paid_by_line = 1 then 'paid'
           when gross <> payment_amount then 'gross'
           when mdr <> expected_mdr then 'commission'
           else 'none'
       end as flaw
from row_of_sale
