/*
 * standing.h
 *	  What a role is to the ledger.
 */
#ifndef SB_CALLS_STANDING_H
#define SB_CALLS_STANDING_H

#include "model/ledger.h"

typedef struct SbStanding
{
	Oid role;
	bool is_admin;
	bool is_teller;
	bool is_auditor;
	bool is_customer;
	bool is_gateway;	 /* acts for customers, and is nothing by itself */
	bool has_unfit_name; /* no text of this database, or of UTF-8 */
	bool has_all_ledgers;
	SbLedgers ledgers; /* else these */
} SbStanding;

extern const SbStanding *sb_standing_of(Oid role);
extern SbLedgers *sb_ledgers_of(const SbStanding *standing);
extern bool sb_is_restricted(const SbStanding *standing, bool writes);
extern const char *sb_unfit_customer(const char *name);
extern bool sb_may_transfer(const char *role, const char *gateway, bool *restricted,
							SbLedgers **ledgers);

#endif /* SB_CALLS_STANDING_H */
