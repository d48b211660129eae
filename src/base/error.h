/*
 * error.h
 *	  Refusals as values, and the table that gives them their SQLSTATE.
 */
#ifndef SB_ERROR_H
#define SB_ERROR_H

#include "base/version.h"

typedef enum SbCode
{
	SB_OK = 0,
	SB_INSUFFICIENT_FUNDS,
	SB_BALANCE_LIMIT_EXCEEDED,
	SB_ACCOUNT_NOT_FOUND,
	SB_ACCOUNT_NOT_ACTIVE,
	SB_CURRENCY_MISMATCH,
	SB_SAME_ACCOUNT,
	SB_INVALID_AMOUNT,
	SB_UNBALANCED_JOURNAL,
	SB_UNKNOWN_CURRENCY,
	SB_ACCOUNT_NOT_EMPTY,
	SB_HOLD_NOT_FOUND,
	SB_HOLD_NOT_OPEN,
	SB_HOLD_EXPIRED,
	SB_HOLD_AMOUNT_EXCEEDED,
	SB_TRANSFER_NOT_FOUND,
	SB_ALREADY_REVERSED,
	SB_DAY_CLOSED,
	SB_NOT_REVERSIBLE,
	SB_ENTRY_NOT_SEALED,
	SB_IDEMPOTENCY_CONFLICT,
	SB_LINKED_ITEM_FAILED,
	SB_QUEUE_FULL,
	SB_TELLERS_UNAVAILABLE,
	SB_JOB_NOT_FOUND,
	SB_SCHEDULER_MISSING,
	SB_SETTLEMENT_SHORTFALL,
	SB_ORDER_NOT_FOUND,
	SB_SETTLEMENT_GROUP_NOT_FOUND,
	SB_NOT_A_MEMBER,
	SB_STATEMENT_NOT_FOUND,
	SB_INTEGRITY_VIOLATION,
	SB_NULL_VALUE,
	SB_OUT_OF_RANGE,
	SB_INVALID_ARGUMENT,
	SB_NO_PRIVILEGE,
	SB_READ_ONLY
} SbCode;

#define SB_CODES (SB_READ_ONLY + 1)

/*
 * Why a request was refused.  What the fields mean depends on the code and
 * is written in one place, the table of messages in error.c.  The strings
 * live as long as the request.
 */
typedef struct SbRefusal
{
	SbCode code;
	int64 account_id; /* of the account, hold or transfer */
	int64 have;
	int64 need;
	const char *what;
	const char *other;
	bool hidden; /* DETAIL and HINT are not the caller's to see */
} SbRefusal;

pg_noreturn extern void sb_raise_as(SbCode code, const char *detail, const char *hint);
pg_noreturn extern void sb_raise(const SbRefusal *refusal);
pg_noreturn extern void sb_raise_item(const SbRefusal *refusal, int item);
pg_noreturn extern void sb_raise_null(const char *argument);
pg_noreturn extern void sb_raise_invalid(const char *argument, const char *rule);
pg_noreturn extern void sb_raise_account_not_found(int64 account_id);
extern const char *sb_sqlstate(SbCode code);
extern char *sb_refusal_message(const SbRefusal *refusal);
extern void sb_log_refusal(const SbRefusal *refusal, int item);

#endif /* SB_ERROR_H */
