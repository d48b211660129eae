/*
 * clock.h
 *	  Whether the clock can be believed.
 */
#ifndef SB_STORE_CLOCK_H
#define SB_STORE_CLOCK_H

#include "datatype/timestamp.h"

extern TimestampTz sb_clock_time(void);

#endif /* SB_STORE_CLOCK_H */
