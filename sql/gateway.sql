/*
 * Gateways: one login for many customers, through one pool of connections.
 */
CREATE FUNCTION simplebank.act_for(owner text)
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_act_for'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.act_for IS
'For a member of simplebank_gateway: from now on it is the customer of this name and nothing else, until the end of the transaction, or of the savepoint if that is rolled back; another name takes the place of this one, NULL ends it. owner: as accounts have it, 1 to 255 bytes; one without accounts has none. It holds for the current user that calls, not within SECURITY DEFINER functions of others, nor after SET ROLE. Whoever may call it may be any customer: it is for an application that knows who its user is, as a statement by itself. Keys, orders and records are the customer''s; column gateway names the login. Answers owner. Errors: 22023 the name''s length, 42501 the caller is no gateway, or is more than one, the name is that of the bank (simplebank) or of a role that is more than a customer, 55006 a cursor is open, one of a function or a driver included: rows of whoever was acted for before could come through it. One that has given all its rows and cannot go back is none.';

CREATE FUNCTION simplebank_internal.customer()
RETURNS text
AS 'MODULE_PATHNAME', 'simplebank_customer'
LANGUAGE c STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION simplebank_internal.customer IS
'Whose rows the current user reads as own, for policies: its own name, or of a gateway that of the customer that it acts for, NULL for none. Errors: 25000 a gateway in a parallel worker, by a function that is wrongly marked PARALLEL SAFE.';
