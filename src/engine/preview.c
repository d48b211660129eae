/*
 * preview.c
 *	  What posting would say now: the steps of post.c, but for what waits,
 *	  writes or uses up anything.
 *
 * Keys and references are looked up instead of claimed, accounts are read
 * instead of locked, ids are not given, and holds past their time count as
 * free without being expired.  What decides is the same, on rows in memory;
 * nothing is written after it.  So it works on a standby and in a read-only
 * transaction.  All of it is as the caller's snapshot shows it: by the time of
 * the posting it may be different.
 */
#include "postgres.h"

#include "base/amount.h"
#include "engine/accounts.h"
#include "engine/ledgers.h"
#include "engine/post.h"
#include "engine/preview.h"
#include "engine/run.h"
#include "store/hold.h"

static void bind_unopened(SbPosting *posting, SbAccount *unopened);
static void free_due_holds(const SbAccounts *accounts, const SbMoment *moment);
static void fail_together(SbPosting *postings, int count, int refused, const SbKeys *keys);

/*
 * Judges the open requests as sb_post() would: each ends refused, replayed or
 * accepted; an accepted one has no id.  Where atomic, all of them fall with the
 * first that is refused.  unopened, or NULL, is the account of id 0, which the
 * call would open.
 */
void
sb_preview(SbPosting *postings, int count, bool atomic, SbAccount *unopened)
{
	SbKeys keys;
	SbReferences references;
	SbAccounts accounts;
	SbMoment moment;
	int refused;

	sb_ledgers_resolve(postings, count);
	sb_accounts_spare_bank(postings, count);
	keys = sb_keys_find(postings, count);
	references = sb_references_find(postings, count);
	accounts = sb_accounts_read(postings, count);
	for (int i = 0; i < count && unopened; i++)
		bind_unopened(&postings[i], unopened);
	moment = sb_read_moment(postings, count);
	free_due_holds(&accounts, &moment);
	refused = sb_decide_runs(postings, count, &keys, &references, &moment, atomic);
	if (refused >= 0)
		fail_together(postings, count, refused, &keys);
	for (int i = 0; i < count; i++)
	{
		if (postings[i].state == SB_REPLAYED && sb_keys_user(&keys, &postings[i]) == NULL)
			sb_read_answer(&postings[i]);
	}
}

static void
bind_unopened(SbPosting *posting, SbAccount *unopened)
{
	for (int i = 0; posting->state == SB_OPEN && i < posting->nlegs; i++)
	{
		if (posting->legs[i].account_id == 0)
			posting->legs[i].account = unopened;
	}
}

/*
 * A posting expires them where they are in the way.
 */
static void
free_due_holds(const SbAccounts *accounts, const SbMoment *moment)
{
	for (int i = 0; i < accounts->count; i++)
	{
		SbAccount *account = &accounts->rows[i];
		int64 due = 0;

		if (account->held > 0)
			due = sb_store_sum_due_holds(account->id, sb_account_time(account, moment->now));
		if (due > account->held)
			elog(ERROR, "holds keep more than account " INT64_FORMAT " holds", account->id);
		account->held -= due;
	}
}

/*
 * The call as a whole is refused for one reason: the others would have been
 * posted but for that, or were not looked at.  What a key has done before
 * stands.
 */
static void
fail_together(SbPosting *postings, int count, int refused, const SbKeys *keys)
{
	for (int i = 0; i < count; i++)
	{
		if (i == refused ||
			(postings[i].state == SB_REPLAYED && sb_keys_user(keys, &postings[i]) == NULL))
			continue;
		postings[i].state = SB_REFUSED;
		postings[i].refusal = (SbRefusal){.code = SB_LINKED_ITEM_FAILED};
	}
}
