/*
 * reference.c
 *	  Rows of simplebank.transfer_references and simplebank.hold_references.
 *
 * What they are for stands in engine/references.c.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/durability.h"
#include "base/fault.h"
#include "store/plan.h"
#include "store/reference.h"
#include "store/sql.h"

/* Bounds a statement's memory, and what a cancel waits for. */
#define REFERENCES_PER_STATEMENT 8192

/* The claims that a statement is about, and the first that its next row can be about. */
typedef struct Portion
{
	SbReference *claims;
	int count;
	int next;
} Portion;

/* clang-format off */
/* As EACH_KEY of keys. */
#define EACH_REFERENCE(table) \
	" FROM (SELECT " UNNEST("$2") " reference) u, LATERAL (SELECT i.ctid, i.* FROM simplebank." table " i"\
	"  WHERE i.ledger_id" EQ "$1 AND i.reference" EQ "u.reference OFFSET 0) r"
#define CLAIM(name, table, id) {\
	name,\
	"INSERT INTO simplebank." table " (" id ", ledger_id, reference)"\
	" SELECT " UNNEST("$2") ", $1, " UNNEST("$3")\
	" ON CONFLICT (ledger_id, reference) DO NOTHING RETURNING reference",\
	SPI_OK_INSERT_RETURNING, .nargs = 3, .types = {INT4OID, INT8ARRAYOID, TEXTARRAYOID}}
#define FIND(name, table, id, on_snapshot) {\
	name,\
	"SELECT r.reference, r." id EACH_REFERENCE(table) " ORDER BY r.reference",\
	SPI_OK_SELECT, .read_only = (on_snapshot), .nargs = 2, .types = {INT4OID, TEXTARRAYOID}}
#define FREE(name, table) {\
	name,\
	"DELETE FROM simplebank." table " WHERE ctid" EQ "ANY (ARRAY(SELECT r.ctid" EACH_REFERENCE(table) "))",\
	SPI_OK_DELETE, .nargs = 2, .types = {INT4OID, TEXTARRAYOID}}

/* Of transfers, and of holds. */
static SbPlan claim_references[] = {
	CLAIM("claim_transfer_references", "transfer_references", "transfer_id"),
	CLAIM("claim_hold_references", "hold_references", "hold_id")
};
static SbPlan find_references[] = {
	FIND("find_transfer_references", "transfer_references", "transfer_id", false),
	FIND("find_hold_references", "hold_references", "hold_id", false)
};
static SbPlan look_up_references[] = {
	FIND("look_up_transfer_references", "transfer_references", "transfer_id", true),
	FIND("look_up_hold_references", "hold_references", "hold_id", true)
};
static SbPlan free_references[] = {
	FREE("free_transfer_references", "transfer_references"),
	FREE("free_hold_references", "hold_references")
};
/* clang-format on */

static int portion_length(const SbReference *claims, int count);
static void claim_portion(SbReference *claims, int count);
static void find_portion(SbReference *claims, int count);
static Datum references_of(const SbReference *claims, int count, SbClaimState state, int *nfound);
static SbReference *claim_of_row(Portion *portion, TupleTableSlot *slot);
static void keep_new(TupleTableSlot *slot, void *state);
static void keep_first_use(TupleTableSlot *slot, void *state);

/*
 * Claims references.  They are different and sorted by what they name, ledger
 * and reference, so that two calls with the same ones cannot wait for each
 * other.
 */
void
sb_store_claim_references(SbReference *claims, int count)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		length = portion_length(&claims[i], count - i);
		claim_portion(&claims[i], length);
	}
}

/* Claims of one table and ledger, as many as a statement takes. */
static int
portion_length(const SbReference *claims, int count)
{
	int length = 1;

	while (length < Min(count, REFERENCES_PER_STATEMENT) &&
		   claims[length].is_hold == claims[0].is_hold &&
		   claims[length].ledger_id == claims[0].ledger_id)
		length++;
	return length;
}

/*
 * Whoever has one that is not ours has committed, and never gives it up.
 */
static void
claim_portion(SbReference *claims, int count)
{
	Portion portion = {.claims = claims, .count = count};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "ledger references", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Datum *ids = palloc(sizeof(Datum) * count);
	Datum values[3] = {Int32GetDatum(claims[0].ledger_id)};
	int nused;

	for (int i = 0; i < count; i++)
	{
		claims[i].state = SB_CLAIM_OPEN;
		ids[i] = Int64GetDatum(claims[i].id);
	}
	values[1] = sb_array(INT8OID, ids, NULL, count);
	values[2] = references_of(claims, count, SB_CLAIM_OPEN, &nused);
	nused -= sb_plan_run(&claim_references[claims[0].is_hold], values, NULL, keep_new, &portion);
	if (nused > 0)
	{
		values[1] = references_of(claims, count, SB_CLAIM_OPEN, &nused);
		portion.next = 0;
		if (sb_plan_run(&find_references[claims[0].is_hold], values, NULL, keep_first_use,
						&portion) != (uint64) nused)
			elog(ERROR, "a reference that is used is missing");
		sb_make_repeated_durable();
	}
	SB_FAULT_POINT(references_claimed);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * What sb_store_claim_references() would find, as the caller's snapshot shows
 * it, without claiming any.
 */
void
sb_store_find_references(SbReference *claims, int count)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		length = portion_length(&claims[i], count - i);
		find_portion(&claims[i], length);
	}
}

static void
find_portion(SbReference *claims, int count)
{
	Portion portion = {.claims = claims, .count = count};
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "ledger references", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Datum values[2] = {Int32GetDatum(claims[0].ledger_id)};
	int nsought;

	for (int i = 0; i < count; i++)
		claims[i].state = SB_CLAIM_OPEN;
	values[1] = references_of(claims, count, SB_CLAIM_OPEN, &nsought);
	if (sb_plan_run(&look_up_references[claims[0].is_hold], values, NULL, keep_first_use,
					&portion) > 0)
		sb_make_repeated_durable();
	for (int i = 0; i < count; i++)
	{
		if (claims[i].state == SB_CLAIM_OPEN)
			claims[i].state = SB_CLAIM_NEW;
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* Those of the claims in this state, as an array. */
static Datum
references_of(const SbReference *claims, int count, SbClaimState state, int *nfound)
{
	Datum *references = palloc(sizeof(Datum) * count);

	*nfound = 0;
	for (int i = 0; i < count; i++)
	{
		if (claims[i].state == state)
			references[(*nfound)++] = PointerGetDatum(claims[i].reference);
	}
	return sb_array(TEXTOID, references, NULL, *nfound);
}

/*
 * The claim that a row is about.  Rows come in the order of the claims.
 */
static SbReference *
claim_of_row(Portion *portion, TupleTableSlot *slot)
{
	text *reference = DatumGetTextPP(slot->tts_values[0]);

	while (portion->next < portion->count)
	{
		SbReference *claim = &portion->claims[portion->next++];

		if (claim->state == SB_CLAIM_OPEN && sb_compare_keys(claim->reference, reference) == 0)
			return claim;
	}
	elog(ERROR, "a reference came back out of order");
}

static void
keep_new(TupleTableSlot *slot, void *state)
{
	claim_of_row(state, slot)->state = SB_CLAIM_NEW;
}

static void
keep_first_use(TupleTableSlot *slot, void *state)
{
	SbReference *claim = claim_of_row(state, slot);

	claim->state = SB_CLAIM_USED;
	claim->first_id = DatumGetInt64(slot->tts_values[1]);
}

/*
 * Gives back references that were claimed in vain.
 */
void
sb_store_free_references(const SbReference *claims, int count)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		Datum values[2] = {Int32GetDatum(claims[i].ledger_id)};
		int nfreed;

		length = portion_length(&claims[i], count - i);
		values[1] = references_of(&claims[i], length, SB_CLAIM_NEW, &nfreed);
		if (sb_plan_run(&free_references[claims[i].is_hold], values, NULL, NULL, NULL) !=
			(uint64) nfreed)
			elog(ERROR, "a reference that was claimed is missing");
		SB_FAULT_POINT(references_freed);
	}
}
