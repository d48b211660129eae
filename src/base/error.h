/*
 * error.h
 *	  Refusals as values, and the table that gives them their SQLSTATE.
 */
#ifndef SB_BASE_ERROR_H
#define SB_BASE_ERROR_H

#include "base/code.h"
#include "base/version.h"

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
	const char *hint; /* where the code has none of its own */
	bool hidden;	  /* DETAIL and HINT are not the caller's to see */
} SbRefusal;

/* A row of the catalogue. */
typedef struct SbError
{
	int sqlstate;
	const char *name;
	const char *category;
	const char *fault; /* whose it is: caller, business, conflict or server */
	bool retryable;	   /* may a program send the same call again? */
	int http_status;
	const char *message;	 /* what a client sees, %s is refusal->what */
	const char *description; /* for the catalogue */
} SbError;

extern const SbError *sb_error(SbCode code);
extern const SbError *sb_error_of_state(int sqlstate);
pg_noreturn extern void sb_raise_as(SbCode code, const char *detail, const char *hint);
pg_noreturn extern void sb_raise(const SbRefusal *refusal);
pg_noreturn extern void sb_raise_item(const SbRefusal *refusal, int item);
pg_noreturn extern void sb_raise_no_privilege(const char *function, const char *detail,
											  const char *hint);
pg_noreturn extern void sb_raise_null(const char *argument);
pg_noreturn extern void sb_raise_invalid(const char *argument, const char *rule);
pg_noreturn extern void sb_raise_account_not_found(int64 account_id);
extern const char *sb_sqlstate(SbCode code);
extern char *sb_refusal_message(const SbRefusal *refusal);
extern char *sb_refusal_detail(const SbRefusal *refusal);
extern const char *sb_refusal_hint(const SbRefusal *refusal);
extern void sb_log_refusal(const SbRefusal *refusal, int item);

#endif /* SB_BASE_ERROR_H */
