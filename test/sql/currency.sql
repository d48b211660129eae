--
-- currency: adding currencies, exact conversion, format for people.
--
SET client_min_messages = warning;
DROP EXTENSION IF EXISTS simplebank CASCADE;
RESET client_min_messages;
CREATE EXTENSION simplebank;
\set VERBOSITY sqlstate

-- A currency that is not there, or whose exponent is another, makes amounts
-- wrong by powers of ten.
SELECT exponent, count(*), bool_and(is_builtin) AS builtin FROM simplebank.currencies GROUP BY exponent ORDER BY exponent;

-- add_currency: both sides of each limit.
SELECT code FROM simplebank.add_currency('X0', 0);
SELECT code FROM simplebank.add_currency('BTC', 8, 'Bitcoin');
SELECT code FROM simplebank.add_currency('ETH', 18, 'Ether');
SELECT code FROM simplebank.add_currency('POINTS123456', 0);
SELECT code FROM simplebank.add_currency('DEEP', 19);
SELECT code FROM simplebank.add_currency('DEEP', -1);
SELECT code FROM simplebank.add_currency('POINTS1234567', 0);
SELECT code FROM simplebank.add_currency('X', 0);
SELECT code FROM simplebank.add_currency('', 0);
SELECT code FROM simplebank.add_currency('btc', 0);
SELECT code FROM simplebank.add_currency('9ZZ', 0);
SELECT code FROM simplebank.add_currency('B-C', 0);
SELECT code FROM simplebank.add_currency('ÄÖÜ', 0);
SELECT code FROM simplebank.add_currency('BTC ', 0);
SELECT code FROM simplebank.add_currency(E'BTC\n', 0);
SELECT code FROM simplebank.add_currency('NAMED', 0, '');
SELECT code FROM simplebank.add_currency('NAMED', 0, repeat('n', 256));
SELECT code FROM simplebank.add_currency('NAMED', 0, repeat('n', 255));
SELECT code FROM simplebank.add_currency(NULL, 0);
SELECT code FROM simplebank.add_currency('NEW', NULL);
-- a code that exists, built in or added
SELECT code FROM simplebank.add_currency('USD', 3);
SELECT code FROM simplebank.add_currency('BTC', 8);
SELECT code, numeric_code, exponent, length(name) AS name_length, is_builtin FROM simplebank.currencies
WHERE NOT is_builtin ORDER BY code;
-- the name defaults to the code
SELECT name FROM simplebank.currencies WHERE code = 'X0';

-- An added currency works in one breath with its addition, and not at all
-- after a rollback (a kept plan must not remember it).
BEGIN;
SELECT code FROM simplebank.add_currency('GONE', 1);
SELECT simplebank.to_minor(1.5, 'GONE');
ROLLBACK;
SELECT simplebank.to_minor(1.5, 'GONE');

-- to_minor: exactly as many digits as the currency has, and one too many.
SELECT currency, amount, simplebank.to_minor(amount, currency) AS minor
FROM (VALUES ('JPY', 12), ('JPY', -12), ('USD', 12.34), ('USD', 0.01), ('USD', -0.01), ('USD', 0), ('BHD', 1.234),
	('CLF', 1.2345), ('XAU', 7), ('BTC', 0.00000001), ('ETH', 0.000000000000000001), ('ETH', 9.223372036854775807))
	AS v(currency, amount);
SELECT simplebank.to_minor(0.1, 'JPY');
SELECT simplebank.to_minor(12.345, 'USD');
SELECT simplebank.to_minor(-12.345, 'USD');
SELECT simplebank.to_minor(0.0001, 'BHD');
SELECT simplebank.to_minor(0.00001, 'CLF');
SELECT simplebank.to_minor(0.5, 'XAU');
SELECT simplebank.to_minor(0.000000001, 'BTC');
SELECT simplebank.to_minor(0.0000000000000000001, 'ETH');
-- zeros behind are no digits
SELECT simplebank.to_minor(12.3400000, 'USD'), simplebank.to_minor(12.000, 'JPY');
-- digits far behind the point may not be rounded away
SELECT simplebank.to_minor('1e-16383', 'USD');
SELECT simplebank.to_minor('1e-16383', 'ETH');
SELECT simplebank.to_minor(1 + '1e-16383'::numeric, 'JPY');

-- The ends of bigint.
SELECT simplebank.to_minor(92233720368547758.07, 'USD'), simplebank.to_minor(-92233720368547758.08, 'USD'),
	simplebank.to_minor(9223372036854775807, 'JPY'), simplebank.to_minor(-9223372036854775808, 'JPY');
SELECT simplebank.to_minor(92233720368547758.08, 'USD');
SELECT simplebank.to_minor(-92233720368547758.09, 'USD');
SELECT simplebank.to_minor(9223372036854775808, 'JPY');
SELECT simplebank.to_minor('1e131071', 'ETH');
-- what is no number of money
SELECT simplebank.to_minor('NaN', 'USD');
SELECT simplebank.to_minor('Infinity', 'USD');
SELECT simplebank.to_minor('-Infinity', 'USD');
SELECT simplebank.to_minor(1, 'ZZZ');
SELECT simplebank.to_minor(1, 'usd');
SELECT simplebank.to_minor(1, '');
SELECT simplebank.to_minor('NaN', 'ZZZ');
SELECT simplebank.to_minor(NULL, 'USD');
SELECT simplebank.to_minor(1, NULL);

-- to_major has all digits of the currency; format_amount is for people.
SELECT currency, amount, simplebank.to_major(amount, currency) AS major, simplebank.format_amount(amount, currency) AS formatted
FROM (VALUES
	('JPY', 0::bigint), ('JPY', 7), ('JPY', 999), ('JPY', 1000), ('JPY', -1234567),
	('USD', 0), ('USD', 1), ('USD', -1), ('USD', 99), ('USD', 100), ('USD', 1230), ('USD', 99999), ('USD', 100000),
	('USD', -123456), ('USD', -100000), ('USD', 123456789),
	('BHD', 1), ('BHD', 1234), ('BHD', 1000000), ('BHD', -999999),
	('CLF', 1), ('CLF', -12345678), ('CLF', 10000000),
	('XAU', 1500),
	('ETH', 1), ('ETH', -1), ('ETH', 1000000000000000000), ('ETH', 9223372036854775807)) AS v(currency, amount);
SELECT currency, simplebank.to_major(least, currency) AS major, simplebank.format_amount(least, currency) AS formatted,
	simplebank.format_amount(9223372036854775807, currency) AS largest
FROM (VALUES ('JPY'), ('USD'), ('BHD'), ('CLF'), ('ETH')) AS v(currency), (SELECT '-9223372036854775808'::bigint AS least) l;
SELECT simplebank.to_major(1, 'ZZZ');
SELECT simplebank.to_major(1, NULL);
SELECT simplebank.format_amount(1, 'ZZZ');
SELECT simplebank.format_amount(1, NULL);

-- nothing is nothing, as in a column of amounts that may be missing
SELECT simplebank.to_major(NULL, 'USD') IS NULL AS major, simplebank.format_amount(NULL, 'USD') IS NULL AS formatted;

-- There and back again is where it started, for every currency.
SELECT code, amount FROM simplebank.currencies,
	unnest('{0,1,-1,9,10,99,100,12345678901,9223372036854775807,-9223372036854775808}'::bigint[]) amount
WHERE simplebank.to_minor(simplebank.to_major(amount, code), code) <> amount
	OR scale(simplebank.to_major(amount, code)) <> coalesce(exponent, 0)
	OR replace(simplebank.format_amount(amount, code), ',', '') <> simplebank.to_major(amount, code) || ' ' || code;
