/*
 * stripe.h
 *	  Accounts whose postings spread over several rows.
 */
#ifndef SB_STORE_STRIPE_H
#define SB_STORE_STRIPE_H

#include "model/account.h"
#include "model/stripe.h"

extern int64 sb_stripe_row(int64 account_id);
extern void sb_stripes_write(int64 account_id, int32 stripes);
extern void sb_stripes_add_up(SbAccount *account);
extern void sb_stripes_add(SbAccount *account, const SbAccount *stripes, int count);
extern int sb_stripes_read(const SbAccount *account, SbAccount *stripes);

#endif /* SB_STORE_STRIPE_H */
