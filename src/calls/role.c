/*
 * role.c
 *	  The entry point of create_roles(), whose body is in SQL and runs with the
 *	  caller's rights, since the owner of the ledger may make no roles.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(create_roles, SB_WRITES | SB_AS_CALLER | SB_AT_ANY_TIME);
