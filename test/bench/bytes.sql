/*
 * Bytes that the ledger keeps per transfer of this database, beside the :wal
 * that was measured; :kind says which transfers they are.  Keys are kept for a
 * while only; all else for ever.  Whole pages are counted, so there should be
 * many transfers.
 */
SELECT simplebank.seal() \g /dev/null
VACUUM simplebank.transfers, simplebank.entries, simplebank.sealed_entries, simplebank.idempotency_keys;

WITH tables AS (
	SELECT c.relname AS name, pg_table_size(c.oid) AS heap, pg_indexes_size(c.oid) AS indexes
	FROM pg_class c
	WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r'
), total AS (
	SELECT count(*) AS transfers FROM simplebank.transfers
)
SELECT format('%-28s%9s%9s%9s%9s%9s', :'kind',
			  round(sum(t.heap) FILTER (WHERE t.name IN ('transfers', 'entries')) / max(n.transfers)),
			  round(sum(t.indexes) FILTER (WHERE t.name IN ('transfers', 'entries')) / max(n.transfers)),
			  round(sum(t.heap + t.indexes) FILTER (WHERE t.name = 'sealed_entries') / max(n.transfers)),
			  round(sum(t.heap + t.indexes) FILTER (WHERE t.name = 'idempotency_keys') / max(n.transfers)),
			  round(:'wal'::numeric))
FROM tables t, total n;
