/*
 * What call() takes and answers, for programs that read OpenAPI.  Everything is
 * read from the catalogue: signatures, comments, errors.
 */
CREATE FUNCTION simplebank_internal.json_schema(type oid, is_argument boolean, comment text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	t CONSTANT pg_type = (SELECT t FROM pg_type t WHERE t.oid = type);
	schema jsonb;
BEGIN
	IF t.typcategory = 'A' THEN
		schema := jsonb_build_object('type', jsonb_build_array('array', 'null'), 'items', simplebank_internal.json_schema(t.typelem, is_argument));
	ELSIF t.typtype = 'c' AND NOT is_argument THEN
		schema := (
			SELECT jsonb_build_object('type', jsonb_build_array('object', 'null'),
				'properties', jsonb_object_agg(a.attname, simplebank_internal.json_schema(a.atttypid, false, col_description(a.attrelid, a.attnum)) ORDER BY a.attnum))
			FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped);
	ELSE
		schema := CASE
			WHEN type = 'void'::regtype THEN jsonb '{"type": "null"}'
			WHEN type = 'jsonb'::regtype THEN jsonb '{}'
			WHEN type = 'boolean'::regtype THEN jsonb '{"type": ["boolean", "null"]}'
			WHEN type IN ('integer'::regtype, 'smallint'::regtype, 'oid'::regtype) AND NOT is_argument THEN jsonb '{"type": ["integer", "null"], "format": "int32"}'
			WHEN type = 'numeric'::regtype THEN jsonb '{"type": ["string", "number", "null"]}'
			WHEN t.typcategory = 'N' THEN jsonb '{"type": ["string", "integer", "null"], "pattern": "^-?[0-9]+$"}'
			WHEN type = 'timestamptz'::regtype THEN jsonb '{"type": ["string", "null"], "format": "date-time"}'
			WHEN type = 'date'::regtype THEN jsonb '{"type": ["string", "null"], "format": "date"}'
			ELSE jsonb '{"type": ["string", "null"]}' END;
		/* what leaves is exact in every reader */
		IF NOT is_argument AND t.typcategory = 'N' AND type NOT IN ('integer'::regtype, 'smallint'::regtype, 'oid'::regtype) THEN
			schema := schema || jsonb '{"type": ["string", "null"]}';
		END IF;
	END IF;
	RETURN schema || CASE WHEN comment IS NULL THEN jsonb '{}' ELSE jsonb_build_object('description', comment) END;
END $$;
COMMENT ON FUNCTION simplebank_internal.json_schema IS
'How call() takes a value of a type (is_argument), or answers it, as a JSON Schema.';

CREATE FUNCTION simplebank_internal.openapi_arguments(function oid)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH arguments AS (
		SELECT a.name, a.type, a.n, a.n > p.pronargs - p.pronargdefaults AS has_default, pg_get_function_arg_default(p.oid, a.position::int) AS value
		FROM pg_proc p, LATERAL (
			SELECT u.name, u.type, u.mode, u.position, count(*) FILTER (WHERE u.mode IN ('i', 'b')) OVER (ORDER BY u.position) AS n
			FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, coalesce(p.proargmodes, array_fill('i'::"char", ARRAY[p.pronargs::int])))
				WITH ORDINALITY u(type, name, mode, position)) a
		WHERE p.oid = function AND a.mode = 'i'
	)
	SELECT jsonb_build_object('type', 'object', 'additionalProperties', false,
			'properties', coalesce(jsonb_object_agg(a.name, simplebank_internal.json_schema(a.type, true,
				CASE WHEN a.has_default AND a.value NOT LIKE 'NULL::%' THEN 'Default: ' || a.value END)), '{}'))
		|| CASE WHEN bool_or(NOT a.has_default) THEN jsonb_build_object('required', jsonb_agg(a.name ORDER BY a.n) FILTER (WHERE NOT a.has_default)) ELSE '{}' END
	FROM arguments a
$$;
COMMENT ON FUNCTION simplebank_internal.openapi_arguments IS 'The arguments of an operation of call(), as a JSON Schema.';

CREATE FUNCTION simplebank_internal.openapi_result(function oid)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN p.proretset THEN jsonb_build_object('type', 'array', 'items', r.one) ELSE r.one END
	FROM pg_proc p, LATERAL (
		SELECT CASE
			WHEN p.prokind = 'p' OR p.prorettype = 'record'::regtype THEN (
				SELECT jsonb_build_object('type', jsonb_build_array('object', 'null'),
					'properties', coalesce(jsonb_object_agg(u.name, simplebank_internal.json_schema(u.type, false)), '{}'))
				FROM unnest(p.proallargtypes, p.proargnames, p.proargmodes) u(type, name, mode)
				WHERE u.mode IN ('o', 'b', 't'))
			ELSE simplebank_internal.json_schema(p.prorettype, false) END AS one) r
	WHERE p.oid = function
$$;
COMMENT ON FUNCTION simplebank_internal.openapi_result IS 'The result of an operation of call(), as a JSON Schema.';

CREATE FUNCTION simplebank_internal.openapi_responses(function oid)
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH refusals AS (
		SELECT e.http_status, string_agg(format('%s %s: %s', e.sqlstate, e.name, e.description), E'\n' ORDER BY e.sqlstate COLLATE "C") AS description
		FROM simplebank.error_codes() e
		WHERE position(e.sqlstate IN split_part(obj_description(function, 'pg_proc'), 'Errors', 2)) > 0
		GROUP BY e.http_status
	), answer(content) AS (
		VALUES (jsonb '{"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}}')
	)
	SELECT jsonb_build_object('200', jsonb_build_object('description', 'It was done.', 'content', jsonb_build_object('application/json', jsonb_build_object(
				'schema', jsonb_build_object('type', 'object', 'required', jsonb_build_array('ok', 'result'), 'properties', jsonb_build_object(
					'ok', jsonb '{"const": true}', 'result', simplebank_internal.openapi_result(function)))))),
			'default', answer.content || jsonb '{"description": "It was refused; see the code."}')
		|| coalesce((SELECT jsonb_object_agg(r.http_status, answer.content || jsonb_build_object('description', r.description)) FROM refusals r), '{}')
	FROM answer
$$;
COMMENT ON FUNCTION simplebank_internal.openapi_responses IS 'The responses of an operation of call(): its result, and the errors that its comment names by their HTTP status.';

CREATE FUNCTION simplebank_internal.openapi()
RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'openapi', '3.1.0',
		'info', jsonb_build_object('title', 'simplebank', 'version', (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'simplebank'),
			'license', jsonb '{"name": "PostgreSQL License", "identifier": "PostgreSQL"}',
			'description', 'The operations of call() in schema simplebank: POST /<operation> with the arguments as its body is call(operation, body), its response the envelope, its status error.status or 200. '
				'Amounts are integers of minor units. bigint and numeric are strings in responses; requests may have numbers, too.'),
		'servers', jsonb '[{"url": "/"}]',
		'paths', (
			SELECT jsonb_object_agg('/' || p.proname, jsonb_build_object('post', jsonb_build_object(
				'operationId', p.proname, 'summary', split_part(split_part(obj_description(p.oid, 'pg_proc'), '. ', 1), ': ', 1), 'description', obj_description(p.oid, 'pg_proc'),
				'requestBody', jsonb_build_object('required', (a.arguments ? 'required'), 'content', jsonb_build_object('application/json', jsonb_build_object('schema', a.arguments))),
				'responses', simplebank_internal.openapi_responses(p.oid))))
			FROM pg_proc p, LATERAL (SELECT simplebank_internal.openapi_arguments(p.oid) AS arguments) a
			WHERE p.pronamespace = 'simplebank'::regnamespace AND p.prokind IN ('f', 'p') AND p.proname NOT IN ('call', 'act_for')),
		'components', jsonb_build_object('schemas', jsonb_build_object(
			'Refusal', jsonb '{"type": "object", "required": ["ok", "error"], "properties": {"ok": {"const": false}, "error": {"$ref": "#/components/schemas/Error"}}}',
			'Error', jsonb_build_object('type', 'object',
				'required', jsonb '["code", "name", "class", "status", "message", "detail", "hint", "retryable", "argument"]',
				'properties', jsonb '{
					"name": {"type": "string"},
					"class": {"enum": ["caller", "business", "conflict", "server"], "description": "Whose fault it is."},
					"status": {"type": "integer", "description": "The HTTP status."},
					"message": {"type": "string"}, "detail": {"type": ["string", "null"]}, "hint": {"type": ["string", "null"]},
					"retryable": {"type": "boolean", "description": "May a program send the same request again by itself?"},
					"argument": {"type": ["string", "null"], "description": "The argument at fault, where it is known."}}'
					|| jsonb_build_object('code', jsonb_build_object('type', 'string', 'description', (
						SELECT string_agg(format('%s %s (%s): %s', e.sqlstate, e.name, e.class, e.description), E'\n' ORDER BY e.sqlstate COLLATE "C")
						FROM simplebank.error_codes() e)))))))
$$;
COMMENT ON FUNCTION simplebank_internal.openapi IS 'Body of simplebank.openapi.';

CREATE FUNCTION simplebank.openapi()
RETURNS jsonb
AS 'MODULE_PATHNAME', 'simplebank_openapi'
LANGUAGE c STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.openapi IS
'An OpenAPI 3.1 description of the operations of call(), for generators of clients and documents: a path /<operation> for each, with the schemas of its arguments and its result, its comment, and the errors that this names by their HTTP status. It is of all operations, whatever the caller may call. Errors: 42501 it is not granted.';
