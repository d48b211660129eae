/*
 * lock.c
 *	  Locks of the ledger that are of no row and no table: of jobs, and turns at
 *	  accounts (turn.c).
 *
 * Whoever may log in can take advisory locks, and reads pg_locks.  So these
 * are locks of objects of a class that there is not, and no command of SQL
 * takes them; what pg_locks and the message of a deadlock show is a hash.  Of
 * an account it is one with a secret of the server, so that nobody can compare
 * it with those of the ids that he knows.  The secret is what the server has
 * for false answers to who logs in: it stands in pg_control, is the same for
 * all processes and on standbys, and no function tells it.
 *
 * They are held until the transaction ends, and two that have one hash wait
 * for each other to no harm.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_control.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lock.h"

#include "base/siphash.h"
#include "store/lock.h"

/* A class of objects is the OID of their catalog; these are of none. */
#define CLASS_OF_TURNS 83
#define CLASS_OF_JOBS 84

StaticAssertDecl(SB_SIPHASH_KEY_LENGTH <= MOCK_AUTH_NONCE_LEN, "the secret is too short for a key");

static bool lock_object(Oid class_id, uint64 hash, bool wait);

/*
 * False where another transaction has it, if not to wait.
 */
bool
sb_lock_turn(int64 row_id, bool wait)
{
	const uint8 *key = (const uint8 *) GetMockAuthenticationNonce();

	return lock_object(CLASS_OF_TURNS, sb_siphash(key, (uint64) row_id), wait);
}

bool
sb_lock_job(const char *name, bool wait)
{
	uint64 hash = hash_bytes_extended((const unsigned char *) name, strlen(name), 0);

	return lock_object(CLASS_OF_JOBS, hash, wait);
}

static bool
lock_object(Oid class_id, uint64 hash, bool wait)
{
	LOCKTAG tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, class_id, (uint32) hash, (uint16) (hash >> 32));
	return LockAcquire(&tag, ExclusiveLock, false, !wait) != LOCKACQUIRE_NOT_AVAIL;
}
