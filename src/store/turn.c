/*
 * turn.c
 *	  One's turn at an account: a queue in front of its row, for speed.
 *
 * Safety is the row locks' matter.  Who waits for a row that others have
 * updated is woken at each commit together with everybody else who waits for
 * it, and then follows the chain of updates.  Who waits for a turn is woken
 * alone, and finds the row free and its newest version in its snapshot.
 *
 * A turn is a lock until the transaction ends (lock.c).  Turns come before
 * row locks in the order of all locks: only the first call of a transaction
 * awaits them, since who holds row locks already must not wait here, and for
 * two accounts at most, since the lock table is small.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "storage/proc.h"

#include "base/counter.h"
#include "base/version.h"
#include "model/stripe.h"
#include "store/lock.h"
#include "store/turn.h"

/* A transfer's two accounts are waited for in turn; more are not. */
#define MOST_ACCOUNTS 2

/* The last transaction whose time to wait has passed. */
static LocalTransactionId passed_in = InvalidLocalTransactionId;

static void await(int64 row_id);

/*
 * Waits until no other call that takes its turn works on these accounts.  ids
 * are ascending.
 */
void
sb_turn_await(const int64 *ids, int count)
{
	if (passed_in == my_local_transaction_id())
		return;
	sb_turn_pass();
	if (count > MOST_ACCOUNTS)
		return;
	for (int i = 0; i < count; i++)
	{
		if (!sb_lock_turn(ids[i], false))
			await(ids[i]);
	}
}

static void
await(int64 row_id)
{
	instr_time began;
	instr_time ended;

	INSTR_TIME_SET_CURRENT(began);
	(void) sb_lock_turn(row_id, true);
	INSTR_TIME_SET_CURRENT(ended);
	INSTR_TIME_SUBTRACT(ended, began);
	sb_count_account(sb_stripe_account(row_id), 0, INSTR_TIME_GET_MICROSEC(ended));
}

/*
 * From here on this transaction has row locks, and waits for no turn.
 */
void
sb_turn_pass(void)
{
	passed_in = my_local_transaction_id();
}
