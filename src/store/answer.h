/*
 * answer.h
 *	  Phrases for plans that read what a transfer has answered.
 */
#ifndef SB_STORE_ANSWER_H
#define SB_STORE_ANSWER_H

#include "store/sql.h"

/*
 * A transfer t with the entries that its answer tells of: those that it names
 * (d and c), or, of operations that answer their ends (see operation.c), and
 * of their reversals, the first and the last one (f and l).
 */
#define ANSWER_TABLES                                                           \
	" FROM simplebank.transfers t"                                              \
	" LEFT JOIN simplebank.entries d"                                           \
	" ON d.account_id" EQ "t.from_account_id AND d.version" EQ "t.from_version" \
	" LEFT JOIN simplebank.entries c"                                           \
	" ON c.account_id" EQ "t.to_account_id AND c.version" EQ "t.to_version"     \
	" LEFT JOIN simplebank.transfers o ON o.id" EQ "t.reverses"                 \
	" LEFT JOIN simplebank.entries f"                                           \
	" ON " ANSWERS_ENDS " AND f.transfer_id" EQ "t.id AND f.leg" EQ "1"         \
	" LEFT JOIN simplebank.entries l"                                           \
	" ON " ANSWERS_ENDS " AND l.transfer_id" EQ "t.id AND l.leg" EQ "4"

#define ANSWERS_ENDS                \
	"t.from_account_id IS NULL AND" \
	" coalesce(o.operation, t.operation)" EQ "ANY ('{exchange,clear_payment}'::pg_catalog.text[])"

#endif /* SB_STORE_ANSWER_H */
