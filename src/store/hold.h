/*
 * hold_store.h
 *	  Reads and writes of holds.
 */
#ifndef SB_HOLD_STORE_H
#define SB_HOLD_STORE_H

#include "engine/post.h"

extern bool sb_store_read_hold(int64 id, SbHold *hold);
extern bool sb_store_read_hold_answer(SbPosting *posting);
extern void sb_store_write_hold(const SbPosting *posting);
extern int64 sb_store_sum_due_holds(const SbAccount *account, TimestampTz now);
extern bool sb_store_find_hold_in_favour(int64 account_id, TimestampTz now, int64 *hold_id);
extern bool sb_store_expire_holds(SbAccount *account, TimestampTz now);
extern int sb_store_expire_any_holds(int max_holds, TimestampTz now);
extern Jsonb *sb_held_object(const SbAccount *account);

#endif /* SB_HOLD_STORE_H */
