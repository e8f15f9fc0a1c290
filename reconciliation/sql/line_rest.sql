-- P4: lines by their nature and what they name. Orders and the bank's own marks go before references.
with judged as (
    select l.line_id, l.account, l.credit, case when l.credit = 1 then l.amount else -l.amount end as amount,
           case
               when l.nature = 'INTERNAL_TRANSFER' then 'transfer.own'
               when l.nature = 'INTEREST' then 'interest.marked'
               when l.credit = 0 and w.order_key is not null then 'remittance.order'
               when l.credit = 0 and f.line_id is not null then 'refund.order'
               when l.nature = 'BANK_FEE' then 'fee.marked'
               when l.credit = 1 and l.reversal = 1 and p.line_id is not null then 'refund.returned'
               when l.credit = 1 and r.line_id is not null then 'reference.unissued'
               when l.credit = 1 then 'reference.none'
               when p.line_id is not null and (l.nature = 'CHARGEBACK' or (p.sale = 1 and l.nature <> 'REFUND'))
                   then 'chargeback.sale'
               when p.line_id is not null then 'refund.reference'
               when l.nature = 'CHARGEBACK' and w.batch_id is not null then 'chargeback.batch'
               when l.nature = 'REMITTANCE' and s.orders_known = 0 then 'remittance.words'
               else 'debit.unknown'
           end as rule,
           coalesce(f.reference, p.reference, w.order_key, w.batch_id, r.reference) as reference,
           coalesce(p.how, r.how, 3) as how,
           coalesce(p.payment_count, 0) as payment_count
    from rest_line l
    cross join src_run s
    left join rest_reference r on r.line_id = l.line_id
    left join rest_payment p on p.line_id = l.line_id
    left join rest_word w on w.line_id = l.line_id
    left join src_refund f on f.line_id = l.line_id
)
select line_id, account,
       case rule
           when 'transfer.own' then 'INTERNAL_TRANSFER'
           when 'interest.marked' then 'INTEREST'
           when 'remittance.order' then 'REMITTANCE'
           when 'remittance.words' then 'REMITTANCE'
           when 'fee.marked' then 'BANK_FEE'
           when 'refund.returned' then 'REFUND'
           when 'refund.order' then 'REFUND'
           when 'refund.reference' then 'REFUND'
           when 'chargeback.sale' then 'CHARGEBACK'
           when 'chargeback.batch' then 'CHARGEBACK'
           when 'reference.unissued' then 'UNKNOWN_REFERENCE'
           when 'reference.none' then 'UNKNOWN_REFERENCE'
           else 'UNKNOWN_DEBIT'
       end,
       'l:' || line_id, rule, 1, amount, amount, reference, how, 1, payment_count, amount, 0, 0, cast(null as date)
from judged
