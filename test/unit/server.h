/*
 * server.h
 *	  What elog(ERROR) and Assert() call, for programs without a server: no
 *	  test comes there.
 */
#include <stdio.h>
#include <stdlib.h>

bool
errstart_cold(int elevel, const char *domain)
{
	printf("Bail out! an error is raised\n");
	exit(1);
}

bool
errstart(int elevel, const char *domain)
{
	return errstart_cold(elevel, domain);
}

int
errmsg_internal(const char *fmt, ...)
{
	return 0;
}

void
errfinish(const char *filename, int lineno, const char *funcname)
{
}

#ifdef USE_ASSERT_CHECKING
#if PG_VERSION_NUM >= 160000
void
ExceptionalCondition(const char *condition, const char *file, int line)
#else
void
ExceptionalCondition(const char *condition, const char *type, const char *file, int line)
#endif
{
	printf("Bail out! %s:%d: %s does not hold\n", file, line, condition);
	exit(1);
}
#endif
