/*
 * Import of a Simple Bank, the Go teaching project, from a schema of the same
 * database.
 *
 * Its tables belong to somebody else: they are locked, read row by row and not
 * written, without a statement that names them, and only columns of built-in
 * types are read; so nothing of their owner's making runs (src/calls/import.c).
 *
 * Money is moved by the ledger's functions alone, so that an import is
 * nothing that an application could not have done.
 */
CREATE FUNCTION simplebank_internal.lock_simple_bank(
	schema text, OUT transfers oid, OUT entries oid, OUT accounts oid, OUT users oid)
AS 'MODULE_PATHNAME', 'simplebank_lock_simple_bank'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.lock_simple_bank IS
'Part of prepare_import(): locks the tables (SHARE) until the end of the transaction, and looks at them then; their OIDs. Errors: 22004, 3F000, 42P01, 42501, 25006.';

CREATE FUNCTION simplebank_internal.old_accounts(source oid)
RETURNS TABLE (id bigint, owner text, balance bigint, currency text, created_at timestamptz)
AS 'MODULE_PATHNAME', 'simplebank_old_accounts'
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION simplebank_internal.old_accounts IS 'Part of import_simple_bank(): the rows of the table of accounts. Errors: 22004, 42809 a partition is no table.';

CREATE FUNCTION simplebank_internal.old_entries(source oid)
RETURNS TABLE (id bigint, account_id bigint, amount bigint, created_at timestamptz)
AS 'MODULE_PATHNAME', 'simplebank_old_entries'
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION simplebank_internal.old_entries IS 'Part of import_simple_bank(): the rows of the table of entries. Errors: as old_accounts.';

CREATE FUNCTION simplebank_internal.old_transfers(source oid)
RETURNS TABLE (id bigint, from_account_id bigint, to_account_id bigint, amount bigint, created_at timestamptz)
AS 'MODULE_PATHNAME', 'simplebank_old_transfers'
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10000;
COMMENT ON FUNCTION simplebank_internal.old_transfers IS 'Part of import_simple_bank(): the rows of the table of transfers. Errors: as old_accounts.';

CREATE FUNCTION simplebank_internal.prepare_import(schema text, of_ledger int, OUT transfers oid, OUT entries oid, OUT accounts oid)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
DECLARE
	users oid;
	missing record;
	faults record;
BEGIN
	IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
		/* the snapshot would be older than the locks */
		RAISE EXCEPTION 'an import needs isolation level READ COMMITTED' USING ERRCODE = '25000';
	END IF;
	/* one import at a time; SHARE locks do not exclude each other */
	LOCK TABLE simplebank.currencies IN SHARE UPDATE EXCLUSIVE MODE;
	SELECT l.transfers, l.entries, l.accounts, l.users INTO transfers, entries, accounts, users
	FROM simplebank_internal.lock_simple_bank(schema) l;

	SELECT c.tab, c.col, c.types INTO missing
	FROM (VALUES
		(users, 'users', 'username', '{text,varchar}'::regtype[]),
		(accounts, 'accounts', 'id', '{int4,int8}'), (accounts, 'accounts', 'owner', '{text,varchar}'),
		(accounts, 'accounts', 'balance', '{int4,int8}'), (accounts, 'accounts', 'currency', '{text,varchar}'),
		(accounts, 'accounts', 'created_at', '{timestamptz}'),
		(entries, 'entries', 'id', '{int4,int8}'), (entries, 'entries', 'account_id', '{int4,int8}'),
		(entries, 'entries', 'amount', '{int4,int8}'), (entries, 'entries', 'created_at', '{timestamptz}'),
		(transfers, 'transfers', 'id', '{int4,int8}'), (transfers, 'transfers', 'from_account_id', '{int4,int8}'),
		(transfers, 'transfers', 'to_account_id', '{int4,int8}'), (transfers, 'transfers', 'amount', '{int4,int8}'),
		(transfers, 'transfers', 'created_at', '{timestamptz}')) c(oid, tab, col, types)
	WHERE NOT EXISTS (SELECT FROM pg_attribute a
					  WHERE a.attrelid = c.oid AND a.attname = c.col AND NOT a.attisdropped AND a.atttypid = ANY (c.types)
						/* nor one that is computed when it is read */
						AND a.attgenerated IN ('', 's'))
	LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'table "%" of schema "%" has no column "%" of type %',
			missing.tab, schema, missing.col, array_to_string(missing.types, ' or ')
			USING ERRCODE = '42703';
	ELSIF EXISTS (SELECT FROM simplebank.accounts a WHERE a.ledger_id = of_ledger AND a.metadata ? 'simple_bank_account') THEN
		PERFORM simplebank_internal.refuse('22023', 'schema',
			'A ledger takes one Simple Bank, once: there are accounts whose metadata has "simple_bank_account".');
	END IF;

	WITH account AS MATERIALIZED (
		SELECT * FROM simplebank_internal.old_accounts(accounts)
	), a AS (
		SELECT id, owner, balance, currency, created_at, count(*) OVER (PARTITION BY id) AS namesakes
		FROM account
	), t AS (
		SELECT id, from_account_id, to_account_id, amount, created_at, count(*) OVER (PARTITION BY id) AS namesakes
		FROM simplebank_internal.old_transfers(transfers)
	), fault AS (
		SELECT 1, 'accounts', a.id,
			CASE WHEN a.id IS NULL OR a.namesakes > 1 THEN 'id is missing or not unique'
				 WHEN (octet_length(a.owner) BETWEEN 1 AND 255) IS NOT TRUE THEN 'owner is not 1 to 255 bytes'
				 WHEN a.owner = 'simplebank' THEN 'owner is the name of the bank itself'
				 WHEN NOT EXISTS (SELECT FROM simplebank.currencies c WHERE c.code = a.currency COLLATE "C")
					THEN format('unknown currency %s', coalesce('"' || a.currency || '"', 'NULL'))
				 WHEN a.balance IS NULL THEN 'balance is missing'
				 WHEN isfinite(a.created_at) IS NOT TRUE THEN 'created_at is no time'
				 WHEN NOT simplebank_internal.is_value_date((a.created_at AT TIME ZONE 'UTC')::date) THEN 'created_at is no value date' END
		FROM a
		UNION ALL
		SELECT 2, 'entries', e.id, format('unknown account %s', coalesce(e.account_id::text, 'NULL'))
		FROM simplebank_internal.old_entries(entries) e
		WHERE NOT EXISTS (SELECT FROM account x WHERE x.id = e.account_id)
		UNION ALL
		SELECT 3, 'transfers', t.id,
			CASE WHEN t.id IS NULL OR t.namesakes > 1 THEN 'id is missing or not unique'
				 WHEN (t.amount > 0) IS NOT TRUE THEN format('amount is %s', coalesce(t.amount::text, 'NULL'))
				 WHEN t.from_account_id = t.to_account_id THEN 'both accounts are the same'
				 WHEN f.id IS NULL THEN format('unknown account %s', coalesce(t.from_account_id::text, 'NULL'))
				 WHEN o.id IS NULL THEN format('unknown account %s', coalesce(t.to_account_id::text, 'NULL'))
				 WHEN f.currency <> o.currency THEN format('from %s to %s', f.currency, o.currency)
				 WHEN isfinite(t.created_at) IS NOT TRUE THEN 'created_at is no time'
				 WHEN NOT simplebank_internal.is_value_date((t.created_at AT TIME ZONE 'UTC')::date) THEN 'created_at is no value date' END
		FROM t LEFT JOIN account f ON f.id = t.from_account_id
			LEFT JOIN account o ON o.id = t.to_account_id
	), listed AS (
		SELECT tab, id, reason, count(*) OVER () AS total, row_number() OVER (ORDER BY place, id, reason) AS n
		FROM fault f(place, tab, id, reason) WHERE reason IS NOT NULL
	)
	SELECT max(total) AS total,
		   string_agg(format('%s %s: %s', tab, coalesce(id::text, 'NULL'), reason), E'\n' ORDER BY n)
			   FILTER (WHERE n <= 20) AS rows
	INTO faults FROM listed;
	IF faults.total > 0 THEN
		PERFORM simplebank_internal.refuse('22023', 'schema',
			format(E'Nothing has been imported; rows to be corrected in Simple Bank first: %s.\n%s', faults.total, faults.rows)
			|| CASE WHEN faults.total > 20 THEN format(E'\nand %s more', faults.total - 20) ELSE '' END);
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.prepare_import IS
'Part of check_simple_bank() and import_simple_bank(): locks the tables, raises where they cannot be imported; their OIDs. Errors: as import_simple_bank.';

CREATE FUNCTION simplebank_internal.check_simple_bank(schema text, ledger text)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM simplebank_internal.prepare_import(schema, simplebank_internal.ledger_id(ledger));
END $$;
COMMENT ON FUNCTION simplebank_internal.check_simple_bank IS 'Body of simplebank.check_simple_bank.';

CREATE FUNCTION simplebank.check_simple_bank(schema text, ledger text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_check_simple_bank'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.check_simple_bank IS
'First part of import_simple_bank, by itself a rehearsal: returns if the Simple Bank in this schema can be imported, else raises, DETAIL lists the first 20 bad rows by table and id. Its tables stay locked (SHARE: others read, nobody writes) until the end of the transaction. Errors: as import_simple_bank.';

CREATE FUNCTION simplebank_internal.import_simple_bank(schema text, ledger text)
RETURNS TABLE (kind text, old_id bigint, account_id bigint, currency text, amount bigint, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	bank record;
	old_ids bigint[] := '{}';
	new_ids bigint[] := '{}';
	suspense bigint;
	transfers bigint := 0;
	source record;
	wrong record;
BEGIN
	SELECT * INTO bank FROM simplebank_internal.prepare_import(schema, simplebank_internal.ledger_id(ledger));

	/* accounts, each with the part of its balance that no transfer explains, as of its first moment */
	FOR source IN
		SELECT a.id, a.owner, a.currency, (a.balance - coalesce(m.amount, 0))::bigint AS difference,
			   least(a.created_at, m.created_at) AS created_at
		FROM simplebank_internal.old_accounts(bank.accounts) a LEFT JOIN (
			SELECT account_id, sum(amount) AS amount, min(created_at) AS created_at
			FROM (SELECT from_account_id, -amount::numeric, created_at FROM simplebank_internal.old_transfers(bank.transfers)
				  UNION ALL
				  SELECT to_account_id, amount, created_at FROM simplebank_internal.old_transfers(bank.transfers)) l(account_id, amount, created_at)
			GROUP BY account_id) m ON m.account_id = a.id
		ORDER BY a.id
	LOOP
		account_id := simplebank.open_account(source.owner, source.currency, min_balance => NULL,
			metadata => jsonb_build_object('simple_bank_account', source.id), ledger => ledger);
		old_ids := old_ids || source.id::bigint;
		new_ids := new_ids || account_id;
		CONTINUE WHEN source.difference = 0;

		suspense := simplebank.system_account('suspense', source.currency, ledger);
		PERFORM simplebank.transfer(
			CASE WHEN source.difference > 0 THEN suspense ELSE account_id END,
			CASE WHEN source.difference > 0 THEN account_id ELSE suspense END, abs(source.difference),
			description => format('Simple Bank account %s, opening difference', source.id),
			metadata => jsonb_build_object('simple_bank_account', source.id), effective_at => source.created_at);
		kind := 'opening';
		old_id := source.id;
		currency := source.currency;
		amount := source.difference;
		detail := format('balance that no transfer explains, against suspense account %s', suspense);
		RETURN NEXT;
	END LOOP;

	FOR source IN
		SELECT t.id, f.new_id AS from_account, o.new_id AS to_account, t.amount, t.created_at
		FROM simplebank_internal.old_transfers(bank.transfers) t JOIN unnest(old_ids, new_ids) f(old_id, new_id) ON f.old_id = t.from_account_id
			JOIN unnest(old_ids, new_ids) o(old_id, new_id) ON o.old_id = t.to_account_id
		ORDER BY t.created_at, t.id
	LOOP
		PERFORM simplebank.transfer(source.from_account, source.to_account, source.amount,
			description => format('Simple Bank transfer %s', source.id),
			metadata => jsonb_build_object('simple_bank_transfer', source.id), effective_at => source.created_at);
		transfers := transfers + 1;
	END LOOP;

	/* from here on as any other account, but where the past was below zero */
	FOR old_id, account_id, currency, amount IN
		SELECT m.old_id, a.id, a.currency, least(0, min(e.balance))
		FROM unnest(old_ids, new_ids) m(old_id, new_id) JOIN simplebank.accounts a ON a.id = m.new_id
			LEFT JOIN simplebank.entries e ON e.account_id = a.id
		GROUP BY m.old_id, a.id, a.currency ORDER BY m.old_id
	LOOP
		PERFORM simplebank.set_account_limits(account_id, amount, NULL, 'import');
		CONTINUE WHEN amount = 0;
		kind := 'limit';
		detail := 'min_balance: the lowest balance that the account has had';
		RETURN NEXT;
	END LOOP;

	/* Simple Bank's entries do not name their transfer: they go together by account, amount and time */
	RETURN QUERY
		WITH leg AS (
			SELECT *, row_number() OVER (PARTITION BY account_id, amount, created_at ORDER BY id) AS n
			FROM (SELECT id, from_account_id, -amount, created_at FROM simplebank_internal.old_transfers(bank.transfers)
				  UNION ALL
				  SELECT id, to_account_id, amount, created_at FROM simplebank_internal.old_transfers(bank.transfers)) l(id, account_id, amount, created_at)
		), entry AS (
			SELECT id, account_id, amount, created_at,
				   row_number() OVER (PARTITION BY account_id, amount, created_at ORDER BY id) AS n
			FROM simplebank_internal.old_entries(bank.entries)
		), odd AS (
			SELECT l.n IS NULL AS ignored, coalesce(e.id, l.id) AS id, account_id, amount
			FROM entry e FULL JOIN leg l USING (account_id, amount, created_at, n)
			WHERE e.n IS NULL OR l.n IS NULL
		)
		SELECT CASE WHEN odd.ignored THEN 'ignored_entry' ELSE 'missing_entry' END,
			   odd.id::bigint, m.new_id, a.currency::text, odd.amount::bigint,
			   CASE WHEN odd.ignored THEN 'belongs to no transfer; the opening difference covers it'
					ELSE 'the transfer of this id has no such entry' END
		FROM odd JOIN simplebank_internal.old_accounts(bank.accounts) a ON a.id = odd.account_id
			JOIN unnest(old_ids, new_ids) m(old_id, new_id) ON m.old_id = a.id
		ORDER BY 1, 2, odd.account_id;

	SELECT a.id, a.balance, simplebank.balance(m.new_id) AS imported INTO wrong
	FROM simplebank_internal.old_accounts(bank.accounts) a LEFT JOIN unnest(old_ids, new_ids) m(old_id, new_id) ON m.old_id = a.id
	WHERE m.new_id IS NULL OR simplebank.balance(m.new_id) <> a.balance LIMIT 1;
	IF wrong.id IS NOT NULL THEN
		RAISE EXCEPTION 'account % of Simple Bank has balance %, imported %', wrong.id, wrong.balance, wrong.imported
			USING ERRCODE = 'XX001';
	END IF;
	SELECT v.invariant, v.detail INTO wrong FROM simplebank.verify() v LIMIT 1;
	IF FOUND THEN
		RAISE EXCEPTION 'the ledger is not sound: %', wrong.invariant
			USING ERRCODE = 'XX001', DETAIL = wrong.detail, HINT = 'See simplebank.verify().';
	END IF;

	PERFORM simplebank.audit('import_simple_bank', jsonb_build_object(
		'schema', schema, 'accounts', cardinality(new_ids), 'transfers', transfers));
	RETURN QUERY VALUES ('accounts', NULL::bigint, NULL::bigint, NULL, cardinality(new_ids)::bigint, 'accounts opened'),
		('transfers', NULL, NULL, NULL, transfers, 'transfers posted, besides opening differences');
	RETURN QUERY SELECT 'total', NULL::bigint, NULL::bigint, a.currency, sum(a.balance)::bigint,
			format('balance of %s accounts', count(*))
		FROM simplebank.accounts a WHERE a.id = ANY (new_ids) GROUP BY a.currency ORDER BY a.currency;
END $$;
COMMENT ON FUNCTION simplebank_internal.import_simple_bank IS 'Body of simplebank.import_simple_bank.';

CREATE FUNCTION simplebank.import_simple_bank(schema text, ledger text DEFAULT NULL)
RETURNS TABLE (kind text, old_id bigint, account_id bigint, currency text, amount bigint, detail text)
AS 'MODULE_PATHNAME', 'simplebank_import_simple_bank'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.import_simple_bank IS
'Imports a Simple Bank (the Go teaching project: tables users, accounts, entries, transfers) from a schema of this database, into a ledger (by name; default the role''s only one, or the default one), all or nothing; amounts are taken as minor units. Each transfer is posted by transfer() in order of (created_at, id), with its created_at as effective_at, description, and metadata {"simple_bank_transfer": id}; each account is opened with metadata {"simple_bank_account": id} and gets min_balance 0, or the lowest balance it ever had if that is below. What transfers do not explain of a balance is booked against the system account suspense, effective when the account began. Answers a row per opening difference (kind opening), account with a lower limit (limit; amount: the limit), entry without a transfer (ignored_entry) and entry that a transfer lacks (missing_entry; old_id: the transfer), then the numbers of accounts and transfers (accounts, transfers) and the sum of balances per currency (total). Checks verify() and every balance before it returns. Locks the tables against writes until the end of the transaction, and reads their rows, and those of partitions, without a query: nothing of their owner''s making runs. The caller needs SELECT, and UPDATE, DELETE or TRUNCATE, on the tables. Errors: 22004; SB013; 3F000, 42P01, 42703 no such schema, table or column; 42809 a partition is no table; 22023 bad rows (DETAIL lists the first 20), or a Simple Bank has been imported already; 22003; 25000 isolation above READ COMMITTED; 25006; 42501 also where row-level security hides rows; XX001 a check failed.';
