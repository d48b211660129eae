/*
 * What the demo adds to the bank: who its customers are, and a client that
 * pays at random and understands a refusal by its SQLSTATE.
 */
CREATE EXTENSION simplebank;
CREATE EXTENSION pg_cron;

CREATE SCHEMA demo;

CREATE TABLE demo.customers (
	name text,
	currency text,
	salary numeric,
	account bigint,
	PRIMARY KEY (name, currency)
);

INSERT INTO demo.customers (name, currency, salary) VALUES
	('Ada', 'EUR', 3200), ('Ada', 'USD', 400),
	('Bruno', 'EUR', 2750.50),
	('Chiyo', 'JPY', 410000), ('Chiyo', 'USD', 1500),
	('Daniel', 'USD', 3900),
	('Elena', 'EUR', 2980),
	('Farid', 'USD', 2600), ('Farid', 'EUR', 850),
	('Grace', 'USD', 5100.25),
	('Hiro', 'JPY', 365000),
	('Ines', 'EUR', 3050), ('Ines', 'JPY', 90000),
	('Jonas', 'JPY', 298000);

CREATE FUNCTION demo.account(customer text, currency text) RETURNS bigint
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT c.account FROM demo.customers c
	WHERE c.name = account.customer AND c.currency = account.currency;
END;

CREATE FUNCTION demo.who(account_id bigint) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT CASE WHEN a.is_system THEN 'the bank''s ' || a.name ELSE a.owner END
	FROM simplebank.accounts a WHERE a.id = who.account_id;
END;

CREATE FUNCTION demo.euro(amount bigint) RETURNS text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT CASE WHEN amount IS NOT NULL THEN simplebank.format_amount(amount, 'EUR') END;
END;

CREATE TABLE demo.pairs (
	pair serial PRIMARY KEY,
	from_account bigint,
	to_account bigint,
	most bigint
);

CREATE TABLE demo.outcomes (
	sqlstate text,
	at timestamptz DEFAULT pg_catalog.clock_timestamp()
);

CREATE FUNCTION demo.pay(pair int, percent int) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
	p demo.pairs;
BEGIN
	SELECT * INTO STRICT p FROM demo.pairs pairs WHERE pairs.pair = pay.pair;
	PERFORM simplebank.transfer(p.from_account, p.to_account, p.most * percent / 100,
								description => 'payment');
	INSERT INTO demo.outcomes VALUES ('00000');
EXCEPTION WHEN SQLSTATE 'SB001' THEN
	INSERT INTO demo.outcomes VALUES (SQLSTATE);
END $$;
