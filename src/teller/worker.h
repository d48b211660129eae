/*
 * teller.h
 *	  Tellers: background workers that post for many callers at once.
 */
#ifndef SB_TELLER_H
#define SB_TELLER_H

extern void sb_tellers_register(void);

#endif /* SB_TELLER_H */
