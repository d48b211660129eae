-- by the index, whatever else is in the table
SELECT account_id, sum(amount) FROM simplebank.entries
WHERE account_id = ANY (ARRAY(SELECT clearing_account_id FROM simplebank.settlement_members)) GROUP BY account_id \g /dev/null
