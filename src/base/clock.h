/*
 * clock.h
 *	  The wall clock, and the one that nobody can set.
 */
#ifndef SB_BASE_CLOCK_H
#define SB_BASE_CLOCK_H

#include "datatype/timestamp.h"
#include "utils/uuid.h"

/* A look at both clocks. */
typedef struct SbClock
{
	TimestampTz now;	   /* by the wall clock */
	TimestampTz booted_at; /* by the wall clock, when the other one was at 0 */
} SbClock;

extern void sb_clock_anchor(void);
extern SbClock sb_clock_read(void);
extern SbClock sb_clock_at_start(void);
extern pg_uuid_t sb_clock_boot_id(void);

#endif /* SB_BASE_CLOCK_H */
