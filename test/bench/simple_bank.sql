/*
 * The peer: the tables of Simple Bank that a transfer touches, with all their
 * keys and indexes, in a schema of their own.
 */
CREATE SCHEMA simple_bank;

CREATE TABLE simple_bank.users (
	username varchar PRIMARY KEY,
	role varchar NOT NULL DEFAULT 'depositor',
	hashed_password varchar NOT NULL,
	full_name varchar NOT NULL,
	email varchar UNIQUE NOT NULL,
	is_email_verified bool NOT NULL DEFAULT false,
	password_changed_at timestamptz NOT NULL DEFAULT '0001-01-01',
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE simple_bank.accounts (
	id bigserial PRIMARY KEY,
	owner varchar NOT NULL REFERENCES simple_bank.users,
	balance bigint NOT NULL,
	currency varchar NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON simple_bank.accounts (owner);
CREATE UNIQUE INDEX ON simple_bank.accounts (owner, currency);

CREATE TABLE simple_bank.entries (
	id bigserial PRIMARY KEY,
	account_id bigint NOT NULL REFERENCES simple_bank.accounts,
	amount bigint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON simple_bank.entries (account_id);

CREATE TABLE simple_bank.transfers (
	id bigserial PRIMARY KEY,
	from_account_id bigint NOT NULL REFERENCES simple_bank.accounts,
	to_account_id bigint NOT NULL REFERENCES simple_bank.accounts,
	amount bigint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON simple_bank.transfers (from_account_id);
CREATE INDEX ON simple_bank.transfers (to_account_id);
CREATE INDEX ON simple_bank.transfers (from_account_id, to_account_id);

INSERT INTO simple_bank.users (username, hashed_password, full_name, email)
SELECT 'owner' || n, md5(n::text), 'Owner ' || n, 'owner' || n || '@example.com'
FROM generate_series(1, :accounts) n;

INSERT INTO simple_bank.accounts (owner, balance, currency)
SELECT 'owner' || n, :funds, 'EUR' FROM generate_series(1, :accounts) n;
