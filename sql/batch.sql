CREATE FUNCTION simplebank.transfer_batch(
	from_accounts bigint[], to_accounts bigint[], amounts bigint[],
	keys text[] DEFAULT NULL, descriptions text[] DEFAULT NULL, metadatas jsonb[] DEFAULT NULL, links int[] DEFAULT NULL,
	atomic boolean DEFAULT true, "references" text[] DEFAULT NULL,
	OUT item int, OUT transfer_id bigint, OUT sqlstate text, OUT name text, OUT message text, OUT detail text, OUT hint text,
	OUT replayed boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'simplebank_transfer_batch'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.transfer_batch IS
'Many transfers in one call: element i of each array is item i; amounts in minor units; later items see the effect of earlier ones. Answers a row per item, in order. atomic: the first refusal raises its error, DETAIL names the item, and nothing moves; else a refused item answers what its error would say: sqlstate, name, message, detail, hint (NULL where accepted), and consecutive items with the same number in links succeed or fall together (SB401: another one was refused). keys, descriptions, metadatas, links, references: NULL, or an array of the same length, whose elements may be NULL. A key stands for the same request here and in transfer. Errors of an item: as transfer, and SB401; of the call: 22004, 22023 arrays of different lengths or dimensions or more than simplebank.max_batch items, a customer''s more than simplebank.max_customer_batch, 42501.';
