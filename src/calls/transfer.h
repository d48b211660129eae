/*
 * transfer.h
 *	  What the functions share that post one request.
 */
#ifndef SB_CALLS_TRANSFER_H
#define SB_CALLS_TRANSFER_H

#include "calls/argument.h"
#include "calls/door.h"
#include "calls/expect.h"
#include "engine/post.h"

/* Arguments that they all have, in this order. */
typedef struct SbExtras
{
	text *key;
	text *description;
	Jsonb *metadata;
	bool has_effective_at;
	TimestampTz effective_at;
	text *reference;
	const SbExpect *expect; /* of two accounts; NULL: nothing */
} SbExtras;

extern SbExtras sb_arg_extras(FunctionCallInfo fcinfo, int first);
extern void sb_prepare_two(SbPosting *posting, const SbScope *scope, const SbExtras *extras,
						   int64 from_account, int64 to_account, int64 amount,
						   const SbArgument *arguments, int narguments);
extern void sb_ask_transfer(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting);
extern void sb_ask_cash(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting,
						SbAccount *unopened);
extern void sb_ask_hold(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting);
extern void sb_ask_journal(FunctionCallInfo fcinfo, int does, SbScope *scope, SbPosting *posting);
extern SbPosting *sb_ask_batch(FunctionCallInfo fcinfo, int does, SbScope *scope, int *count,
							   bool *atomic);
extern void sb_set_extras(SbPosting *posting, const SbScope *scope, const SbExtras *extras,
						  const SbArgument *arguments, int narguments);
extern void sb_post_one(SbPosting *posting, const SbScope *scope, const SbExtras *extras,
						const SbArgument *arguments, int narguments);
extern void sb_post_prepared(SbPosting *posting);
extern void sb_raise_refusal(SbPosting *posting);
extern void sb_refusal_columns(SbPosting *posting, Datum *values, bool *nulls);
extern void sb_hide_from_caller(SbPosting *posting);
extern Datum sb_transfer_answer(const SbPosting *posting);

#endif /* SB_CALLS_TRANSFER_H */
