/*
 * transfer.h
 *	  Rows of simplebank.transfers and simplebank.entries.
 */
#ifndef SB_STORE_TRANSFER_H
#define SB_STORE_TRANSFER_H

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "model/ledger.h"
#include "store/rows.h"

/* A row of simplebank.transfers.  Ids are above 0; 0 is none. */
typedef struct SbTransferRow
{
	int64 id;
	bool names_both; /* it has the next four */
	int64 from_row;
	int64 to_row;
	int64 from_version;
	int64 to_version;
	bool has_amount;
	int64 amount;
	TimestampTz posted_at;
	bool has_effective_at; /* of its own */
	TimestampTz effective_at;
	const char *operation;
	int64 reverses;
	bool has_ends; /* it has the next two */
	int64 from_amount;
	int64 to_amount;
	int64 hold_id;
	int32 ledger_id;
	const char *role;
	const char *gateway; /* or NULL: that acted for it */
	text *description;	 /* or NULL */
	Jsonb *metadata;	 /* or NULL */
	text *reference;	 /* or NULL */
} SbTransferRow;

/* A row of simplebank.entries. */
typedef struct SbEntryRow
{
	int64 row_id;
	int64 version;
	int64 transfer_id;
	int64 amount;
	int64 balance;
	TimestampTz posted_at;
	bool has_effective_at;
	TimestampTz effective_at;
	int32 leg; /* from 1; 0: its transfer names it */
} SbEntryRow;

/* What was taken back of a transfer. */
typedef struct SbTakenBack
{
	int64 reversed_by; /* 0: by none */
	int64 refunded;	   /* sum of its refunds */
} SbTakenBack;

/* What a transfer is to who has made it. */
typedef struct SbTransferAnswer
{
	TimestampTz posted_at;
	bool has_balances;
	int64 from_balance;
	int64 to_balance;
	bool from_is_part; /* of an account: it is not its balance */
	bool to_is_part;
} SbTransferAnswer;

extern void sb_store_write_transfer(const SbTransferRow *transfer, int64 from_balance,
									int64 to_balance, int64 from_held);
extern SbRows *sb_store_transfers(int expected);
extern void sb_store_add_transfer(SbRows *rows, const SbTransferRow *transfer);
extern SbRows *sb_store_entries(int expected);
extern void sb_store_add_entry(SbRows *rows, const SbEntryRow *entry);
extern bool sb_store_read_transfer(int64 id, SbTransferRow *transfer);
extern SbEntryRow *sb_store_read_legs(int64 transfer_id, int *count);
extern void sb_store_read_taken_back(int64 transfer_id, SbTakenBack *taken_back);
extern bool sb_store_shows_transfer(int64 id, const char *owner);
extern bool sb_store_read_answer(int64 transfer_id, SbTransferAnswer *answer);

#endif /* SB_STORE_TRANSFER_H */
