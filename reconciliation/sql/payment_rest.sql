-- P4: payments without money, by the settlement calendar of their rail.
with left_over as (
    select p.payment_id, p.account, p.amount, p.reference, p.channel, p.status, p.paid_on, p.receipt,
           b.batch_id, b.target, b.due_on as batch_due_on, b.claim, b.net, b.payment_count, b.first_payment,
           c.batch_id as charged_back,
           case when p.channel in ('POS', 'CASH') then d.next_working_day else p.paid_on end as due_on,
           s.as_of
    from payment_left p
    cross join src_run s
    left join batch_member m on m.payment_id = p.payment_id
    left join batch b on b.batch_key = m.batch_key
    left join charged_back c on c.payment_id = p.payment_id
    left join src_calendar d on d.day = p.paid_on
), judged as (
    select l.*,
           case
               when charged_back is not null then 'chargeback.row'
               when channel = 'CASH' and batch_id is not null and batch_due_on >= as_of then 'cash.slip'
               when channel = 'CASH' and batch_id is not null then 'cash.slip_late'
               when batch_id is not null then 'batch.unpaid'
               when status <> 'SUCCEEDED' and receipt = 1 then 'receipt.without_money'
               when status <> 'SUCCEEDED' then 'payment.open'
               when channel = 'CASH' and due_on > as_of then 'cash.drawer'
               when channel = 'CASH' then 'cash.kept'
               when channel = 'POS' and due_on > as_of then 'cutoff.inside'
               when channel = 'POS' then 'settlement.missing'
               when due_on >= as_of then 'cutoff.inside'
               else 'bank.missing'
           end as rule
    from left_over l
)
select payment_id, account,
       case rule
           when 'chargeback.row' then 'CHARGEBACK'
           when 'batch.unpaid' then 'BATCH_NOT_PAID'
           when 'cash.slip_late' then 'BATCH_NOT_PAID'
           when 'receipt.without_money' then 'RECEIPT_WITHOUT_MONEY'
           when 'payment.open' then 'OPEN'
           when 'cutoff.inside' then 'LATE_CUTOFF'
           when 'cash.slip' then 'LATE_CUTOFF'
           when 'cash.drawer' then 'LATE_CUTOFF'
           when 'settlement.missing' then 'MISSING_IN_SETTLEMENT'
           else 'MISSING_IN_BANK'
       end,
       case when rule in ('batch.unpaid', 'cash.slip_late') then target else 'p:' || payment_id end,
       rule,
       case when rule in ('batch.unpaid', 'cash.slip_late') and payment_id <> first_payment then 0 else 1 end,
       amount,
       case when rule in ('batch.unpaid', 'cash.slip_late') then -claim else -amount end,
       case
           when rule in ('batch.unpaid', 'cash.slip', 'cash.slip_late') then batch_id
           when rule = 'chargeback.row' then charged_back
           else reference
       end,
       0, 0,
       case when rule in ('batch.unpaid', 'cash.slip_late') then payment_count else 1 end,
       0,
       case when rule in ('batch.unpaid', 'cash.slip_late') then net else amount end,
       case when rule in ('batch.unpaid', 'cash.slip_late') then claim else amount end,
       case
           when rule in ('batch.unpaid', 'cash.slip', 'cash.slip_late') then batch_due_on
           when rule in ('cutoff.inside', 'cash.drawer', 'cash.kept', 'settlement.missing', 'bank.missing') then due_on
       end
from judged
