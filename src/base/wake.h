/*
 * wake.h
 *	  Waking a background process when a transaction has committed.
 */
#ifndef SB_BASE_WAKE_H
#define SB_BASE_WAKE_H

/* What a process waits for. */
typedef enum SbWake
{
	SB_WAKE_LOG,	  /* something was posted, or has happened to an account */
	SB_WAKE_REQUESTS, /* a transfer was enqueued */
} SbWake;

#define SB_WAKES (SB_WAKE_REQUESTS + 1)

extern Size sb_wakes_memory(void);
extern void sb_wakes_set_up(void);

extern void sb_wake_at_commit(SbWake wake);

extern bool sb_wake_attach(SbWake wake);
extern bool sb_wake_take_news(SbWake wake);
extern void sb_wake_want(SbWake wake, bool is_wanted);
extern bool sb_wake_is_asked(SbWake wake, uint64 *asked);
extern void sb_wake_answer(SbWake wake, uint64 asked);

extern bool sb_wake_has_process(SbWake wake);
extern bool sb_wake_ask(SbWake wake);

#endif /* SB_BASE_WAKE_H */
