/*
 * request.c
 *	  A caller's side of the tellers' queue: it takes a free place, writes its
 *	  request there and waits for the answer.
 *
 * Nothing here can raise while others wait for it, and a place cannot get
 * lost: whoever has it frees it, also on its way out.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/counter.h"
#include "base/fault.h"
#include "base/setting.h"
#include "base/version.h"
#include "teller/place.h"
#include "teller/request.h"

/* How often a caller looks for a free place where there was none, in milliseconds. */
#define FULL_QUEUE_WAIT 5

#define OUTCOME_UNKNOWN "A teller was working on it: whether the transfer was made is unknown."
#define RETRY \
	"A retry with the same key will tell, and makes it once; without a key, look for the transfer first."

static int teller_for(int64 route);
pg_noreturn static void raise_unavailable(const char *detail, const char *hint);
static void check_open(int teller);
static uint64 sharer_of(const SbPosting *posting);
static int claim_place(uint64 sharer);
static int find_free(uint64 sharer);
static bool has_share(int place);
static bool write_request(SbPlace *place, const SbPosting *posting);
static bool write_text(SbPlace *place, int number, const void *value, int *end);
static void wait_for_answer(int place, int teller);
static void handle_interrupts(int place, int teller);
static bool read_answer(const SbPlace *place, SbPosting *posting);
static const char *read_name(const NameData *name);
static void leave(int code, Datum place);

/*
 * Has a teller post a plain transfer: true where it has been answered.  False
 * where the caller is to post it, because it is too long for the queue, or
 * the teller could not: then nothing has happened.  Transfers with the same
 * route meet in one teller.
 */
bool
sb_queue_submit(SbPosting *posting, int64 route)
{
	int teller = teller_for(route);
	int place = claim_place(sharer_of(posting));
	bool answered = false;

	PG_ENSURE_ERROR_CLEANUP(leave, Int32GetDatum(place));
	{
		if (write_request(&sb_queue->places[place], posting))
		{
			SB_FAULT_POINT(request_written);
			wait_for_answer(place, teller);
			SB_FAULT_POINT(request_answered);
			answered = read_answer(&sb_queue->places[place], posting);
		}
	}
	PG_END_ENSURE_ERROR_CLEANUP(leave, Int32GetDatum(place));
	leave(0, Int32GetDatum(place));
	return answered;
}

static int
teller_for(int64 route)
{
	int teller;

	if (sb_queue == NULL)
		raise_unavailable("The server has not loaded simplebank at its start.",
						  "Set shared_preload_libraries = 'simplebank' and restart the server; "
						  "transfer() does without.");
	if (sb_tellers == 0)
		raise_unavailable("simplebank.tellers is 0.", "transfer() does without tellers.");
	teller = (uint64) route % sb_tellers;
	check_open(teller);
	return teller;
}

static void
raise_unavailable(const char *detail, const char *hint)
{
	sb_raise(&(SbRefusal){.code = SB_TELLERS_UNAVAILABLE, .what = detail, .other = hint});
}

static void
check_open(int teller)
{
	if (pg_atomic_read_u32(&sb_queue->tellers[teller].is_open) == 0)
		raise_unavailable("The teller is not running.", "See the server's log; retry soon.");
	pg_read_barrier();
	if (sb_queue->tellers[teller].database != MyDatabaseId)
		raise_unavailable("The tellers work for another database.",
						  "See simplebank.database; transfer() does without tellers.");
}

/*
 * All that a gateway sends is not one role's: each customer has its own share.
 */
static uint64
sharer_of(const SbPosting *posting)
{
	return hash_bytes_extended((const unsigned char *) posting->role, strlen(posting->role), 0);
}

/*
 * Waits for a place where there is none, but not for long.
 */
static int
claim_place(uint64 sharer)
{
	TimestampTz began = 0;
	int place;

	while ((place = find_free(sharer)) < 0)
	{
		if (began == 0)
			began = GetCurrentTimestamp();
		else if (TimestampDifferenceExceeds(began, GetCurrentTimestamp(), sb_queue_timeout))
			sb_raise(&(SbRefusal){.code = SB_QUEUE_FULL,
								  .what = "The tellers' queue has no place for this role."});
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, FULL_QUEUE_WAIT,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	return place;
}

/*
 * Each process begins to look elsewhere, so that they do not meet.
 */
static int
find_free(uint64 sharer)
{
	int first = my_process_number() % sb_queue_size;

	for (int i = 0; i < sb_queue_size; i++)
	{
		int place = (first + i) % sb_queue_size;

		if (pg_atomic_read_u32(&sb_queue->states[place]) != SB_PLACE_FREE ||
			!sb_place_change(place, SB_PLACE_FREE, SB_PLACE_CLAIMED))
			continue;
		sb_queue->places[place].sharer = sharer;
		sb_count_depth(pg_atomic_add_fetch_u32(&sb_queue->used, 1));
		if (has_share(place))
			return place;
		sb_place_free(place);
		return -1;
	}
	return -1;
}

/*
 * One role has its share of the places at most, so that who floods the queue
 * starves nobody else.  Counted only once that many are used at all.
 */
static bool
has_share(int place)
{
	uint32 share = Max((int64) sb_queue_size * sb_queue_share / 100, 1);
	uint32 count = 0;

	if (pg_atomic_read_u32(&sb_queue->used) <= share)
		return true;
	for (int i = 0; i < sb_queue_size; i++)
	{
		if (pg_atomic_read_u32(&sb_queue->states[i]) != SB_PLACE_FREE &&
			sb_queue->places[i].sharer == sb_queue->places[place].sharer)
			count++;
	}
	return count <= share;
}

static bool
write_request(SbPlace *place, const SbPosting *posting)
{
	int end = 0;

	place->latch = MyLatch;
	strlcpy(place->role, posting->role, sizeof(place->role));
	namestrcpy(&place->gateway, posting->gateway ? posting->gateway : "");
	place->is_restricted = posting->is_restricted;
	place->from_account = posting->legs[0].account_id;
	place->to_account = posting->legs[1].account_id;
	place->amount = posting->legs[1].amount;
	place->ledger_id = posting->ledger_id;
	return write_text(place, SB_TEXT_KEY, posting->key, &end) &&
		write_text(place, SB_TEXT_REQUEST, posting->request, &end) &&
		write_text(place, SB_TEXT_DESCRIPTION, posting->description, &end) &&
		write_text(place, SB_TEXT_METADATA, posting->metadata, &end) &&
		write_text(place, SB_TEXT_REFERENCE, posting->reference, &end);
}

/* False where there is no room.  value: of variable length, not toasted, or NULL. */
static bool
write_text(SbPlace *place, int number, const void *value, int *end)
{
	Size size = value ? VARSIZE_ANY(value) : 0;

	place->text_offsets[number] = value ? *end : -1;
	if (size > (Size) (SB_PLACE_TEXT_SIZE - *end))
		return false;
	if (value)
		memcpy(place->texts.data + *end, value, size);
	*end += MAXALIGN(size);
	return *end <= SB_PLACE_TEXT_SIZE;
}

static void
wait_for_answer(int place, int teller)
{
	pg_atomic_uint32 *state = &sb_queue->states[place];

	for (;;)
	{
		(void) sb_place_change(place, SB_PLACE_CLAIMED, SB_STATE(SB_PLACE_WAITING, teller));
		/* a teller that closes now either sees our request or is seen closed */
		if (pg_atomic_read_u32(&sb_queue->tellers[teller].is_open) != 0 ||
			!sb_place_change(place, SB_STATE(SB_PLACE_WAITING, teller), SB_PLACE_CLAIMED))
			break;
		check_open(teller);
	}
	SetLatch(sb_queue->tellers[teller].latch);
	SB_FAULT_POINT(request_queued);

	while (SB_STATE_OF(pg_atomic_read_u32(state)) != SB_PLACE_DONE)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH, 0, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		if (InterruptPending)
			handle_interrupts(place, teller);
	}
	pg_read_barrier();
}

/*
 * Who is cancelled before a teller has taken the request withdraws it, and
 * nothing has happened.  After that the outcome is open.  An error that ends
 * the session cannot be told more, so a warning comes before it.
 */
static void
handle_interrupts(int place, int teller)
{
	MemoryContext context = CurrentMemoryContext;

	if (session_is_ending() &&
		!sb_place_change(place, SB_STATE(SB_PLACE_WAITING, teller), SB_PLACE_CLAIMED))
		ereport(WARNING,
				(errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
				 errmsg("the session ends before the answer has come"), errdetail(OUTCOME_UNKNOWN),
				 errhint(RETRY)));
	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		ErrorData *error;

		if (sb_place_change(place, SB_STATE(SB_PLACE_WAITING, teller), SB_PLACE_CLAIMED))
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		error->detail = pstrdup(OUTCOME_UNKNOWN);
		error->hint = pstrdup(RETRY);
		ReThrowError(error);
	}
	PG_END_TRY();
}

static bool
read_answer(const SbPlace *place, SbPosting *posting)
{
	if (place->word == SB_HANDED_BACK)
		return false;
	if (place->word == SB_LEFT_OPEN)
		ereport(ERROR,
				(errcode(ERRCODE_TRANSACTION_RESOLUTION_UNKNOWN),
				 errmsg("the teller was stopped before the transfer was safe"),
				 errdetail(OUTCOME_UNKNOWN), errhint(RETRY)));
	posting->state = place->refusal.code == SB_OK ? SB_ACCEPTED : SB_REFUSED;
	posting->refusal = place->refusal;
	posting->refusal.what = read_name(&place->what);
	posting->refusal.other = read_name(&place->other);
	posting->transfer_id = place->transfer_id;
	posting->posted_at = place->posted_at;
	posting->has_balances = true;
	posting->from_balance = place->from_balance;
	posting->to_balance = place->to_balance;
	posting->hides_debit |= place->hides_debit;
	posting->hides_credit |= place->hides_credit;
	return true;
}

static const char *
read_name(const NameData *name)
{
	return NameStr(*name)[0] != '\0' ? pstrdup(NameStr(*name)) : NULL;
}

/*
 * The caller leaves a place, whatever state it is in.  Called also when it is
 * on its way out, so it must not raise.
 */
static void
leave(int code, Datum argument)
{
	int place = DatumGetInt32(argument);
	Latch *wake = NULL;

	for (;;)
	{
		uint32 word = pg_atomic_read_u32(&sb_queue->states[place]);

		if (SB_STATE_OF(word) == SB_PLACE_TAKEN)
		{
			if (sb_place_change(place, word, SB_STATE(SB_PLACE_ABANDONED, word >> 3)))
				return;
		}
		else if (SB_STATE_OF(word) != SB_PLACE_WAITING ||
				 sb_place_change(place, word, SB_PLACE_CLAIMED))
			break;
	}
	if (SB_STATE_OF(pg_atomic_read_u32(&sb_queue->states[place])) == SB_PLACE_DONE)
	{
		pg_read_barrier();
		wake = sb_queue->places[place].wake;
	}
	sb_place_free(place);
	if (wake)
		SetLatch(wake);
}
