/*
 * stripe.c
 *	  Accounts whose postings spread over several rows.
 *
 * An account without limits that is in very many transfers, as the bank's
 * cash is, would have them wait for each other at its row.  With stripes it
 * has further rows beside its own, each with its own versions, and a posting
 * goes to that of its process.  The account's balance is the sum of all.
 *
 * Which accounts have stripes each process remembers.  Who remembers wrongly
 * posts to the account's own row, or to a stripe that is used no more: both
 * count like any other.  Readers do not rely on it: the account's own row,
 * which they read in the same snapshot, says whether there are stripes.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "base/amount.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/version.h"
#include "store/account.h"
#include "store/plan.h"
#include "store/sql.h"
#include "store/stripe.h"

typedef struct Striped
{
	int64 account_id; /* MUST BE FIRST: see sb_compare_ids() */
	int32 stripes;
} Striped;

StaticAssertDecl(offsetof(Striped, account_id) == 0, "it is found by its first member");
StaticAssertDecl(SB_MAX_STRIPES == 256, "ACCOUNT_OF() in sql.h has the number in its text");

/* clang-format off */
/*
 * By their stripes' rows, which are together below 0: one look for each
 * account, and no index that all others would have to pass.
 */
static SbPlan find_striped = {
	"find_striped",
	"WITH RECURSIVE striped(id) AS ("
	"(SELECT " ACCOUNT_OF("a.id") " FROM simplebank.accounts a WHERE a.id" LT "0 ORDER BY a.id DESC LIMIT 1)"
	" UNION ALL"
	" SELECT n.id FROM striped s, LATERAL (SELECT " ACCOUNT_OF("a.id") " FROM simplebank.accounts a"
	"  WHERE a.id" LT "(s.id OPERATOR(pg_catalog.*) (-256)" MINUS "255) ORDER BY a.id DESC LIMIT 1) n(id))"
	" SELECT a.id, a.stripes FROM striped s JOIN simplebank.accounts a ON a.id" EQ "s.id"
	" WHERE a.stripes" GT "1 ORDER BY a.id",
	SPI_OK_SELECT, .nargs = 0
};
static SbPlan insert_stripes = {
	"insert_stripes",
	"INSERT INTO simplebank.accounts (id, owner, currency, kind, status, is_system, updated_at, ledger_id)"
	" SELECT s.id, a.owner, a.currency, a.kind, a.status, a.is_system, a.updated_at, a.ledger_id"
	" FROM simplebank.accounts a, (SELECT " UNNEST("$2") " id) s WHERE a.id" EQ "$1"
	" ON CONFLICT (id) DO NOTHING",
	SPI_OK_INSERT, .nargs = 2, .types = {INT8OID, INT8ARRAYOID}
};
static SbPlan set_stripes = {
	"set_stripes",
	"UPDATE simplebank.accounts SET stripes = $2 WHERE id" EQ "$1",
	SPI_OK_UPDATE, .nargs = 2, .types = {INT8OID, INT4OID}
};
/* clang-format on */

/* Those that there are, ascending by id, in room that grows. */
static Striped *known = NULL;
static int nknown = 0;
static int room = 0;
static bool is_known = false;
static uint64 changes = 0;
static Oid accounts_table = InvalidOid;

static void learn(void);
static void keep_striped(TupleTableSlot *slot, void *state);
static void forget(Datum argument, Oid table);

/*
 * The row to which a posting of this process goes.
 */
int64
sb_stripe_row(int64 account_id)
{
	const Striped *striped;

	if (unlikely(!is_known))
		learn();
	if (likely(nknown == 0))
		return account_id;
	striped = bsearch(&account_id, known, nknown, sizeof(Striped), sb_compare_ids);
	if (striped == NULL)
		return account_id;
	return sb_stripe_id(account_id, my_process_number() % striped->stripes);
}

static void
learn(void)
{
	static bool watching = false;
	uint64 changes_before = changes;

	if (!watching)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	watching = true;
	accounts_table = sb_store_relation("accounts");
	nknown = 0;
	sb_plan_run(&find_striped, NULL, NULL, keep_striped, NULL);
	is_known = changes == changes_before; /* else look again next time */
}

static void
keep_striped(TupleTableSlot *slot, void *state)
{
	if (nknown == room)
	{
		int more = Max(room * 2, 16);

		known = known ? repalloc(known, sizeof(Striped) * more)
					  : MemoryContextAlloc(TopMemoryContext, sizeof(Striped) * more);
		room = more;
	}
	known[nknown++] = (Striped){.account_id = DatumGetInt64(slot->tts_values[0]),
								.stripes = DatumGetInt32(slot->tts_values[1])};
}

static void
forget(Datum argument, Oid table)
{
	if (table != InvalidOid && table != accounts_table)
		return;
	is_known = false;
	changes++;
}

/*
 * Gives a locked account so many stripes, from 1, which is none beside its own
 * row.  Those that there are stay, as they may have a balance.  All processes
 * look again once that is committed.
 */
void
sb_stripes_write(int64 account_id, int32 stripes)
{
	int64 *ids = palloc(sizeof(int64) * stripes);
	Datum values[2] = {Int64GetDatum(account_id)};

	Assert(stripes >= 1 && stripes <= SB_MAX_STRIPES);
	for (int i = 0; i < stripes; i++)
		ids[i] = sb_stripe_id(account_id, i);
	values[1] = sb_id_array(ids, stripes);
	if (stripes > 1)
		sb_plan_run(&insert_stripes, values, NULL, NULL, NULL);
	SB_FAULT_POINT(stripes_opened);
	values[1] = Int32GetDatum(stripes);
	sb_plan_run(&set_stripes, values, NULL, NULL, NULL);
	SB_FAULT_POINT(stripes_set);
	CacheInvalidateRelcacheByRelid(sb_store_relation("accounts"));
	pfree(ids);
}

/*
 * Reads the stripes of an account as the caller's snapshot shows them,
 * ascending by id, and returns how many there are; there is room for
 * SB_MAX_STRIPES.
 */
int
sb_stripes_read(const SbAccount *account, SbAccount *stripes)
{
	if (account->stripes == 0)
		return 0;
	return sb_store_read_accounts(sb_stripe_id(account->id, SB_MAX_STRIPES - 1),
								  sb_stripe_id(account->id, 0), stripes);
}

/*
 * Makes of an account's own row what the account is with its stripes, as the
 * caller's snapshot shows them.
 */
void
sb_stripes_add_up(SbAccount *account)
{
	SbAccount *stripes;

	if (account->stripes == 0)
		return;
	stripes = palloc(sizeof(SbAccount) * SB_MAX_STRIPES);
	sb_stripes_add(account, stripes, sb_stripes_read(account, stripes));
	pfree(stripes);
}

void
sb_stripes_add(SbAccount *account, const SbAccount *stripes, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (!sb_add(account->balance, stripes[i].balance, &account->balance))
			sb_raise(&(SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account->id});
		account->version += stripes[i].version;
		account->updated_at = Max(account->updated_at, stripes[i].updated_at);
	}
}
