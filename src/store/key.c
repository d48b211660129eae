/*
 * key.c
 *	  Rows of simplebank.idempotency_keys.
 *
 * What they are for stands in engine/keys.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/durability.h"
#include "base/fault.h"
#include "store/answer.h"
#include "store/key.h"
#include "store/plan.h"
#include "store/sql.h"

/* A key can vanish between claim and look-up only if a purge takes it. */
#define MAX_CLAIM_TRIES 10

/* Rows about claims, in the order of the claims. */
typedef struct ClaimRows
{
	SbClaim *claims;
	int count;
	int next;			   /* the first claim that the next row can be about */
	int open;			   /* claims still to be settled */
	MemoryContext context; /* for what is kept of the rows */
} ClaimRows;

/* May a key's role see the balance of this account?  $3: only if it is its own. */
#define SHOWN(account)                                                                             \
	"(NOT $3 OR EXISTS (SELECT FROM simplebank.accounts o WHERE o.id" EQ account " AND o.owner" EQ \
	"$1 AND NOT o.is_system))"

/* clang-format off */
/* One by one: a planner without statistics takes key = ANY for no condition of the index, and reads all keys of the role. */
#define EACH_KEY(columns) \
	"SELECT " columns " FROM (SELECT " UNNEST("$2") " key) u, LATERAL (SELECT i.ctid, i.* FROM simplebank.idempotency_keys i" \
	"  WHERE i.role" EQ "$1 AND i.ledger_id" EQ "$3 AND i.key" EQ "u.key OFFSET 0) k"
#define FIND_KEYS \
	EACH_KEY("k.key, k.operation, k.request, k.transfer_id, k.account_id, k.hold_id, k.order_id") " ORDER BY k.key"

static SbPlan claim_key = {
	"claim_key",
	"INSERT INTO simplebank.idempotency_keys"
	" (role, key, operation, request, transfer_id, account_id, hold_id, order_id, ledger_id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (role, ledger_id, key) DO NOTHING",
	SPI_OK_INSERT, .nargs = 9,
	.types = {TEXTOID, TEXTOID, TEXTOID, JSONBOID, INT8OID, INT8OID, INT8OID, INT8OID, INT4OID}
};
static SbPlan claim_keys = {
	"claim_keys",
	"INSERT INTO simplebank.idempotency_keys"
	" (role, key, operation, request, transfer_id, account_id, hold_id, ledger_id)"
	" SELECT $1, key, $2, request, transfer_id, account_id, hold_id, $8"
	" FROM (SELECT " UNNEST("$3") " key, " UNNEST("$4") " request, " UNNEST("$5") " transfer_id, "
	UNNEST("$6") " account_id, " UNNEST("$7") " hold_id) k"
	" ON CONFLICT (role, ledger_id, key) DO NOTHING RETURNING key",
	SPI_OK_INSERT_RETURNING, .nargs = 8,
	.types = {TEXTOID, TEXTOID, TEXTARRAYOID, JSONBARRAYOID, INT8ARRAYOID, INT8ARRAYOID,
	INT8ARRAYOID, INT4OID}
};
static SbPlan find_keys = {
	"find_keys", FIND_KEYS,
	SPI_OK_SELECT, .nargs = 3, .types = {TEXTOID, TEXTARRAYOID, INT4OID}
};
static SbPlan look_up_keys = {
	"look_up_keys", FIND_KEYS,
	SPI_OK_SELECT, .read_only = true, .nargs = 3, .types = {TEXTOID, TEXTARRAYOID, INT4OID}
};
static SbPlan delete_keys = {
	"delete_keys",
	"DELETE FROM simplebank.idempotency_keys WHERE ctid" EQ "ANY (ARRAY(" EACH_KEY("k.ctid") "))",
	SPI_OK_DELETE, .nargs = 3, .types = {TEXTOID, TEXTARRAYOID, INT4OID}
};
static SbPlan find_expired = {
	"find_expired", "SELECT simplebank_internal.expired_keys()", SPI_OK_SELECT, .nargs = 0
};
/* FOR UPDATE, as what follows is a DELETE. */
static SbPlan purge_keys = {
	"purge_keys",
	"DELETE FROM simplebank.idempotency_keys WHERE ctid" EQ "ANY (ARRAY("
	" SELECT ctid FROM simplebank.idempotency_keys WHERE number" LE "$1"
	" ORDER BY number LIMIT $2 FOR UPDATE SKIP LOCKED))",
	SPI_OK_DELETE, .nargs = 2, .types = {INT8OID, INT8OID}
};
static SbPlan check_key = {
	"check_key",
	"SELECT k.key, k.operation, k.account_id, k.transfer_id, k.hold_id, k.created_at,"
	" pg_catalog.jsonb_strip_nulls(CASE WHEN t.id IS NOT NULL"
	"  THEN pg_catalog.jsonb_build_object('transfer_id', t.id, 'from_balance',"
	"   CASE WHEN " SHOWN("t.from_account_id") " AND NOT " IS_PART("coalesce(d.account_id, f.account_id)")
	"   THEN coalesce(d.balance, f.balance)::pg_catalog.text END,"
	"   'to_balance',"
	"   CASE WHEN " SHOWN("t.to_account_id") " AND NOT " IS_PART("coalesce(c.account_id, l.account_id)")
	"   THEN coalesce(c.balance, l.balance)::pg_catalog.text END,"
	"   'posted_at', t.posted_at)"
	"  WHEN h.id IS NOT NULL"
	"  THEN pg_catalog.jsonb_build_object('hold_id', h.id,"
	"   'available', CASE WHEN " SHOWN("h.from_account_id") " THEN"
	"   e.after OPERATOR(pg_catalog.->>) 'available' END, 'expires_at',"
	"   CASE WHEN k.operation" EQ "'place_hold' THEN h.expires_at END)"
	"  WHEN k.order_id IS NOT NULL"
	"  THEN pg_catalog.jsonb_build_object('order_id', k.order_id)"
	"  ELSE pg_catalog.jsonb_build_object('account_id', k.account_id) END)"
	ANSWER_TABLES
	" RIGHT JOIN simplebank.idempotency_keys k ON t.id" EQ "k.transfer_id"
	" LEFT JOIN simplebank.holds h ON h.id" EQ "k.hold_id AND k.transfer_id IS NULL"
	" LEFT JOIN simplebank.account_events e ON e.hold_id" EQ "h.id AND e.event" EQ
	"  CASE WHEN k.operation" EQ "'place_hold' THEN 'hold_placed' ELSE 'hold_released' END"
	" WHERE k.role" EQ "$1 AND k.key" EQ "$2"
	" AND ($4 IS NULL OR k.ledger_id" EQ "ANY ($4))"
	" ORDER BY k.ledger_id",
	SPI_OK_SELECT, .read_only = true, .nargs = 4, .types = {TEXTOID, TEXTOID, BOOLOID, INT4ARRAYOID}
};
/* clang-format on */

static int portion_length(const SbClaim *claims, int count);
static void claim_portion(SbClaim *claims, int count);
static void insert_claim(ClaimRows *rows, SbClaim *claim);
static void insert_claims(ClaimRows *rows);
static void find_portion(SbClaim *claims, int count);
static void find_claims(ClaimRows *rows, SbPlan *plan);
static SbClaim *claim_of_row(ClaimRows *rows, TupleTableSlot *slot);
static void keep_new(TupleTableSlot *slot, void *state);
static void keep_first_use(TupleTableSlot *slot, void *state);

/*
 * Claims keys.  They are different and sorted by role, ledger and key, so that two
 * calls with the same keys cannot wait for each other.
 */
void
sb_claim_keys(SbClaim *claims, int count)
{
	int length;

	/* a key's number is taken after its transaction's id: their age relies on it */
	(void) GetTopTransactionId();
	for (int i = 0; i < count; i += length)
	{
		length = portion_length(&claims[i], count - i);
		claim_portion(&claims[i], length);
	}
}

/*
 * What sb_claim_keys() would find, as the caller's snapshot shows it, without
 * claiming any.
 */
void
sb_find_keys(SbClaim *claims, int count)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		length = portion_length(&claims[i], count - i);
		find_portion(&claims[i], length);
	}
}

static void
find_portion(SbClaim *claims, int count)
{
	ClaimRows rows = {
		.claims = claims, .count = count, .open = count, .context = CurrentMemoryContext};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "ledger keys", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	find_claims(&rows, &look_up_keys);
	for (int i = 0; i < count; i++)
	{
		if (claims[i].state == SB_CLAIM_OPEN)
			claims[i].state = SB_CLAIM_NEW;
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* Claims of one role and ledger, as many as a statement takes. */
static int
portion_length(const SbClaim *claims, int count)
{
	int length = 1;

	while (length < Min(count, SB_KEYS_PER_STATEMENT) &&
		   claims[length].ledger_id == claims[0].ledger_id &&
		   strcmp(claims[length].role, claims[0].role) == 0)
		length++;
	return length;
}

static void
claim_portion(SbClaim *claims, int count)
{
	ClaimRows rows = {
		.claims = claims, .count = count, .open = count, .context = CurrentMemoryContext};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "ledger keys", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	for (int tries = 0; rows.open > 0; tries++)
	{
		if (tries == MAX_CLAIM_TRIES)
			elog(ERROR, "idempotency keys are purged as fast as they are claimed");
		if (count == 1)
			insert_claim(&rows, claims);
		else
			insert_claims(&rows);
		if (rows.open > 0)
			find_claims(&rows, &find_keys);
	}
	SB_FAULT_POINT(key_claimed);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * A single one is spared the arrays.
 */
static void
insert_claim(ClaimRows *rows, SbClaim *claim)
{
	const SbKeyUse *use = &claim->use;
	Datum values[] = {CStringGetTextDatum(claim->role),
					  PointerGetDatum(claim->key),
					  CStringGetTextDatum(sb_operation_name(use->operation)),
					  JsonbPGetDatum(use->request),
					  Int64GetDatum(use->transfer_id),
					  Int64GetDatum(use->account_id),
					  Int64GetDatum(use->hold_id),
					  Int64GetDatum(use->order_id),
					  Int32GetDatum(claim->ledger_id)};
	bool nulls[9] = {[4] = use->transfer_id == 0,
					 [5] = use->account_id == 0,
					 [6] = use->hold_id == 0,
					 [7] = use->order_id == 0};

	if (sb_plan_run(&claim_key, values, nulls, NULL, NULL) == 0)
		return;
	claim->state = SB_CLAIM_NEW;
	rows->open--;
}

static void
insert_claims(ClaimRows *rows)
{
	Datum *columns[5];
	bool *nulls[5];
	Datum values[8];
	int n = 0;

	for (int i = 0; i < 5; i++)
	{
		columns[i] = palloc(sizeof(Datum) * rows->open);
		nulls[i] = palloc0(sizeof(bool) * rows->open);
	}
	for (int i = 0; i < rows->count; i++)
	{
		const SbClaim *claim = &rows->claims[i];

		if (claim->state != SB_CLAIM_OPEN)
			continue;
		Assert(claim->use.operation == rows->claims[0].use.operation && claim->use.order_id == 0);
		columns[0][n] = PointerGetDatum(claim->key);
		columns[1][n] = JsonbPGetDatum(claim->use.request);
		columns[2][n] = Int64GetDatum(claim->use.transfer_id);
		nulls[2][n] = claim->use.transfer_id == 0;
		columns[3][n] = Int64GetDatum(claim->use.account_id);
		nulls[3][n] = claim->use.account_id == 0;
		columns[4][n] = Int64GetDatum(claim->use.hold_id);
		nulls[4][n] = claim->use.hold_id == 0;
		n++;
	}
	values[0] = CStringGetTextDatum(rows->claims[0].role);
	values[1] = CStringGetTextDatum(sb_operation_name(rows->claims[0].use.operation));
	values[2] = sb_array(TEXTOID, columns[0], nulls[0], n);
	values[3] = sb_array(JSONBOID, columns[1], nulls[1], n);
	values[4] = sb_array(INT8OID, columns[2], nulls[2], n);
	values[5] = sb_array(INT8OID, columns[3], nulls[3], n);
	values[6] = sb_array(INT8OID, columns[4], nulls[4], n);
	values[7] = Int32GetDatum(rows->claims[0].ledger_id);
	rows->next = 0;
	sb_plan_run(&claim_keys, values, NULL, keep_new, rows);
}

static void
find_claims(ClaimRows *rows, SbPlan *plan)
{
	Datum *keys = palloc(sizeof(Datum) * rows->open);
	Datum values[3];
	int n = 0;

	for (int i = 0; i < rows->count; i++)
	{
		if (rows->claims[i].state == SB_CLAIM_OPEN)
			keys[n++] = PointerGetDatum(rows->claims[i].key);
	}
	values[0] = CStringGetTextDatum(rows->claims[0].role);
	values[1] = sb_array(TEXTOID, keys, NULL, n);
	values[2] = Int32GetDatum(rows->claims[0].ledger_id);
	rows->next = 0;
	sb_plan_run(plan, values, NULL, keep_first_use, rows);
}

/*
 * The claim that a row is about.  Rows come in the order of the claims.
 */
static SbClaim *
claim_of_row(ClaimRows *rows, TupleTableSlot *slot)
{
	text *key = DatumGetTextPP(slot->tts_values[0]);

	while (rows->next < rows->count)
	{
		SbClaim *claim = &rows->claims[rows->next++];

		if (claim->state == SB_CLAIM_OPEN && sb_compare_keys(claim->key, key) == 0)
		{
			rows->open--;
			return claim;
		}
	}
	elog(ERROR, "an idempotency key came back out of order");
}

static void
keep_new(TupleTableSlot *slot, void *state)
{
	claim_of_row(state, slot)->state = SB_CLAIM_NEW;
}

static void
keep_first_use(TupleTableSlot *slot, void *state)
{
	ClaimRows *rows = state;
	SbClaim *claim = claim_of_row(rows, slot);
	MemoryContext old_context = MemoryContextSwitchTo(rows->context);

	sb_make_repeated_durable();
	claim->state = SB_CLAIM_USED;
	if (!sb_operation_parse(TextDatumGetCString(slot->tts_values[1]), &claim->first.operation))
		elog(ERROR, "an idempotency key has an unknown operation");
	claim->first.request = DatumGetJsonbPCopy(slot->tts_values[2]);
	claim->first.transfer_id = slot->tts_isnull[3] ? 0 : DatumGetInt64(slot->tts_values[3]);
	claim->first.account_id = slot->tts_isnull[4] ? 0 : DatumGetInt64(slot->tts_values[4]);
	claim->first.hold_id = slot->tts_isnull[5] ? 0 : DatumGetInt64(slot->tts_values[5]);
	claim->first.order_id = slot->tts_isnull[6] ? 0 : DatumGetInt64(slot->tts_values[6]);
	MemoryContextSwitchTo(old_context);
}

/*
 * Gives back keys that were claimed in vain.
 */
void
sb_free_keys(const SbClaim *claims, int count)
{
	Datum *keys = palloc(sizeof(Datum) * count);
	int length;

	for (int i = 0; i < count; i += length)
	{
		Datum values[3];

		length = portion_length(&claims[i], count - i);
		for (int j = 0; j < length; j++)
			keys[j] = PointerGetDatum(claims[i + j].key);
		values[0] = CStringGetTextDatum(claims[i].role);
		values[1] = sb_array(TEXTOID, keys, NULL, length);
		values[2] = Int32GetDatum(claims[i].ledger_id);
		sb_plan_run(&delete_keys, values, NULL, NULL, NULL);
		SB_FAULT_POINT(keys_freed);
	}
}

/*
 * Removes keys that have expired, oldest first, but those that somebody else
 * has locked; returns how many.
 */
int
sb_store_purge_keys(int max_keys)
{
	int64 last = 0; /* stays where there is none */
	Datum values[2];
	int purged;

	sb_plan_run(&find_expired, NULL, NULL, sb_keep_int64, &last);
	values[0] = Int64GetDatum(last);
	values[1] = Int64GetDatum(max_keys);
	purged = sb_plan_run(&purge_keys, values, NULL, NULL, NULL);
	SB_FAULT_POINT(keys_purged);
	return purged;
}

/*
 * What idempotency_check() says of a key in each of these ledgers, with balances
 * of this role's own accounts only where only_own.
 */
void
sb_store_check_key(const char *role, const SbLedgers *ledgers, text *key, bool only_own,
				   SbRowFunction row_function, void *state)
{
	Datum values[] = {CStringGetTextDatum(role), PointerGetDatum(key), BoolGetDatum(only_own),
					  sb_ledger_array(ledgers)};
	bool nulls[] = {false, false, false, ledgers == NULL};

	sb_plan_run(&check_key, values, nulls, row_function, state);
}
