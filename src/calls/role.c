/*
 * role.c
 *	  create_roles(), whose body is in SQL and runs with the caller's rights,
 *	  since the owner of the ledger may make no roles.
 *
 * Its audit row is written here, as the ledger's owner: the body's own call of
 * audit() would be one by hand.
 */
#include "postgres.h"

#include "calls/door.h"
#include "store/event.h"

PG_FUNCTION_INFO_V1(simplebank_create_roles);

Datum
simplebank_create_roles(PG_FUNCTION_ARGS)
{
	SbScope scope;

	(void) sb_call_body(fcinfo, SB_WRITES | SB_AS_CALLER | SB_AT_ANY_TIME | SB_ON_SUBSCRIBERS);
	sb_enter(&scope, fcinfo, SB_WRITES | SB_AT_ANY_TIME | SB_ON_SUBSCRIBERS);
	sb_store_audit("create_roles", NULL, NULL, false);
	sb_leave(&scope);
	PG_RETURN_VOID();
}
