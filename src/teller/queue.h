/*
 * queue.h
 *	  A teller's side of the tellers' queue.
 */
#ifndef SB_TELLER_QUEUE_H
#define SB_TELLER_QUEUE_H

#include "model/posting.h"

extern bool sb_queue_has_owner(int teller);
extern bool sb_queue_open(int teller);
extern void sb_queue_close(int teller);
extern int sb_queue_take(int teller, int *places, int room);
extern bool sb_queue_claims(int place);
extern void sb_queue_read(int place, SbPosting *posting);
extern void sb_queue_write_answer(int place, const SbPosting *posting);
extern void sb_queue_hand_back(int place);
extern void sb_queue_leave_open(int place);
extern void sb_queue_finish(const int *places, int count);

#endif /* SB_TELLER_QUEUE_H */
