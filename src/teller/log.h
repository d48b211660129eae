/*
 * log.h
 *	  The log worker, and who waits for it.
 */
#ifndef SB_TELLER_LOG_H
#define SB_TELLER_LOG_H

extern void sb_log_catch_up(void);

#endif /* SB_TELLER_LOG_H */
