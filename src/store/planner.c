/*
 * planner.c
 *	  Has kept plans made with only index scans and nested loops allowed.
 *
 * A plan is generic, made once and kept.  One that is made on an empty table
 * must serve a large one: a sequential scan would lock in another order, and
 * read the whole ledger.  PostgreSQL has no hints, and settings around each
 * run would cost every posting.  So they are set only around a run that is
 * going to plan, and to know that, this file looks into the plan cache, which
 * SPI's interface does not show.  It is what a new major version of
 * PostgreSQL breaks first; without it plans would still be right, but some
 * of them slow.
 *
 * It reads of CachedPlanSource: is_valid, gplan, generation; and clears
 * is_valid, as an invalidation does.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/plancache.h"

#include "store/planner.h"

static bool needs_planning(const SbPlanning *planning, CachedPlanSource *source);
static int confine_planner(bool hashes, bool bitmaps);

/*
 * To be called before a run; hashes: joins by a hash table, not row by row;
 * bitmaps: by an index that is read no other way.
 * Returns the nest level of settings for sb_planner_end(), 0 where the plan is
 * not made anew.
 */
int
sb_planner_begin(SPIPlanPtr plan, SbPlanning *planning, bool hashes, bool bitmaps)
{
	CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plan));
	bool plans = needs_planning(planning, source);

	planning->search_path = namespace_search_path;
	return unlikely(plans) ? confine_planner(hashes, bitmaps) : 0;
}

void
sb_planner_end(SPIPlanPtr plan, SbPlanning *planning, int nest_level)
{
	CachedPlanSource *source;

	if (likely(nest_level == 0))
		return;
	AtEOXact_GUC(true, nest_level);
	source = linitial(SPI_plan_get_plan_sources(plan));
	planning->generation = source->generation;
}

/*
 * Will the next run make the plan anew, as far as we know?  What others have
 * changed we learn here, before the run does.  Where a run has made its plan
 * anew all the same, unconfined, for a reason that came up only on the way,
 * that plan is dropped here, as an invalidation would drop it.
 */
static bool
needs_planning(const SbPlanning *planning, CachedPlanSource *source)
{
	AcceptInvalidationMessages();
	if (source->generation != planning->generation)
	{
		source->is_valid = false;
		if (source->gplan)
			source->gplan->is_valid = false;
	}
	return !source->is_valid || source->gplan == NULL || !source->gplan->is_valid ||
		plan_cache_mode == PLAN_CACHE_MODE_FORCE_CUSTOM_PLAN ||
		planning->search_path != namespace_search_path;
}

/*
 * For one planning: nothing that reads a whole table, whatever the session's
 * settings.  Returns the nest level of settings to end afterwards.
 */
static int
confine_planner(bool hashes, bool bitmaps)
{
	const char *const off[] = {"enable_seqscan",
							   bitmaps ? "enable_indexonlyscan" : "enable_bitmapscan",
							   "enable_mergejoin",
							   "enable_material",
							   "jit",
							   hashes ? "enable_nestloop" : "enable_hashjoin"};
	const char *const on[] = {"enable_indexscan",
							  bitmaps ? "enable_bitmapscan" : "enable_indexonlyscan", "enable_sort",
							  "enable_tidscan", hashes ? "enable_hashjoin" : "enable_nestloop"};
	int nest_level = NewGUCNestLevel();

	for (int i = 0; i < (int) lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
								 0, false);
	for (int i = 0; i < (int) lengthof(on); i++)
		(void) set_config_option(on[i], "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
	return nest_level;
}
