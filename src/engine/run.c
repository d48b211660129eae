/*
 * run.c
 *	  Decides the requests of one call in their order, in memory: each by
 *	  itself, or a run of linked ones, which stand or fall together.  Where
 *	  they are posted, and where that is only previewed.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "engine/run.h"
#include "store/clock.h"
#include "store/day.h"

static int run_length(const SbPosting *postings, int count);
static int decide_run(SbPosting *run, int count, const SbKeys *keys, const SbReferences *references,
					  const SbMoment *moment, const SbPosting *neighbours);
static void undo_run(SbPosting *run, int count, const SbKeys *keys, const SbReferences *references);

/*
 * With the accounts locked; meanwhile the clock may have been set.  No clock
 * that was set back leads into a closed day, of whichever ledger.  A value date
 * is judged by the days of the request's own.
 */
SbMoment
sb_read_moment(SbPosting *postings, int count)
{
	TimestampTz last_end = sb_days_last_end();

	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &postings[i];

		if (posting->state != SB_OPEN || !posting->has_effective_at)
			continue;
		/* what no ledger has closed is open */
		posting->closed_until =
			posting->effective_at < last_end ? sb_days_closed_until(posting->ledger_id) : last_end;
	}
	return (SbMoment){.now = Max(sb_clock_time(), last_end)};
}

/*
 * Decides in the order of the requests, linked ones together.  Returns the
 * index of the first refusal where atomic, else -1.
 */
int
sb_decide_runs(SbPosting *postings, int count, const SbKeys *keys, const SbReferences *references,
			   const SbMoment *moment, bool atomic)
{
	int length;

	for (int i = 0; i < count; i += length)
	{
		int refused;

		CHECK_FOR_INTERRUPTS();
		length = run_length(&postings[i], count - i);
		refused = decide_run(&postings[i], length, keys, references, moment,
							 atomic ? postings : &postings[i]);
		if (refused < 0)
			continue;
		if (atomic)
			return i + refused;
		undo_run(&postings[i], length, keys, references);
	}
	return -1;
}

/* How many requests, from the first one on, stand or fall together? */
static int
run_length(const SbPosting *postings, int count)
{
	int length = 1;

	while (length < count && postings[0].has_link && postings[length].has_link &&
		   postings[length].link == postings[0].link)
		length++;
	return length;
}

/*
 * Returns the index of the first refusal in the run, or -1.  What it has
 * decided from neighbours on falls with it.
 */
static int
decide_run(SbPosting *run, int count, const SbKeys *keys, const SbReferences *references,
		   const SbMoment *moment, const SbPosting *neighbours)
{
	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &run[i];

		if (posting->state == SB_OPEN && !sb_keys_resolve(keys, posting) &&
			!sb_references_resolve(references, posting, neighbours))
		{
			sb_decide(posting, moment);
			if (posting->state == SB_ACCEPTED)
			{
				sb_keys_use(keys, posting);
				sb_references_use(references, posting);
			}
		}
		Assert(posting->state != SB_OPEN);
		if (posting->state == SB_REFUSED)
			return i;
	}
	return -1;
}

/*
 * Takes back what a fallen run has posted, the last one first.  Replays stay
 * what they are, but not of what is taken back, and who has a reason of its
 * own keeps it.
 */
static void
undo_run(SbPosting *run, int count, const SbKeys *keys, const SbReferences *references)
{
	for (int i = count - 1; i >= 0; i--)
	{
		SbPosting *posting = &run[i];
		const SbPosting *user = sb_keys_user(keys, posting);

		if (posting->state == SB_REFUSED ||
			(posting->state == SB_REPLAYED && (user < run || user > posting)))
			continue;
		if (posting->state == SB_ACCEPTED)
		{
			sb_take_back(posting);
			sb_keys_drop(keys, posting);
			sb_references_drop(references, posting);
		}
		posting->state = SB_REFUSED;
		posting->refusal = (SbRefusal){.code = SB_LINKED_ITEM_FAILED};
	}
}
