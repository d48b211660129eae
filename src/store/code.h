/*
 * code.h
 *	  Rows of simplebank.account_codes.
 */
#ifndef SB_STORE_CODE_H
#define SB_STORE_CODE_H

extern bool sb_store_claim_code(int32 ledger_id, text *code, int64 account_id, int64 *other);
extern void sb_store_free_code(int32 ledger_id, text *code);
extern bool sb_store_find_code(int32 ledger_id, text *code, int64 *account_id);

#endif /* SB_STORE_CODE_H */
