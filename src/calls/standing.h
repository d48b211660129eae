/*
 * standing.h
 *	  What a role is to the ledger.
 */
#ifndef SB_STANDING_H
#define SB_STANDING_H

#include "postgres.h"

typedef struct SbStanding
{
	Oid role;
	bool is_admin;
	bool is_teller;
	bool is_auditor;
	bool is_customer;
} SbStanding;

extern const SbStanding *sb_standing_of(Oid role);
extern bool sb_is_restricted(const SbStanding *standing, bool writes);

#endif /* SB_STANDING_H */
