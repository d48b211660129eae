/*
 * stripe.h
 *	  Accounts whose postings spread over several rows.
 */
#ifndef SB_STRIPE_H
#define SB_STRIPE_H

#include "model/rules.h"

/* the most that an account may have */
#define SB_MAX_STRIPES 256

/* The row of an account's stripe, from 0; accounts have ids above 0. */
static inline int64
sb_stripe_id(int64 account_id, int number)
{
	return -(account_id * SB_MAX_STRIPES + number);
}

/* The account that a row is of. */
static inline int64
sb_stripe_account(int64 row_id)
{
	return row_id < 0 ? -row_id / SB_MAX_STRIPES : row_id;
}

extern int64 sb_stripe_row(int64 account_id);
extern void sb_stripes_changed(void);
extern void sb_stripes_add_up(SbAccount *account);
extern void sb_stripes_add(SbAccount *account, const SbAccount *stripes, int count);
extern int sb_stripes_read(const SbAccount *account, SbAccount *stripes);

#endif /* SB_STRIPE_H */
