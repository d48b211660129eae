/*
 * worker.h
 *	  Tellers: background workers that post for many callers at once.
 */
#ifndef SB_TELLER_WORKER_H
#define SB_TELLER_WORKER_H

extern void sb_tellers_register(void);

#endif /* SB_TELLER_WORKER_H */
