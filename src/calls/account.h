/*
 * account.h
 *	  Accounts: opening, settings, closing.
 */
#ifndef SB_CALLS_ACCOUNT_H
#define SB_CALLS_ACCOUNT_H

#include "calls/door.h"
#include "model/account.h"

extern bool sb_is_hidden(const SbScope *scope, int64 account_id);
extern void sb_check_kind(text *kind);
extern void sb_require_own(const SbScope *scope, int64 account_id);
extern void sb_set_status(const SbAccount *account, SbStatus status, const char *event,
						  text *reason);

#endif /* SB_CALLS_ACCOUNT_H */
