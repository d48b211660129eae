/*
 * day.h
 *	  Closed days: what may no longer be posted into.
 */
#ifndef SB_DAY_H
#define SB_DAY_H

#include "datatype/timestamp.h"

extern void sb_days_lock(void);
extern TimestampTz sb_days_closed_until(void);

#endif /* SB_DAY_H */
