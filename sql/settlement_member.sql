/*
 * Members of settlement groups: who joins, settles by which account, leaves,
 * and whose customer an account is.
 *
 * Whoever changes a member locks its group's row first, as settle() does.
 */

/* May this account belong to a member of the group? */
CREATE FUNCTION simplebank_internal.check_settlement_account(argument text, account_id bigint, settled simplebank.settlement_groups)
RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	account simplebank.accounts;
BEGIN
	SELECT a.* INTO account FROM simplebank.accounts a WHERE a.id = account_id AND a.id > 0;
	IF NOT FOUND OR NOT simplebank_internal.has_ledger(account.ledger_id) THEN
		PERFORM simplebank_internal.refuse('SB003', format('There is no account %s.', account_id));
	ELSIF account.ledger_id <> settled.ledger_id THEN
		PERFORM simplebank_internal.refuse('SB011', format('Account %s is in another ledger than the group.', account_id));
	ELSIF account.status = 'closed' THEN
		PERFORM simplebank_internal.refuse('SB004', format('Account %s is closed.', account_id));
	ELSIF account.currency <> settled.currency THEN
		PERFORM simplebank_internal.refuse('SB005', format('Account %s has %s, the group %s.', account_id, account.currency, settled.currency));
	ELSIF account.is_system THEN
		PERFORM simplebank_internal.refuse('22023', argument, format('Account %s is one of the bank''s own.', account_id));
	END IF;
END $$;
COMMENT ON FUNCTION simplebank_internal.check_settlement_account IS
'Part of add_settlement_member() and assign_member(). Errors: SB003, SB011, SB004, SB005, 22023.';

CREATE FUNCTION simplebank_internal.find_settlement_member(settled simplebank.settlement_groups, member text)
RETURNS simplebank.settlement_members
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found_member simplebank.settlement_members;
BEGIN
	SELECT m.* INTO found_member FROM simplebank.settlement_members m
	WHERE m.ledger_id = settled.ledger_id AND m.group_name = settled.name AND m.member = find_settlement_member.member AND m.left_at IS NULL;
	IF member IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'member');
	ELSIF NOT FOUND THEN
		PERFORM simplebank_internal.refuse('SB606', format('Group "%s" has no member "%s".', settled.name, member));
	END IF;
	RETURN found_member;
END $$;
COMMENT ON FUNCTION simplebank_internal.find_settlement_member IS 'Part of assign_member() and others. Errors: 22004, SB606.';

CREATE FUNCTION simplebank_internal.bank_account(name text, currency text, ledger_id int)
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_bank_account'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.bank_account IS
'Part of add_settlement_member() and the job interest: as system_account(), in a ledger by its id, also for a name that is the ledger''s own. Errors: as system_account.';

CREATE FUNCTION simplebank_internal.set_clearing_status(account_id bigint, status text, reason text)
RETURNS void
AS 'MODULE_PATHNAME', 'simplebank_set_clearing_status'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank_internal.set_clearing_status IS
'Part of add_settlement_member() and remove_settlement_member(): freezes or closes a clearing account, for which set_account_status() and close_account() are refused. Errors: SB003, 22004, 22023.';

/*
 * From here on the account settles for a member: locked, so that it is not
 * closed meanwhile, and touched, so that an older snapshot does not close it either.
 */
CREATE FUNCTION simplebank_internal.take_settlement_account(account_id bigint, settled simplebank.settlement_groups)
RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	/* what is not there for the caller is not locked */
	PERFORM simplebank_internal.check_settlement_account('settlement_account', account_id, settled);
	PERFORM simplebank_internal.lock_accounts(ARRAY[account_id]);
	PERFORM simplebank_internal.check_settlement_account('settlement_account', account_id, settled);
	UPDATE simplebank.accounts a SET status = a.status WHERE a.id = account_id;
END $$;
COMMENT ON FUNCTION simplebank_internal.take_settlement_account IS
'Part of add_settlement_member() and set_settlement_account(). Errors: SB003, SB011, SB004, SB005, 22023.';

CREATE FUNCTION simplebank_internal.add_settlement_member(group_name text, member text, settlement_account bigint, ledger text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	joined CONSTANT simplebank.settlement_groups = simplebank_internal.find_settlement_group(group_name, simplebank_internal.ledger_id(ledger));
	former simplebank.settlement_members;
	clearing bigint;
	used record;
BEGIN
	PERFORM simplebank_internal.refuse('22004', a.name)
	FROM (VALUES ('member', member IS NULL), ('settlement_account', settlement_account IS NULL)) a(name, missing)
	WHERE a.missing;
	PERFORM FROM simplebank.settlement_groups g WHERE g.ledger_id = joined.ledger_id AND g.name = group_name FOR NO KEY UPDATE;
	SELECT m.* INTO former FROM simplebank.settlement_members m
	WHERE m.ledger_id = joined.ledger_id AND m.group_name = joined.name AND m.member = add_settlement_member.member AND m.left_at IS NOT NULL;
	IF FOUND THEN
		/* it comes back, to the clearing account that it had */
		PERFORM simplebank_internal.take_settlement_account(settlement_account, joined);
		clearing := former.clearing_account_id;
		UPDATE simplebank.settlement_members m SET settlement_account_id = settlement_account, left_at = NULL
		WHERE m.clearing_account_id = clearing;
	ELSE
		clearing := simplebank_internal.bank_account(format('clearing %s/%s', group_name, member), joined.currency, joined.ledger_id);
		PERFORM simplebank_internal.take_settlement_account(settlement_account, joined);
		INSERT INTO simplebank.settlement_members (ledger_id, group_name, member, settlement_account_id, clearing_account_id)
		VALUES (joined.ledger_id, group_name, member, settlement_account, clearing);
		SELECT a.balance, a.version, a.stripes INTO used FROM simplebank.accounts a WHERE a.id = clearing;
		IF used.balance <> 0 OR used.version <> 0 OR used.stripes IS NOT NULL THEN
			PERFORM simplebank_internal.refuse('SB010', format('Account %s, "clearing %s/%s", has been used for something else: it has balance %s at version %s.',
				clearing, group_name, member, used.balance, used.version), 'Give the member another name.');
		END IF;
	END IF;
	PERFORM simplebank_internal.set_clearing_status(clearing, 'frozen', 'clearing account');
	PERFORM simplebank.audit('add_settlement_member', jsonb_build_object(
		'group_name', group_name, 'member', member, 'settlement_account', settlement_account, 'clearing_account', clearing) || jsonb_strip_nulls(jsonb_build_object('ledger', ledger)));
	RETURN clearing;
END $$;
COMMENT ON FUNCTION simplebank_internal.add_settlement_member IS 'Body of simplebank.add_settlement_member.';

CREATE FUNCTION simplebank.add_settlement_member(group_name text, member text, settlement_account bigint, ledger text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'simplebank_add_settlement_member'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.add_settlement_member IS
'Makes a bank a member of the group; settlement_account pays and receives its net positions. Opens the member''s clearing account, "clearing <group>/<member>", one of the bank''s own that stays frozen for all but clearing, and answers its id. One that has left comes back to the clearing account that it had, and to its customers. member: 1 to 100 bytes. ledger: the group''s, by name, which the account must be of. Errors in the order of checks: SB013 no such ledger, 22004 a value is missing, SB605 no such group, SB003 account not found, SB011 it is in another ledger, SB004 it is closed, SB005 it has another currency, 22023 it is one of the bank''s own, 23505 the member or its account is in the group already, 23514 the name''s length, SB010 an account of that name has been used for something else.';

CREATE FUNCTION simplebank_internal.assign_member(account_id bigint, group_name text, member text, ledger text)
RETURNS simplebank.settlement_assignments
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	joined CONSTANT simplebank.settlement_groups = simplebank_internal.find_settlement_group(group_name, simplebank_internal.ledger_id(ledger));
	assigned simplebank.settlement_assignments;
BEGIN
	IF account_id IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'account_id');
	END IF;
	PERFORM simplebank_internal.find_settlement_member(joined, member);
	PERFORM simplebank_internal.check_settlement_account('account_id', account_id, joined);
	INSERT INTO simplebank.settlement_assignments AS s (account_id, ledger_id, group_name, member)
	VALUES (account_id, joined.ledger_id, group_name, member)
	ON CONFLICT ON CONSTRAINT settlement_assignments_pkey DO UPDATE SET group_name = excluded.group_name, member = excluded.member
	RETURNING s.* INTO assigned;
	PERFORM simplebank.audit('assign_member', jsonb_build_object('account_id', account_id, 'group_name', group_name, 'member', member) || jsonb_strip_nulls(jsonb_build_object('ledger', ledger)));
	RETURN assigned;
END $$;
COMMENT ON FUNCTION simplebank_internal.assign_member IS 'Body of simplebank.assign_member.';

CREATE FUNCTION simplebank.assign_member(account_id bigint, group_name text, member text, ledger text DEFAULT NULL)
RETURNS simplebank.settlement_assignments
AS 'MODULE_PATHNAME', 'simplebank_assign_member'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.assign_member IS
'Says whose customer an account is, for clear_payment(); another member takes the place of the first, for payments to come. Answers its row of settlement_assignments. ledger: the group''s, by name, which the account must be of. Errors in the order of checks: SB013 no such ledger, 22004 a value is missing, SB605 no such group, SB606 no such member, SB003 account not found, SB011 it is in another ledger, SB004 it is closed, SB005 it has another currency, 22023 it is one of the bank''s own.';

CREATE FUNCTION simplebank_internal.set_settlement_account(group_name text, member text, settlement_account bigint, ledger text)
RETURNS simplebank.settlement_members
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	joined CONSTANT simplebank.settlement_groups = simplebank_internal.find_settlement_group(group_name, simplebank_internal.ledger_id(ledger));
	before simplebank.settlement_members;
	after simplebank.settlement_members;
BEGIN
	IF settlement_account IS NULL THEN
		PERFORM simplebank_internal.refuse('22004', 'settlement_account');
	END IF;
	PERFORM FROM simplebank.settlement_groups g WHERE g.ledger_id = joined.ledger_id AND g.name = group_name FOR NO KEY UPDATE;
	before := simplebank_internal.find_settlement_member(joined, member);
	PERFORM simplebank_internal.take_settlement_account(settlement_account, joined);
	UPDATE simplebank.settlement_members m SET settlement_account_id = settlement_account
	WHERE m.clearing_account_id = before.clearing_account_id RETURNING m.* INTO after;
	PERFORM simplebank.audit('set_settlement_account', jsonb_build_object('before', before, 'after', after));
	RETURN after;
END $$;
COMMENT ON FUNCTION simplebank_internal.set_settlement_account IS 'Body of simplebank.set_settlement_account.';

CREATE FUNCTION simplebank.set_settlement_account(group_name text, member text, settlement_account bigint, ledger text DEFAULT NULL)
RETURNS simplebank.settlement_members
AS 'MODULE_PATHNAME', 'simplebank_set_settlement_account'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.set_settlement_account IS
'Gives a member another settlement account, which from now on pays and receives its net positions, those of cycles that wait too; answers the member. The account before it is free to be closed. ledger: the group''s, by name, which the account must be of. Errors in the order of checks: SB013 no such ledger, 22004 a value is missing, SB605 no such group, SB606 no such member, SB003 account not found, SB011 it is in another ledger, SB004 it is closed, SB005 it has another currency, 22023 it is one of the bank''s own, 23505 another member has it.';

/* With its payments locked out: what it owes or is owed is settled, or it stays. */
CREATE FUNCTION simplebank_internal.remove_settlement_member(group_name text, member text, ledger text)
RETURNS simplebank.settlement_members
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	joined CONSTANT simplebank.settlement_groups = simplebank_internal.find_settlement_group(group_name, simplebank_internal.ledger_id(ledger));
	gone simplebank.settlement_members;
	position bigint;
	untaken bigint;
	waiting bigint;
BEGIN
	PERFORM simplebank_internal.find_settlement_member(joined, member);
	PERFORM simplebank_internal.lock_settlement_group(joined);
	gone := simplebank_internal.find_settlement_member(joined, member);
	SELECT a.balance INTO position FROM simplebank.accounts a WHERE a.id = gone.clearing_account_id;
	SELECT count(*) INTO untaken FROM simplebank_internal.unsettled_payments(joined, 'infinity') p WHERE p.member = gone.member;
	SELECT count(*) INTO waiting
	FROM simplebank.settlement_cycles c JOIN simplebank.settlement_positions p ON p.cycle_id = c.id
	WHERE c.ledger_id = joined.ledger_id AND c.group_name = joined.name AND c.status = 'waiting' AND p.member = gone.member;
	IF position <> 0 OR untaken > 0 OR waiting > 0 THEN
		PERFORM simplebank_internal.refuse('SB010', format('Member "%s" of group "%s" has position %s, %s, and %s cycles that wait.', member, group_name, position,
			CASE WHEN untaken > 0 THEN 'payments that no cycle has taken' ELSE 'no payments outside of cycles' END, waiting),
			'Call settle() in the same transaction before.');
	END IF;
	UPDATE simplebank.settlement_members m SET left_at = clock_timestamp()
	WHERE m.clearing_account_id = gone.clearing_account_id RETURNING m.* INTO gone;
	PERFORM simplebank_internal.set_clearing_status(gone.clearing_account_id, 'closed', 'member has left');
	PERFORM simplebank.audit('remove_settlement_member', jsonb_build_object(
		'group_name', group_name, 'member', member, 'settlement_account', gone.settlement_account_id, 'clearing_account', gone.clearing_account_id) || jsonb_strip_nulls(jsonb_build_object('ledger', ledger)));
	RETURN gone;
END $$;
COMMENT ON FUNCTION simplebank_internal.remove_settlement_member IS 'Body of simplebank.remove_settlement_member.';

CREATE FUNCTION simplebank.remove_settlement_member(group_name text, member text, ledger text DEFAULT NULL)
RETURNS simplebank.settlement_members
AS 'MODULE_PATHNAME', 'simplebank_remove_settlement_member'
LANGUAGE c VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION simplebank.remove_settlement_member IS
'Lets a member leave its group, and answers it with left_at; all of its payments must be settled. Its clearing account is closed, its settlement account free; its customers are of no member then (SB606), and no cleared payment of its is reversed (SB004), unless add_settlement_member() brings it back. Locks the group''s accounts. ledger: the group''s, by name. Errors in the order of checks: SB013 no such ledger, 22004 a value is missing, SB605 no such group, SB606 no such member, SB010 its position is not 0, or payments of its are not settled: DETAIL says which.';
