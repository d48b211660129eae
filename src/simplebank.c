/*
 * simplebank.c
 *	  The library's entry point, and its part of shared memory.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "base/clock.h"
#include "base/durability.h"
#include "base/fault.h"
#include "base/setting.h"
#include "base/wake.h"
#include "teller/place.h"
#include "base/counter.h"
#include "store/backlog.h"
#include "teller/launcher.h"

PG_MODULE_MAGIC;

void _PG_init(void);

static shmem_request_hook_type previous_request_hook = NULL;
static shmem_startup_hook_type previous_startup_hook = NULL;

static void request_memory(void);
static void set_up_memory(void);

void
_PG_init(void)
{
	sb_clock_anchor();
	sb_define_faults();
	sb_define_settings();
	sb_register_durability();
	if (!process_shared_preload_libraries_in_progress)
		return;
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = request_memory;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = set_up_memory;
	sb_launcher_register();
}

static void
request_memory(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(sb_counters_memory());
	RequestAddinShmemSpace(sb_queue_memory());
	RequestAddinShmemSpace(sb_wakes_memory());
	RequestAddinShmemSpace(sb_backlog_memory());
	sb_counters_request_lock();
}

static void
set_up_memory(void)
{
	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	sb_counters_set_up();
	sb_queue_set_up();
	sb_wakes_set_up();
	sb_backlog_set_up();
	LWLockRelease(AddinShmemInitLock);
}
