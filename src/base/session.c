/*
 * session.c
 *	  Which session is this, and does another one still live?
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "utils/backend_status.h"

#include "base/session.h"
#include "base/version.h"

SbSession
sb_this_session(void)
{
	return (SbSession){.pid = MyProcPid, .started = MyStartTimestamp};
}

bool
sb_is_this_session(const SbSession *session)
{
	return session->pid == MyProcPid && session->started == MyStartTimestamp;
}

/*
 * By what the server knows of its processes now.  One in another database is
 * of the one that a dump was taken from.
 */
bool
sb_session_lives(const SbSession *session)
{
	int count;

	if (session->pid == 0)
		return false;
	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= count; i++)
	{
		const LocalPgBackendStatus *entry = local_backend_entry(i);

		if (entry && entry->backendStatus.st_procpid == session->pid &&
			entry->backendStatus.st_proc_start_timestamp == session->started &&
			entry->backendStatus.st_databaseid == MyDatabaseId)
			return true;
	}
	return false;
}
