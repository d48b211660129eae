/*
 * backlog.h
 *	  Which requests of enqueue_transfer() wait.
 */
#ifndef SB_STORE_BACKLOG_H
#define SB_STORE_BACKLOG_H

#include "store/request.h"

/* What waits, in the order of the tickets. */
typedef struct SbBacklog
{
	int count;
	int room;
	SbWaiting *waiting;
	bool is_at_end; /* nothing else does */
} SbBacklog;

extern Size sb_backlog_memory(void);
extern void sb_backlog_set_up(void);

extern void sb_backlog_begin(SbBacklog *backlog);
extern void sb_backlog_go_on(SbBacklog *backlog);
extern void sb_backlog_end(void);
extern int64 sb_backlog_count(int64 up_to);

#endif /* SB_STORE_BACKLOG_H */
