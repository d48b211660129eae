/*
 * request_job.c
 *	  Posts what enqueue_transfer() has enqueued: for a teller, and for the job
 *	  requests.
 *
 * A portion of requests goes through the engine as one call, and what became
 * of each is written to its row in the same transaction.
 *
 * Requests of one paying account are posted in the order of their tickets.  So
 * whoever posts has the lock of the job, looks at all that waits from the first
 * ticket on, and leaves alone an account as soon as it has passed one of its
 * requests by.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/resowner.h"

#include "base/counter.h"
#include "base/fault.h"
#include "base/setting.h"
#include "calls/argument.h"
#include "calls/door.h"
#include "calls/standing.h"
#include "calls/transfer.h"
#include "engine/post.h"
#include "store/account.h"
#include "store/backlog.h"
#include "store/lock.h"
#include "store/stripe.h"
#include "teller/enqueued.h"

#define MAX_REQUESTS 8192

/* For how long after something was locked it is found out beforehand what is. */
#define CAUTION (1 * USECS_PER_SEC)

/* What is chosen to be posted. */
typedef struct Portion
{
	SbWaiting *chosen;
	int count;
	int size;
	bool only_own; /* what was restored is not posted */
	HTAB *payers;  /* accounts of which a request was passed by */
	SbBacklog backlog;
	int next;	   /* of the backlog, to be looked at */
	bool has_left; /* something was passed by */
} Portion;

static TimestampTz locked_at = DT_NOBEGIN; /* when something was last found locked */

PG_FUNCTION_INFO_V1(simplebank_post_requests);
PG_FUNCTION_INFO_V1(simplebank_serve_requests);
PG_FUNCTION_INFO_V1(simplebank_request_origin);

static void choose(Portion *portion, bool only_free);
static bool is_at_end(const Portion *portion);
static void look(Portion *portion, TimestampTz now);
static void pass_by(Portion *portion, int64 payer);
static bool is_passed_by(const Portion *portion, int64 payer);
static void drop_locked(Portion *portion);
static int find_free(const Portion *portion, SbAccount *free);
static bool is_locked(int64 account_id, const SbAccount *free, int nfree);
static void post(const int64 *tickets, int count, int *done, int *refused);
static SbPosting *make_postings(const SbRequest *requests, int count);
static void judge(const SbRequest *requests, SbPosting *postings, int count);
static bool is_of_same(const SbRequest *request, const SbRequest *other);
static void judge_own(const SbRequest *request, SbPosting *posting);
static void record(const SbRequest *request, SbPosting *posting, SbRows *outcomes);

Datum
simplebank_post_requests(PG_FUNCTION_ARGS)
{
	int32 max_items = sb_arg_int32(fcinfo, 0, "max_items");
	bool only_own = sb_arg_bool(fcinfo, 1, "only_own");
	bool only_free = sb_arg_bool(fcinfo, 2, "only_free");
	bool one_only = !PG_ARGISNULL(3);
	SbWaiting one = {.ticket = one_only ? PG_GETARG_INT64(3) : 0};
	Portion portion = {.size = max_items, .only_own = only_own};
	SbScope scope;
	TupleDesc row_type;
	Datum values[3];
	bool nulls[3] = {0};
	int64 *tickets;
	int done = 0;
	int refused = 0;

	if (max_items < 1 || max_items > MAX_REQUESTS)
		sb_raise_invalid("max_items", psprintf("It is 1 to %d.", MAX_REQUESTS));
	if (get_call_result_type(fcinfo, NULL, &row_type) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	sb_enter(&scope, fcinfo, SB_WRITES | SB_PART);
	if (one_only)
	{
		portion.chosen = &one;
		portion.count = 1;
	}
	else
		choose(&portion, only_free);
	SB_FAULT_POINT(requests_chosen);
	tickets = palloc(sizeof(int64) * Max(portion.count, 1));
	for (int i = 0; i < portion.count; i++)
		tickets[i] = portion.chosen[i].ticket;
	if (portion.count > 0)
		post(tickets, portion.count, &done, &refused);
	sb_leave(&scope);

	values[0] = Int32GetDatum(done);
	values[1] = Int32GetDatum(refused);
	values[2] = BoolGetDatum(portion.has_left);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row_type), values, nulls));
}

/*
 * Chooses from the first ticket on.  only_free: nothing that needs an account
 * which somebody has locked.
 */
static void
choose(Portion *portion, bool only_free)
{
	HASHCTL control = {
		.keysize = sizeof(int64), .entrysize = sizeof(int64), .hcxt = CurrentMemoryContext};
	TimestampTz now = GetCurrentTimestamp();

	if (only_free)
		locked_at = now;
	only_free |= locked_at > now - CAUTION && locked_at <= now;
	portion->chosen = palloc(sizeof(SbWaiting) * portion->size);
	portion->payers =
		hash_create("payers", portion->size, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	sb_backlog_begin(&portion->backlog);
	do
	{
		look(portion, now);
		if (only_free && portion->count > 0)
			drop_locked(portion);
	} while (portion->count == 0 && !is_at_end(portion));
	sb_backlog_end();
}

/* Was all that waits looked at? */
static bool
is_at_end(const Portion *portion)
{
	return portion->next == portion->backlog.count && portion->backlog.is_at_end;
}

/*
 * Fills the portion with what is to be posted now.
 */
static void
look(Portion *portion, TimestampTz now)
{
	while (portion->count < portion->size && !is_at_end(portion))
	{
		const SbWaiting *waiting;

		if (portion->next == portion->backlog.count)
		{
			CHECK_FOR_INTERRUPTS();
			sb_backlog_go_on(&portion->backlog);
			continue;
		}
		waiting = &portion->backlog.waiting[portion->next++];
		if (is_passed_by(portion, waiting->from_account))
			continue;
		if (waiting->next_attempt_at > now || (portion->only_own && !waiting->is_own))
			pass_by(portion, waiting->from_account);
		else
			portion->chosen[portion->count++] = *waiting;
	}
}

static void
pass_by(Portion *portion, int64 payer)
{
	(void) hash_search(portion->payers, &payer, HASH_ENTER, NULL);
	portion->has_left = true;
}

static bool
is_passed_by(const Portion *portion, int64 payer)
{
	return hash_search(portion->payers, &payer, HASH_FIND, NULL) != NULL;
}

/*
 * Takes out what needs an account that is locked, and what comes after it of
 * the same payer.
 */
static void
drop_locked(Portion *portion)
{
	SbAccount *free = palloc(sizeof(SbAccount) * 2 * portion->count);
	int nfree = find_free(portion, free);
	int kept = 0;

	for (int i = 0; i < portion->count; i++)
	{
		const SbWaiting *waiting = &portion->chosen[i];

		if (is_passed_by(portion, waiting->from_account))
			continue;
		if (is_locked(waiting->from_account, free, nfree) ||
			is_locked(waiting->to_account, free, nfree))
		{
			pass_by(portion, waiting->from_account);
			locked_at = GetCurrentTimestamp();
		}
		else
			portion->chosen[kept++] = *waiting;
	}
	portion->count = kept;
	pfree(free);
}

/*
 * The rows that nobody else has locked.  The locks that tell it are given back,
 * since accounts are locked after keys.
 */
static int
find_free(const Portion *portion, SbAccount *free)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	int64 *ids = palloc(sizeof(int64) * 2 * portion->count);
	int nids = 0;
	int nfree;

	for (int i = 0; i < portion->count; i++)
	{
		ids[nids++] = sb_stripe_row(portion->chosen[i].from_account);
		ids[nids++] = sb_stripe_row(portion->chosen[i].to_account);
	}
	qsort(ids, nids, sizeof(int64), sb_compare_ids);
	nids = qunique(ids, nids, sizeof(int64), sb_compare_ids);

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	nfree = sb_store_lock_free_accounts(ids, nids, free);
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	pfree(ids);
	return nfree;
}

/* Has somebody else locked it?  It is there, and not among those that are free. */
static bool
is_locked(int64 account_id, const SbAccount *free, int nfree)
{
	int64 row_id = sb_stripe_row(account_id);
	SbAccount account;

	return bsearch(&row_id, free, nfree, sizeof(SbAccount), sb_compare_ids) == NULL &&
		sb_store_read_row(row_id, &account);
}

/*
 * Posts these requests, and records what became of them.
 */
static void
post(const int64 *tickets, int count, int *done, int *refused)
{
	SbRequest *requests = palloc(sizeof(SbRequest) * count);
	SbRows *outcomes = sb_store_outcomes(count);
	SbPosting *postings;

	count = sb_store_lock_requests(tickets, count, requests);
	if (count == 0)
		return;
	postings = make_postings(requests, count);
	judge(requests, postings, count);
	(void) sb_post(postings, count, false);
	SB_FAULT_POINT(requests_posted);
	for (int i = 0; i < count; i++)
		record(&requests[i], &postings[i], outcomes);
	sb_rows_write(outcomes);
	for (int i = 0; i < count; i++)
	{
		if (postings[i].state == SB_REFUSED)
		{
			sb_store_note_refused(requests[i].ticket);
			(*refused)++;
		}
		else
			(*done)++;
	}
	SB_FAULT_POINT(requests_ended);
}

/*
 * Each is what transfer() would make of it, so that keys are the same.
 */
static SbPosting *
make_postings(const SbRequest *requests, int count)
{
	SbPosting *postings = palloc0(sizeof(SbPosting) * Max(count, 1));
	SbLeg *legs = palloc0(sizeof(SbLeg) * 2 * Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		const SbRequest *request = &requests[i];
		SbPosting *posting = &postings[i];

		*posting = (SbPosting){.operation = SB_TRANSFER,
							   .legs = &legs[2 * i],
							   .role = request->role,
							   .gateway = request->gateway,
							   .key = request->key,
							   .description = request->description,
							   .metadata = request->metadata,
							   .reference = request->reference};
		if (request->key)
		{
			SbArgument arguments[] = {
				{"from_account", INT8OID, Int64GetDatum(request->from_account), false},
				{"to_account", INT8OID, Int64GetDatum(request->to_account), false},
				{"amount", INT8OID, Int64GetDatum(request->amount), false},
			};

			posting->request = sb_arguments_object(arguments, lengthof(arguments));
		}
		(void) sb_set_two(posting, request->from_account, request->to_account, request->amount);
	}
	return postings;
}

/*
 * Refuses what the roles that asked may not do any more.
 */
static void
judge(const SbRequest *requests, SbPosting *postings, int count)
{
	bool may_transfer = false;
	bool restricted = false;
	SbLedgers *ledgers = NULL;

	for (int i = 0; i < count; i++)
	{
		SbPosting *posting = &postings[i];

		if (i == 0 || !is_of_same(&requests[i], &requests[i - 1]))
			may_transfer =
				sb_may_transfer(requests[i].role, requests[i].gateway, &restricted, &ledgers);
		posting->ledgers = ledgers;
		posting->is_restricted = restricted;
		if (posting->state != SB_OPEN)
			continue;
		if (!may_transfer)
			sb_refuse(posting,
					  &(SbRefusal){.code = SB_NO_PRIVILEGE,
								   .what = "transfer",
								   .other = "The role that asked may not do it any more."});
		else if (restricted)
			judge_own(&requests[i], posting);
	}
}

/* Has the same role asked for both, by the same gateway or by none? */
static bool
is_of_same(const SbRequest *request, const SbRequest *other)
{
	return strcmp(request->role, other->role) == 0 &&
		strcmp(request->gateway ? request->gateway : "", other->gateway ? other->gateway : "") == 0;
}

static void
judge_own(const SbRequest *request, SbPosting *posting)
{
	int64 ids[] = {request->from_account, request->to_account};
	int64 own[2];
	int nown;

	if (ids[0] > ids[1])
	{
		ids[0] = request->to_account;
		ids[1] = request->from_account;
	}
	nown = sb_store_find_own(request->role, posting->ledgers, ids, 2, own);
	posting->hides_credit =
		bsearch(&request->to_account, own, nown, sizeof(int64), sb_compare_ids) == NULL;
	if (bsearch(&request->from_account, own, nown, sizeof(int64), sb_compare_ids) == NULL)
		sb_refuse(posting,
				  &(SbRefusal){.code = SB_ACCOUNT_NOT_FOUND, .account_id = request->from_account});
}

static void
record(const SbRequest *request, SbPosting *posting, SbRows *outcomes)
{
	SbRefusal *refusal = &posting->refusal;
	SbOutcome outcome = {.ticket = request->ticket,
						 .is_posted = posting->state != SB_REFUSED,
						 .transfer_id = posting->transfer_id,
						 .is_replayed = posting->state == SB_REPLAYED};

	Assert(posting->state != SB_OPEN);
	if (!outcome.is_posted)
	{
		sb_hide_details(posting);
		/* what has the reference may be somebody else's */
		refusal->hidden |= refusal->code == SB_REFERENCE_EXISTS && posting->is_restricted;
		outcome.sqlstate = sb_sqlstate(refusal->code);
		outcome.message = sb_refusal_message(refusal);
		outcome.detail = sb_refusal_detail(refusal);
		sb_count_refusal(refusal->code);
		if (sb_log_refusals)
			sb_log_refusal(refusal, 0);
	}
	sb_store_add_outcome(outcomes, &outcome);
}

/*
 * For a teller, which nobody has called: posts a portion, unless somebody else
 * does.  Answers whether to go on at once; NULL: nothing waits.
 */
Datum
simplebank_serve_requests(PG_FUNCTION_ARGS)
{
	static const char step[] =
		"SELECT s.done, s.failed, s.waits"
		" FROM simplebank.jobs j, LATERAL simplebank_internal.post_waiting(true) s"
		" WHERE j.name OPERATOR(pg_catalog.=) 'requests' AND j.enabled";
	SbScope scope;
	bool is_done = false;
	bool waits = true;

	if (!sb_enqueued_is_serving)
		sb_raise_no_privilege("serve_requests", "It is a part of tellers.", NULL);
	sb_enter(&scope, fcinfo, SB_WRITES);
	if (sb_lock_job("requests", false))
	{
		bool isnull;

		if (SPI_execute(step, false, 1) != SPI_OK_SELECT)
			elog(ERROR, "requests could not be posted");
		if (SPI_processed > 0)
		{
			HeapTuple row = SPI_tuptable->vals[0];
			TupleDesc columns = SPI_tuptable->tupdesc;

			is_done = DatumGetInt64(SPI_getbinval(row, columns, 1, &isnull)) > 0 ||
				DatumGetInt64(SPI_getbinval(row, columns, 2, &isnull)) > 0;
			waits = DatumGetBool(SPI_getbinval(row, columns, 3, &isnull));
		}
	}
	sb_leave(&scope);
	if (!is_done && !waits)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(is_done);
}

Datum
simplebank_request_origin(PG_FUNCTION_ARGS)
{
	sb_admit(fcinfo, SB_READS | SB_PART);
	PG_RETURN_INT64(sb_store_request_origin());
}
