/*
 * deadline.h
 *	  A time by which a transaction must have ended.
 */
#ifndef SB_BASE_DEADLINE_H
#define SB_BASE_DEADLINE_H

extern bool sb_in_block(void);
extern void sb_set_deadline(const char *name, int milliseconds);

#endif /* SB_BASE_DEADLINE_H */
