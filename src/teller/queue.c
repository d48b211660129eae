/*
 * queue.c
 *	  A teller's side of the tellers' queue: it takes what waits, and answers.
 *
 * Waking a process costs more than reading a request does, and who is woken
 * takes a processor from the teller.  So a teller wakes as many callers as
 * there are processors, and each that leaves a finished place wakes the next.
 */
#include "postgres.h"

#include <unistd.h>

#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/builtins.h"

#include "base/setting.h"
#include "teller/place.h"
#include "teller/queue.h"

/* A teller wakes so many callers at most. */
#define MOST_WOKEN 16

static void write_name(NameData *name, const char *value);
static int processors(void);

/*
 * Is there a process that is the teller of this number?
 */
bool
sb_queue_has_owner(int teller)
{
	return pg_atomic_read_u32(&sb_queue->tellers[teller].owner) != 0;
}

/*
 * This process becomes the teller of this number; false where another one is.
 */
bool
sb_queue_open(int teller)
{
	uint32 nobody = 0;

	if (!pg_atomic_compare_exchange_u32(&sb_queue->tellers[teller].owner, &nobody, MyProcPid))
		return false;
	sb_queue->tellers[teller].latch = MyLatch;
	sb_queue->tellers[teller].database = MyDatabaseId;
	(void) pg_atomic_exchange_u32(&sb_queue->tellers[teller].is_open, 1);
	return true;
}

/*
 * The teller goes; its callers do their transfers themselves.
 */
void
sb_queue_close(int teller)
{
	int places[64];
	int count;

	if (pg_atomic_read_u32(&sb_queue->tellers[teller].owner) != (uint32) MyProcPid)
		return;
	(void) pg_atomic_exchange_u32(&sb_queue->tellers[teller].is_open, 0);
	while ((count = sb_queue_take(teller, places, lengthof(places))) > 0)
	{
		for (int i = 0; i < count; i++)
			sb_queue_hand_back(places[i]);
		sb_queue_finish(places, count);
	}
	(void) pg_atomic_exchange_u32(&sb_queue->tellers[teller].owner, 0);
}

/*
 * Takes what waits for this teller, not more than there is room for.  Each
 * time it begins where it stopped, so that everybody's turn comes.
 */
int
sb_queue_take(int teller, int *places, int room)
{
	static int next = 0;
	int count = 0;
	int last = next;

	for (int i = 0; i < sb_queue_size && count < room; i++)
	{
		int place = (next + i) % sb_queue_size;

		last = place;
		if (pg_atomic_read_u32(&sb_queue->states[place]) == SB_STATE(SB_PLACE_WAITING, teller) &&
			sb_place_change(place, SB_STATE(SB_PLACE_WAITING, teller),
							SB_STATE(SB_PLACE_TAKEN, teller)))
			places[count++] = place;
	}
	next = (last + 1) % sb_queue_size;
	return count;
}

/*
 * The request of a place that was taken.  What it points to stays until the
 * place is finished.  posting->legs has room for two.
 */
void
sb_queue_read(int place, SbPosting *posting)
{
	const SbPlace *taken = &sb_queue->places[place];

	posting->operation = SB_TRANSFER;
	if (!sb_set_two(posting, taken->from_account, taken->to_account, taken->amount))
		elog(ERROR, "a request was queued that is refused");
	posting->role = taken->role;
	posting->gateway = NameStr(taken->gateway)[0] != '\0' ? NameStr(taken->gateway) : NULL;
	posting->ledger_id = taken->ledger_id;
	posting->is_restricted = taken->is_restricted;
	posting->key = (text *) sb_place_text(taken, SB_TEXT_KEY);
	posting->request = (Jsonb *) sb_place_text(taken, SB_TEXT_REQUEST);
	posting->description = (text *) sb_place_text(taken, SB_TEXT_DESCRIPTION);
	posting->metadata = (Jsonb *) sb_place_text(taken, SB_TEXT_METADATA);
	posting->reference = (text *) sb_place_text(taken, SB_TEXT_REFERENCE);
}

/*
 * Does it claim a key or a reference, which another transaction may have?
 */
bool
sb_queue_claims(int place)
{
	const SbPlace *taken = &sb_queue->places[place];

	return sb_place_text(taken, SB_TEXT_KEY) != NULL ||
		sb_place_text(taken, SB_TEXT_REFERENCE) != NULL;
}

/*
 * To be read by the caller once the place is finished.
 */
void
sb_queue_write_answer(int place, const SbPosting *posting)
{
	SbPlace *taken = &sb_queue->places[place];

	Assert(posting->state == SB_ACCEPTED || posting->state == SB_REFUSED);
	taken->word = SB_ANSWERED;
	taken->refusal = posting->refusal;
	write_name(&taken->what, posting->refusal.what);
	write_name(&taken->other, posting->refusal.other);
	taken->transfer_id = posting->transfer_id;
	taken->posted_at = posting->posted_at;
	taken->from_balance = posting->from_balance;
	taken->to_balance = posting->to_balance;
	taken->hides_debit = posting->hides_debit;
	taken->hides_credit = posting->hides_credit;
}

static void
write_name(NameData *name, const char *value)
{
	namestrcpy(name, value ? value : "");
}

void
sb_queue_hand_back(int place)
{
	sb_queue->places[place].word = SB_HANDED_BACK;
}

void
sb_queue_leave_open(int place)
{
	if (sb_queue->places[place].word == SB_ANSWERED)
		sb_queue->places[place].word = SB_LEFT_OPEN;
}

/*
 * Gives places that were taken, and have their answers, to their callers.
 *
 * A caller may see that it is done before it is woken, and then wakes the
 * next: so the last ones are done first.
 */
void
sb_queue_finish(const int *places, int count)
{
	int rows = Min(count, processors());
	Latch *first[MOST_WOKEN];

	for (int i = 0; i < count; i++)
	{
		Latch *latch = sb_queue->places[places[i]].latch;

		if (i < rows)
			first[i] = latch;
		else
			sb_queue->places[places[i - rows]].wake = latch;
		sb_queue->places[places[i]].wake = NULL;
	}
	for (int i = count - 1; i >= 0; i--)
	{
		Latch *wake = sb_queue->places[places[i]].wake;
		uint32 word = pg_atomic_read_u32(&sb_queue->states[places[i]]);

		if (SB_STATE_OF(word) == SB_PLACE_TAKEN &&
			sb_place_change(places[i], word, SB_STATE(SB_PLACE_DONE, word >> 3)))
			continue;
		/* its caller is gone, and wakes nobody */
		sb_place_free(places[i]);
		if (wake)
			SetLatch(wake);
	}
	for (int i = 0; i < rows; i++)
		SetLatch(first[i]);
}

static int
processors(void)
{
	static int known = 0;

	if (known == 0)
		known = Max(sysconf(_SC_NPROCESSORS_ONLN), 1);
	return Min(known, MOST_WOKEN);
}
