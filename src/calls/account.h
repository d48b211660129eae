/*
 * account.h
 *	  Accounts: opening, settings, closing.
 */
#ifndef SB_CALLS_ACCOUNT_H
#define SB_CALLS_ACCOUNT_H

#include "calls/door.h"
#include "model/account.h"
#include "model/stripe.h"
#include "store/event.h"

extern text *sb_arg_owner(FunctionCallInfo fcinfo, int number);
extern bool sb_is_hidden(const SbScope *scope, int64 account_id);
extern void sb_check_kind(text *kind);
extern void sb_require_own(const SbScope *scope, int64 account_id);
extern void sb_take_code(int64 account_id, int32 ledger_id, text *code);
extern void sb_lock_account(int64 id, SbAccount *account);
extern void sb_lock_whole_account(int64 id, SbAccount *account, SbAccount *whole);
extern int sb_rows_of_account(const SbAccount *account, int64 *ids);
extern void sb_record_change(const char *action, SbEvent *event);
extern void sb_set_status(const SbAccount *account, SbStatus status, const char *event,
						  text *reason);

#endif /* SB_CALLS_ACCOUNT_H */
