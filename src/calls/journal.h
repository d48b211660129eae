/*
 * journal.h
 *	  The legs of a journal as arguments.
 */
#ifndef SB_CALLS_JOURNAL_H
#define SB_CALLS_JOURNAL_H

#include "fmgr.h"

#include "model/posting.h"

extern SbLeg *sb_arg_legs(FunctionCallInfo fcinfo, int *count);

#endif /* SB_CALLS_JOURNAL_H */
