/*
 * salt.c
 *	  Salts of texts.
 *
 * A seal has of a text a digest only, which must not tell who has the digest
 * what the text was: texts are short and can be guessed.  So it is made of
 * random bytes too, which stand beside the text and are erased with it.
 */
#include "postgres.h"

#include "store/salt.h"

/* So many are drawn at once: that takes hardly longer than to draw one. */
#define SALTS 64

/* Random bytes, and how many of them are used up, from the first one on. */
static uint8 pool[SALTS * SB_SALT_LENGTH];
static Size used = sizeof(pool);

/*
 * NULL where there is nothing to hide.
 */
bytea *
sb_salt(bool has_texts)
{
	bytea *salt;

	if (!has_texts)
		return NULL;
	if (used == sizeof(pool))
	{
		if (!pg_strong_random(pool, sizeof(pool)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random bytes")));
		used = 0;
	}
	salt = palloc(VARHDRSZ + SB_SALT_LENGTH);
	SET_VARSIZE(salt, VARHDRSZ + SB_SALT_LENGTH);
	memcpy(VARDATA(salt), pool + used, SB_SALT_LENGTH);
	memset(pool + used, 0, SB_SALT_LENGTH);
	used += SB_SALT_LENGTH;
	return salt;
}
