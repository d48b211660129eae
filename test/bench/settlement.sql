/*
 * A settlement group of 50 members with all accounts as their customers, and
 * payments to be settled.
 */
SELECT simplebank.create_settlement_group('bench', 'EUR') \g /dev/null
SELECT FROM generate_series(1, 50) n, simplebank.open_account('member' || n, 'EUR') o(id),
	simplebank.deposit(o.id, 1000000000) \g /dev/null
SELECT FROM simplebank.accounts a, simplebank.add_settlement_member('bench', a.owner, a.id) WHERE a.owner LIKE 'member%' \g /dev/null
SELECT FROM generate_series(1, :accounts) n, simplebank.assign_member(n, 'bench', 'member' || 1 + n % 50) \g /dev/null
SELECT FROM (SELECT 1 + floor(random() * :accounts)::bigint AS payer, 1 + floor(random() * 49)::int AS step
			 FROM generate_series(1, :payments)) r,
	simplebank.clear_payment(payer, 1 + (payer - 1 + step) % :accounts, 10) \g /dev/null
VACUUM ANALYZE simplebank.entries;
