/*
 * Statements: a row per account and month, and what a customer can read.
 */
CREATE TABLE simplebank.statements (
	account_id bigint,
	period_start date,
	period_end date NOT NULL,
	starts_at timestamptz NOT NULL,
	ends_at timestamptz NOT NULL,
	opening numeric NOT NULL,
	debits numeric NOT NULL,
	credits numeric NOT NULL,
	closing numeric NOT NULL,
	entries bigint NOT NULL,
	time_zone text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (account_id, period_start)
);
CREATE INDEX statements_created_idx ON simplebank.statements (created_at);
CREATE TABLE simplebank.statement_days (
	day date PRIMARY KEY,
	last_account bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE simplebank.statements IS 'The monthly statements of the customers'' accounts, by time of posting. Written by the job statements.';
COMMENT ON COLUMN simplebank.statements.period_end IS 'the last day of it';
COMMENT ON COLUMN simplebank.statements.opening IS 'minor units; of an account with stripes it may be beyond bigint';
COMMENT ON COLUMN simplebank.statements.debits IS 'their sum, minor units';
COMMENT ON COLUMN simplebank.statements.entries IS 'how many';
COMMENT ON COLUMN simplebank.statements.time_zone IS 'in which its dates are shown: that of its last day';
COMMENT ON TABLE simplebank.statement_days IS 'How far the job statements has come with each month''s last day: up to which account.';

/* A portion of the job statements: at the end of a month, of the accounts that are next. */
CREATE FUNCTION simplebank_internal.statement_portion(
	business_date date, max_accounts int, OUT done bigint, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
	first_day CONSTANT date = date_trunc('month', business_date);
	midnight CONSTANT timestamptz = simplebank_internal.day_end(business_date);
	began CONSTANT timestamptz = simplebank_internal.day_end(first_day - 1);
	cursor simplebank.statement_days;
	last bigint;
BEGIN
	done := 0;
	more := extract(day FROM business_date + 1) = 1;
	IF NOT more THEN
		RETURN;
	END IF;
	SELECT d.* INTO cursor FROM simplebank.statement_days d WHERE d.day = business_date;
	IF NOT FOUND THEN
		PERFORM simplebank_internal.end_day(business_date);
		PERFORM simplebank_internal.wait_for_postings();
		INSERT INTO simplebank.statement_days (day) VALUES (business_date);
		RETURN;
	END IF;

	WITH portion AS MATERIALIZED (
		SELECT a.* FROM simplebank.accounts a WHERE a.id > cursor.last_account ORDER BY a.id LIMIT max_accounts
	), parts AS (
		SELECT p.id AS account_id, p.id AS row_id, p.version, p.balance, p.updated_at FROM portion p
		UNION ALL
		SELECT p.id, s.id, s.version, s.balance, s.updated_at
		FROM portion p JOIN simplebank.accounts s ON s.id BETWEEN -256 * p.id - 255 AND -256 * p.id
		WHERE p.stripes IS NOT NULL
	), ends AS (
		/* at both ends: what is now, where nothing was posted since */
		SELECT p.account_id, p.row_id, o.version AS opening_version, o.balance AS opening, c.version AS closing_version, c.balance AS closing
		FROM parts p,
			LATERAL (SELECT p.version, p.balance WHERE p.updated_at < began
					 UNION ALL
					 SELECT o.version, o.balance FROM simplebank_internal.closing(p.row_id, began) o WHERE p.updated_at >= began) o,
			LATERAL (SELECT p.version, p.balance WHERE p.updated_at < midnight
					 UNION ALL
					 SELECT c.version, c.balance FROM simplebank_internal.closing(p.row_id, midnight) c WHERE p.updated_at >= midnight) c
	), totals AS (
		SELECT e.account_id, sum(e.opening) AS opening, sum(e.closing) AS closing,
			   sum(e.closing_version - e.opening_version) AS entries, sum(t.debits) AS debits
		FROM ends e,
			LATERAL (SELECT coalesce(-sum(x.amount) FILTER (WHERE x.amount < 0), 0) AS debits FROM simplebank.entries x
					 WHERE x.account_id = e.row_id AND x.version > e.opening_version AND x.version <= e.closing_version) t
		GROUP BY e.account_id
	), written AS (
		INSERT INTO simplebank.statements (account_id, period_start, period_end, starts_at, ends_at, opening, debits, credits, closing, entries, time_zone)
		SELECT t.account_id, first_day, business_date, began, midnight, t.opening, t.debits, t.closing - t.opening + t.debits, t.closing, t.entries,
			   coalesce((SELECT e.time_zone FROM simplebank.day_ends e WHERE e.day = business_date), simplebank_internal.setting('time_zone'))
		FROM totals t JOIN portion a ON a.id = t.account_id
		WHERE NOT a.is_system AND a.created_at < midnight
		  AND (a.status <> 'closed' OR t.entries > 0)
		RETURNING account_id, period_start, period_end, opening, debits, credits, closing, entries
	), noticed AS (
		INSERT INTO simplebank.notices (kind, ledger_id, account_id, role, details)
		SELECT 'statement_made', p.ledger_id, w.account_id, simplebank_internal.caller_role(),
			   jsonb_build_object('period_start', w.period_start, 'period_end', w.period_end, 'opening', w.opening::text, 'debits', w.debits::text,
								  'credits', w.credits::text, 'closing', w.closing::text, 'entries', w.entries)
		FROM written w JOIN portion p ON p.id = w.account_id
	)
	SELECT (SELECT max(p.id) FROM portion p), (SELECT count(*) FROM written) INTO last, done;
	UPDATE simplebank.statement_days d SET last_account = coalesce(last, d.last_account) WHERE d.day = business_date;
	more := last IS NOT NULL;
END $$;
COMMENT ON FUNCTION simplebank_internal.statement_portion IS 'A portion of the job statements. Errors: 22003, 25006.';

CREATE FUNCTION simplebank_internal.render_statement(account_id bigint, period_start date, format text)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET max_parallel_workers_per_gather = 0 /* a worker does not know the caller */
AS $$
DECLARE
	statement simplebank.statements;
	account simplebank.accounts;
	exponent int;
	zone text;
	heading text;
	lines text;
BEGIN
	PERFORM simplebank_internal.refuse('22004', a.name)
	FROM (VALUES ('account_id', account_id IS NULL), ('period_start', period_start IS NULL), ('format', format IS NULL)) a(name, missing)
	WHERE a.missing;
	IF format NOT IN ('text', 'csv') THEN
		PERFORM simplebank_internal.refuse('22023', 'format', 'It is text or csv.');
	END IF;
	PERFORM simplebank.balance(account_id); /* a customer has its own accounts only */
	SELECT s.* INTO statement FROM simplebank.statements s
	WHERE s.account_id = render_statement.account_id AND s.period_start = render_statement.period_start;
	IF NOT FOUND THEN
		PERFORM simplebank_internal.refuse('SB607', format('There is none of account %s from %s.', account_id, period_start),
			'Statements begin on the first day of a month; see simplebank.statements.');
	END IF;
	zone := statement.time_zone;
	SELECT a.* INTO account FROM simplebank.accounts a WHERE a.id = render_statement.account_id;
	SELECT c.exponent INTO exponent FROM simplebank.currencies c WHERE c.code = account.currency;

	IF format = 'csv' THEN
		SELECT string_agg(f.line, E'\n' ORDER BY l.n) INTO lines
		FROM (SELECT *, row_number() OVER () AS n FROM simplebank.statement(account_id, statement.starts_at, statement.ends_at)) l,
			LATERAL (SELECT format('%s,%s,%s,%s,%s,%s,%s,%s,%s', l.line, to_char(l.posted_at AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI:SS.US'),
							to_char(l.effective_at AT TIME ZONE zone, 'YYYY-MM-DD'), l.transfer_id,
							l.counterparty, simplebank_internal.csv_cell(l.description), simplebank.to_major(l.amount, account.currency),
							simplebank.to_major(l.balance, account.currency), account.currency) AS line) f;
		RETURN E'line,posted_at,value_date,transfer_id,counterparty,description,amount,balance,currency\n' || lines || E'\n';
	END IF;

	heading := format(E'%s%s\n%s%s\n', rpad('STATEMENT OF ACCOUNT ' || account_id, 58), lpad(account.currency, 20),
					  simplebank_internal.shown(account.owner, 52),
					  lpad(format('%s to %s', to_char(statement.period_start, 'YYYY-MM-DD'), to_char(statement.period_end, 'YYYY-MM-DD')), 26));
	SELECT string_agg(simplebank_internal.statement_line(
			   CASE l.line WHEN 'opening' THEN statement.period_start WHEN 'closing' THEN statement.period_end
						   ELSE (l.posted_at AT TIME ZONE zone)::date END,
			   CASE WHEN (l.effective_at AT TIME ZONE zone)::date <> (l.posted_at AT TIME ZONE zone)::date
					THEN (l.effective_at AT TIME ZONE zone)::date END,
			   CASE l.line WHEN 'opening' THEN 'Opening balance' WHEN 'closing' THEN 'Closing balance'
						   ELSE coalesce(l.description, l.line) END,
			   l.amount, l.balance, exponent), '' ORDER BY l.n) INTO lines
	FROM (SELECT *, row_number() OVER () AS n FROM simplebank.statement(account_id, statement.starts_at, statement.ends_at)) l;
	RETURN heading || E'\n' || format(E'%s  %s  %s %s %s\n', rpad('Date', 10), rpad('Value date', 10), rpad('Description', 22), lpad('Amount', 15), lpad('Balance', 15))
		|| repeat('-', 78) || E'\n' || lines || repeat('-', 78) || E'\n'
		|| simplebank_internal.statement_line(NULL, NULL, 'Debits', -statement.debits, NULL, exponent)
		|| simplebank_internal.statement_line(NULL, NULL, 'Credits', statement.credits, NULL, exponent);
END $$;
COMMENT ON FUNCTION simplebank_internal.render_statement IS 'Body of simplebank.render_statement.';

CREATE FUNCTION simplebank.render_statement(account_id bigint, period_start date, format text DEFAULT 'text')
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_render_statement'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.render_statement IS
E'An account''s statement of the period that begins on period_start, the first day of a month that is over: format text, in fixed width (characters of double width count as two), or csv, with a header and quoted as RFC 4180 has it; amounts are in major units. Characters that turn the direction of writing are shown as \\uXXXX. In csv a description that a spreadsheet would take for a formula begins with an apostrophe (CWE-1236). Errors: 22004, 22023 unknown format, SB003 (to a customer also where the account is not its own), SB607 there is no such statement.';

CREATE FUNCTION simplebank_internal.format_sum(amount numeric, exponent int)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN amount < 0 THEN '-' ELSE '' END
		|| reverse(regexp_replace(reverse(div(abs(amount), 10::numeric ^ exponent)::text), E'(\\d{3})(?=\\d)', E'\\1,', 'g'))
		|| CASE WHEN exponent > 0 THEN '.' || lpad((abs(amount) % trunc(10::numeric ^ exponent))::text, exponent, '0') ELSE '' END;
END;
COMMENT ON FUNCTION simplebank_internal.format_sum IS 'Part of render_statement(): minor units in major ones, as format_amount() has them, also beyond bigint and without the currency.';

CREATE FUNCTION simplebank_internal.shown(value text, width int)
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_shown'
LANGUAGE c IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank_internal.shown IS
E'Part of render_statement(): a text of somebody as others may see it: what turns the direction of writing or ends a line as \\uXXXX; with a width also control characters as spaces, and cut or filled up to so many columns. Errors: 22023 a width below 0 or above 1,000.';

/* A spreadsheet takes what begins so for a formula: OWASP, CSV injection. */
CREATE FUNCTION simplebank_internal.csv_cell(value text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT CASE WHEN v.shown ~ E'^([\\t\\r\\n]| *[=+@\\uff1d\\uff0b\\uff0d\\uff20-])' THEN '"''' || replace(v.shown, '"', '""') || '"'
				WHEN v.shown ~ E'[",;\\t\\r\\n]' THEN '"' || replace(v.shown, '"', '""') || '"'
				ELSE coalesce(v.shown, '') END
	FROM (SELECT simplebank_internal.shown(value, NULL)) v(shown);
END;
COMMENT ON FUNCTION simplebank_internal.csv_cell IS 'Part of render_statement(): a cell of a CSV file (RFC 4180) that no spreadsheet takes for a formula (CWE-1236).';

/* One line of 78 columns, or more where an amount needs them; what a description has beyond its width is cut. */
CREATE FUNCTION simplebank_internal.statement_line(
	posted_on date, value_date date, description text, amount numeric, balance numeric, exponent int)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT format(E'%s  %s  %s %s %s\n',
				  lpad(coalesce(to_char(posted_on, 'YYYY-MM-DD'), ''), 10), lpad(coalesce(to_char(value_date, 'YYYY-MM-DD'), ''), 10),
				  simplebank_internal.shown(description, 22), lpad(a.amount, greatest(15, length(a.amount))),
				  lpad(a.balance, greatest(15, length(a.balance))))
	/* the currency stands in the heading */
	FROM (SELECT coalesce(simplebank_internal.format_sum(amount, exponent), '') AS amount,
				 coalesce(simplebank_internal.format_sum(balance, exponent), '') AS balance) a;
END;
COMMENT ON FUNCTION simplebank_internal.statement_line IS 'Part of render_statement().';

CREATE FUNCTION simplebank_internal.statements_step(
	business_date date, OUT done bigint, OUT failed bigint, OUT error text, OUT more boolean)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	portion CONSTANT int = 1000;
BEGIN
	SELECT s.done, s.more INTO done, more FROM simplebank_internal.statement_portion(business_date, portion) s;
	failed := 0;
END $$;
COMMENT ON FUNCTION simplebank_internal.statements_step IS 'The job statements: a portion of the month''s statements.';

/* Part of verify(): each statement by itself. */
CREATE FUNCTION simplebank_internal.prove_statements(
	since timestamptz DEFAULT NULL,
	OUT invariant text, OUT account_id bigint, OUT version bigint,
	OUT transfer_id bigint, OUT detail text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
	start CONSTANT record = simplebank_internal.proof_start(since);
BEGIN
	RETURN QUERY
	SELECT 'statement_balance', s.account_id, NULL::bigint, NULL::bigint, format('%s: %s + %s - %s is not %s', s.period_start, s.opening, s.credits, s.debits, s.closing)
	FROM simplebank.statements s
	WHERE (start.is_full OR s.created_at >= start.ends_at) AND s.opening + s.credits - s.debits <> s.closing;
END $$;
COMMENT ON FUNCTION simplebank_internal.prove_statements IS
'Part of verify(): statements.';
