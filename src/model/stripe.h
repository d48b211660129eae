/*
 * stripe.h
 *	  Ids of stripes, the further rows of an account that spread its postings.
 *
 * A stripe's id is made of its account's: -(256 * account + number).  So ids
 * below 0 are of stripes, and whose stripe a row is needs no look-up.
 */
#ifndef SB_MODEL_STRIPE_H
#define SB_MODEL_STRIPE_H

/* the most that an account may have; the number is in rows of the ledger */
#define SB_MAX_STRIPES 256

/* Could an account of this id have stripes?  Larger ids are asked for, but given to none. */
static inline bool
sb_may_be_striped(int64 account_id)
{
	return account_id > 0 && account_id < PG_INT64_MAX / SB_MAX_STRIPES;
}

/* The row of an account's stripe, from 0; accounts have ids above 0. */
static inline int64
sb_stripe_id(int64 account_id, int number)
{
	Assert(sb_may_be_striped(account_id) && number >= 0 && number < SB_MAX_STRIPES);
	return -(account_id * SB_MAX_STRIPES + number);
}

/* The account that a row is of.  Divided first: the smallest id has no positive. */
static inline int64
sb_stripe_account(int64 row_id)
{
	return row_id < 0 ? -(row_id / SB_MAX_STRIPES) : row_id;
}

#endif /* SB_MODEL_STRIPE_H */
