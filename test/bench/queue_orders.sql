-- so many orders that are due
INSERT INTO simplebank.standing_orders (role, from_account_id, to_account_id, amount, run_at, due_at, next_attempt_at)
SELECT 'teller', a + 1, 1 + (a + 1 + floor(random() * (:accounts - 1))::bigint) % :accounts, 10, now(), now(), now()
FROM (SELECT floor(random() * :accounts)::bigint AS a FROM generate_series(1, :items)) r;
ANALYZE simplebank.standing_orders;
