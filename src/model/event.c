/*
 * event.c
 *	  The table of kinds of events.
 *
 * A kind is what a consumer asks for and what its events say: a name that
 * never changes.  Its first word, up to the underscore, asks for all kinds
 * that begin with it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "model/event.h"

typedef struct Kind
{
	const char *name;
	char source;	  /* as in log_segments */
	bool for_tellers; /* who read accounts and what is posted, but not how the bank is run */
} Kind;

/* In the order of README's table. */
static const Kind kinds[] = {
	{"transfer", 't', true},		  {"hold_placed", 'e', true},
	{"hold_captured", 'e', true},	  {"hold_released", 'e', true},
	{"hold_expired", 'e', true},	  {"account_opened", 'e', true},
	{"account_limits", 'e', true},	  {"account_details", 'e', true},
	{"account_owner", 'e', true},	  {"account_status", 'e', true},
	{"account_stripes", 'e', true},	  {"account_interest", 'e', true},
	{"account_closed", 'e', true},	  {"order_missed", 'n', true},
	{"day_closed", 'n', false},		  {"day_reopened", 'n', false},
	{"settlement_cycle", 'n', false}, {"statement_made", 'n', true},
	{"finding", 'n', false},		  {"request_refused", 'n', true},
};

StaticAssertDecl(lengthof(kinds) < 32, "a kind is a bit, and one is left for those not known");

/*
 * A kind that is not known is of a later version: who wants all wants it.
 */
SbKinds
sb_kind(const char *name)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (strcmp(kinds[i].name, name) == 0)
			return (SbKinds) 1 << i;
	}
	return (SbKinds) 1 << 31;
}

/*
 * A kind, or all whose first word it is; 0: there is none.
 */
SbKinds
sb_kinds_named(const char *name)
{
	size_t length = strlen(name);
	SbKinds found = 0;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		const char *kind = kinds[i].name;

		if (strcmp(kind, name) == 0 ||
			(strcspn(kind, "_") == length && strncmp(kind, name, length) == 0))
			found |= (SbKinds) 1 << i;
	}
	return found;
}

SbKinds
sb_kinds_of_source(char source)
{
	SbKinds found = source == 'n' ? (SbKinds) 1 << 31 : 0;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (kinds[i].source == source)
			found |= (SbKinds) 1 << i;
	}
	return found;
}

SbKinds
sb_kinds_for_tellers(void)
{
	SbKinds found = 0;

	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (kinds[i].for_tellers)
			found |= (SbKinds) 1 << i;
	}
	return found;
}

/* For people. */
char *
sb_kind_names(void)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < (int) lengthof(kinds); i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", kinds[i].name);
	return names.data;
}
