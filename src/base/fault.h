/*
 * fault.h
 *	  Points at which a test makes the ledger fail.
 *
 * They are for builds with -DSIMPLEBANK_FAULTS; in others nothing is left of
 * them.  A point that is not in the list compiles in neither.
 */
#ifndef SB_BASE_FAULT_H
#define SB_BASE_FAULT_H

/* clang-format off */
#define SB_FAULT_POINTS(POINT) \
	/* keys, and the steps of posting */ \
	POINT(key_claimed) \
	POINT(references_claimed) \
	POINT(days_locked) \
	POINT(accounts_locked) \
	POINT(free_accounts_sought) \
	POINT(decided) \
	POINT(transfer_written) \
	POINT(transfers_written) \
	POINT(entries_written) \
	POINT(balances_written) \
	POINT(event_written) \
	POINT(audit_written) \
	POINT(keys_freed) \
	POINT(references_freed) \
	POINT(posted) \
	POINT(answer_read) \
	/* what is not posted */ \
	POINT(account_opened) \
	POINT(code_claimed) \
	POINT(bank_account_opened) \
	POINT(limits_set) \
	POINT(details_set) \
	POINT(owner_set) \
	POINT(status_set) \
	POINT(stripes_opened) \
	POINT(stripes_set) \
	POINT(hold_placed) \
	POINT(hold_changed) \
	POINT(holds_expired) \
	POINT(order_written) \
	POINT(consumer_written) \
	POINT(order_cancelled) \
	POINT(orders_cancelled) \
	POINT(ledger_written) \
	POINT(keys_purged) \
	POINT(leaves_written) \
	POINT(log_appended) \
	POINT(pages_wiped) \
	/* jobs, and the end of a day */ \
	POINT(orders_locked) \
	POINT(orders_posted) \
	POINT(executions_written) \
	POINT(orders_updated) \
	POINT(settlement_locked) \
	POINT(settlement_posted) \
	POINT(interest_posted) \
	POINT(postings_awaited) \
	POINT(closing_locked) \
	POINT(closing_read) \
	/* submit_transfer() and tellers */ \
	POINT(request_written) \
	POINT(request_queued) \
	POINT(request_answered) \
	POINT(batch_taken) \
	POINT(batch_posted) \
	POINT(batch_committed) \
	POINT(batch_answered) \
	/* enqueue_transfer(), and who posts what it has enqueued */ \
	POINT(request_enqueued) \
	POINT(requests_chosen) \
	POINT(requests_posted) \
	POINT(requests_ended) \
	/* of each transaction that has written, whoever began it */ \
	POINT(before_commit) \
	POINT(committed)
/* clang-format on */

#define SB_FAULT_ID(point) SB_FAULT_##point,
typedef enum SbFaultPoint
{
	SB_FAULT_POINTS(SB_FAULT_ID) SB_FAULT_COUNT
} SbFaultPoint;

#ifdef SIMPLEBANK_FAULTS
#define SB_FAULT_POINT(point) sb_fault(SB_FAULT_##point)
extern void sb_fault(SbFaultPoint point);
extern void sb_define_faults(void);
#else
#define SB_FAULT_POINT(point) ((void) SB_FAULT_##point)
#define sb_define_faults() ((void) 0)
#endif

#endif /* SB_BASE_FAULT_H */
