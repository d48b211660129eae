/*
 * planner.h
 *	  How the plans of this library are made: see planner.c.
 */
#ifndef SB_STORE_PLANNER_H
#define SB_STORE_PLANNER_H

#include "executor/spi.h"

/* What is known of a kept plan, of this session. */
typedef struct SbPlanning
{
	int generation;			 /* the last one that was made confined */
	const char *search_path; /* the value at its last run, by its address */
} SbPlanning;

extern int sb_planner_begin(SPIPlanPtr plan, SbPlanning *planning, bool hashes, bool bitmaps);
extern void sb_planner_end(SPIPlanPtr plan, SbPlanning *planning, int nest_level);

#endif /* SB_STORE_PLANNER_H */
