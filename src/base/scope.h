/*
 * scope.h
 *	  What runs as the ledger's owner, and for whom.
 */
#ifndef SB_BASE_SCOPE_H
#define SB_BASE_SCOPE_H

/* One passage of the door; its state is kept inside, by transaction callbacks. */
typedef struct SbScope
{
	Oid function;
	Oid caller;
	bool restricted; /* the caller has its own accounts only */
} SbScope;

extern void sb_enter_as_teller(SbScope *scope);
extern void sb_leave(const SbScope *scope);
extern void sb_scope_open(const SbScope *scope);
extern void sb_scope_close(const SbScope *scope);
extern void sb_scope_inherit(SbScope *scope);
extern bool sb_in_scope(void);
extern Oid sb_caller(void);
extern char *sb_caller_role(void);

#endif /* SB_BASE_SCOPE_H */
