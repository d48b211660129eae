/*
 * ledger.h
 *	  Rows of simplebank.ledgers and simplebank.ledger_roles.
 */
#ifndef SB_STORE_LEDGER_H
#define SB_STORE_LEDGER_H

#include "model/ledger.h"

extern bool sb_ledgers_are_told_apart(void);
extern bool sb_store_find_ledger(text *name, int32 *id);
extern int sb_store_ledgers_of(const char *role, int32 *ids, int room, bool *was_given_any);
extern Datum sb_store_create_ledger(text *name);
extern Datum sb_store_grant_ledger(int32 id, text *role);
extern bool sb_store_revoke_ledger(int32 id, text *role, Datum *row);

#endif /* SB_STORE_LEDGER_H */
