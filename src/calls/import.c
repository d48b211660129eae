/*
 * import.c
 *	  The entry points of the import, whose bodies are in SQL.  They run with the
 *	  caller's rights: what is imported belongs to somebody else.
 */
#include "postgres.h"

#include "calls/door.h"

SB_BODY_IN_SQL(check_simple_bank, SB_READS | SB_AS_CALLER);
SB_BODY_IN_SQL(import_simple_bank, SB_WRITES | SB_AS_CALLER);
