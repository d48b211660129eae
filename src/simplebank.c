/*
 * simplebank.c
 *	  The library's entry point.
 */
#include "postgres.h"

#include "fmgr.h"

#include "durability.h"
#include "guc.h"

PG_MODULE_MAGIC;

void _PG_init(void);

void
_PG_init(void)
{
	sb_define_settings();
	sb_register_durability();
}
