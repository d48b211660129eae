TRUNCATE bench.plain;
INSERT INTO bench.plain (account_id, charged, booked_on, day, balance, annual_rate, units, accrued)
SELECT a.id, false, '2020-01-01', '2020-01-01', a.balance, 0.05, a.balance * 0.05 * 4392, a.balance * 0.05 * 4392
FROM bench.savers s JOIN simplebank.accounts a ON a.id = s.id;
