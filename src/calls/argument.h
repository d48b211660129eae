/*
 * argument.h
 *	  Arguments of SQL functions, by number and SQL name.
 */
#ifndef SB_CALLS_ARGUMENT_H
#define SB_CALLS_ARGUMENT_H

#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/argument.h"
#include "base/error.h"

/* The elements of an array argument; values is NULL where the argument is. */
typedef struct SbColumn
{
	bool required; /* no element may be NULL: whoever decodes them sees to it */
	Datum *values;
	bool *nulls;
	int count;
} SbColumn;

extern int64 sb_arg_int64(FunctionCallInfo fcinfo, int number, const char *name);
extern int32 sb_arg_int32(FunctionCallInfo fcinfo, int number, const char *name);
extern bool sb_arg_bool(FunctionCallInfo fcinfo, int number, const char *name);
extern text *sb_arg_text(FunctionCallInfo fcinfo, int number, const char *name);
extern text *sb_arg_short_text(FunctionCallInfo fcinfo, int number, const char *name);
extern text *sb_arg_optional_text(FunctionCallInfo fcinfo, int number, const char *name);
extern Jsonb *sb_arg_optional_jsonb(FunctionCallInfo fcinfo, int number, const char *name);
extern text *sb_arg_key(FunctionCallInfo fcinfo, int number);
extern text *sb_arg_reference(FunctionCallInfo fcinfo, int number);
extern SbColumn sb_arg_column(FunctionCallInfo fcinfo, int number, const char *name, Oid type,
							  bool required);
extern TimestampTz sb_arg_time(FunctionCallInfo fcinfo, int number, const char *name);
extern TimestampTz sb_arg_effective_at(FunctionCallInfo fcinfo, int number);

#define SB_KEY_HINT "The setting simplebank.require_key asks each request for an idempotency key."

/* May a procedure not commit, since it is called in a transaction block or by a function? */
static inline bool
sb_is_atomic_call(FunctionCallInfo fcinfo)
{
	return fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic;
}

/* An argument that may be NULL. */
static inline text *
sb_arg_optional_short_text(FunctionCallInfo fcinfo, int number, const char *name)
{
	return PG_ARGISNULL(number) ? NULL : sb_arg_short_text(fcinfo, number, name);
}

#endif /* SB_CALLS_ARGUMENT_H */
