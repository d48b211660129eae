--
-- ledger: several sets of books in one database, and who has which.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

-- One is there from the start.
SELECT id, name FROM simplebank.ledgers;
SELECT simplebank.open_account('alice', 'EUR') AS alice \gset
SELECT ledger_id FROM simplebank.accounts WHERE id = :alice;

-- Who loses it has none, though there is no other: for all sessions at once.
SELECT simplebank.create_roles();
CREATE ROLE regress_teller IN ROLE simplebank_teller;
CREATE ROLE regress_auditor IN ROLE simplebank_auditor;
CREATE ROLE regress_lost IN ROLE simplebank_teller, simplebank_auditor;
CREATE FUNCTION pg_temp.told(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	told text;
BEGIN
	EXECUTE query INTO told;
	RETURN told;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate;
END $$;
SET ROLE regress_lost;
SELECT to_balance FROM simplebank.deposit(:alice, 1, 'first', reference => 'first');
SELECT simplebank.system_account('cash', 'EUR') AS cash \gset
SELECT to_balance FROM simplebank.transfer(:cash, :alice, 1, 'moved', reference => 'moved');
SELECT hold_id > 0 AS held FROM simplebank.place_hold(:alice, :cash, 1, key => 'held', reference => 'moved');
RESET ROLE;
SELECT ledger_id FROM simplebank.grant_ledger('regress_lost', 'default');
SET ROLE regress_lost;
SELECT to_balance FROM simplebank.deposit(:alice, 1);
RESET ROLE;
SELECT ledger_id FROM simplebank.revoke_ledger('regress_lost', 'default');
SET ROLE regress_lost;
SELECT simplebank.deposit(:alice, 1);
-- not even what it has posted itself, by key or reference, is told
SELECT substring(query FROM 'simplebank\.(\w+)') AS name, string_agg(pg_temp.told(format(query, :alice, :cash, q.key, q.reference)), ' ' ORDER BY place) AS told
FROM (VALUES
		($$SELECT transfer_id FROM simplebank.transfer(%2$s, %1$s, 1, %3$L, reference => %4$L)$$),
		($$SELECT transfer_id FROM simplebank.deposit(%1$s, 1, %3$L, reference => %4$L)$$),
		($$SELECT transfer_id FROM simplebank.post_journal(ARRAY[%1$s, %2$s], '{1,-1}', %3$L, reference => %4$L)$$),
		($$SELECT hold_id FROM simplebank.place_hold(%1$s, %2$s, 1, key => %3$L, reference => %4$L)$$),
		($$SELECT simplebank.schedule_transfer(%1$s, %2$s, 1, key => %3$L)$$),
		($$SELECT sqlstate FROM simplebank.preview_transfer(%2$s, %1$s, 1, %3$L, reference => %4$L)$$),
		($$SELECT sqlstate FROM simplebank.preview_deposit(%1$s, 1, %3$L, reference => %4$L)$$),
		($$SELECT sqlstate FROM simplebank.preview_journal(ARRAY[%1$s, %2$s], '{1,-1}', %3$L, reference => %4$L)$$),
		($$SELECT sqlstate FROM simplebank.preview_hold(%1$s, %2$s, 1, key => %3$L, reference => %4$L)$$),
		($$SELECT sqlstate FROM simplebank.transfer_batch(ARRAY[%2$s], ARRAY[%1$s], '{1}', ARRAY[%3$L], atomic => false, "references" => ARRAY[%4$L])$$),
		($$SELECT sqlstate FROM simplebank.preview_batch(ARRAY[%2$s], ARRAY[%1$s], '{1}', ARRAY[%3$L], "references" => ARRAY[%4$L])$$),
		($$CALL simplebank.submit_transfer(%2$s, %1$s, 1, %3$L, reference => %4$L)$$)) c(query),
	(VALUES (1, 'first', NULL), (2, NULL, 'first'), (3, 'moved', 'moved'), (4, 'held', NULL)) q(place, key, reference) GROUP BY query ORDER BY name;
SELECT simplebank.balance(:alice);
SELECT simplebank.open_account('lost', 'EUR');
SELECT count(*) FROM simplebank.accounts;
SELECT * FROM simplebank.trial_balance();
SET ROLE regress_teller;
SELECT to_balance FROM simplebank.deposit(:alice, 1);
SET ROLE regress_auditor;
SELECT simplebank.balance(:alice);
SELECT * FROM simplebank.trial_balance();
RESET ROLE;
SELECT to_balance FROM simplebank.deposit(:alice, 1);

-- Making others: both sides of each limit.
SELECT id, name FROM simplebank.create_ledger('north');
SELECT id, name FROM simplebank.create_ledger('south');
SELECT length(name) FROM simplebank.create_ledger(repeat('n', 255));
SELECT simplebank.create_ledger(repeat('n', 256));
SELECT simplebank.create_ledger('');
SELECT simplebank.create_ledger(NULL);
SELECT simplebank.create_ledger('north');
SELECT simplebank.create_ledger('default');

-- Who is given one.
CREATE ROLE regress_north;
SELECT ledger_id, role FROM simplebank.grant_ledger('regress_north', 'north');
SELECT ledger_id, role FROM simplebank.grant_ledger('regress_north', 'north');
SELECT simplebank.grant_ledger('regress_nobody', 'north');
SELECT simplebank.grant_ledger('regress_north', 'west');
SELECT simplebank.grant_ledger(NULL, 'north');
SELECT simplebank.grant_ledger('regress_north', NULL);
SELECT ledger_id, role FROM simplebank.revoke_ledger('regress_north', 'north');
SELECT simplebank.revoke_ledger('regress_north', 'north');
SELECT simplebank.revoke_ledger('regress_north', 'west');
SELECT simplebank.revoke_ledger(NULL, 'north');
SELECT simplebank.revoke_ledger('regress_north', NULL);
SELECT ledger_id, role FROM simplebank.grant_ledger('regress_north', 'north');

-- Accounts in them, the bank's own too: one of a name and currency in each.
SELECT simplebank.open_account('nora', 'EUR', ledger => 'north') AS nora, simplebank.open_account('sam', 'EUR', ledger => 'south') AS sam \gset
SELECT simplebank.open_account('nora', 'EUR', ledger => 'west');
SELECT simplebank.system_account('cash', 'EUR') AS cash, simplebank.system_account('cash', 'EUR', 'north') AS north_cash,
	simplebank.system_account('cash', 'EUR', ledger => 'south') AS south_cash \gset
SELECT simplebank.system_account('cash', 'EUR', 'north') = :north_cash AS same, simplebank.system_account('cash', 'EUR', 'default') = :cash AS same_default;
SELECT simplebank.system_account('cash', 'EUR', 'west');
SELECT owner, name, ledger_id FROM simplebank.accounts ORDER BY id;
SELECT to_balance FROM simplebank.deposit(:nora, 500);
SELECT simplebank.balance(:cash) AS cash, simplebank.balance(:north_cash) AS north, simplebank.balance(:south_cash) AS south;
SELECT stripes FROM simplebank.set_stripes(:south_cash, 2);
SELECT DISTINCT ledger_id FROM simplebank.accounts WHERE simplebank.account_of(id) = :south_cash;
SELECT action, details, role = current_user AS mine FROM simplebank.audit_events WHERE action ~ 'ledger' AND length(details ->> 'name') IS DISTINCT FROM 255 ORDER BY id;

-- A transfer stays within one, and so does everything like it: SB011, once both
-- accounts are there and before their status or currency is looked at.
SELECT simplebank.open_account('nick', 'EUR', ledger => 'north') AS nick, simplebank.open_account('nell', 'USD', ledger => 'north') AS nell,
	simplebank.open_account('susi', 'USD', ledger => 'south', min_balance => NULL) AS susi \gset
SELECT to_balance FROM simplebank.transfer(:nora, :nick, 100);
\set VERBOSITY default
SELECT simplebank.transfer(:nora, :sam, 1);
\set VERBOSITY sqlstate
SELECT simplebank.transfer(:nora, :susi, 1);
SELECT simplebank.transfer(:nora, 999, 1);
SELECT simplebank.transfer(999, :sam, 1);
SELECT simplebank.place_hold(:nora, :sam, 1);
SELECT simplebank.post_journal(ARRAY[:nora, :nick, :sam], '{-10, 5, 5}');
SELECT simplebank.exchange(:nora, :susi, 1, 1);
SELECT simplebank.schedule_transfer(:nora, :sam, 1);
SELECT item, transfer_id IS NOT NULL AS posted, sqlstate FROM simplebank.transfer_batch(ARRAY[:nora, :nora, :alice], ARRAY[:nick, :sam, :nick], '{1, 1, 1}', atomic => false);
SELECT simplebank.transfer_batch(ARRAY[:nora, :nora], ARRAY[:nick, :sam], '{1, 1}');
SELECT simplebank.balance(:nora) AS nora, simplebank.balance(:nick) AS nick, simplebank.balance(:sam) AS sam;

-- Where it is the default one, nothing is kept of it.
SELECT simplebank.deposit(:alice, 100) \g /dev/null
SELECT hold_id AS hold FROM simplebank.place_hold(:nora, :nick, 50) \gset
SELECT DISTINCT operation, ledger_id FROM simplebank.transfers ORDER BY 1, 2;
SELECT ledger_id FROM simplebank.holds;
SELECT from_balance FROM simplebank.capture_hold(:hold, 20, final => false);

-- The bank's own accounts are those of the account's ledger.
SELECT from_balance, to_balance FROM simplebank.exchange(:nick, :nell, 10, 11);
SELECT from_balance FROM simplebank.withdraw(:nick, 1);
SELECT name, currency, balance FROM simplebank.accounts WHERE is_system AND ledger_id = 2 ORDER BY 1, 2;

-- A key, a reference and a code are another one in each ledger.
SELECT replayed FROM simplebank.deposit(:nora, 1, key => 'k', reference => 'r');
SELECT replayed FROM simplebank.deposit(:sam, 1, key => 'k', reference => 'r');
SELECT replayed FROM simplebank.deposit(:sam, 1, key => 'k', reference => 'r');
SELECT simplebank.deposit(:nora, 2, key => 'k');
SELECT simplebank.deposit(:nora, 2, reference => 'r');
SELECT operation, answer ->> 'to_balance' AS to_balance FROM simplebank.idempotency_check('k');
SELECT ledger_id, role = current_user AS mine FROM simplebank.idempotency_keys WHERE key = 'k' ORDER BY 1;
SELECT ledger_id, reference FROM simplebank.transfer_references ORDER BY 1;
SELECT count(*) FROM (VALUES ('north'), ('south')) l(name), simplebank.open_account('coded', 'EUR', code => 'coded', key => 'open', ledger => l.name);
SELECT owner, ledger_id FROM simplebank.accounts WHERE id IN (simplebank.account_id('coded', 'north'), simplebank.account_id('coded', 'south')) ORDER BY 2;
SELECT simplebank.account_id('coded');

-- Who has which.  A teller of north has nothing of another ledger, though that
-- be the default one; what is not its is not there.
CREATE ROLE regress_both IN ROLE simplebank_teller, regress_north;
CREATE ROLE regress_north_auditor IN ROLE simplebank_auditor, regress_north;
GRANT simplebank_teller TO regress_north;
SELECT role FROM simplebank.grant_ledger('regress_both', 'south');
CREATE FUNCTION pg_temp.seen(OUT ledgers text, OUT accounts text) LANGUAGE sql AS $$
	SELECT (SELECT string_agg(name, ' ' ORDER BY id) FROM simplebank.ledgers WHERE length(name) < 255),
		   (SELECT string_agg(DISTINCT ledger_id::text, ' ') FROM simplebank.accounts)
$$;
SET ROLE regress_north;
SELECT * FROM pg_temp.seen();
SELECT simplebank.balance(:nora) > 0 AS own;
SELECT simplebank.balance(:alice);
SELECT simplebank.balance(:sam);
SELECT simplebank.transfer(:nora, :sam, 1);
SELECT simplebank.transfer(:sam, :alice, 1);
SELECT simplebank.deposit(:sam, 1);
SELECT simplebank.open_account('new', 'EUR') AS new \gset
SELECT simplebank.open_account('new', 'EUR', ledger => 'south');
SELECT simplebank.open_account('new', 'EUR', ledger => 'default');
SELECT name FROM simplebank.ledgers WHERE id = (SELECT ledger_id FROM simplebank.accounts WHERE id = :new);
RESET ROLE;
SET ROLE regress_both;
SELECT * FROM pg_temp.seen();
SELECT simplebank.balance(:sam) AS sam;
SELECT simplebank.transfer(:nora, :sam, 1);
\set VERBOSITY default
SELECT simplebank.open_account('new', 'EUR');
\set VERBOSITY sqlstate
SELECT simplebank.open_account('new', 'EUR', ledger => 'south') > 0 AS opened;
RESET ROLE;
SET ROLE regress_teller;
SELECT * FROM pg_temp.seen();
SELECT simplebank.balance(:nora);
SELECT simplebank.open_account('new', 'EUR', ledger => 'north');
RESET ROLE;
SET ROLE regress_auditor;
SELECT * FROM pg_temp.seen();
RESET ROLE;
SET ROLE regress_north_auditor;
SELECT * FROM pg_temp.seen();
SELECT simplebank.balance(:sam);
SELECT count(*) FROM simplebank.verify();
RESET ROLE;
-- as soon as it is taken from it, and given to it
SELECT role FROM simplebank.revoke_ledger('regress_both', 'south');
SET ROLE regress_both;
SELECT * FROM pg_temp.seen();
SELECT simplebank.open_account('new', 'EUR') > 0 AS opened;
RESET ROLE;
REVOKE regress_north FROM regress_both;
SET ROLE regress_both;
SELECT * FROM pg_temp.seen();
RESET ROLE;
-- a customer has its own accounts in its ledgers
CREATE ROLE regress_nora IN ROLE simplebank_customer;
SELECT simplebank.open_account('regress_nora', 'EUR', ledger => 'north') AS hers, simplebank.open_account('regress_nora', 'EUR') AS elsewhere \gset
SELECT simplebank.deposit(id, 5) FROM unnest(ARRAY[:hers, :elsewhere]) id \g /dev/null
SET ROLE regress_nora;
SELECT simplebank.balance(:elsewhere);
SELECT simplebank.balance(:hers);
RESET ROLE;
SELECT ledger_id FROM simplebank.grant_ledger('regress_nora', 'north');
SET ROLE regress_nora;
SELECT simplebank.balance(:hers);
SELECT simplebank.balance(:elsewhere);
SELECT simplebank.transfer(:elsewhere, :alice, 1);
SELECT from_balance, to_balance FROM simplebank.transfer(:hers, :nick, 1);
SELECT simplebank.transfer(:hers, :elsewhere, 1);
SELECT simplebank.transfer(:hers, :alice, 1);
SELECT id = :hers AS hers FROM simplebank.accounts;
SELECT account_id = :hers AS hers FROM simplebank.entries ORDER BY version;
SELECT account_id = :hers AS hers FROM simplebank.find_accounts() f(account_id);
RESET ROLE;

-- Searches in one of them find what is of it, by whatever path: how many, of which ledgers.
CREATE FUNCTION pg_temp.found(what text, filter text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT count(*) || coalesce('' of '' || string_agg(DISTINCT coalesce(a.ledger_id, 0)::text, '' ''), '''') FROM simplebank.find_%s(max_rows => 1000, %s) f LEFT JOIN LATERAL (SELECT b.ledger_id FROM simplebank.accounts b WHERE b.id IN (%s) LIMIT 1) a ON true', what, filter,
		CASE what WHEN 'accounts' THEN 'f.id' WHEN 'events' THEN 'f.account_id' WHEN 'holds' THEN 'f.from_account_id' ELSE 'f.from_account_id, f.to_account_id, (SELECT e.account_id FROM simplebank.entries e WHERE e.transfer_id = f.id LIMIT 1)' END) INTO answer;
	RETURN answer;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;
SELECT l.name, pg_temp.found('accounts', format('ledger => %L', l.name)) = format('%s of %s', (SELECT count(*) FROM simplebank.accounts a WHERE a.id > 0 AND a.ledger_id = l.id), l.id) AS accounts,
	pg_temp.found('transfers', format('ledger => %L', l.name)) = format('%s of %s', (SELECT count(*) FROM simplebank.transfers t WHERE coalesce(t.ledger_id, 1) = l.id), l.id) AS transfers,
	pg_temp.found('events', format('ledger => %L', l.name)) = format('%s of %s', (SELECT count(*) FROM simplebank.account_events e JOIN simplebank.accounts a ON a.id = e.account_id WHERE a.id > 0 AND a.ledger_id = l.id), l.id) AS events,
	pg_temp.found('holds', format('ledger => %L', l.name)) AS holds
FROM simplebank.ledgers l WHERE l.name IN ('default', 'north', 'south') ORDER BY l.id;
SELECT row_number() OVER () AS n, f.what, split_part(f.filter, ' ', 1) AS by, pg_temp.found(f.what, f.filter || ', ledger => NULL') AS anywhere, pg_temp.found(f.what, f.filter || ', ledger => ''north''') AS north, pg_temp.found(f.what, f.filter || ', ledger => ''default''') AS default
FROM (VALUES ('transfers', 'reference => ''r'''), ('transfers', 'operation => ''exchange'''), ('transfers', 'account_id => ' || :nora), ('transfers', 'hold_id => ' || :hold), ('transfers', 'reverses => 1'),
	('accounts', 'code => ''coded'''), ('accounts', 'owner => ''coded'''), ('accounts', 'owner => ''regress_nora'''), ('accounts', 'name => ''cash'''),
	('holds', 'account_id => ' || :nora), ('holds', 'status => ''open'''), ('events', 'hold_id => ' || :hold), ('events', 'account_id => ' || :nora || ', event => ''opened''')) f(what, filter);
SELECT pg_temp.found('transfers', 'ledger => ''west'''), pg_temp.found('accounts', 'ledger => '''''), pg_temp.found('holds', 'ledger => ''North'''), pg_temp.found('events', 'ledger => ''west''');
SET ROLE regress_north;
SELECT pg_temp.found('accounts', 'code => ''coded'', ledger => ''north'''), pg_temp.found('accounts', 'code => ''coded'', ledger => ''south'''), pg_temp.found('transfers', 'ledger => ''default'''), pg_temp.found('holds', 'ledger => ''south'''), pg_temp.found('events', 'ledger => ''south''');
SET ROLE regress_nora;
SELECT pg_temp.found('accounts', 'ledger => ''north'''), pg_temp.found('transfers', 'ledger => ''north'''), pg_temp.found('accounts', 'ledger => ''default'''), pg_temp.found('transfers', 'ledger => ''default''');
RESET ROLE;
-- and of a customer that has several
SELECT ledger_id FROM simplebank.grant_ledger('regress_nora', 'default');
SET ROLE regress_nora;
SELECT pg_temp.found('accounts', 'ledger => NULL'), pg_temp.found('accounts', 'ledger => ''north'''), pg_temp.found('accounts', 'ledger => ''default'''),
	pg_temp.found('transfers', 'ledger => NULL'), pg_temp.found('transfers', 'ledger => ''north'''), pg_temp.found('transfers', 'ledger => ''default'''), pg_temp.found('events', 'ledger => ''default''');
RESET ROLE;
SELECT ledger_id FROM simplebank.revoke_ledger('regress_nora', 'default');

-- An order is paid as long as its role has the ledger.
SET ROLE regress_north;
SELECT simplebank.schedule_transfer(:nora, :nick, 1) AS paid \gset
RESET ROLE;
CALL simplebank.run_job('standing_orders');
SELECT simplebank.schedule_transfer(:nora, :nick, 1) AS by_admin \gset
SET ROLE regress_north;
SELECT simplebank.schedule_transfer(:nora, :nick, 1) AS refused \gset
RESET ROLE;
SELECT ledger_id FROM simplebank.revoke_ledger('regress_north', 'north');
CALL simplebank.run_job('standing_orders');
SELECT o.order_id = :refused AS refused, o.status, o.sqlstate FROM simplebank.scheduled_transfers o WHERE o.order_id IN (:paid, :by_admin, :refused) ORDER BY o.order_id;

-- Who loses the last ledger has none, and not another one.
SELECT simplebank.open_account('regress_ann', 'EUR') AS of_default \gset
SET ROLE regress_north_auditor;
SELECT count(*) FROM simplebank.accounts;
SELECT simplebank.balance(:of_default);
SELECT simplebank.balance(:nora);
SELECT * FROM simplebank.trial_balance();
SET ROLE regress_north;
SELECT count(*) FROM simplebank.accounts;
SELECT simplebank.deposit(:of_default, 1, 'a key');
SELECT simplebank.transfer(:of_default, :nora, 1);
SELECT simplebank.open_account('regress_ann', 'EUR');
SELECT * FROM simplebank.idempotency_check('a key');
RESET ROLE;
SELECT ledger_id, revoked_at FROM simplebank.grant_ledger('regress_north', 'default');
SET ROLE regress_north;
SELECT from_balance, to_balance FROM simplebank.deposit(:of_default, 1, 'a key');
RESET ROLE;

-- By SET ROLE nobody gets more: the roles that many share have what was given
-- to them, and else none, whoever takes them.
SELECT role FROM simplebank.grant_ledger('regress_both', 'north');
CREATE FUNCTION pg_temp.seen_as(role text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	SELECT format('%s: %s; %s', role, coalesce(s.ledgers, 'none'), coalesce(s.accounts, 'none')) INTO seen FROM pg_temp.seen() s;
	RETURN seen;
END $$;
GRANT SELECT ON simplebank.ledgers TO simplebank_customer, simplebank_gateway;
SELECT pg_temp.seen_as(g) FROM unnest('{regress_both,simplebank_teller,simplebank_auditor,simplebank_customer,simplebank_gateway,simplebank_admin}'::text[]) g;
RESET ROLE;
SET SESSION AUTHORIZATION regress_both;
SET ROLE simplebank_teller;
SELECT simplebank.deposit(:alice, 1);
SELECT simplebank.open_account('regress_ann', 'EUR');
SELECT simplebank.transfer(:nora, :nick, 1);
RESET SESSION AUTHORIZATION;
-- as soon as one is given to them, that one; their members have it, too
SELECT role FROM simplebank.grant_ledger('simplebank_teller', 'south');
SELECT pg_temp.seen_as(g) FROM unnest('{regress_both,regress_teller,simplebank_teller,simplebank_auditor}'::text[]) g;
RESET ROLE;
SELECT role FROM simplebank.revoke_ledger('simplebank_teller', 'south');

-- A role of its own kind reads a table by what README names.
CREATE ROLE regress_own;
GRANT USAGE ON SCHEMA simplebank TO regress_own;
GRANT SELECT ON simplebank.accounts TO regress_own;
GRANT EXECUTE ON FUNCTION simplebank_internal.row_access, simplebank_internal.customer TO regress_own;
SET ROLE regress_own;
SELECT count(*) > 0 AS reads FROM simplebank.accounts;
RESET ROLE;
GRANT EXECUTE ON FUNCTION simplebank_internal.row_ledgers TO regress_own;
SET ROLE regress_own;
SELECT count(*) > 0 AS reads FROM simplebank.accounts;
RESET ROLE;
SELECT * FROM simplebank.verify();
DROP EXTENSION simplebank CASCADE;
DROP ROLE regress_own, regress_north, regress_lost, regress_teller, regress_both, regress_auditor, regress_north_auditor, regress_nora;
