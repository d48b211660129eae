/*
 * account_details.h
 *	  Codes, details and owners of accounts.
 */
#ifndef SB_CALLS_ACCOUNT_DETAILS_H
#define SB_CALLS_ACCOUNT_DETAILS_H

extern void sb_take_code(int64 account_id, int32 ledger_id, text *code);

#endif /* SB_CALLS_ACCOUNT_DETAILS_H */
