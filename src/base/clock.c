/*
 * clock.c
 *	  The wall clock, and the one that nobody can set.
 *
 * The wall clock can be set, by hand, by a bad time source, by a machine that
 * wakes up.  The other one counts from the boot of the machine, while it
 * sleeps too, and cannot be set.  When the machine was booted, by the wall
 * clock, therefore always is the same moment, unless that was set: it jumps as
 * far as the wall clock does.
 *
 * The postmaster looks at them when it loads the library; its children
 * inherit what it saw, after a crash too.  Where it does not load it, each
 * session looks when it does.
 */
#include "postgres.h"

#include <time.h>

#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "base/clock.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#ifdef CLOCK_BOOTTIME
#define COUNTING_CLOCK CLOCK_BOOTTIME
#else
#define COUNTING_CLOCK CLOCK_MONOTONIC
#endif

static SbClock at_start;

/*
 * The other clock is read last: a process that is stopped in between sees no
 * jump ahead.
 */
SbClock
sb_clock_read(void)
{
	SbClock clock = {.now = GetCurrentTimestamp()};
	struct timespec counted;

	if (clock_gettime(COUNTING_CLOCK, &counted) != 0)
		elog(ERROR, "could not read the clock that counts: %m");
	clock.booted_at = clock.now - (int64) counted.tv_sec * USECS_PER_SEC - counted.tv_nsec / 1000;
	return clock;
}

void
sb_clock_anchor(void)
{
	at_start = sb_clock_read();
}

SbClock
sb_clock_at_start(void)
{
	return at_start;
}

/*
 * Which boot of which machine it is.  Where the system does not say, the start
 * of the server stands for it.
 */
pg_uuid_t
sb_clock_boot_id(void)
{
	pg_uuid_t id = {{0}};
	char text[37] = "";
	FILE *file = AllocateFile(BOOT_ID, "r");

	if (file == NULL || fread(text, 1, 36, file) != 36)
		memcpy(id.data, &PgStartTime, sizeof(PgStartTime));
	else
		id = *DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(text)));
	if (file)
		FreeFile(file);
	return id;
}
