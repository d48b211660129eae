/*
 * simplebank.c
 *	  The library's entry point.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "durability.h"
#include "guc.h"
#include "queue.h"
#include "stats.h"
#include "teller.h"

PG_MODULE_MAGIC;

void _PG_init(void);

void
_PG_init(void)
{
	sb_define_settings();
	sb_register_durability();
	if (process_shared_preload_libraries_in_progress)
	{
		sb_stats_register();
		sb_queue_register();
		sb_tellers_register();
	}
}
