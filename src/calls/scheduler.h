/*
 * scheduler.h
 *	  Jobs on pg_cron.
 */
#ifndef SB_SCHEDULER_H
#define SB_SCHEDULER_H

extern int64 sb_purge_cron_history(void);

#endif /* SB_SCHEDULER_H */
