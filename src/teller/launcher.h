/*
 * launcher.h
 *	  Starts the ledger's background workers, and what they have in common.
 */
#ifndef SB_TELLER_LAUNCHER_H
#define SB_TELLER_LAUNCHER_H

#include "postmaster/bgworker.h"

extern void sb_launcher_register(void);

extern BackgroundWorker sb_worker_describe(const char *type, const char *function,
										   int restart_time);
extern void sb_worker_start(void);
extern void sb_worker_be_steady(void);
extern void sb_worker_handle_signals(void);

#endif /* SB_TELLER_LAUNCHER_H */
