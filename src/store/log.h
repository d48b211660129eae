/*
 * log.h
 *	  The log: rows of simplebank.log_segments and what belongs to them.
 */
#ifndef SB_STORE_LOG_H
#define SB_STORE_LOG_H

#define SB_LOG_SOURCES 3

/* The last id of each source, transfers first. */
typedef struct SbLogEnds
{
	int64 ids[SB_LOG_SOURCES];
	bool has_gaps; /* ids below them may be missing */
} SbLogEnds;

extern void sb_log_read_sources(SbLogEnds *ends);
extern bool sb_log_has(const SbLogEnds *ends);
extern void sb_log_extend(void);
extern bool sb_log_is_read(void);

#endif /* SB_STORE_LOG_H */
