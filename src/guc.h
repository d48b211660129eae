/*
 * guc.h
 *	  Settings.
 */
#ifndef SB_GUC_H
#define SB_GUC_H

extern bool sb_log_refusals;
extern int sb_max_batch;
extern int sb_key_retention; /* minutes */
extern int sb_max_open_orders;
extern char *sb_time_zone;

extern void sb_define_settings(void);

#endif /* SB_GUC_H */
