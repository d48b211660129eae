/* All so far is sealed; then come transfers between many accounts. */
SELECT simplebank.seal() \g /dev/null
SELECT count(*) FROM generate_series(1, :items / 10000) b, LATERAL (
	SELECT count(*) FROM (
		SELECT array_agg(1 + (random() * 4998)::bigint) AS debited, array_agg(5001 + (random() * 4998)::bigint) AS credited
		FROM generate_series(1, 10000) n WHERE b > 0) t,
		simplebank.transfer_batch(t.debited, t.credited, array_fill(1::bigint, ARRAY[10000]))) x \g /dev/null
