/*
 * door.h
 *	  The one door of the ledger: who calls, and the switch to its owner.
 */
#ifndef SB_CALLS_DOOR_H
#define SB_CALLS_DOOR_H

#include "fmgr.h"

#include "base/version.h"
#include "model/ledger.h"

/* What a function does, for sb_enter(). */
#define SB_READS 0x0
#define SB_WRITES 0x1
#define SB_FOR_CUSTOMERS 0x2	/* knows about restricted callers */
#define SB_PART 0x4				/* of our own functions, which alone may call it */
#define SB_AS_CALLER 0x8		/* its body in SQL runs with the caller's own rights */
#define SB_OF_NO_ACCOUNT 0x20	/* for gateways that act for nobody, too */
#define SB_ALL_LEDGERS 0x100	/* for who has all of them only */
#define SB_AT_ANY_TIME 0x10		/* writes where the clock cannot be believed, too */
#define SB_ERASES 0x40			/* its body in SQL erases texts of history */
#define SB_ON_SUBSCRIBERS 0x200 /* writes nothing that comes from a publisher */
#define SB_PREVIEWS 0x80		/* reads, but says what who writes would be told */

/* A preview is judged as what it previews. */
#define SB_AS_WRITER (SB_WRITES | SB_PREVIEWS)

/* One passage of the door; its state is kept inside, by transaction callbacks. */
typedef struct SbScope
{
	Oid function;
	Oid caller;
	bool restricted;	  /* the caller has its own accounts only, */
	const char *customer; /* or, a gateway, those of this customer; NULL: it acts for none */
	int32 ledger;		  /* it asks for nothing but this one; 0: for all of its own */
} SbScope;

extern void sb_admit(FunctionCallInfo fcinfo, int does);
extern void sb_enter(SbScope *scope, FunctionCallInfo fcinfo, int does);
extern void sb_leave(const SbScope *scope);
extern Datum sb_call_body(FunctionCallInfo fcinfo, int does);
extern Oid sb_caller(void);
extern char *sb_caller_role(void);
extern char *sb_caller_gateway(void);
extern void sb_require_admin(const SbScope *scope, const char *reason);
pg_noreturn extern void sb_raise_forbidden(const SbScope *scope, const char *reason);

/*
 * The entry point of a function of schema simplebank whose body is a function
 * of the same name and arguments in simplebank_internal, in SQL or PL/pgSQL.
 */
#define SB_BODY_IN_SQL(name, does)            \
	PG_FUNCTION_INFO_V1(simplebank_##name);   \
	Datum simplebank_##name(PG_FUNCTION_ARGS) \
	{                                         \
		return sb_call_body(fcinfo, does);    \
	}                                         \
	extern int no_such_variable

#endif /* SB_CALLS_DOOR_H */
