/*
 * posting.c
 *	  The posting engine: the only writer of money.
 *
 * A call takes any number of requests through the same steps: claim the
 * idempotency keys in sorted order, lock the accounts in ascending order of
 * id, decide and apply in memory in the order of the requests, write.  The
 * order of locks is the same for every caller, so that postings never
 * deadlock among themselves.  Nothing is decided on a row that is not
 * locked, and no time is read before.
 *
 * All memory is the caller's (SPI's procedure context).
 */
#include "postgres.h"

#include "lib/qunique.h"
#include "utils/timestamp.h"

#include "idempotency.h"
#include "plan.h"
#include "posting.h"
#include "store.h"

static void claim_keys(SbPosting *postings, int count);
static int compare_keys(const void *a, const void *b);
static void lock_accounts(SbPosting *postings, int count);
static int compare_ids(const void *a, const void *b);
static void decide(SbPosting *postings, int count);
static void read_answers(SbPosting *postings, int count);
static void keep_answer(TupleTableSlot *slot, void *state);

/* Is this request still to be posted? */
static inline bool
is_open(const SbPosting *posting)
{
	return posting->refusal.code == SB_OK && !posting->replayed;
}

/*
 * Posts the requests that are not refused already.  Each one ends refused,
 * replayed or posted.
 */
void
sb_post(SbPosting *postings, int count)
{
	for (int i = 0; i < count; i++)
		postings[i].transfer_id = sb_store_next_id("transfers_id_seq");
	claim_keys(postings, count);
	lock_accounts(postings, count);
	decide(postings, count);
	sb_store_write_postings(postings, count);
	read_answers(postings, count);
}

/*
 * Claims in sorted order, so that two calls with the same keys cannot wait
 * for each other.
 */
static void
claim_keys(SbPosting *postings, int count)
{
	SbPosting **keyed = palloc(sizeof(SbPosting *) * count);
	int nkeyed = 0;

	for (int i = 0; i < count; i++)
	{
		if (postings[i].key && is_open(&postings[i]))
			keyed[nkeyed++] = &postings[i];
	}
	qsort(keyed, nkeyed, sizeof(SbPosting *), compare_keys);

	for (int i = 0; i < nkeyed; i++)
	{
		SbPosting *posting = keyed[i];
		SbKeyUse use = {.operation = posting->operation,
						.request = posting->request,
						.transfer_id = posting->transfer_id};

		if (sb_claim(posting->key, &use, &posting->refusal) == SB_CLAIM_REPLAY)
		{
			posting->replayed = true;
			posting->transfer_id = use.transfer_id;
		}
	}
}

/* Equal keys stay in the order of the requests. */
static int
compare_keys(const void *a, const void *b)
{
	const SbPosting *left = *(SbPosting *const *) a;
	const SbPosting *right = *(SbPosting *const *) b;
	int left_length = VARSIZE_ANY_EXHDR(left->key);
	int right_length = VARSIZE_ANY_EXHDR(right->key);
	int order =
		memcmp(VARDATA_ANY(left->key), VARDATA_ANY(right->key), Min(left_length, right_length));

	if (order == 0)
		order = left_length - right_length;
	if (order == 0)
		order = left < right ? -1 : left > right;
	return order;
}

/*
 * Locks every account of the open requests and binds the legs to what it
 * read.  A leg whose account does not exist stays unbound.
 */
static void
lock_accounts(SbPosting *postings, int count)
{
	int64 *ids;
	SbAccount *accounts;
	int naccounts;
	int nids = 0;

	for (int i = 0; i < count; i++)
		nids += postings[i].nlegs;
	ids = palloc(sizeof(int64) * nids);
	nids = 0;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < postings[i].nlegs && is_open(&postings[i]); j++)
			ids[nids++] = postings[i].legs[j].account_id;
	}
	if (nids == 0)
		return;

	qsort(ids, nids, sizeof(int64), compare_ids);
	nids = qunique(ids, nids, sizeof(int64), compare_ids);
	accounts = palloc(sizeof(SbAccount) * nids);
	naccounts = sb_store_lock_accounts(ids, nids, accounts);

	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < postings[i].nlegs && is_open(&postings[i]); j++)
			postings[i].legs[j].account = bsearch(&postings[i].legs[j].account_id, accounts,
												  naccounts, sizeof(SbAccount), compare_ids);
	}
}

/* Also compares accounts: an account begins with its id. */
static int
compare_ids(const void *a, const void *b)
{
	int64 left = *(const int64 *) a;
	int64 right = *(const int64 *) b;

	return left < right ? -1 : left > right;
}

static void
decide(SbPosting *postings, int count)
{
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &postings[i];

		if (is_open(posting) && sb_rules_decide(posting->legs, posting->nlegs, &posting->refusal))
			posting->posted_at = sb_rules_apply(posting->legs, posting->nlegs, now);
	}
}

/*
 * Replays answer what the ledger says of the first request.
 */
static void
read_answers(SbPosting *postings, int count)
{
	for (int i = 0; i < count; i++)
	{
		Datum transfer_id = Int64GetDatum(postings[i].transfer_id);

		if (postings[i].replayed &&
			sb_plan_run(PLAN_READ_ANSWER, &transfer_id, NULL, keep_answer, &postings[i]) != 1)
			elog(ERROR, "transfer " INT64_FORMAT " of an idempotency key is missing",
				 postings[i].transfer_id);
	}
}

static void
keep_answer(TupleTableSlot *slot, void *state)
{
	SbPosting *posting = state;

	posting->posted_at = DatumGetTimestampTz(slot->tts_values[0]);
	posting->legs[0].balance = DatumGetInt64(slot->tts_values[1]);
	posting->legs[1].balance = DatumGetInt64(slot->tts_values[2]);
}
