/*
 * journal.h
 *	  The legs of a journal as an argument.
 */
#ifndef SB_CALLS_JOURNAL_H
#define SB_CALLS_JOURNAL_H

#include "fmgr.h"

#include "model/posting.h"

extern SbLeg *sb_arg_legs(FunctionCallInfo fcinfo, int number, int *count);

#endif /* SB_CALLS_JOURNAL_H */
