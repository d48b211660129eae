/*
 * caller.h
 *	  Who calls, and the switch to the ledger's owner.
 */
#ifndef SB_CALLS_DOOR_H
#define SB_CALLS_DOOR_H

#include "fmgr.h"

#include "base/version.h"

/* What a function does, for sb_enter(). */
#define SB_READS 0x0
#define SB_WRITES 0x1
#define SB_FOR_CUSTOMERS 0x2 /* knows about restricted callers */
#define SB_PART 0x4			 /* of our own functions, which alone may call it */

typedef struct SbScope
{
	Oid function;
	bool restricted; /* the caller has its own accounts only */
	Oid user;
	int security_context;
} SbScope;

extern void sb_enter(SbScope *scope, FunctionCallInfo fcinfo, int does);
extern void sb_enter_as_teller(SbScope *scope);
extern void sb_leave(const SbScope *scope);
extern bool sb_in_scope(void);
extern char *sb_caller_role(void);
extern void sb_act_for(const char *role);
extern bool sb_may_transfer(const char *role, bool *restricted);
extern void sb_require_admin(const SbScope *scope, const char *reason);
pg_noreturn extern void sb_raise_forbidden(const SbScope *scope, const char *reason);

#endif /* SB_CALLS_DOOR_H */
