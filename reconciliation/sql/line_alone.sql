-- P2, rules 4 to 6, where one line names one payment on its account, and no other line does.
select e.line_id, e.account,
       case
           when e.line_amount < e.target_amount then 'AMOUNT_UNDER'
           when e.line_amount > e.target_amount then 'AMOUNT_OVER'
           when e.proved = 0 then 'MONEY_WITHOUT_RECEIPT'
           when e.how = 1 then 'MATCH_E2E'
           else 'MATCH_MEMO'
       end as kind,
       e.target as group_id,
       case
           when e.line_amount < e.target_amount then 'amount.under'
           when e.line_amount > e.target_amount then 'amount.over'
           when e.proved = 0 then 'receipt.missing'
           when e.how = 1 then 'structured.equal'
           else 'memo.equal'
       end as rule,
       1 as lead, e.line_amount as amount, e.line_amount - e.target_amount as difference, e.reference, e.how,
       1 as line_count, 1 as payment_count, e.line_amount as line_sum, e.target_amount as expected,
       e.target_amount as payment_sum, cast(null as date) as due_on
from edge e
left join crowd c on c.line_id = e.line_id
where c.line_id is null
