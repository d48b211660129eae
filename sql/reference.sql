/*
 * References: the business's own names of transfers and holds, kept for ever
 * where an idempotency key lives for simplebank.key_retention.
 *
 * Each stands in the row that it names.  What makes it unique and finds it is
 * a table beside: so who uses none pays for no index.
 */
CREATE TABLE simplebank.transfer_references (
	transfer_id bigint NOT NULL,
	ledger_id int NOT NULL DEFAULT 1,
	reference text COLLATE "C" NOT NULL,
	PRIMARY KEY (ledger_id, reference)
);
COMMENT ON TABLE simplebank.transfer_references IS
'The transfer of each reference: a row per transfer that has one, unique within a ledger.';

CREATE TABLE simplebank.hold_references (
	hold_id bigint NOT NULL,
	ledger_id int NOT NULL DEFAULT 1,
	reference text COLLATE "C" NOT NULL,
	PRIMARY KEY (ledger_id, reference)
);
COMMENT ON TABLE simplebank.hold_references IS
'The hold of each reference: a row per hold that has one, unique within a ledger. Apart from those of transfers, so that a hold and its capture can have the same.';
