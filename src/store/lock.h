/*
 * lock.h
 *	  Locks of the ledger that are of no row and no table.
 */
#ifndef SB_STORE_LOCK_H
#define SB_STORE_LOCK_H

extern bool sb_lock_turn(int64 row_id, bool wait);
extern bool sb_lock_job(const char *name, bool wait);

#endif /* SB_STORE_LOCK_H */
