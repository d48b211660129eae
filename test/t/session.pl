# What happens to and in a session: prepared transactions, savepoints and
# EXCEPTION blocks, time-outs and cancels, synchronous_commit, DROP EXTENSION
# and DROP DATABASE under it, its memory, its plans.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

# The walwriter sleeps, so that only a commit that waits is flushed; nothing
# else works in the background.
my $node = new_bank('session', conf => <<CONF);
autovacuum = off
bgwriter_delay = 10s
log_statement = none
max_prepared_transactions = 5
wal_writer_delay = 10s
CONF
my $dbh = session($node);

my $transfer = 'SELECT * FROM simplebank.transfer(?, ?, ?, ?)';

sub balance
{
	my ($id) = @_;
	return value($dbh, 'SELECT simplebank.balance(?)', $id);
}

# A pair of accounts, the first one with 1000.
sub new_pair
{
	my @pair = map { value($dbh, q{SELECT simplebank.open_account(?, 'USD')}, $_) } qw(alice bob);
	call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000)', $pair[0]);
	return @pair;
}

sub key_is_free
{
	my ($key, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(rows($dbh, 'SELECT * FROM simplebank.idempotency_check(?)', $key),
		'', "$name: the key is free");
}

#
# A role of which an administrator asks keys
#
{
	my ($alice, $bob) = new_pair();
	$dbh->do('SELECT simplebank.create_roles()');
	$dbh->do('CREATE ROLE forgetful LOGIN IN ROLE simplebank_teller');
	$dbh->do('ALTER ROLE forgetful SET simplebank.require_key = on');
	my $forgetful = session($node, user => 'forgetful');
	is(call($forgetful, $transfer, $alice, $bob, 1, undef)->{sqlstate}, '22004', 'its first call of a session needs a key');
	is(call($forgetful, 'SET simplebank.require_key = off')->{sqlstate}, '42501', 'which it cannot do away with');
	is(call($forgetful, $transfer, $alice, $bob, 1, 'kept in mind')->{to_balance}, 1, 'with one it pays');
	is(call($dbh, $transfer, $alice, $bob, 1, undef)->{to_balance}, 2, 'others do without');
	$forgetful->disconnect;

	$dbh->do('ALTER DATABASE postgres SET simplebank.require_key = on');
	$dbh->do('ALTER ROLE forgetful SET simplebank.require_key = off');
	my %asked = map { $_->[0] => call($_->[1], $transfer, $alice, $bob, 1, undef)->{sqlstate} // 'paid' }
	  [ all => session($node) ], [ forgetful => session($node, user => 'forgetful') ];
	is_deeply(\%asked, { all => '22004', forgetful => 'paid' }, 'or all of a database, but for a role');
	$dbh->do('ALTER DATABASE postgres RESET simplebank.require_key');
}

#
# Prepared transactions
#
{
	my ($alice, $bob) = new_pair();
	my ($carol, $dave) = new_pair();
	my %answer;
	foreach my $prepared ([ 'kept', $alice, $bob ], [ 'undone', $carol, $dave ])
	{
		my ($name, @pair) = @$prepared;
		$dbh->do('BEGIN');
		$answer{$name} = call($dbh, $transfer, @pair, 100, $name);
		$dbh->do("PREPARE TRANSACTION '$name'");
	}
	$dbh->disconnect;
	$node->stop('immediate');
	$node->start;
	$dbh = session($node);

	is(balance($alice), 1000, 'prepared, not committed: no money has moved');
	$dbh->do(q{SET lock_timeout = '100ms'});
	is(call($dbh, $transfer, $alice, $bob, 1, undef)->{sqlstate},
		'55P03', 'a prepared transaction keeps its accounts locked after a crash');
	is(call($dbh, $transfer, $alice, $bob, 100, 'kept')->{sqlstate}, '55P03', 'and its key');
	$dbh->do('RESET lock_timeout');
	$dbh->do(q{COMMIT PREPARED 'kept'});
	$dbh->do(q{ROLLBACK PREPARED 'undone'});

	is(balance($alice) . '|' . balance($bob), '900|100', 'COMMIT PREPARED: the money is there');
	is_deeply(call($dbh, $transfer, $alice, $bob, 100, 'kept'),
		{ %{ $answer{kept} }, replayed => 1 }, 'once');
	is(balance($carol) . '|' . balance($dave), '1000|0', 'ROLLBACK PREPARED: nothing has moved');
	key_is_free('undone', 'ROLLBACK PREPARED');
	is(call($dbh, $transfer, $carol, $dave, 7, 'undone')->{replayed}, 0, 'and can be used');
	verify_is_sound($dbh, 'prepared transactions: sound');
}

#
# Savepoints, EXCEPTION blocks and the user's identity
#
{
	my ($alice, $bob) = new_pair();
	$dbh->do($_) foreach (
		'CREATE ROLE regress_sb_clerk LOGIN',
		'GRANT USAGE ON SCHEMA simplebank TO regress_sb_clerk',
		'GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA simplebank TO regress_sb_clerk');
	my $clerk = session($node, user => 'regress_sb_clerk');
	my $is_clerk = sub {
		my ($name) = @_;
		is( rows($clerk, q{SELECT current_user, session_user, current_setting('is_superuser')}),
			'regress_sb_clerk|regress_sb_clerk|off',
			"$name: the user is who it was");
		return;
	};
	my $has_no_table = sub {
		my ($name) = @_;
		is(call($clerk, 'SELECT count(*) FROM simplebank.accounts')->{sqlstate},
			'42501', "$name: and cannot read tables");
		return;
	};

	$clerk->do('BEGIN');
	call($clerk, $transfer, $alice, $bob, 1, 'outer');
	$clerk->do('SAVEPOINT s');
	call($clerk, $transfer, $alice, $bob, 10, 'inner');
	value($clerk, q{SELECT simplebank.open_account('erin', 'USD')});
	value($clerk, 'SELECT simplebank.set_account_limits(?, -5, 7)', $bob);
	$clerk->do('ROLLBACK TO s');
	$is_clerk->('ROLLBACK TO');
	is(call($clerk, $transfer, $alice, $bob, 100_000, 'inner')->{sqlstate},
		'SB001', 'a refusal within a savepoint');
	$clerk->do('ROLLBACK TO s');
	$is_clerk->('after a refusal');
	call($clerk, $transfer, $alice, $bob, 20, 'inner');
	$clerk->do('RELEASE s');
	$clerk->do('COMMIT');
	$is_clerk->('COMMIT');
	$has_no_table->('COMMIT');

	is(balance($bob), 21, 'what the savepoint undid is undone');
	is( rows($dbh, 'SELECT version, min_balance, max_balance FROM simplebank.accounts WHERE id = ?', $bob),
		'2|0|',
		'version and limits too');
	is(value($dbh, q{SELECT count(*) FROM simplebank.accounts WHERE owner = 'erin'}),
		0, 'and the account');

	is(call($clerk, $transfer, $alice, $bob, 0, undef)->{sqlstate}, 'SB007', 'a refused call');
	$is_clerk->('a refused call');
	$has_no_table->('a refused call');

	# plpgsql: each failing call between two good ones
	$clerk->do(qq{DO \$\$
	DECLARE
		seen text := '';
		call text;
	BEGIN
		FOREACH call IN ARRAY ARRAY['transfer($alice, $bob, 1000000)', 'transfer($alice, $alice, 1)',
			'transfer($alice, -1, 1)', 'deposit($alice, -1)', 'withdraw($bob, 1000000)',
			'transfer($alice, $bob, 1, ''outer'', effective_at => now())', 'transfer(NULL, 1, 1)',
			'close_account($alice)', 'set_account_status($alice, ''odd'')', 'balance(-1)',
			'open_account(''x'', ''XXQ'')', 'balance_at($alice, now(), ''odd'')',
			'place_hold($alice, $bob, 1, now())', 'place_hold($alice, $bob, 1000000)', 'capture_hold(-1)',
			'release_hold(-1)', 'expire_holds(0)']
		LOOP
			PERFORM simplebank.transfer($alice, $bob, 1);
			BEGIN
				PERFORM simplebank.transfer($alice, $bob, 500);
				EXECUTE 'SELECT simplebank.' || call;
				RAISE 'accepted';
			EXCEPTION WHEN OTHERS THEN
				seen := seen || ' ' || SQLSTATE;
				IF current_user <> 'regress_sb_clerk' THEN
					RAISE 'user % after %', current_user, call;
				END IF;
			END;
		END LOOP;
		PERFORM set_config('test.seen', seen, false);
	END \$\$});
	is( value($clerk, q{SELECT current_setting('test.seen')}),
		' SB001 SB006 SB003 SB007 SB001 SB301 22004 SB010 22023 SB003 SB009 22023 22023 SB001 SB101 SB101 22023',
		'EXCEPTION blocks catch each refusal');
	$is_clerk->('EXCEPTION blocks');
	$has_no_table->('EXCEPTION blocks');
	is(balance($bob), 38, 'and undo what was done in them, nothing else');

	$clerk->disconnect;
	verify_is_sound($dbh, 'savepoints: sound');
}

#
# Waiting is ended by time-outs and cancels, without a trace
#
{
	my ($alice, $bob) = new_pair();
	my $holder = session($node);
	my $waiter = session($node);
	my @before = map { value($dbh, "SELECT count(*) FROM simplebank.$_") }
	  qw(transfers entries idempotency_keys account_events);

	foreach my $what ('account', 'key')
	{
		$holder->do('BEGIN');
		call($holder, $transfer, $alice, $bob, 1, $what eq 'key' ? 'contended' : 'other');
		foreach my $ended (
			[ statement_timeout => '57014', '100ms' ],
			[ lock_timeout => '55P03', '100ms' ],
			[ cancel => '57014' ])
		{
			my ($how, $sqlstate, $setting) = @$ended;
			$waiter->do("SET $how = '$setting'") if $setting;
			my $call = begin_call($waiter, $transfer, $alice, $bob, 5, 'contended');
			if ($how eq 'cancel')
			{
				wait_for_lock($dbh, $waiter->{pg_pid});
				value($dbh, 'SELECT pg_cancel_backend(?)', $waiter->{pg_pid});
			}
			is(end_call($waiter, $call)->{sqlstate}, $sqlstate, "$how while waiting for the $what");
			$waiter->do("RESET $how") if $setting;
			is(value($waiter, 'SELECT current_user = session_user'), 1, "$how: the user is who it was");
			key_is_free('contended', $how);
		}
		$holder->do('ROLLBACK');
	}
	is( join('|', map { value($dbh, "SELECT count(*) FROM simplebank.$_") }
			  qw(transfers entries idempotency_keys account_events)),
		join('|', @before),
		'no trace is left');
	is(call($waiter, $transfer, $alice, $bob, 5, 'contended')->{replayed}, 0, 'the key can be used');

	# settings wait as well
	$holder->do('BEGIN');
	call($holder, $transfer, $alice, $bob, 1, undef);
	$waiter->do(q{SET lock_timeout = '50ms'});
	foreach my $setting ("set_account_limits($alice, 0, 1)", "set_account_status($alice, 'frozen')",
		"close_account($bob)")
	{
		is(call($waiter, "SELECT simplebank.$setting")->{sqlstate}, '55P03', "lock_timeout: $setting");
	}
	$holder->do('COMMIT');
	is(balance($bob), 6, 'who held the lock has worked on');
	$_->disconnect foreach $holder, $waiter;
	verify_is_sound($dbh, 'ended waits: sound');
}

#
# Money is durable whatever synchronous_commit says
#
{
	my ($alice, $bob) = new_pair();
	my $hasty = session($node);
	$hasty->do('SET synchronous_commit = off');

	# Is what a transaction has written flushed when its COMMIT returns?
	my $flushed = sub {
		my ($statement) = @_;
		$hasty->begin_work;
		$hasty->do($statement);
		my $written = value($hasty, 'SELECT pg_current_wal_insert_lsn()');
		$hasty->commit;
		return value($hasty, 'SELECT pg_current_wal_flush_lsn() > ?', $written) ? 1 : 0;
	};

	$dbh->do('CREATE TABLE plain (a int)');
	my @plain = map { $flushed->('INSERT INTO plain VALUES (1)') } 1 .. 5;
	ok((grep { !$_ } @plain) > 0, 'a plain insert is not flushed');
	$hasty->do('SET simplebank.durability = off');
	my @released = map { $flushed->("SELECT simplebank.transfer($alice, $bob, 1)") } 1 .. 5;
	ok((grep { !$_ } @released) > 0, 'nor a transfer, where a superuser has released it');
	$hasty->do('RESET simplebank.durability');
	$dbh->do('CREATE ROLE hurried');
	$hasty->do('SET ROLE hurried');
	is(call($hasty, 'SET simplebank.durability = off')->{sqlstate}, '42501', 'nobody else may');
	$hasty->do('RESET ROLE');

	my ($captured, $released) = map {
		call($dbh, 'SELECT * FROM simplebank.place_hold(?, ?, 1)', $alice, $bob)->{hold_id}
	} 1 .. 2;
	place_passed_hold($dbh, $alice, $bob, 1);
	my @calls = (
		'expire_holds()', "place_hold($alice, $bob, 1)", "capture_hold($captured)", "release_hold($released)",
		"transfer($alice, $bob, 1)", "transfer($alice, $bob, 2, 'durable')", "deposit($alice, 3)",
		"withdraw($alice, 4)", q{open_account('frank', 'USD')}, q{system_account('fees', 'USD')},
		"set_account_limits($alice, -1, NULL)", "set_account_status($alice, 'active')",
		q{add_currency('DURABLE', 3)});
	foreach my $call (@calls)
	{
		my @flushed = map { $flushed->("SELECT simplebank.$_") } $call;
		is("@flushed", '1', "$call is flushed");
	}
	is($flushed->(qq{DO \$\$ BEGIN PERFORM simplebank.transfer($alice, $bob, 1); END \$\$}),
		1, 'from plpgsql too');
	my $fifth = value($dbh, q{SELECT simplebank.open_account('grace', 'USD')});
	is($flushed->("SELECT simplebank.close_account($fifth)"), 1, 'close_account is flushed');
	$hasty->disconnect;
}

#
# A session whose extension or database is dropped
#
{
	$dbh->do('CREATE DATABASE dropped');
	my $started = value($dbh, 'SELECT pg_postmaster_start_time()');
	my ($admin, $old) = map { session($node, dbname => 'dropped') } 1 .. 2;
	my $clean = qr/^(42883|3F000|42P01|0A000|55000|XX000)$/;

	# $old keeps plans of everything
	my $work = sub {
		my ($session) = @_;
		my @pair = map {
			call($session, q{SELECT simplebank.open_account(?, 'USD') AS id}, $_)->{id}
		} qw(alice bob);
		my @answers = (
			call($session, q{SELECT * FROM simplebank.deposit(?, 50, 'd')}, $pair[0]),
			call($session, $transfer, @pair, 20, 't'),
			call($session, $transfer, @pair, 20, 't'),
			call($session, 'SELECT * FROM simplebank.withdraw(?, 5)', $pair[1]),
			call($session, 'SELECT simplebank.balance(?)', $pair[0]),
			call($session, q{SELECT simplebank.balance_at(?, now(), 'effective')}, $pair[0]),
			call($session, 'SELECT count(*) FROM simplebank.statement(?)', $pair[0]),
			call($session, 'SELECT max_balance FROM simplebank.set_account_limits(?, 0, 100)', $pair[1]),
			call($session, q{SELECT count(*) FROM simplebank.idempotency_check('t')}));
		return join ' ', map {
			    $_->{sqlstate}
			  ? $_->{sqlstate}
			  : join ',', map { $_ // '' } @{$_}{ grep { !/posted_at/ } sort keys %$_ }
		} @answers;
	};
	$admin->do('CREATE EXTENSION simplebank');
	my $first = $work->($old);
	unlike($first, qr/\b[0-9A-Z]{5}\b/, 'a session works');

	# while its transaction is open, DROP waits
	$old->do('BEGIN');
	call($old, $transfer, 1, 2, 1, undef);
	$admin->do(q{SET lock_timeout = '100ms'});
	is(call($admin, 'DROP EXTENSION simplebank')->{sqlstate}, '55P03', 'DROP EXTENSION waits for it');
	$admin->do('RESET lock_timeout');
	$old->do('COMMIT');

	$admin->do('DROP EXTENSION simplebank');
	foreach my $statement (
		'SELECT simplebank.balance(1)', q{SELECT * FROM simplebank.transfer(1, 2, 1)},
		q{SELECT simplebank.open_account('alice', 'USD')})
	{
		like(call($old, $statement)->{sqlstate} // 'none', $clean, "dropped: $statement");
	}
	foreach my $round (1 .. 3)
	{
		$admin->do('CREATE EXTENSION simplebank');
		is($work->($old), $first, "created anew, round $round: the session works again");
		verify_is_sound($old, "created anew, round $round");
		$admin->do('DROP EXTENSION simplebank') if $round < 3;
	}

	# somebody else's schema of that name is not the ledger
	$admin->do('DROP EXTENSION simplebank');
	$admin->do('CREATE SCHEMA simplebank');
	like(call($old, 'SELECT simplebank.balance(1)')->{sqlstate} // 'none', $clean, 'another schema');
	$admin->do('DROP SCHEMA simplebank');
	$admin->do('CREATE EXTENSION simplebank');
	is($work->($old), $first, 'and back again');

	$old->do('BEGIN');
	call($old, $transfer, 1, 2, 1, undef);
	$admin->disconnect;
	is(call($dbh, 'DROP DATABASE dropped WITH (FORCE)')->{sqlstate}, undef, 'DROP DATABASE WITH (FORCE)');
	like(call($old, 'SELECT simplebank.balance(1)')->{sqlstate} // 'none',
		qr/^(57P01|08)/, 'its session has ended');
	eval { $old->disconnect };
	is(value($dbh, 'SELECT pg_postmaster_start_time()'), $started, 'the server has run on');
}

#
# Memory: the same after many calls as after some
#
{
	my ($alice, $bob) = new_pair();
	my $worker = session($node);
	value($dbh, 'SELECT simplebank.set_account_limits(?, NULL, NULL)', $_) foreach $alice, $bob;

	# the server's own record of rows changed twice in a transaction is not ours
	my $memory = sub {
		return value($worker,
			q{SELECT sum(total_bytes) FROM pg_backend_memory_contexts WHERE name <> 'Combo CIDs'});
	};
	my $flat = sub {
		my ($name, $calls, $body) = @_;
		my $run = sub {
			my ($count, $tag) = @_;
			$worker->do(qq{DO \$\$
			DECLARE
				answer record;
			BEGIN
				FOR i IN 1 .. $count LOOP
					$body;
					IF i % 100 = 0 THEN COMMIT; END IF;
				END LOOP;
			END \$\$} =~ s/TAG/$tag/r);
		};
		$run->(1000, 'warm');
		my $before = $memory->();
		$run->($calls, 'full');
		cmp_ok($memory->() - $before, '<', 200_000, "memory is flat: $calls times $name");
		return;
	};
	$flat->('transfer', 100_000, "PERFORM simplebank.transfer($alice, $bob, 1)");
	$flat->('transfer with key', 20_000,
		"PERFORM simplebank.transfer($alice, $bob, 1, 'TAG' || i, 'text', '{\"a\": 1}', now())");
	$flat->('a replay', 20_000, "PERFORM simplebank.transfer($alice, $bob, 1, 'again')");
	$flat->('a hold placed, captured in part and released', 5_000,
		"SELECT hold_id INTO answer FROM simplebank.place_hold($alice, $bob, 2);
		 PERFORM simplebank.capture_hold(answer.hold_id, 1, false); PERFORM simplebank.release_hold(answer.hold_id)");
	$flat->('deposit and withdraw', 10_000,
		"PERFORM simplebank.deposit($alice, 1); PERFORM simplebank.withdraw($alice, 1)");
	$flat->('balances of now and then', 20_000,
		"PERFORM simplebank.balance($alice), simplebank.balance_at($alice, now()), simplebank.available($bob); PERFORM simplebank.balances($bob)"
	);
	$flat->('a page', 5_000, "PERFORM simplebank.statement($alice, max_rows => 20)");
	$flat->('a refusal', 10_000,
		"BEGIN PERFORM simplebank.transfer($alice, $alice, 1); EXCEPTION WHEN OTHERS THEN NULL; END");

	# in one transaction; many accounts, since a transaction cannot prune its own dead rows
	$worker->do(qq{DO \$\$ BEGIN
		FOR i IN 1 .. 2000 LOOP
			PERFORM simplebank.open_account('many', 'USD', min_balance => NULL);
		END LOOP;
	END \$\$});
	my $least = value($dbh, q{SELECT min(id) FROM simplebank.accounts WHERE owner = 'many'});
	my $within = sub {
		my ($rounds) = @_;
		$worker->do(qq{DO \$\$ BEGIN
			FOR i IN 1 .. $rounds LOOP
				FOR n IN 0 .. 998 LOOP
					PERFORM simplebank.transfer($least + n, $least + 1000 + n, 1);
				END LOOP;
			END LOOP;
		END \$\$});
		return;
	};
	$worker->do('BEGIN');
	$within->(2);
	my $before = $memory->();
	$within->(20);
	cmp_ok(($memory->() - $before) / 20_000,
		'<', 20, 'memory is flat: bytes per transfer, of 20,000 in one transaction');
	$worker->do('COMMIT');
	$worker->disconnect;
	verify_is_sound($dbh, 'many transfers: sound');
}

#
# Plans: index scans, whatever the session has set, whatever the size of the
# tables when they were made.  Each case has a small ledger of its own, whose
# tables the planner would rather read as a whole, and then a large one.
#
{
	my $number = 0;
	my $operations = sub {
		my ($session, $tag) = @_;
		my @statements = (
			"transfer(1, 2, 1)", "transfer(1, 2, 1, '$tag')", "transfer(1, 2, 1, '$tag')",
			"deposit(1, 5)", "withdraw(1, 5)", 'balance(1)', 'available(2)', 'balances(1)',
			'balance_at(1, now())', q{balance_at(1, now(), 'effective')}, 'statement(1)',
			'statement(1, max_rows => 2)', "idempotency_check('$tag')", q{system_account('cash', 'USD')},
			'set_account_limits(2, 0, NULL)', q{set_account_status(2, 'active')});
		foreach my $statement (@statements)
		{
			my $failed = call($session, "SELECT simplebank.$statement")->{sqlstate};
			return "$statement: $failed" if $failed;
		}
		value($session, 'SELECT pg_stat_force_next_flush()');
		return '';
	};
	my $scans = sub {
		my ($watcher) = @_;
		# it has made the ledger: what it has counted itself shall be there now, not some time later
		value($watcher, 'SELECT pg_stat_force_next_flush()');
		return rows($watcher,
			q{SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'simplebank'
				AND relname IN ('accounts', 'entries', 'transfers', 'idempotency_keys') ORDER BY 1});
	};

	# name, before the session's first call, after it
	my $analyze = 'ANALYZE simplebank.accounts, simplebank.entries, simplebank.transfers, simplebank.idempotency_keys';
	my @cases = (
		[ 'nothing' ],
		[ 'a first temporary table', undef, sub { $_[0]->do('CREATE TEMP TABLE t (a int)') } ],
		[ 'search_path', undef, sub { $_[0]->do('SET search_path = pg_temp, simplebank, public') } ],
		[ 'ANALYZE', undef, sub { $_[0]->do($analyze) } ],
		[ 'settings before', sub {
				$_[0]->do('SET enable_indexscan = off; SET enable_nestloop = off; SET enable_sort = off')
			} ],
		[ 'settings afterwards', undef, sub {
				$_[0]->do('SET enable_indexscan = off; SET enable_nestloop = off');
				$_[0]->do($analyze);
			} ],
		[ 'custom plans before', sub { $_[0]->do('SET plan_cache_mode = force_custom_plan') } ],
		[ 'custom plans afterwards', undef, sub { $_[0]->do('SET plan_cache_mode = force_custom_plan') } ],
		[ 'DISCARD ALL', undef, sub { eval { $_[0]->do('DISCARD ALL') } } ],
		# a plan that turns out to be stale only when its tables are locked
		(
			map {
				my $statement = $_;
				[ "ANALYZE by another session, then $statement", undef, sub {
						my ($session, $other) = @_;
						$session->begin_work;
						value($session, 'SELECT 1');
						$other->do($analyze);
						call($session, "SELECT simplebank.$statement") foreach 1 .. 10;
						$session->commit;
					} ]
			} 'balance(1)', 'deposit(1, 5)', 'balance_at(1, now())', q{idempotency_check('first')},
			'transfer(1, 2, 1)'
		));

	foreach my $case (@cases)
	{
		my ($name, $before, $after) = @$case;
		my $database = 'plans' . ++$number;
		$dbh->do("CREATE DATABASE $database");
		my $other = session($node, dbname => $database);
		$other->do('CREATE EXTENSION simplebank');
		value($other, q{SELECT simplebank.open_account('alice', 'USD', min_balance => NULL)}) for 1 .. 2;

		my $session = session($node, dbname => $database);
		$session->{pg_server_prepare} = 0;
		$before->($session) if $before;
		is($operations->($session, 'first'), '', "$name: the first calls");
		my $counted = $scans->($other);
		$after->($session, $other) if $after;
		is($operations->($session, 'second'), '', "$name: the next calls");
		is($scans->($other), $counted, "$name: no table is read as a whole");

		# the same plans on a larger ledger
		$other->do(q{INSERT INTO simplebank.accounts (owner, currency, kind)
			SELECT 'many', 'USD', 'liability' FROM generate_series(1, 10000)});
		is($operations->($session, 'third'), '', "$name: calls on a larger ledger");
		is($scans->($other), $counted, "$name: no table is read as a whole when it has grown");
		$_->disconnect foreach $session, $other;
	}
}

# A call within a call: a trigger on transfers takes a fee, and makes the
# session's first temporary table, so that the inner call plans anew what the
# outer one is running.
{
	$dbh->do('CREATE DATABASE nested');
	my $session = session($node, dbname => 'nested');
	$session->do('CREATE EXTENSION simplebank');
	value($session, q{SELECT simplebank.open_account('a' || i, 'USD', min_balance => NULL)
		FROM generate_series(1, 4) i});
	$session->do(q{CREATE FUNCTION fee() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF NEW.description = 'fee' THEN RETURN NULL; END IF;
			CREATE TEMP TABLE IF NOT EXISTS fees (amount bigint);
			PERFORM simplebank.transfer(3, 4, 1, description => 'fee');
			RETURN NULL;
		END $$});
	$session->do('CREATE TRIGGER fee AFTER INSERT ON simplebank.transfers
		FOR EACH ROW EXECUTE FUNCTION fee()');
	$session->disconnect;
	foreach my $number (1 .. 5)
	{
		$session = session($node, dbname => 'nested');
		call($session, 'SELECT simplebank.transfer(1, 2, 1)') for 1 .. 3;
		is(value($session, 'SELECT simplebank.balance(4)'),
			3 * $number, "session $number: a call within a call, thrice");
		verify_is_sound($session, "session $number: and the ledger is sound");
		$session->disconnect;
	}
}

verify_is_sound($dbh, 'sound at the end');
$dbh->disconnect;
$node->stop;
done_testing();
