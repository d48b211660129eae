CREATE FUNCTION simplebank.balance(account_id bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_balance'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.balance IS
'Present balance, minor units: credits minus debits. Waits for nobody. Errors: SB003 (to a customer also where the account is not its own), 22004, 42501.';

CREATE FUNCTION simplebank.available(account_id bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_available'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.available IS
'What a debit could take now, minor units: balance - held - min_balance, whatever the account''s status; NULL without a lower limit; cut to the range of bigint. Errors: SB003, 22004.';

CREATE FUNCTION simplebank.balances(
	account_id bigint,
	OUT account_id bigint, OUT currency text, OUT balance bigint, OUT held bigint,
	OUT available bigint, OUT version bigint, OUT updated_at timestamptz)
AS 'MODULE_PATHNAME', 'simplebank_balances'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.balances IS
'Balance, held and available of an account, minor units; version: number of entries; updated_at: time of the last one, or of opening. Errors: SB003, 22004.';

CREATE FUNCTION simplebank.balance_at(
	account_id bigint, at timestamptz, basis text DEFAULT 'posted')
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_balance_at'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.balance_at IS
'Balance at a moment, minor units: with all entries posted (basis posted) or effective (basis effective) at that moment or before. Reads about log2(entries) rows; basis effective also those entries with an effective_at of their own that lie as near to the moment as the account''s farthest one lies from its posting. Errors: SB003, 22003, 22004, 22023 unknown basis.';

CREATE FUNCTION simplebank_internal.trial_balance(
	at timestamptz, ledger text,
	OUT currency text, OUT kind text, OUT accounts bigint, OUT debits numeric, OUT credits numeric)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_custom_plan /* a ledger is one of very many, or has nearly all accounts */
AS $$
DECLARE
	of_ledger CONSTANT int = simplebank_internal.ledger_id(ledger);
BEGIN
	RETURN QUERY
	SELECT a.currency, a.kind::text, count(*),
		   coalesce(sum(-b.balance::numeric) FILTER (WHERE b.balance < 0), 0),
		   coalesce(sum(b.balance) FILTER (WHERE b.balance > 0), 0)
	FROM simplebank.accounts a,
		 LATERAL (SELECT CASE WHEN trial_balance.at IS NOT NULL THEN simplebank.balance_at(a.id, trial_balance.at)
							  WHEN a.stripes IS NOT NULL THEN simplebank.balance(a.id)
							  ELSE a.balance END) b(balance)
	WHERE a.ledger_id = of_ledger AND a.id > 0 AND (trial_balance.at IS NULL OR a.created_at <= trial_balance.at)
	GROUP BY a.currency, a.kind
	ORDER BY a.currency, a.kind;
END $$;
COMMENT ON FUNCTION simplebank_internal.trial_balance IS 'Body of simplebank.trial_balance.';

CREATE FUNCTION simplebank.trial_balance(
	at timestamptz DEFAULT NULL, ledger text DEFAULT NULL,
	OUT currency text, OUT kind text, OUT accounts bigint, OUT debits numeric, OUT credits numeric)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_trial_balance'
LANGUAGE c STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION simplebank.trial_balance IS
'Per currency and kind of account of a ledger (by name; default the role''s only one, or the default one) at a moment (posted; default now): number of accounts, sum of the debit and of the credit balances, minor units. In each currency the debits equal the credits. It reads the accounts of that ledger only. Errors: SB013 no such ledger.';
