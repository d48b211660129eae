/*
 * Currencies and exact conversion between minor and major units.
 * The built-in rows come from currency_data.sql; pg_dump takes the others.
 */
CREATE TABLE simplebank.currencies (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[A-Z][A-Z0-9]{1,11}$'),
	numeric_code text COLLATE "C" CHECK (numeric_code ~ '^[0-9]{3}$'),
	exponent int CHECK (exponent BETWEEN 0 AND 18),
	name text NOT NULL,
	is_builtin boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE simplebank.currencies IS
'Currencies that accounts can have: the active codes of ISO 4217 (List One) and those of add_currency.';
COMMENT ON COLUMN simplebank.currencies.exponent IS
'digits after the decimal point, the minor unit of ISO 4217; NULL where the standard has none (metals, SDR): whole units';
COMMENT ON COLUMN simplebank.currencies.is_builtin IS 'filled by the install script, so not dumped';

CREATE FUNCTION simplebank.add_currency(code text, exponent int, name text DEFAULT NULL)
RETURNS simplebank.currencies
AS 'MODULE_PATHNAME', 'simplebank_add_currency'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.add_currency IS
'Adds a currency. code: a capital letter and 1 to 11 capital letters or digits; exponent: digits after the point, 0 to 18; name: default the code. Answers its row of currencies. Errors: 22004, 22023, 23505 if the code exists.';

CREATE FUNCTION simplebank.to_minor(amount numeric, currency text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_to_minor'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.to_minor IS
'Major to minor units, exactly: to_minor(12.34, ''USD'') = 1234. Errors: SB007 more digits than the currency has, NaN or infinite; SB009 unknown currency; 22003 out of range; 22004.';

CREATE FUNCTION simplebank.to_major(amount bigint, currency text)
RETURNS numeric
AS 'MODULE_PATHNAME', 'simplebank_to_major'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.to_major IS
'Minor to major units, exactly, with all digits of the currency: to_major(1230, ''USD'') = 12.30; NULL for NULL. Errors: SB009, 22004 without currency.';

CREATE FUNCTION simplebank.format_amount(amount bigint, currency text)
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_format_amount'
LANGUAGE c STABLE PARALLEL SAFE;
COMMENT ON FUNCTION simplebank.format_amount IS
'For people, whatever the locale: format_amount(-123456, ''USD'') = ''-1,234.56 USD''; NULL for NULL. Errors: SB009, 22004 without currency.';
