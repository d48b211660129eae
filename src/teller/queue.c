/*
 * queue.c
 *	  Requests of callers to the tellers, in shared memory.
 *
 * The queue is an array of places.  A caller takes a free one, writes its
 * request there, and waits; a teller takes what is waiting, and answers.  Each
 * place has a state, changed by compare-and-swap only, that says whose the
 * place is:
 *
 *	FREE		nobody's
 *	CLAIMED		the caller's, which writes its request
 *	WAITING		a teller may take it; the caller may withdraw it
 *	TAKEN		the teller's, which works on it
 *	ABANDONED	the teller's, and the caller is gone: the teller frees it
 *	DONE		the caller's, which reads the answer and frees the place
 *
 * So there is no lock, nothing here can raise while others wait for it, and a
 * place cannot get lost: whoever has it frees it, also on its way out.
 *
 * Waking a process costs more than reading a request does, and who is woken
 * takes a processor from the teller.  So a teller wakes as many callers as
 * there are processors, and each that leaves a finished place wakes the next.
 */
#include "postgres.h"

#include <unistd.h>

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "base/version.h"
#include "base/fault.h"
#include "base/setting.h"
#include "teller/queue.h"
#include "base/counter.h"

/* Key, request, description and metadata together. */
#define TEXT_SIZE 2048

/* A teller wakes so many callers at most. */
#define MOST_WOKEN 16

/* How often a caller looks for a free place where there was none, in milliseconds. */
#define FULL_QUEUE_WAIT 5

#define OUTCOME_UNKNOWN "A teller was working on it: whether the transfer was made is unknown."
#define RETRY \
	"A retry with the same key will tell, and makes it once; without a key, look for the transfer first."

typedef enum PlaceState
{
	PLACE_FREE,
	PLACE_CLAIMED,
	PLACE_WAITING,
	PLACE_TAKEN,
	PLACE_ABANDONED,
	PLACE_DONE
} PlaceState;

/* A place's state word says which teller it is for as well. */
#define STATE(state, teller) ((uint32) (state) | (uint32) (teller) << 3)
#define STATE_OF(word) ((PlaceState) ((word) &7))

/* The caller's texts, one after the other. */
enum
{
	KEY,
	REQUEST,
	DESCRIPTION,
	METADATA,
	TEXTS
};

/* What a teller says. */
typedef enum Word
{
	ANSWERED,
	HANDED_BACK, /* nothing has happened: the caller is to do it */
	LEFT_OPEN	 /* it may be made, but not safely yet */
} Word;

typedef struct Place
{
	Latch *latch; /* its caller's */
	Latch *wake;  /* whom its caller wakes when it is done, or NULL */

	/* what is asked */
	Oid role_oid;
	NameData role;
	int64 from_account;
	int64 to_account;
	int64 amount;
	int text_offsets[TEXTS]; /* -1: none */
	union
	{
		char data[TEXT_SIZE];
		double force_align;
	} texts;

	/* what came of it */
	Word word;
	SbRefusal refusal; /* its strings are the two below */
	NameData what;
	NameData other;
	int64 transfer_id;
	TimestampTz posted_at;
	int64 from_balance;
	int64 to_balance;
	bool hides_debit;
	bool hides_credit;
} Place;

typedef struct Teller
{
	pg_atomic_uint32 is_open;
	Latch *latch;
	Oid database;
} Teller;

typedef struct Queue
{
	pg_atomic_uint32 used; /* places that are not free */
	Teller tellers[SB_MAX_TELLERS];
	Place *places;
	pg_atomic_uint32 states[FLEXIBLE_ARRAY_MEMBER];
} Queue;

static Queue *queue = NULL;

static Size states_size(void);
static int teller_for(int64 route);
pg_noreturn static void raise_unavailable(const char *detail, const char *hint);
static void check_open(int teller);
static int claim_place(Oid role);
static int find_free(Oid role);
static bool has_share(int place);
static bool write_request(Place *place, const SbPosting *posting);
static bool write_text(Place *place, int number, const void *value, int *end);
static const void *read_text(const Place *place, int number);
static void wait_for_answer(int place, int teller);
static void handle_interrupts(int place, int teller);
static bool read_answer(const Place *place, SbPosting *posting);
static const char *read_name(const NameData *name);
static void write_name(NameData *name, const char *value);
static void leave(int code, Datum place);
static void set_free(int place);
static int processors(void);
static bool change(int place, uint32 from, uint32 to);

static Size
states_size(void)
{
	return MAXALIGN(
		add_size(offsetof(Queue, states), mul_size(sizeof(pg_atomic_uint32), sb_queue_size)));
}

Size
sb_queue_memory(void)
{
	return add_size(states_size(), mul_size(sizeof(Place), sb_queue_size));
}

void
sb_queue_set_up(void)
{
	bool found;

	queue = ShmemInitStruct("simplebank queue", sb_queue_memory(), &found);
	if (found)
		return;
	queue->places = (Place *) ((char *) queue + states_size());
	pg_atomic_init_u32(&queue->used, 0);
	for (int i = 0; i < SB_MAX_TELLERS; i++)
		pg_atomic_init_u32(&queue->tellers[i].is_open, 0);
	for (int i = 0; i < sb_queue_size; i++)
		pg_atomic_init_u32(&queue->states[i], PLACE_FREE);
}

/*
 * Has a teller post a plain transfer: true where it has been answered.  False
 * where the caller is to post it, because it is too long for the queue, or
 * the teller could not: then nothing has happened.  Transfers with the same
 * route meet in one teller.
 */
bool
sb_queue_submit(SbPosting *posting, Oid role, int64 route)
{
	int teller = teller_for(route);
	int place = claim_place(role);
	bool answered = false;

	PG_ENSURE_ERROR_CLEANUP(leave, Int32GetDatum(place));
	{
		if (write_request(&queue->places[place], posting))
		{
			SB_FAULT_POINT(request_written);
			wait_for_answer(place, teller);
			SB_FAULT_POINT(request_answered);
			answered = read_answer(&queue->places[place], posting);
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

	if (queue == NULL)
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
	if (pg_atomic_read_u32(&queue->tellers[teller].is_open) == 0)
		raise_unavailable("The teller is not running.", "See the server's log; retry soon.");
	if (queue->tellers[teller].database != MyDatabaseId)
		raise_unavailable("The tellers work for another database.",
						  "See simplebank.database; transfer() does without tellers.");
}

/*
 * Waits for a place where there is none, but not for long.
 */
static int
claim_place(Oid role)
{
	TimestampTz began = 0;
	int place;

	while ((place = find_free(role)) < 0)
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
find_free(Oid role)
{
	int first = my_process_number() % sb_queue_size;

	for (int i = 0; i < sb_queue_size; i++)
	{
		int place = (first + i) % sb_queue_size;

		if (pg_atomic_read_u32(&queue->states[place]) != PLACE_FREE ||
			!change(place, PLACE_FREE, PLACE_CLAIMED))
			continue;
		queue->places[place].role_oid = role;
		sb_count_depth(pg_atomic_add_fetch_u32(&queue->used, 1));
		if (has_share(place))
			return place;
		set_free(place);
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

	if (pg_atomic_read_u32(&queue->used) <= share)
		return true;
	for (int i = 0; i < sb_queue_size; i++)
	{
		if (pg_atomic_read_u32(&queue->states[i]) != PLACE_FREE &&
			queue->places[i].role_oid == queue->places[place].role_oid)
			count++;
	}
	return count <= share;
}

static bool
write_request(Place *place, const SbPosting *posting)
{
	int end = 0;

	place->latch = MyLatch;
	namestrcpy(&place->role, posting->role);
	place->from_account = posting->legs[0].account_id;
	place->to_account = posting->legs[1].account_id;
	place->amount = posting->legs[1].amount;
	return write_text(place, KEY, posting->key, &end) &&
		write_text(place, REQUEST, posting->request, &end) &&
		write_text(place, DESCRIPTION, posting->description, &end) &&
		write_text(place, METADATA, posting->metadata, &end);
}

/* False where there is no room.  value: of variable length, not toasted, or NULL. */
static bool
write_text(Place *place, int number, const void *value, int *end)
{
	Size size = value ? VARSIZE_ANY(value) : 0;

	place->text_offsets[number] = value ? *end : -1;
	if (size > (Size) (TEXT_SIZE - *end))
		return false;
	if (value)
		memcpy(place->texts.data + *end, value, size);
	*end += MAXALIGN(size);
	return *end <= TEXT_SIZE;
}

static const void *
read_text(const Place *place, int number)
{
	return place->text_offsets[number] < 0 ? NULL : place->texts.data + place->text_offsets[number];
}

static void
wait_for_answer(int place, int teller)
{
	pg_atomic_uint32 *state = &queue->states[place];

	for (;;)
	{
		(void) change(place, PLACE_CLAIMED, STATE(PLACE_WAITING, teller));
		/* a teller that closes now either sees our request or is seen closed */
		if (pg_atomic_read_u32(&queue->tellers[teller].is_open) != 0 ||
			!change(place, STATE(PLACE_WAITING, teller), PLACE_CLAIMED))
			break;
		check_open(teller);
	}
	SetLatch(queue->tellers[teller].latch);
	SB_FAULT_POINT(request_queued);

	while (STATE_OF(pg_atomic_read_u32(state)) != PLACE_DONE)
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
 * nothing has happened.  After that the outcome is open.
 */
static void
handle_interrupts(int place, int teller)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		ErrorData *error;

		if (change(place, STATE(PLACE_WAITING, teller), PLACE_CLAIMED))
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
read_answer(const Place *place, SbPosting *posting)
{
	if (place->word == HANDED_BACK)
		return false;
	if (place->word == LEFT_OPEN)
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

static void
write_name(NameData *name, const char *value)
{
	namestrcpy(name, value ? value : "");
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
		uint32 word = pg_atomic_read_u32(&queue->states[place]);

		if (STATE_OF(word) == PLACE_TAKEN)
		{
			if (change(place, word, STATE(PLACE_ABANDONED, word >> 3)))
				return;
		}
		else if (STATE_OF(word) != PLACE_WAITING || change(place, word, PLACE_CLAIMED))
			break;
	}
	if (STATE_OF(pg_atomic_read_u32(&queue->states[place])) == PLACE_DONE)
	{
		pg_read_barrier();
		wake = queue->places[place].wake;
	}
	set_free(place);
	if (wake)
		SetLatch(wake);
}

static void
set_free(int place)
{
	pg_atomic_fetch_sub_u32(&queue->used, 1);
	(void) pg_atomic_exchange_u32(&queue->states[place], PLACE_FREE);
}

/* A full memory barrier, whether it succeeds or not. */
static bool
change(int place, uint32 from, uint32 to)
{
	return pg_atomic_compare_exchange_u32(&queue->states[place], &from, to);
}

/*
 * From now on this process is the teller of this number.
 */
void
sb_queue_open(int teller)
{
	queue->tellers[teller].latch = MyLatch;
	queue->tellers[teller].database = MyDatabaseId;
	(void) pg_atomic_exchange_u32(&queue->tellers[teller].is_open, 1);
}

/*
 * The teller goes; its callers do their transfers themselves.
 */
void
sb_queue_close(int teller)
{
	int places[64];
	int count;

	(void) pg_atomic_exchange_u32(&queue->tellers[teller].is_open, 0);
	while ((count = sb_queue_take(teller, places, lengthof(places))) > 0)
	{
		for (int i = 0; i < count; i++)
			sb_queue_hand_back(places[i]);
		sb_queue_finish(places, count);
	}
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
		if (pg_atomic_read_u32(&queue->states[place]) == STATE(PLACE_WAITING, teller) &&
			change(place, STATE(PLACE_WAITING, teller), STATE(PLACE_TAKEN, teller)))
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
	const Place *taken = &queue->places[place];

	posting->operation = SB_TRANSFER;
	if (!sb_set_two(posting, taken->from_account, taken->to_account, taken->amount))
		elog(ERROR, "a request was queued that is refused");
	posting->role = NameStr(taken->role);
	posting->key = (text *) read_text(taken, KEY);
	posting->request = (Jsonb *) read_text(taken, REQUEST);
	posting->description = (text *) read_text(taken, DESCRIPTION);
	posting->metadata = (Jsonb *) read_text(taken, METADATA);
}

bool
sb_queue_has_key(int place)
{
	return read_text(&queue->places[place], KEY) != NULL;
}

/*
 * To be read by the caller once the place is finished.
 */
void
sb_queue_write_answer(int place, const SbPosting *posting)
{
	Place *taken = &queue->places[place];

	Assert(posting->state == SB_ACCEPTED || posting->state == SB_REFUSED);
	taken->word = ANSWERED;
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

void
sb_queue_hand_back(int place)
{
	queue->places[place].word = HANDED_BACK;
}

void
sb_queue_leave_open(int place)
{
	if (queue->places[place].word == ANSWERED)
		queue->places[place].word = LEFT_OPEN;
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
		Latch *latch = queue->places[places[i]].latch;

		if (i < rows)
			first[i] = latch;
		else
			queue->places[places[i - rows]].wake = latch;
		queue->places[places[i]].wake = NULL;
	}
	for (int i = count - 1; i >= 0; i--)
	{
		Latch *wake = queue->places[places[i]].wake;
		uint32 word = pg_atomic_read_u32(&queue->states[places[i]]);

		if (STATE_OF(word) == PLACE_TAKEN && change(places[i], word, STATE(PLACE_DONE, word >> 3)))
			continue;
		/* its caller is gone, and wakes nobody */
		set_free(places[i]);
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

/*
 * How many tellers are open, and how many places are in use.
 */
void
sb_queue_state(int *tellers, int *used)
{
	sb_counters_require();
	*tellers = 0;
	for (int i = 0; i < sb_tellers; i++)
		*tellers += pg_atomic_read_u32(&queue->tellers[i].is_open);
	*used = pg_atomic_read_u32(&queue->used);
}
