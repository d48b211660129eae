/*
 * journal.h
 *	  The legs of a journal as an argument.
 */
#ifndef SB_JOURNAL_H
#define SB_JOURNAL_H

#include "model/rules.h"

extern SbLeg *sb_arg_legs(FunctionCallInfo fcinfo, int number, int *count);

#endif /* SB_JOURNAL_H */
