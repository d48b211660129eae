/*
 * turn.h
 *	  One's turn at an account: a queue in front of its row, for speed.
 */
#ifndef SB_STORE_TURN_H
#define SB_STORE_TURN_H

extern void sb_turn_await(const int64 *ids, int count);
extern void sb_turn_pass(void);

#endif /* SB_STORE_TURN_H */
