/*
 * setting.h
 *	  Settings.
 */
#ifndef SB_BASE_SETTING_H
#define SB_BASE_SETTING_H

#include "datatype/timestamp.h"

extern bool sb_log_refusals;
extern bool sb_require_key;
extern int sb_max_batch;
extern int sb_max_customer_batch;
extern int sb_max_text;		  /* bytes */
extern int sb_max_metadata;	  /* bytes, as text */
extern int sb_max_clock_jump; /* minutes */
extern int sb_max_open_orders;
extern int sb_max_requests;
extern int sb_max_catch_up;
extern int sb_max_search_rows;
extern int sb_max_lock_time;		/* milliseconds */
extern int sb_max_transaction_time; /* milliseconds */
extern int sb_min_effective_year;
extern int sb_max_effective_years;
extern char *sb_time_zone;
extern int sb_durability; /* a SyncCommitLevel */

#define SB_MAX_TELLERS 32

/* of the tellers; read only where the server has loaded the library at its start */
extern int sb_tellers;
extern char *sb_database;
extern int sb_queue_size;
extern int sb_queue_timeout; /* milliseconds */
extern int sb_queue_share;	 /* percent */
extern int sb_max_teller_batch;

extern void sb_define_settings(void);
extern void sb_effective_bounds(TimestampTz now, TimestampTz *earliest, TimestampTz *latest);

#endif /* SB_BASE_SETTING_H */
