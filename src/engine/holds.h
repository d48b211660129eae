/*
 * holds.h
 *	  What the engine does to holds.
 */
#ifndef SB_ENGINE_HOLDS_H
#define SB_ENGINE_HOLDS_H

#include "model/decide.h"

extern bool sb_holds_expire_some(SbAccount *account, TimestampTz now, const char *role,
								 const char *gateway);
extern void sb_holds_expire(SbAccount *account, TimestampTz now, const char *role,
							const char *gateway);
extern int sb_holds_expire_any(int max_holds, TimestampTz now, const char *role,
							   const SbLedgers *ledgers);
extern void sb_holds_read(SbPosting *posting);
extern void sb_holds_write(const SbPosting *posting);
extern void sb_holds_read_answer(SbPosting *posting);

#endif /* SB_ENGINE_HOLDS_H */
