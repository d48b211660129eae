/*
 * plan.c
 *	  All SQL that the library runs, as kept plans in one table.
 *
 * Each plan is prepared at its first use and kept for the session.  A kept
 * plan is parsed again under the caller's search_path when something that it
 * uses has changed, so every name, operators included, is qualified.  Plans
 * are generic and made with only index scans and nested loops allowed: one
 * made on an empty table must serve a large one.
 *
 * Rows go from the executor straight to the caller's function, without a
 * copy in between.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "nodes/params.h"
#include "tcop/dest.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

#include "store/plan.h"

#define MAX_ARGUMENTS 16

#define EQ " OPERATOR(pg_catalog.=) "
#define NE " OPERATOR(pg_catalog.<>) "
#define GT " OPERATOR(pg_catalog.>) "
#define GE " OPERATOR(pg_catalog.>=) "
#define LT " OPERATOR(pg_catalog.<) "
#define LE " OPERATOR(pg_catalog.<=) "
/* In a select list: rows side by side, each array read once, kept nowhere; a NULL array gives NULLs. */
#define UNNEST(array) "pg_catalog.unnest(" array ")"

#define PLUS " OPERATOR(pg_catalog.+) "
#define MINUS " OPERATOR(pg_catalog.-) "

#define ACCOUNT_COLUMNS \
	"id, balance, held, version, updated_at, is_system, currency, status, min_balance, max_balance, stripes"

/* Is this row but a part of an account?  Then its balance is not the account's. */
#define IS_PART(row)                                                                               \
	"(coalesce(" row LT "0, false) OR EXISTS (SELECT FROM simplebank.accounts s WHERE s.id" EQ row \
	" AND s.stripes IS NOT NULL))"

/* May a key's role see the balance of this account?  $3: only if it is its own. */
#define SHOWN(account)                                                                             \
	"(NOT $3 OR EXISTS (SELECT FROM simplebank.accounts o WHERE o.id" EQ account " AND o.owner" EQ \
	"$1 AND NOT o.is_system))"

/* The account that a row is of. */
#define ACCOUNT_OF(row) \
	"CASE WHEN " row LT "0 THEN (" MINUS row ") OPERATOR(pg_catalog./) 256 ELSE " row " END"

/* What a line of a statement tells of entry e. */
#define STATEMENT_COLUMNS                                                   \
	"t.operation, e.version, e.posted_at, t.effective_at, e.transfer_id,"   \
	" CASE WHEN t.from_account_id" EQ                                       \
	"e.account_id THEN " ACCOUNT_OF("t.to_account_id") " ELSE " ACCOUNT_OF( \
		"t.from_account_id") " END,"                                        \
							 " e.amount, e.balance, t.description, t.reverses, r.id, t.hold_id"
#define STATEMENT_JOINS                                            \
	" LEFT JOIN simplebank.transfers t ON t.id" EQ "e.transfer_id" \
	" LEFT JOIN simplebank.transfers r ON r.reverses" EQ "e.transfer_id"

/* What a seal keeps of entry e and its transfer t; leaf_types of seal.c has their types. */
#define SEALED_COLUMNS                                                                          \
	"e.account_id, e.version, e.transfer_id, e.amount, e.balance, e.leg,"                       \
	" e.posted_at, e.effective_at, e.created_at,"                                               \
	" t.from_account_id, t.to_account_id, t.from_version, t.to_version, t.amount, t.posted_at," \
	" t.effective_at, t.created_at, t.operation, t.role, t.reverses, t.hold_id, t.from_amount," \
	" t.to_amount, t.description, t.metadata"

/* A transfer with the entries that its answer tells of. */
#define ANSWER_TABLES                                                            \
	" FROM simplebank.transfers t"                                               \
	" LEFT JOIN simplebank.entries d"                                            \
	" ON d.account_id" EQ "t.from_account_id AND d.version" EQ "t.from_version"  \
	" LEFT JOIN simplebank.entries c"                                            \
	" ON c.account_id" EQ "t.to_account_id AND c.version" EQ "t.to_version"      \
	" LEFT JOIN simplebank.entries f"                                            \
	" ON t.from_amount IS NOT NULL AND f.transfer_id" EQ "t.id AND f.leg" EQ "1" \
	" LEFT JOIN simplebank.entries l"                                            \
	" ON t.from_amount IS NOT NULL AND l.transfer_id" EQ "t.id AND l.leg" EQ "4"

typedef struct PlanText
{
	const char *text;
	int result;		/* the SPI code that a run must answer */
	bool read_only; /* on the caller's snapshot, not a new one */
	int nargs;
	Oid types[MAX_ARGUMENTS];
	bool hashes; /* joins by a hash table, not row by row */
} PlanText;

/* clang-format off */
static const PlanText plan_table[PLAN_COUNT] = {
	[PLAN_LOCK_ACCOUNTS] = {
		"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts"
		" WHERE id" EQ "ANY ($1) ORDER BY id FOR NO KEY UPDATE",
		SPI_OK_SELECT, false, 1, {INT8ARRAYOID}
	},
	[PLAN_LOCK_FREE_ACCOUNTS] = {
		"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts"
		" WHERE id" EQ "ANY ($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
		SPI_OK_SELECT, false, 1, {INT8ARRAYOID}
	},
	[PLAN_FIND_STRIPED] = {
		"SELECT id, stripes FROM simplebank.accounts WHERE stripes" GT "1 ORDER BY id",
		SPI_OK_SELECT, false, 0, {0}
	},
	[PLAN_READ_STRIPES] = {
		"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts"
		" WHERE id" GE "$1 AND id" LE "$2 ORDER BY id",
		SPI_OK_SELECT, true, 2, {INT8OID, INT8OID}
	},
	[PLAN_INSERT_STRIPES] = {
		"INSERT INTO simplebank.accounts (id, owner, currency, kind, status, is_system, updated_at)"
		" SELECT s.id, a.owner, a.currency, a.kind, a.status, a.is_system, a.updated_at"
		" FROM simplebank.accounts a, (SELECT " UNNEST("$2") " id) s WHERE a.id" EQ "$1"
		" ON CONFLICT (id) DO NOTHING",
		SPI_OK_INSERT, false, 2, {INT8OID, INT8ARRAYOID}
	},
	[PLAN_SET_STRIPES] = {
		"UPDATE simplebank.accounts SET stripes = $2 WHERE id" EQ "$1",
		SPI_OK_UPDATE, false, 2, {INT8OID, INT4OID}
	},
	[PLAN_FIND_OWN] = {
		"SELECT id FROM simplebank.accounts"
		" WHERE id" EQ "ANY ($1) AND owner" EQ "$2 AND NOT is_system ORDER BY id",
		SPI_OK_SELECT, true, 2, {INT8ARRAYOID, TEXTOID}
	},
	[PLAN_READ_ACCOUNT] = {
		"SELECT " ACCOUNT_COLUMNS " FROM simplebank.accounts WHERE id" EQ "$1",
		SPI_OK_SELECT, true, 1, {INT8OID}
	},
	[PLAN_READ_BALANCE] = {
		"SELECT balance, stripes FROM simplebank.accounts WHERE id" EQ "$1",
		SPI_OK_SELECT, true, 1, {INT8OID}
	},
	[PLAN_INSERT_ACCOUNT] = {
		"INSERT INTO simplebank.accounts"
		" (id, owner, currency, kind, min_balance, max_balance, name, metadata)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		SPI_OK_INSERT, false, 8,
		{INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, TEXTOID, JSONBOID}
	},
	[PLAN_INSERT_SYSTEM_ACCOUNT] = {
		"INSERT INTO simplebank.accounts (owner, currency, kind, name, is_system)"
		" VALUES ('simplebank', $2, $3, $1, true)"
		" ON CONFLICT (name, currency) WHERE is_system DO NOTHING RETURNING id",
		SPI_OK_INSERT_RETURNING, false, 3, {TEXTOID, TEXTOID, TEXTOID}
	},
	[PLAN_FIND_SYSTEM_ACCOUNT] = {
		"SELECT id FROM simplebank.accounts WHERE name" EQ "$1 AND currency" EQ "$2 AND is_system",
		SPI_OK_SELECT, false, 2, {TEXTOID, TEXTOID}
	},
	[PLAN_FIND_BANK_ACCOUNT] = {
		"SELECT a.currency, b.id FROM simplebank.accounts a"
		" LEFT JOIN simplebank.accounts b"
		" ON b.name" EQ "$2 AND b.currency" EQ "a.currency AND b.is_system"
		" WHERE a.id" EQ "$1",
		SPI_OK_SELECT, false, 2, {INT8OID, TEXTOID}
	},
	[PLAN_SET_LIMITS] = {
		"UPDATE simplebank.accounts SET min_balance = $2, max_balance = $3 WHERE id" EQ "$1",
		SPI_OK_UPDATE, false, 3, {INT8OID, INT8OID, INT8OID}
	},
	[PLAN_SET_STATUS] = {
		"UPDATE simplebank.accounts SET status = $2 WHERE id" EQ "ANY ($1)",
		SPI_OK_UPDATE, false, 2, {INT8ARRAYOID, TEXTOID}
	},
	[PLAN_INSERT_EVENT] = {
		"INSERT INTO simplebank.account_events"
		" (account_id, event, version, hold_id, role, reason, before, after)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		SPI_OK_INSERT, false, 8,
		{INT8OID, TEXTOID, INT8OID, INT8OID, TEXTOID, TEXTOID, JSONBOID, JSONBOID}
	},
	[PLAN_INSERT_AUDIT] = {
		"INSERT INTO simplebank.audit_events (action, details, reason) VALUES ($1, $2, $3)",
		SPI_OK_INSERT, false, 3, {TEXTOID, JSONBOID, TEXTOID}
	},
	/* A transfer, both entries and both balances in one statement: the executor starts once. */
	[PLAN_WRITE_TRANSFER] = {
		"WITH t AS (INSERT INTO simplebank.transfers"
		" (id, from_account_id, to_account_id, amount, from_version, to_version,"
		"  posted_at, effective_at, operation, hold_id, role, description, metadata)"
		" VALUES ($1, $2, $3, $4, $5, $6, $9, coalesce($10, $9), $11, $15, $16, $12, $13)),"
		" e AS (INSERT INTO simplebank.entries"
		" (account_id, version, transfer_id, amount, balance, posted_at, effective_at)"
		" VALUES ($2, $5, $1, " MINUS "$4, $7, $9, $10), ($3, $6, $1, $4, $8, $9, $10))"
		" UPDATE simplebank.accounts SET"
		" balance = CASE WHEN id" EQ "$2 THEN $7 ELSE $8 END,"
		" held = CASE WHEN id" EQ "$2 THEN $14 ELSE held END,"
		" version = CASE WHEN id" EQ "$2 THEN $5 ELSE $6 END,"
		" updated_at = $9"
		" WHERE id" EQ "ANY (ARRAY[$2, $3])",
		SPI_OK_UPDATE, false, 16,
		{INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
		TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, JSONBOID, INT8OID, INT8OID, TEXTOID}
	},
	[PLAN_INSERT_TRANSFERS] = {
		"INSERT INTO simplebank.transfers"
		" (id, from_account_id, to_account_id, amount, from_version, to_version,"
		"  posted_at, effective_at, operation, reverses, from_amount, to_amount, hold_id,"
		"  role, description, metadata)"
		" SELECT id, from_account_id, to_account_id, amount, from_version, to_version,"
		"  posted_at, coalesce(effective_at, posted_at), operation, reverses, from_amount,"
		"  to_amount, hold_id, role, description, metadata"
		" FROM (SELECT "
		UNNEST("$1") " id, " UNNEST("$2") " from_account_id, " UNNEST("$3") " to_account_id, "
		UNNEST("$4") " amount, " UNNEST("$5") " from_version, " UNNEST("$6") " to_version, "
		UNNEST("$7") " posted_at, " UNNEST("$8") " effective_at, " UNNEST("$9") " operation, "
		UNNEST("$10") " reverses, " UNNEST("$11") " from_amount, " UNNEST("$12") " to_amount, "
		UNNEST("$13") " hold_id, " UNNEST("$14") " role, " UNNEST("$15") " description, "
		UNNEST("$16") " metadata) t",
		SPI_OK_INSERT, false, 16,
		{INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
		TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
		INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, JSONBARRAYOID}
	},
	[PLAN_INSERT_ENTRIES] = {
		"INSERT INTO simplebank.entries"
		" (account_id, version, transfer_id, amount, balance, posted_at, effective_at, leg)"
		" SELECT " UNNEST("$1") ", " UNNEST("$2") ", " UNNEST("$3") ", " UNNEST("$4") ", "
		UNNEST("$5") ", " UNNEST("$6") ", " UNNEST("$7") ", " UNNEST("$8"),
		SPI_OK_INSERT, false, 8,
		{INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
		TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, INT4ARRAYOID}
	},
	[PLAN_UPDATE_ACCOUNTS] = {
		"UPDATE simplebank.accounts a"
		" SET balance = v.balance, held = v.held, version = v.version, updated_at = v.updated_at"
		" FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " balance, " UNNEST("$3") " held, "
		UNNEST("$4") " version, " UNNEST("$5") " updated_at) v"
		" WHERE a.id" EQ "v.id",
		SPI_OK_UPDATE, false, 5,
		{INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, TIMESTAMPTZARRAYOID}
	},
	[PLAN_INSERT_HOLD] = {
		"INSERT INTO simplebank.holds"
		" (id, from_account_id, to_account_id, amount, expires_at, description, metadata)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7)",
		SPI_OK_INSERT, false, 7,
		{INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, JSONBOID}
	},
	[PLAN_UPDATE_HOLD] = {
		"UPDATE simplebank.holds SET captured = $2, status = $3,"
		" closed_at = CASE WHEN $3" NE "'open' THEN $4 END WHERE id" EQ "$1",
		SPI_OK_UPDATE, false, 4, {INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID}
	},
	[PLAN_READ_HOLD] = {
		"SELECT id, from_account_id, to_account_id, amount, captured, expires_at, status,"
		" description FROM simplebank.holds WHERE id" EQ "$1",
		SPI_OK_SELECT, false, 1, {INT8OID}
	},
	[PLAN_FIND_DUE_HOLDS] = {
		"SELECT id, from_account_id FROM simplebank.holds"
		" WHERE from_account_id" EQ "$1 AND status" EQ "'open' AND expires_at" LE "$2"
		" ORDER BY expires_at LIMIT $3",
		SPI_OK_SELECT, false, 3, {INT8OID, TIMESTAMPTZOID, INT8OID}
	},
	/* Whoever changes a hold has locked its account. */
	[PLAN_LOCK_DUE_HOLDS] = {
		"SELECT h.id, h.from_account_id FROM simplebank.holds h"
		" JOIN simplebank.accounts a ON a.id" EQ "h.from_account_id"
		" WHERE h.status" EQ "'open' AND h.expires_at" LE "$1"
		" ORDER BY h.expires_at, h.id LIMIT $2 FOR NO KEY UPDATE OF a SKIP LOCKED",
		SPI_OK_SELECT, false, 2, {TIMESTAMPTZOID, INT8OID}
	},
	[PLAN_EXPIRE_HOLDS] = {
		"UPDATE simplebank.holds SET status = 'expired', closed_at = $2"
		" WHERE id" EQ "ANY ($1) AND status" EQ "'open'"
		" RETURNING id, from_account_id, amount" MINUS "captured",
		SPI_OK_UPDATE_RETURNING, false, 2, {INT8ARRAYOID, TIMESTAMPTZOID}
	},
	[PLAN_SUM_DUE_HOLDS] = {
		"SELECT coalesce(pg_catalog.sum(amount" MINUS "captured), 0)::pg_catalog.int8"
		" FROM simplebank.holds"
		" WHERE from_account_id" EQ "$1 AND status" EQ "'open' AND expires_at" LE "$2",
		SPI_OK_SELECT, true, 2, {INT8OID, TIMESTAMPTZOID}
	},
	[PLAN_FIND_HOLD_IN_FAVOUR] = {
		"SELECT id FROM simplebank.holds WHERE to_account_id" EQ "$1 AND status" EQ "'open'"
		" AND (expires_at IS NULL OR expires_at" GT "$2) LIMIT 1",
		SPI_OK_SELECT, true, 2, {INT8OID, TIMESTAMPTZOID}
	},
	[PLAN_READ_HOLD_ANSWER] = {
		"SELECT (e.after OPERATOR(pg_catalog.->>) 'available')::pg_catalog.int8, h.expires_at"
		" FROM simplebank.account_events e JOIN simplebank.holds h ON h.id" EQ "e.hold_id"
		" WHERE e.hold_id" EQ "$1 AND e.event" EQ "$2",
		SPI_OK_SELECT, false, 2, {INT8OID, TEXTOID}
	},
	[PLAN_CLAIM_KEY] = {
		"INSERT INTO simplebank.idempotency_keys"
		" (role, key, operation, request, transfer_id, account_id, hold_id, order_id)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (role, key) DO NOTHING",
		SPI_OK_INSERT, false, 8,
		{TEXTOID, TEXTOID, TEXTOID, JSONBOID, INT8OID, INT8OID, INT8OID, INT8OID}
	},
	[PLAN_CLAIM_KEYS] = {
		"INSERT INTO simplebank.idempotency_keys"
		" (role, key, operation, request, transfer_id, account_id, hold_id)"
		" SELECT $1, key, $2, request, transfer_id, account_id, hold_id"
		" FROM (SELECT " UNNEST("$3") " key, " UNNEST("$4") " request, " UNNEST("$5") " transfer_id, "
		UNNEST("$6") " account_id, " UNNEST("$7") " hold_id) k"
		" ON CONFLICT (role, key) DO NOTHING RETURNING key",
		SPI_OK_INSERT_RETURNING, false, 7,
		{TEXTOID, TEXTOID, TEXTARRAYOID, JSONBARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID}
	},
	[PLAN_FIND_KEYS] = {
		"SELECT key, operation, request, transfer_id, account_id, hold_id, order_id"
		" FROM simplebank.idempotency_keys WHERE role" EQ "$1 AND key" EQ "ANY ($2) ORDER BY key",
		SPI_OK_SELECT, false, 2, {TEXTOID, TEXTARRAYOID}
	},
	[PLAN_DELETE_KEYS] = {
		"DELETE FROM simplebank.idempotency_keys WHERE role" EQ "$1 AND key" EQ "ANY ($2)",
		SPI_OK_DELETE, false, 2, {TEXTOID, TEXTARRAYOID}
	},
	/* FOR UPDATE, as what follows is a DELETE. */
	[PLAN_PURGE_KEYS] = {
		"DELETE FROM simplebank.idempotency_keys WHERE ctid" EQ "ANY (ARRAY("
		" SELECT ctid FROM simplebank.idempotency_keys WHERE created_at" LT "$1"
		" ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
		SPI_OK_DELETE, false, 2, {TIMESTAMPTZOID, INT8OID}
	},
	/* The balances are those of the two entries that it names, or of an exchange's or a cleared payment's first and last. */
	[PLAN_READ_ANSWER] = {
		"SELECT t.posted_at, coalesce(d.balance, f.balance), coalesce(c.balance, l.balance),"
		" " IS_PART("coalesce(d.account_id, f.account_id)") ","
		" " IS_PART("coalesce(c.account_id, l.account_id)")
		ANSWER_TABLES
		" WHERE t.id" EQ "$1",
		SPI_OK_SELECT, false, 1, {INT8OID}
	},
	[PLAN_CHECK_KEY] = {
		"SELECT k.key, k.operation, k.account_id, k.transfer_id, k.hold_id, k.created_at,"
		" pg_catalog.jsonb_strip_nulls(CASE WHEN t.id IS NOT NULL"
		"  THEN pg_catalog.jsonb_build_object('transfer_id', t.id, 'from_balance',"
		"   CASE WHEN " SHOWN("t.from_account_id") " AND NOT " IS_PART("coalesce(d.account_id, f.account_id)")
		"   THEN coalesce(d.balance, f.balance) END,"
		"   'to_balance',"
		"   CASE WHEN " SHOWN("t.to_account_id") " AND NOT " IS_PART("coalesce(c.account_id, l.account_id)")
		"   THEN coalesce(c.balance, l.balance) END,"
		"   'posted_at', t.posted_at)"
		"  WHEN h.id IS NOT NULL"
		"  THEN pg_catalog.jsonb_build_object('hold_id', h.id,"
		"   'available', CASE WHEN " SHOWN("h.from_account_id") " THEN"
		"   e.after OPERATOR(pg_catalog.->) 'available' END, 'expires_at',"
		"   CASE WHEN k.operation" EQ "'place_hold' THEN h.expires_at END)"
		"  WHEN k.order_id IS NOT NULL"
		"  THEN pg_catalog.jsonb_build_object('order_id', k.order_id)"
		"  ELSE pg_catalog.jsonb_build_object('account_id', k.account_id) END)"
		ANSWER_TABLES
		" RIGHT JOIN simplebank.idempotency_keys k ON t.id" EQ "k.transfer_id"
		" LEFT JOIN simplebank.holds h ON h.id" EQ "k.hold_id AND k.transfer_id IS NULL"
		" LEFT JOIN simplebank.account_events e ON e.hold_id" EQ "h.id AND e.event" EQ
		"  CASE WHEN k.operation" EQ "'place_hold' THEN 'hold_placed' ELSE 'hold_released' END"
		" WHERE k.role" EQ "$1 AND k.key" EQ "$2",
		SPI_OK_SELECT, true, 3, {TEXTOID, TEXTOID, BOOLOID}
	},
	[PLAN_READ_TRANSFER] = {
		"SELECT from_account_id, to_account_id, amount, reverses, from_amount, to_amount, operation"
		" FROM simplebank.transfers WHERE id" EQ "$1",
		SPI_OK_SELECT, false, 1, {INT8OID}
	},
	[PLAN_READ_LEGS] = {
		"SELECT account_id, amount FROM simplebank.entries"
		" WHERE transfer_id" EQ "$1 AND leg IS NOT NULL ORDER BY leg DESC",
		SPI_OK_SELECT, false, 1, {INT8OID}
	},
	[PLAN_FIND_REVERSAL] = {
		"SELECT id FROM simplebank.transfers WHERE reverses" EQ "$1",
		SPI_OK_SELECT, false, 1, {INT8OID}
	},
	[PLAN_READ_ENTRY] = {
		"SELECT posted_at, balance FROM simplebank.entries"
		" WHERE account_id" EQ "$1 AND version" EQ "$2",
		SPI_OK_SELECT, true, 2, {INT8OID, INT8OID}
	},
	[PLAN_READ_STATEMENT] = {
		"SELECT " STATEMENT_COLUMNS
		" FROM simplebank.entries e" STATEMENT_JOINS
		" WHERE e.account_id" EQ "$1 AND e.version" GT "$2 AND e.version" LE "$3"
		" ORDER BY e.version LIMIT $4",
		SPI_OK_SELECT, true, 4, {INT8OID, INT8OID, INT8OID, INT8OID}
	},
	/* The entries of several rows, in one order; of each as many as may be among the first ones. */
	[PLAN_READ_STRIPED_STATEMENT] = {
		"SELECT " STATEMENT_COLUMNS
		" FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " after, " UNNEST("$3") " up_to) v,"
		" LATERAL (SELECT * FROM simplebank.entries s"
		"  WHERE s.account_id" EQ "v.id AND s.version" GT "v.after AND s.version" LE "v.up_to"
		"  ORDER BY s.version LIMIT $4) e" STATEMENT_JOINS
		" ORDER BY e.posted_at, e.account_id, e.version LIMIT $4",
		SPI_OK_SELECT, true, 4, {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8OID}
	},

	/* The entries whose effective_at lies farthest before and behind their posting. */
	[PLAN_FIND_DISPLACEMENT] = {
		"SELECT b.effective_at, b.posted_at, f.effective_at, f.posted_at FROM"
		" (SELECT effective_at, posted_at FROM simplebank.entries"
		"  WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
		"  ORDER BY (effective_at" MINUS "posted_at) LIMIT 1) b,"
		" (SELECT effective_at, posted_at FROM simplebank.entries"
		"  WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
		"  ORDER BY (effective_at" MINUS "posted_at) DESC LIMIT 1) f",
		SPI_OK_SELECT, true, 1, {INT8OID}
	},

	/*
	 * The balance effective by $2, from $5, the balance posted by $2: entries
	 * count of whose two times only one is past $2; they are effective from
	 * $3 to $4.
	 */
	[PLAN_SUM_DISPLACED] = {
		"SELECT (coalesce(pg_catalog.sum("
		"  CASE WHEN effective_at" LE "$2 THEN amount::pg_catalog.numeric"
		"   ELSE " MINUS "amount::pg_catalog.numeric END), 0)" PLUS "$5)"
		" FROM simplebank.entries"
		" WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
		" AND effective_at" GE "$3 AND effective_at" LE "$4"
		" AND (effective_at" LE "$2)" NE "(posted_at" LE "$2)",
		SPI_OK_SELECT, true, 5, {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, NUMERICOID}
	},
	[PLAN_INSERT_ORDER] = {
		"INSERT INTO simplebank.standing_orders"
		" (id, role, from_account_id, to_account_id, amount, keep, run_at, every, until,"
		"  due_at, next_attempt_at, description)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, $7, $10)",
		SPI_OK_INSERT, false, 10,
		{INT8OID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID, INTERVALOID,
		TIMESTAMPTZOID, TEXTOID}
	},
	[PLAN_COUNT_ORDERS] = {
		"SELECT pg_catalog.count(*) FROM (SELECT FROM simplebank.standing_orders"
		" WHERE from_account_id" EQ "$1 AND status" EQ "'active' LIMIT $2) o",
		SPI_OK_SELECT, false, 2, {INT8OID, INT8OID}
	},
	/* $2: only if this role has given it */
	[PLAN_CANCEL_ORDER] = {
		"UPDATE simplebank.standing_orders SET status = 'cancelled'"
		" WHERE id" EQ "$1 AND status" EQ "'active' AND ($2 IS NULL OR role" EQ "$2)",
		SPI_OK_UPDATE, false, 2, {INT8OID, TEXTOID}
	},
	/* $3: this one only */
	[PLAN_LOCK_DUE_ORDERS] = {
		"SELECT id, role, from_account_id, to_account_id, amount, keep, run_at, every, until,"
		" occurrence, due_at, next_attempt_at, attempts, description"
		" FROM simplebank.standing_orders"
		" WHERE status" EQ "'active' AND next_attempt_at" LE "$1 AND ($3 IS NULL OR id" EQ "$3)"
		" ORDER BY next_attempt_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
		SPI_OK_SELECT, false, 3, {TIMESTAMPTZOID, INT8OID, INT8OID}
	},
	[PLAN_FIND_ORDERS_UP_TO] = {
		"SELECT id, from_account_id FROM simplebank.standing_orders"
		" WHERE status" EQ "'active' AND ROW(next_attempt_at, id)" LE "ROW($1, $2)",
		SPI_OK_SELECT, false, 2, {TIMESTAMPTZOID, INT8OID}
	},
	[PLAN_INSERT_EXECUTIONS] = {
		"INSERT INTO simplebank.order_executions"
		" (order_id, occurrence, due_at, status, transfer_id, attempts, sqlstate, error)"
		" SELECT " UNNEST("$1") ", " UNNEST("$2") ", " UNNEST("$3") ", " UNNEST("$4") ", "
		UNNEST("$5") ", " UNNEST("$6") ", " UNNEST("$7") ", " UNNEST("$8"),
		SPI_OK_INSERT, false, 8,
		{INT8ARRAYOID, INT4ARRAYOID, TIMESTAMPTZARRAYOID, TEXTARRAYOID, INT8ARRAYOID, INT4ARRAYOID,
		TEXTARRAYOID, TEXTARRAYOID}
	},
	[PLAN_UPDATE_ORDERS] = {
		"UPDATE simplebank.standing_orders o SET status = v.status, occurrence = v.occurrence,"
		" due_at = v.due_at, next_attempt_at = v.next_attempt_at, attempts = v.attempts,"
		" sqlstate = v.sqlstate, error = v.error"
		" FROM (SELECT " UNNEST("$1") " id, " UNNEST("$2") " status, " UNNEST("$3") " occurrence, "
		UNNEST("$4") " due_at, " UNNEST("$5") " next_attempt_at, " UNNEST("$6") " attempts, "
		UNNEST("$7") " sqlstate, " UNNEST("$8") " error) v WHERE o.id" EQ "v.id",
		SPI_OK_UPDATE, false, 8,
		{INT8ARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID,
		INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID}
	},
	[PLAN_FIND_MEMBERSHIP] = {
		"SELECT m.group_name, m.clearing_account_id FROM simplebank.settlement_assignments s"
		" JOIN simplebank.settlement_members m"
		" ON m.group_name" EQ "s.group_name AND m.member" EQ "s.member"
		" WHERE s.account_id" EQ "$1",
		SPI_OK_SELECT, true, 1, {INT8OID}
	},
	[PLAN_READ_CLOSED_UNTIL] = {
		"SELECT ends_at FROM simplebank.closed_days ORDER BY ends_at DESC LIMIT 1",
		SPI_OK_SELECT, true, 0, {0}
	},
	/* The last closed day that was over at $2, and what the account had then. */
	[PLAN_READ_CLOSED_BALANCE] = {
		"SELECT d.ends_at, coalesce(b.balance, 0), coalesce(b.value_balance, 0)"
		" FROM (SELECT day, ends_at FROM simplebank.closed_days"
		"  WHERE ends_at" LE "$2 AND closed_at IS NOT NULL ORDER BY ends_at DESC LIMIT 1) d"
		" LEFT JOIN LATERAL (SELECT balance, value_balance FROM simplebank.day_balances b"
		"  WHERE b.account_id" EQ "$1 AND b.day" LE "d.day ORDER BY b.day DESC LIMIT 1) b ON true",
		SPI_OK_SELECT, true, 2, {INT8OID, TIMESTAMPTZOID}
	},

	/*
	 * The balance effective by $3, from $4: the one effective when the closed
	 * day ended at $2, and what was posted since.
	 */
	[PLAN_SUM_DISPLACED_SINCE] = {
		"SELECT coalesce(pg_catalog.sum(x.amount), 0)" PLUS "$4 FROM"
		" (SELECT amount::pg_catalog.numeric FROM simplebank.entries"
		"  WHERE account_id" EQ "$1 AND effective_at" GE "$2 AND effective_at" LE "$3"
		"  UNION ALL"
		"  SELECT " MINUS "amount::pg_catalog.numeric FROM simplebank.entries"
		"  WHERE account_id" EQ "$1 AND effective_at IS NOT NULL"
		"  AND posted_at" GE "$2 AND posted_at" LE "$3) x",
		SPI_OK_SELECT, true, 4, {INT8OID, TIMESTAMPTZOID, TIMESTAMPTZOID, NUMERICOID}
	},
	/* Sooner than one by one: those with two entries, which are from $3 on in their table. */
	[PLAN_READ_NEW_ENTRIES] = {
		"SELECT t.id, e.account_id, e.version, e.ctid, " SEALED_COLUMNS
		" FROM simplebank.entries e JOIN simplebank.transfers t ON t.id" EQ "e.transfer_id"
		" WHERE e.ctid" GE "$3 AND t.id" GE "$1 AND t.id" LE "$2 AND ("
		"e.account_id" EQ "t.from_account_id AND e.version" EQ "t.from_version OR "
		"e.account_id" EQ "t.to_account_id AND e.version" EQ "t.to_version)",
		SPI_OK_SELECT, true, 3, {INT8OID, INT8OID, TIDOID}, true
	},
	[PLAN_COUNT_NEW_TRANSFERS] = {
		"SELECT pg_catalog.count(t.from_account_id) FROM simplebank.transfers t"
		" WHERE t.id" GE "$1 AND t.id" LE "$2",
		SPI_OK_SELECT, true, 2, {INT8OID, INT8OID}
	},
	[PLAN_READ_SEALABLE] = {
		"SELECT t.id, e.account_id, e.version, e.ctid, " SEALED_COLUMNS
		" FROM (SELECT " UNNEST("$1") " first, " UNNEST("$2") " last) r"
		" JOIN simplebank.transfers t ON t.id" GE "r.first AND t.id" LE "r.last"
		" AND (NOT $3 OR t.from_account_id IS NULL)"
		" CROSS JOIN LATERAL (SELECT d.ctid, d.* FROM simplebank.entries d"
		"  WHERE d.account_id" EQ "t.from_account_id AND d.version" EQ "t.from_version"
		"  UNION ALL SELECT c.ctid, c.* FROM simplebank.entries c"
		"  WHERE c.account_id" EQ "t.to_account_id AND c.version" EQ "t.to_version"
		"  UNION ALL SELECT l.ctid, l.* FROM simplebank.entries l"
		"  WHERE t.from_account_id IS NULL AND l.transfer_id" EQ "t.id AND l.leg IS NOT NULL) e",
		SPI_OK_SELECT, true, 3, {INT8ARRAYOID, INT8ARRAYOID, BOOLOID}
	},
	[PLAN_READ_SEALED] = {
		"SELECT s.transfer_id, s.account_id, s.version, e.version IS NOT NULL, " SEALED_COLUMNS
		" FROM (SELECT " UNNEST("$1") " transfer_id, " UNNEST("$2") " account_id, "
		UNNEST("$3") " version) s"
		" LEFT JOIN simplebank.entries e"
		" ON e.account_id" EQ "s.account_id AND e.version" EQ "s.version"
		" LEFT JOIN simplebank.transfers t ON t.id" EQ "s.transfer_id",
		SPI_OK_SELECT, true, 3, {INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID}
	},
	[PLAN_INSERT_SEALED] = {
		"INSERT INTO simplebank.sealed_entries"
		" (seal_id, first_leaf, transfer_ids, account_ids, versions, hashes)"
		" VALUES ($1, $2, $3, $4, $5, $6)",
		SPI_OK_INSERT, false, 6,
		{INT8OID, INT8OID, INT8ARRAYOID, INT8ARRAYOID, INT8ARRAYOID, BYTEAOID}
	},
	[PLAN_FIND_CURRENCY] = {
		"SELECT exponent FROM simplebank.currencies WHERE code" EQ "$1",
		SPI_OK_SELECT, true, 1, {TEXTOID}
	},
	[PLAN_ADD_CURRENCY] = {
		"INSERT INTO simplebank.currencies (code, exponent, name) VALUES ($1, $2, $3)",
		SPI_OK_INSERT, false, 3, {TEXTOID, INT4OID, TEXTOID}
	},
};
/* clang-format on */

/* A receiver that hands each row to a function. */
typedef struct RowReceiver
{
	DestReceiver pub;
	SbRowFunction row_function;
	void *state;
	MemoryContext context; /* the caller's: what row_function keeps stays */
	uint64 rows;
} RowReceiver;

static SPIPlanPtr plans[PLAN_COUNT];

/* Which of a plan's generations was made restricted, the last one. */
static int restricted[PLAN_COUNT];

/* The value of search_path at the plans' last run, by its address. */
static const char *search_paths[PLAN_COUNT];

static SPIPlanPtr prepare(SbPlanId id);
static bool needs_planning(SbPlanId id, CachedPlanSource *source);
static int restrict_planner(const PlanText *text);
static ParamListInfo make_parameters(const PlanText *text, const Datum *values, const bool *nulls);
static void receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo);
static bool receive_row(TupleTableSlot *slot, DestReceiver *self);
static void receive_end(DestReceiver *self);

/*
 * Runs a plan between sb_enter() and sb_leave() and answers the number of
 * its rows.  nulls may be NULL where no value is; row_function where the
 * plan answers none.
 */
uint64
sb_plan_run(SbPlanId id, const Datum *values, const bool *nulls, SbRowFunction row_function,
			void *state)
{
	const PlanText *text = &plan_table[id];
	SPIPlanPtr plan = plans[id] ? plans[id] : prepare(id);
	SPIExecuteOptions options = {0};
	RowReceiver receiver = {
		.pub = {receive_row, receive_startup, receive_end, receive_end, DestTuplestore},
		.row_function = row_function,
		.state = state,
		.context = CurrentMemoryContext};
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
	int nest_level = 0;
	int result;

	options.params = make_parameters(text, values, nulls);
	options.read_only = text->read_only;
	if (row_function)
		options.dest = &receiver.pub;

	if (unlikely(needs_planning(id, source)))
		nest_level = restrict_planner(text);
	search_paths[id] = namespace_search_path;
	result = SPI_execute_plan_extended(plan, &options);
	if (unlikely(nest_level > 0))
	{
		AtEOXact_GUC(true, nest_level);
		restricted[id] = source->generation;
	}

	if (result != text->result)
		elog(ERROR, "plan %d answered %s", id, SPI_result_code_string(result));
	return row_function ? receiver.rows : SPI_processed;
}

/*
 * For a plan that answers one bigint.
 */
void
sb_keep_int64(TupleTableSlot *slot, void *state)
{
	*(int64 *) state = DatumGetInt64(slot->tts_values[0]);
}

/*
 * An array for a plan; nulls may be NULL.
 */
Datum
sb_array(Oid type, Datum *values, bool *nulls, int count)
{
	int lower_bound = 1;
	int16 length;
	bool by_value;
	char align;

	get_typlenbyvalalign(type, &length, &by_value, &align);
	return PointerGetDatum(
		construct_md_array(values, nulls, 1, &count, &lower_bound, type, length, by_value, align));
}

static SPIPlanPtr
prepare(SbPlanId id)
{
	const PlanText *text = &plan_table[id];
	SPIPlanPtr plan =
		SPI_prepare_cursor(text->text, text->nargs, (Oid *) text->types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "could not prepare plan %d: %s", id, SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep plan %d", id);
	plans[id] = plan;
	return plan;
}

/*
 * Will the next run make the plan anew, as far as we know?  What others have
 * changed we learn here, before the run does.  Where a run has made its plan
 * anew all the same, unrestricted, for a reason that came up only on the way,
 * that plan is dropped here, as an invalidation would drop it.
 */
static bool
needs_planning(SbPlanId id, CachedPlanSource *source)
{
	AcceptInvalidationMessages();
	if (source->generation != restricted[id])
	{
		source->is_valid = false;
		if (source->gplan)
			source->gplan->is_valid = false;
	}
	return !source->is_valid || source->gplan == NULL || !source->gplan->is_valid ||
		plan_cache_mode == PLAN_CACHE_MODE_FORCE_CUSTOM_PLAN ||
		search_paths[id] != namespace_search_path;
}

/*
 * For one planning: nothing that reads a whole table, whatever the session's
 * settings.  Answers the nest level of settings to end afterwards.
 */
static int
restrict_planner(const PlanText *text)
{
	const char *const off[] = {"enable_seqscan",
							   "enable_bitmapscan",
							   "enable_mergejoin",
							   "enable_material",
							   "jit",
							   text->hashes ? "enable_nestloop" : "enable_hashjoin"};
	const char *const on[] = {"enable_indexscan", "enable_indexonlyscan", "enable_sort",
							  "enable_tidscan",
							  text->hashes ? "enable_hashjoin" : "enable_nestloop"};
	int nest_level = NewGUCNestLevel();

	for (int i = 0; i < (int) lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
	for (int i = 0; i < (int) lengthof(on); i++)
		(void) set_config_option(on[i], "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	return nest_level;
}

static ParamListInfo
make_parameters(const PlanText *text, const Datum *values, const bool *nulls)
{
	ParamListInfo parameters = makeParamList(text->nargs);

	for (int i = 0; i < text->nargs; i++)
	{
		ParamExternData *parameter = &parameters->params[i];

		parameter->value = values[i];
		parameter->isnull = nulls && nulls[i];
		parameter->pflags = PARAM_FLAG_CONST;
		parameter->ptype = text->types[i];
	}
	return parameters;
}

static void
receive_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
	((RowReceiver *) self)->rows = 0;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowReceiver *receiver = (RowReceiver *) self;
	MemoryContext old_context = MemoryContextSwitchTo(receiver->context);

	slot_getallattrs(slot);
	receiver->row_function(slot, receiver->state);
	MemoryContextSwitchTo(old_context);
	receiver->rows++;
	return true;
}

static void
receive_end(DestReceiver *self)
{
}
