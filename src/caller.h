/*
 * caller.h
 *	  Who calls, and the switch to the ledger's owner.
 */
#ifndef SB_CALLER_H
#define SB_CALLER_H

#include "fmgr.h"

typedef struct SbScope
{
	Oid user;
	int security_context;
} SbScope;

extern void sb_enter(SbScope *scope, FunctionCallInfo fcinfo, bool writes);
extern void sb_leave(const SbScope *scope);
extern bool sb_in_scope(void);
extern char *sb_caller_role(void);

#endif /* SB_CALLER_H */
