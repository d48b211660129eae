/*
 * expect.h
 *	  The argument expect.
 */
#ifndef SB_CALLS_EXPECT_H
#define SB_CALLS_EXPECT_H

#include "fmgr.h"

#include "model/expect.h"

extern const SbExpect *sb_arg_expect(FunctionCallInfo fcinfo, int number, const char *debited,
									 const char *credited);

#endif /* SB_CALLS_EXPECT_H */
