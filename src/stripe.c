/*
 * stripe.c
 *	  Accounts whose postings spread over several rows.
 *
 * An account without limits that is in very many transfers, as the bank's
 * cash is, would have them wait for each other at its row.  With stripes it
 * has further rows beside its own, each with its own versions, and a posting
 * goes to that of its process.  The account's balance is the sum of all.
 *
 * A stripe's id is made of its account's: -(256 * account + number).  So ids
 * below 0 are of stripes, and whose stripe a row is needs no look-up.
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

#include "amount.h"
#include "compat.h"
#include "plan.h"
#include "store.h"
#include "stripe.h"

typedef struct Striped
{
	int64 account_id;
	int32 stripes;
} Striped;

typedef struct StripedList
{
	int count;
	int room;
	Striped *accounts; /* ascending by id */
} StripedList;

static StripedList known;
static bool is_known = false;
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
	if (likely(known.count == 0))
		return account_id;
	striped = bsearch(&account_id, known.accounts, known.count, sizeof(Striped), sb_compare_ids);
	if (striped == NULL)
		return account_id;
	return sb_stripe_id(account_id, my_process_number() % striped->stripes);
}

static void
learn(void)
{
	static bool watching = false;
	StripedList list = {0};

	if (!watching)
		CacheRegisterRelcacheCallback(forget, (Datum) 0);
	watching = true;
	if (!OidIsValid(accounts_table))
		accounts_table = sb_store_sequence("accounts");
	/* whatever comes while we read makes us read again */
	is_known = true;
	list.accounts = known.accounts;
	list.room = known.room;
	known = (StripedList){0};
	sb_plan_run(PLAN_FIND_STRIPED, NULL, NULL, keep_striped, &list);
	known = list;
}

static void
keep_striped(TupleTableSlot *slot, void *state)
{
	StripedList *list = state;

	if (list->count == list->room)
	{
		list->room = Max(list->room * 2, 16);
		list->accounts = list->accounts
			? repalloc(list->accounts, sizeof(Striped) * list->room)
			: MemoryContextAlloc(TopMemoryContext, sizeof(Striped) * list->room);
	}
	list->accounts[list->count++] = (Striped){.account_id = DatumGetInt64(slot->tts_values[0]),
											  .stripes = DatumGetInt32(slot->tts_values[1])};
}

static void
forget(Datum argument, Oid table)
{
	if (table == InvalidOid || table == accounts_table)
		is_known = false;
	if (table == InvalidOid)
		accounts_table = InvalidOid;
}

/*
 * To be called by who changes an account's stripes: all processes look again
 * once that is committed.
 */
void
sb_stripes_changed(void)
{
	CacheInvalidateRelcacheByRelid(sb_store_sequence("accounts"));
}

/*
 * Reads the stripes of an account as the caller's snapshot shows them,
 * ascending by id, and answers how many there are; there is room for
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
 * Makes of an account's own row what the account is with its stripes.
 */
void
sb_stripes_add_up(SbAccount *account)
{
	SbAccount *stripes;
	int count;

	if (account->stripes == 0)
		return;
	stripes = palloc(sizeof(SbAccount) * SB_MAX_STRIPES);
	count = sb_stripes_read(account, stripes);
	for (int i = 0; i < count; i++)
	{
		if (!sb_add(account->balance, stripes[i].balance, &account->balance))
			sb_raise(&(SbRefusal){.code = SB_OUT_OF_RANGE, .account_id = account->id});
		account->version += stripes[i].version;
		account->updated_at = Max(account->updated_at, stripes[i].updated_at);
	}
	pfree(stripes);
}
