/*
 * planner.h
 *	  How the plans of this library are made: see planner.c.
 */
#ifndef SB_STORE_PLANNER_H
#define SB_STORE_PLANNER_H

#include "store/plan.h"

extern int sb_planner_begin(SbPlan *plan);
extern void sb_planner_end(SbPlan *plan, int nest_level);

#endif /* SB_STORE_PLANNER_H */
