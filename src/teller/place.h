/*
 * place.h
 *	  The places of the tellers' queue, in shared memory: for the two sides of
 *	  it, request.c and queue.c.
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
 */
#ifndef SB_TELLER_PLACE_H
#define SB_TELLER_PLACE_H

#include "port/atomics.h"
#include "storage/latch.h"

#include "base/argument.h"
#include "base/setting.h"
#include "model/posting.h"

/* All texts of a request together. */
#define SB_PLACE_TEXT_SIZE 2048

typedef enum SbPlaceState
{
	SB_PLACE_FREE,
	SB_PLACE_CLAIMED,
	SB_PLACE_WAITING,
	SB_PLACE_TAKEN,
	SB_PLACE_ABANDONED,
	SB_PLACE_DONE
} SbPlaceState;

/* A place's state word says which teller it is for as well. */
#define SB_STATE(state, teller) ((uint32) (state) | (uint32) (teller) << 3)
#define SB_STATE_OF(word) ((SbPlaceState) ((word) &7))

/* The caller's texts, one after the other. */
enum
{
	SB_TEXT_KEY,
	SB_TEXT_REQUEST,
	SB_TEXT_DESCRIPTION,
	SB_TEXT_METADATA,
	SB_TEXT_REFERENCE,
	SB_TEXTS
};

/* What a teller says. */
typedef enum SbWord
{
	SB_ANSWERED,
	SB_HANDED_BACK, /* nothing has happened: the caller is to do it */
	SB_LEFT_OPEN	/* it may be made, but not safely yet */
} SbWord;

typedef struct SbPlace
{
	Latch *latch; /* its caller's */
	Latch *wake;  /* whom its caller wakes when it is done, or NULL */

	/* what is asked */
	uint64 sharer; /* a hash of the role: whose share of the places it counts to */
	char role[SB_TEXT_LENGTH + 1];
	bool is_restricted;
	NameData gateway; /* "": none */
	int64 from_account;
	int64 to_account;
	int64 amount;
	int32 ledger_id;
	int text_offsets[SB_TEXTS]; /* -1: none */
	union
	{
		char data[SB_PLACE_TEXT_SIZE];
		double force_align;
	} texts;

	/* what came of it */
	SbWord word;
	SbRefusal refusal; /* its strings are the two below */
	NameData what;
	NameData other;
	int64 transfer_id;
	TimestampTz posted_at;
	int64 from_balance;
	int64 to_balance;
	bool hides_debit;
	bool hides_credit;
} SbPlace;

/*
 * A teller's number belongs to one process, from its start to its end.  What
 * others read of it is written before it opens.
 */
typedef struct SbTeller
{
	pg_atomic_uint32 owner; /* the process; 0: none */
	pg_atomic_uint32 is_open;
	Latch *latch;
	Oid database;
} SbTeller;

typedef struct SbQueue
{
	pg_atomic_uint32 used; /* places that are not free */
	SbTeller tellers[SB_MAX_TELLERS];
	SbPlace *places;
	pg_atomic_uint32 states[FLEXIBLE_ARRAY_MEMBER];
} SbQueue;

extern SbQueue *sb_queue; /* NULL: the server has not loaded the library at its start */

extern Size sb_queue_memory(void);
extern void sb_queue_set_up(void);
extern void sb_queue_state(int *tellers, int *used);
extern const void *sb_place_text(const SbPlace *place, int number);
extern bool sb_place_change(int place, uint32 from, uint32 to);
extern void sb_place_free(int place);

#endif /* SB_TELLER_PLACE_H */
