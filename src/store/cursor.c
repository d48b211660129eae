/*
 * cursor.c
 *	  The cursors of the session, by whatever they were opened: SQL, a function,
 *	  or the protocol.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/portal.h"

#include "store/cursor.h"
#include "store/plan.h"

static SbPlan read_cursors = {"read_cursors", "SELECT name FROM pg_catalog.pg_cursor()",
							  SPI_OK_SELECT, .read_only = true};

static void look_at(TupleTableSlot *slot, void *state);

/*
 * Is there one that may give rows yet?  Those that run the present call are
 * none.  The server lists them to SQL alone.
 */
bool
sb_store_has_open_cursor(void)
{
	bool any_open = false;

	(void) sb_plan_run(&read_cursors, NULL, NULL, look_at, &any_open);
	return any_open;
}

/*
 * Drivers leave portals open that have given all their rows, and cannot go
 * back.  A loop of PL/pgSQL pins its own, whose last rows it may have in hand.
 */
static void
look_at(TupleTableSlot *slot, void *state)
{
	Portal portal = GetPortalByName(TextDatumGetCString(slot->tts_values[0]));

	if (!PortalIsValid(portal) || portal->status != PORTAL_READY)
		return;
	if (portal->portalPinned || !portal->atEnd || !(portal->cursorOptions & CURSOR_OPT_NO_SCROLL))
		*(bool *) state = true;
}
