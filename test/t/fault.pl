# Each fault point of src/base/fault.h, each way to fail there: an error, no memory,
# an end of the session, a crash of the server, a sleep in which the others go
# on, an error that is rolled back to a savepoint.  A request that failed has
# left no trace, one whose answer was lost is there once, and a retry settles
# it: in the end the ledger has changed exactly as without the fault.
#
# The points are in builds with -DSIMPLEBANK_FAULTS only; so the test makes an
# installation of its own beside the one that everything else tests.  Which
# points an operation passes, and how often, it asks the library; one that no
# operation passes is a failed test.
#
# A point is tried in each way with the first operation that passes it.  With
# the others there is an error at each point, and at each commit a crash and a
# sleep too; SIMPLEBANK_FAULTS=all tries each way everywhere.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Installation;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $everywhere = ($ENV{SIMPLEBANK_FAULTS} // '') eq 'all';
alarm(3600);    # rather than wait for ever; a busy machine needs ten times as long

my @actions = qw(error memory exit crash sleep savepoint);
my %failure = (
	error => qr/^58000$/,
	savepoint => qr/^58000$/,
	memory => qr/^53200$/,
	exit => qr/^(08...|57P01)$/,
	crash => qr/^(08...|57P02)$/,
	sleep => qr/^57014$/);

#
# The installation
#

my $tree = dirname(dirname($FindBin::RealBin));
my $directory = PostgreSQL::Test::Utils::tempdir();
my $installation = Simplebank::Installation->new("$directory/installation");
my $library = slurp_file($installation->library);
system_or_bail('cp', '-r', (map { "$tree/$_" } qw(Makefile simplebank.control sql src)), $directory);
system_or_bail("rm -f $directory/src/*.o $directory/src/*/*.o");
$installation->install($directory, '-j2', 'COPT=-Werror -DSIMPLEBANK_FAULTS');
unlike($library, qr/simplebank\.fault|sb_fault/, 'the library that everything else tests has no fault points');
like(slurp_file($installation->library), qr/simplebank\.fault.*sb_fault/s, 'this one has');

my $node = new_bank('fault', install_path => $installation->path, conf => <<CONF);
shared_preload_libraries = 'simplebank'
restart_after_crash = on
autovacuum = off
CONF

# What the server's setting is does not matter to these.
sub connected
{
	my $session;
	wait_until(sub { $session = eval { session($node) } }) or die 'the server does not come back';
	$session->do(q{SET simplebank.fault = ''});
	return $session;
}

my ($dbh, $own, $other) = map { connected() } 1 .. 3;
my @points = split ' ', value($dbh, 'SHOW simplebank.fault_points');
cmp_ok(scalar @points, '>', 40, 'the list of points');
foreach my $wrong ('no_such_point:crash', 'posted:faint', 'posted')
{
	is(call($dbh, "SET simplebank.fault = '$wrong'")->{sqlstate}, '22023', "no fault \"$wrong\"");
}

# The workers' setting is the server's: known once the worker says so.
sub set_for_worker
{
	my ($worker, $fault) = @_;
	foreach my $try (1 .. 10)
	{
		my $pid = $worker->();
		my $position = log_position();
		$dbh->do("ALTER SYSTEM SET simplebank.fault = '$fault'");
		$dbh->do('SELECT pg_reload_conf()');
		# it may have been about to end, by the fault before
		return if wait_until(sub { log_lines($position, qr/simplebank\.fault is "(\Q$fault\E)"/, $pid) || !kill 0, $pid })
		  && kill 0, $pid;
		$dbh->do(q{ALTER SYSTEM SET simplebank.fault = ''});
		$dbh->do('SELECT pg_reload_conf()');
	}
	die 'the worker does not listen';
}

sub teller
{
	my $pid;
	wait_until(
		sub {
			$pid = value($dbh, q{SELECT pid FROM pg_stat_activity, simplebank.stats WHERE backend_type = 'simplebank teller' AND tellers = 1});
			$pid // !$dbh->do('SELECT pg_reload_conf()');    # the launcher looks again
		}) or die 'no teller';
	return $pid;
}

sub log_worker
{
	my $pid;
	wait_until(sub { $pid = value($dbh, q{SELECT max(pid) FROM pg_stat_activity WHERE backend_type = 'simplebank log worker'}) })
	  or die 'no log worker';
	return $pid;
}

sub log_position { return -s $node->logfile }

# What the log says since then, of one process where given.
sub log_lines
{
	my ($position, $pattern, $pid) = @_;
	my $of = defined $pid ? qr/\[$pid\]/ : qr/\[\d+\]/;
	return slurp_file($node->logfile, $position) =~ /^[^\[\n]*$of.*?LOG:  $pattern$/mg;
}

#
# The ledger: whatever it holds, and how much
#

# positions are given by a process of its own, which nobody takes back
my @tables =
  grep { !/^log_(segments|sources|gaps)$/ } @{ $dbh->selectcol_arrayref(q{SELECT tablename FROM pg_tables WHERE schemaname = 'simplebank' ORDER BY 1}) };
my $everything = join ' UNION ALL ',
  map { qq{SELECT '$_', md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM simplebank.$_ t} } @tables;
# attempts of a job may be many, and a cycle that failed is told of; pages wait until nobody sees their rows
my $sums = join ' UNION ALL ',
  (map { "SELECT '$_', count(*) FROM simplebank.$_" } grep { !/^(job_runs|notices|erased_pages)$/ } @tables),
  map { "SELECT '$_ of ' || a.owner || ' ' || a.currency, sum(a.$_) FROM simplebank.accounts a GROUP BY a.owner, a.currency" } qw(balance held version);

sub contents { return rows($dbh, $everything) }

sub amounts
{
	return { map { @$_ } @{ $dbh->selectall_arrayref($sums) } };
}

sub change
{
	my ($operation, $case) = @_;
	my ($before, $after) = ($case->{amounts}, amounts());
	my %change = map { $_ => ($after->{$_} // 0) - ($before->{$_} // 0) } keys %$before, keys %$after;
	delete $change{ $operation->{calls_in} } if $operation->{calls_in};
	return join ', ', map { "$_ $change{$_}" } grep { $change{$_} } sort keys %change;
}

#
# The operations
#

my $serial = 0;
my @operations;

# call: SQL, of a key and what prepare has answered for it.
#
# keyed		a repetition has the same answer, and its column replayed, where
#			there is one, says that it is a repetition
# replays	so is the first one
# job		commits by itself, keeps errors to itself, and goes on at the next run
# keeps_errors	likewise, but for the commit
# calls_in	a table that has a row of each call, whatever comes of it
# submits	commits by itself, in a teller
# teller	it is the teller that fails
# release	ends what it waits for
# only		of the points that it passes this one
sub operation
{
	my ($name, %operation) = @_;
	push @operations, { name => $name, %operation };
	return;
}

sub open_account
{
	my ($owner, $currency) = @_;
	return value($dbh, 'SELECT simplebank.open_account(?, ?)', $owner, $currency // 'EUR');
}

sub deposit { return $dbh->do('SELECT * FROM simplebank.deposit(?, ?)', undef, $_[0], $_[1]) }

my $cash = value($dbh, q{SELECT simplebank.system_account('cash', 'EUR')});
$dbh->do('SELECT simplebank.set_stripes(?, 4)', undef, $cash);
my ($alice, $bob, $dave) = map { open_account($_) } qw(alice bob dave);
my $carol = open_account('carol', 'USD');
deposit($_, 1_000_000_000) foreach $alice, $bob, $carol;
$dbh->do('SELECT * FROM simplebank.exchange(?, ?, 1, 1)', undef, $alice, $carol);    # opens the bank's accounts

my $transfer = sub { "SELECT * FROM simplebank.transfer($alice, $bob, 7, key => '$_[0]')" };
operation('transfer', keyed => 1, call => $transfer);
operation('replay', keyed => 1, replays => 1, prepare => sub { $dbh->do($transfer->($_[0])) }, call => $transfer);
operation('transfer with effective_at', keyed => 1,
	call => sub { "SELECT * FROM simplebank.transfer($alice, $bob, 7, key => '$_[0]', effective_at => '2020-01-01 00:00+00')" });
operation('deposit', keyed => 1, call => sub { "SELECT * FROM simplebank.deposit($alice, 7, key => '$_[0]')" });
operation('exchange', keyed => 1, call => sub { "SELECT * FROM simplebank.exchange($alice, $carol, 7, 8, key => '$_[0]')" });
operation('post_journal', keyed => 1,
	call => sub { "SELECT * FROM simplebank.post_journal(ARRAY[$alice, $bob, $dave], '{-3, -4, 7}', key => '$_[0]')" });
operation('reverse_transfer', keyed => 1,
	prepare => sub { value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 7)', $alice, $bob) },
	call => sub { "SELECT * FROM simplebank.reverse_transfer($_[1], key => '$_[0]')" });

operation('refund_transfer', keyed => 1,
	prepare => sub { value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 7)', $alice, $bob) },
	call => sub { "SELECT * FROM simplebank.refund_transfer($_[1], 4, key => '$_[0]')" });

# accepted; refused, so that the key is free again; refused, and another one uses the key
operation('transfer_batch', keyed => 1, call => sub { <<SQL });
SELECT bool_and(replayed) FILTER (WHERE transfer_id IS NOT NULL) AS replayed, array_agg(transfer_id)::text AS transfers
FROM simplebank.transfer_batch(ARRAY[$alice, $dave, $dave, $alice], ARRAY[$bob, $bob, $bob, $dave], ARRAY[7, 1000, 1000, 3],
	keys => ARRAY['$_[0] a', '$_[0] b', '$_[0] c', '$_[0] c'], atomic => false)
SQL

# accepted; refused, so that the reference is free again; refused, and another one has it
operation('transfer_batch with references', keyed => 1, call => sub { <<SQL });
SELECT bool_and(replayed) FILTER (WHERE transfer_id IS NOT NULL) AS replayed, array_agg(transfer_id)::text AS transfers
FROM simplebank.transfer_batch(ARRAY[$alice, $dave, $dave, $alice], ARRAY[$bob, $bob, $bob, $dave], ARRAY[7, 1000, 1000, 3],
	keys => ARRAY['$_[0] a', NULL, NULL, '$_[0] c'], "references" => ARRAY['$_[0] a', '$_[0] b', '$_[0] c', '$_[0] c'], atomic => false)
SQL

# holds
sub hold { return value($dbh, 'SELECT hold_id FROM simplebank.place_hold(?, ?, 5)', $alice, $bob) }

sub due_hold
{
	my ($from) = @_;
	my $hold;
	wait_until(
		sub {
			$hold = call($dbh, q{SELECT * FROM simplebank.place_hold(?, ?, 5, clock_timestamp() + interval '5 ms')}, $from, $bob);
			!exists $hold->{sqlstate};    # it was in time
		}) or die $hold->{message};
	return $dbh->do('SELECT pg_sleep_until(?)', undef, $hold->{expires_at});
}
operation('place_hold', keyed => 1, call => sub { "SELECT * FROM simplebank.place_hold($alice, $bob, 5, key => '$_[0]')" });
operation('capture_hold', keyed => 1, prepare => \&hold, call => sub { "SELECT * FROM simplebank.capture_hold($_[1], 3, key => '$_[0]')" });
operation('release_hold', keyed => 1, prepare => \&hold, call => sub { "SELECT * FROM simplebank.release_hold($_[1], key => '$_[0]')" });
my $saver = open_account('saver');
operation('transfer of what was held', keyed => 1,
	prepare => sub { deposit($saver, 5); due_hold($saver) },
	call => sub { "SELECT * FROM simplebank.transfer($saver, $alice, 5, key => '$_[0]')" });

# orders
my $order = q{SELECT simplebank.schedule_transfer(%d, %d, 5, run_at => '2100-01-01', key => '%s')};
operation('schedule_transfer', keyed => 1, call => sub { sprintf $order, $alice, $bob, $_[0] });
operation('cancel_scheduled_transfer', prepare => sub { value($dbh, sprintf $order, $alice, $bob, "ordered $_[0]") },
	call => sub { "SELECT simplebank.cancel_scheduled_transfer($_[1])" });

operation('drop_consumer', prepare => sub { value($dbh, 'SELECT name FROM simplebank.create_consumer(?)', "of $_[0]") },
	call => sub { "SELECT simplebank.drop_consumer('$_[1]')" });

# settlement: of each group the payer, the payee, and what the paying bank settles with
sub settlement_group
{
	my ($name) = @_;
	my @customers;
	my @banks;
	$dbh->do('SELECT simplebank.create_settlement_group(?, ?)', undef, $name, 'EUR');
	foreach my $member (qw(north south))
	{
		push @banks, open_account("$name $member");
		$dbh->do('SELECT simplebank.add_settlement_member(?, ?, ?)', undef, $name, $member, $banks[-1]);
		push @customers, open_account("customer of $name $member");
		$dbh->do('SELECT simplebank.assign_member(?, ?, ?)', undef, $customers[-1], $name, $member);
	}
	deposit($customers[0], 1_000_000);
	return (@customers, $banks[0]);
}
my ($payer, $payee) = settlement_group('open');
operation('clear_payment', keyed => 1, call => sub { "SELECT * FROM simplebank.clear_payment($payer, $payee, 7, key => '$_[0]')" });

my @group = settlement_group('by hand');
operation('settle', keeps_errors => 1, calls_in => 'audit_events',
	prepare => sub { deposit($group[2], 7); $dbh->do('SELECT * FROM simplebank.clear_payment(?, ?, 7)', undef, @group[ 0, 1 ]) },
	call => sub { q{SELECT * FROM simplebank.settle('by hand')} });

my @waiting = settlement_group('by job');
# no dates of the clock's, only what waits
$dbh->do("ALTER TABLE simplebank.$_ DISABLE TRIGGER guard") foreach qw(settlement_groups settlement_cycles jobs job_runs idempotency_keys key_marks requests);
$dbh->do(q{UPDATE simplebank.settlement_groups SET last_date = '2100-01-01'});
$dbh->do(q{UPDATE simplebank.jobs SET watermark = '2100-01-01' WHERE name = 'settlement'});
operation('job settlement', job => 1,
	prepare => sub {
		$dbh->do('SELECT * FROM simplebank.clear_payment(?, ?, 7)', undef, @waiting[ 0, 1 ]);
		$dbh->do(q{SELECT * FROM simplebank.settle('by job')});
		deposit($waiting[2], 7);
		make_due();
	},
	call => sub { q{CALL simplebank.run_job('settlement')} });

# What has failed, or waits, is tried again at the next run.
sub make_due
{
	$dbh->do("UPDATE simplebank.$_ SET next_attempt_at = clock_timestamp() WHERE next_attempt_at IS NOT NULL")
	  foreach 'job_runs', 'settlement_cycles', 'settlement_groups';
	return;
}

# nothing is left to wipe
sub wipe { $dbh->do(q{CALL simplebank.run_job('wipe_erased')}) foreach 1 .. 2; return }
sub described { return value($dbh, q{SELECT transfer_id FROM simplebank.transfer(?, ?, 7, description => 'a text', metadata => '{"a": "text"}')}, $alice, $bob) }
operation('erase_texts', prepare => sub { wipe(); return described() }, call => sub { "SELECT * FROM simplebank.erase_texts($_[1], 'asked for')" });
operation('erase_texts of a hold', prepare => sub { wipe(); return value($dbh, q{SELECT hold_id FROM simplebank.place_hold(?, ?, 5, description => 'a text')}, $alice, $bob) }, call => sub { "SELECT * FROM simplebank.erase_texts(hold_id => $_[1], reason => 'asked for')" });

# jobs that tick
operation('job wipe_erased', job => 1, prepare => sub { $dbh->do(q{SELECT * FROM simplebank.erase_texts(?, 'asked for')}, undef, described()) },
	call => sub { q{CALL simplebank.run_job('wipe_erased')} });
# which notes every ten minutes what has been decided, and has done so
operation('job expire_holds', job => 1, prepare => sub { $dbh->do(q{CALL simplebank.run_job('expire_holds')}); return due_hold($alice) }, call => sub { q{CALL simplebank.run_job('expire_holds')} });
operation('job standing_orders', job => 1,
	prepare => sub { value($dbh, 'SELECT simplebank.schedule_transfer(?, ?, 5)', $alice, $bob) },
	call => sub { q{CALL simplebank.run_job('standing_orders')} });
# which no teller posts: it looks like one that was restored, and so what comes after it waits, too
sub enqueue_for_job
{
	$dbh->begin_work;
	value($dbh, 'SELECT simplebank.enqueue_transfer(?, ?, 5)', $alice, $bob);
	$dbh->do(q{UPDATE simplebank.requests SET origin = 0 WHERE state = 'waiting'});
	return $dbh->commit;
}
operation('enqueue_transfer', prepare => \&enqueue_for_job, call => sub { "SELECT simplebank.enqueue_transfer($alice, $bob, 5)" });
operation('job requests', job => 1,
	prepare => sub {
		# what was put off by a fault before is tried now, until nothing is left
		wait_until(sub {
			$dbh->do(q{UPDATE simplebank.requests SET next_attempt_at = clock_timestamp() WHERE next_attempt_at IS NOT NULL});
			$dbh->do(q{CALL simplebank.run_job('requests')});
			!value($dbh, q{SELECT count(*) FROM simplebank.requests WHERE state = 'waiting'});
		});
		my $answer = enqueue_for_job();
		# a teller looks at it more and more seldom, and while it does the job has no turn
		sleep 0.4;
		wait_until(sub { !value($dbh, q{SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND classid = 84}) });
		return $answer;
	},
	call => sub { q{CALL simplebank.run_job('requests')} });
operation('purge_keys',
	prepare => sub {
		$dbh->do($transfer->("old $_[0]"));
		$dbh->do(q{UPDATE simplebank.idempotency_keys SET number = 0 WHERE key = ?}, undef, "old $_[0]");
		$dbh->do('DELETE FROM simplebank.key_marks');
		$dbh->do(q{INSERT INTO simplebank.key_marks (marked_at, age, last_key, decided_at, oldest)
			VALUES (clock_timestamp(), '-31 days', 0, '3', '3'), (clock_timestamp(), '0', 0, '3', '3')});
	},
	call => sub { 'SELECT simplebank.purge_keys()' });

# Jobs with dates do the one that comes after the watermark.
sub next_date
{
	my ($job, $date) = @_;
	$dbh->do('UPDATE simplebank.jobs SET watermark = ?::date - 1 WHERE name = ?', undef, $date, $job);
	return $date;
}
operation('job verify_ledger', job => 1,
	prepare => sub { next_date('verify_ledger', value($dbh, q{SELECT '2001-01-01'::date + ?::int}, $serial)) },
	call => sub { "CALL simplebank.run_job('verify_ledger', '$_[1]')" });
# the first closing also fixes the end of the day that is on
$dbh->do(q{SELECT simplebank.close_day('2001-01-01')});
operation('job close_day', job => 1,
	prepare => sub {
		my $day = value($dbh, q{SELECT coalesce(max(day) + 1, '2001-01-01') FROM simplebank.closed_days});
		$dbh->do('SELECT * FROM simplebank.transfer(?, ?, 1, effective_at => ?)', undef, $alice, $bob, "$day 12:00+00");
		return next_date('close_day', $day);
	},
	call => sub { "CALL simplebank.run_job('close_day', '$_[1]')" });

# A balance that is there on the last of a month only, so that its interest of
# that day, 100, is all that is posted; and is taken away before the next.
my $bearer = open_account('bearer');
$dbh->do(q{SELECT simplebank.set_account_limits(?, NULL, NULL)}, undef, $bearer);
$dbh->do(q{SELECT simplebank.set_interest(?, 0.01, valid_from => '2010-01-01')}, undef, $bearer);
$dbh->do(q{SELECT simplebank.system_account('interest', 'EUR')});
my $month = 0;
operation('job interest', job => 1,
	prepare => sub {
		my @days = $dbh->selectrow_array(
			q{SELECT (m - interval '1 day')::date, m::date FROM (SELECT '2010-01-01'::date + make_interval(months => ?)) x(m)}, undef, ++$month);
		my $left = value($dbh, 'SELECT simplebank.balance(?)', $bearer);
		my $move = 'SELECT * FROM simplebank.transfer(?, ?, ?, effective_at => ?)';
		$dbh->do($move, undef, $bearer, $alice, $left, value($dbh, 'SELECT max(effective_at) FROM simplebank.entries WHERE account_id = ?', $bearer)) if $left;
		$dbh->do($move, undef, $alice, $bearer, 3_650_000, "$days[0] 12:00+00");
		$dbh->do($move, undef, $bearer, $alice, 3_650_000, "$days[1] 12:00+00");
		return next_date('interest', $days[0]);
	},
	call => sub { "CALL simplebank.run_job('interest', '$_[1]')" });

# accounts
operation('open_account', keyed => 1,
	call => sub { "SELECT simplebank.open_account('new', 'EUR', min_balance => NULL, stripes => 4, key => '$_[0]')" });
operation('open_account with a code', keyed => 1, call => sub { "SELECT simplebank.open_account('new', 'EUR', code => '$_[0]', key => '$_[0]')" });
operation('set_account_details', prepare => sub { open_account('nameless') }, call => sub { "SELECT simplebank.set_account_details($_[1], name => '$_[0]', code => '$_[0]')" });
operation('set_account_owner', prepare => sub { open_account('seller') }, call => sub { "SELECT simplebank.set_account_owner($_[1], 'buyer', '$_[0]')" });
operation('system_account', call => sub { "SELECT simplebank.system_account('$_[0]', 'EUR')" });
operation('set_account_limits', call => sub { "SELECT simplebank.set_account_limits($dave, -100, NULL, '$_[0]')" });
operation('set_account_status', call => sub { "SELECT simplebank.set_account_status($dave, 'active', '$_[0]')" });
operation('set_stripes', prepare => sub { value($dbh, q{SELECT simplebank.open_account('striped', 'EUR', min_balance => NULL)}) },
	call => sub { "SELECT simplebank.set_stripes($_[1], 4)" });
operation('close_account', prepare => sub { open_account('leaver') }, call => sub { "SELECT simplebank.close_account($_[1], '$_[0]')" });

# ledgers
operation('create_ledger', call => sub { "SELECT simplebank.create_ledger('$_[0]')" });
operation('grant_ledger', prepare => sub { $dbh->do('SELECT simplebank.create_ledger(?)', undef, $_[0]) },
	call => sub { "SELECT simplebank.grant_ledger(current_user, '$_[0]')" });

# seals
operation('seal', prepare => sub { $dbh->do($transfer->("sealed $_[0]")) }, call => sub { 'SELECT simplebank.seal()' });

# tellers
my $submit = sub { "CALL simplebank.submit_transfer_with_balances($alice, $bob, 7, '$_[0]')" };
operation('submit_transfer', keyed => 1, submits => 1, call => $submit);
operation('a teller', keyed => 1, submits => 1, teller => 1, call => $submit);
my $blocker;
operation('a teller at a locked account', submits => 1, teller => 1, only => 'free_accounts_sought',
	prepare => sub {
		$blocker = connected();
		$blocker->begin_work;
		$blocker->do('SELECT FROM simplebank.accounts WHERE id = ? FOR NO KEY UPDATE', undef, $alice);
	},
	call => sub { "CALL simplebank.submit_transfer($alice, $bob, 7)" },
	release => sub { eval { $blocker->rollback; $blocker->disconnect } });

#
# The cases
#

my @complaints;

sub expect
{
	my ($what, $got, $wanted) = @_;
	my $fits = !defined $wanted || (ref $wanted eq 'Regexp' ? $got =~ $wanted : $got eq $wanted);
	push @complaints, "$what: got \"$got\", not \"$wanted\"" unless $fits;
	return;
}

# refused or lost: its SQLSTATE
sub outcome { return $_[0]{sqlstate} // 'done' }

sub run
{
	my ($session, $operation, $case) = @_;
	return call($session, $operation->{call}->($case->{key}, $case->{id}));
}

sub begin
{
	my ($session, $operation, $case) = @_;
	return begin_call($session, $operation->{call}->($case->{key}, $case->{id}));
}

sub new_case
{
	my ($operation) = @_;
	my $case = { key => 'key ' . ++$serial };
	teller() if $operation->{submits};
	$case->{id} = $operation->{prepare}->($case->{key}) if $operation->{prepare};
	$case->{contents} = contents();
	$case->{amounts} = amounts();
	return $case;
}

sub set_fault
{
	my ($operation, $fault) = @_;
	return $operation->{teller} ? set_for_worker(\&teller, $fault) : $own->do("SET simplebank.fault = '$fault'");
}

# Without a fault: what it changes, and the points that it passes, in order.
sub try_out
{
	my ($operation) = @_;
	my $case = new_case($operation);
	my $pid = $operation->{teller} ? teller() : $own->{pg_pid};
	set_fault($operation, 'trace');
	my $position = log_position();
	my $call = begin($own, $operation, $case);
	if ($operation->{release})
	{
		expect('handed back', wait_for_lock($dbh, $own->{pg_pid}), 1);
		$operation->{release}->();
	}
	expect('answer', outcome(end_call($own, $call)), 'done');
	$operation->{change} = change($operation, $case);
	set_fault($operation, '');
	$operation->{passed} = [ log_lines($position, qr/fault point (\w+)/, $pid) ];
	expect('contents', contents() ne $case->{contents} ? 1 : 0, $operation->{replays} ? 0 : 1);
	return;
}

# What the caller is to see of it, and whether it is there then; undef: either.
sub expectation
{
	my ($operation, $point, $action) = @_;
	return teller_expectation($point, $action) if $operation->{teller};
	my $answer = $failure{$action};
	my $there = $point eq 'request_answered' || $point eq 'committed' || 0;
	$there = 0 if $operation->{replays};
	$there = undef if $operation->{job} || $point eq 'request_queued';
	return (qr/^(done|57014)$/, $there) if $point eq 'committed' && $action eq 'sleep';
	return (qr/^(done|58000|53200)$/, undef)
	  if ($operation->{job} || $operation->{keeps_errors}) && $action =~ /error|memory|savepoint/;
	return ($answer, $there);
}

# What a teller could not do its caller does; once it is committed, not.
sub teller_expectation
{
	my ($point, $action) = @_;
	my $done = $point =~ /^(committed|batch_committed|batch_answered)$/;
	return ($point eq 'batch_answered' ? qr/^(done|08...)$/ : $failure{crash}, $done ? 1 : 0) if $action eq 'crash';
	return ('done', 1) if $point eq 'batch_answered';
	return ($failure{sleep}, undef) if $action eq 'sleep';
	return ($point eq 'batch_committed' ? '08007' : 'done', 1);
}

sub fail_once
{
	my ($operation, $case, $point, $action, $nth) = @_;
	my $fault = "$point:" . ($action eq 'savepoint' ? 'error' : $action);
	my $answer;

	set_fault($operation, "$fault:$nth");
	my $position = log_position();
	my $done = sub { join ' ', log_lines($position, qr/fault (\w+:\w+)/) };
	if ($action eq 'savepoint')
	{
		$own->begin_work;
		$own->pg_savepoint('s');
		$answer = run($own, $operation, $case);
		$own->pg_rollback_to('s');
	}
	else
	{
		my $call = begin($own, $operation, $case);
		wait_until(sub { $done->() || (eval { $own->pg_ready } // 1) });
		fall_asleep($operation, $case, $point) if $action eq 'sleep';
		$operation->{release}->() if $operation->{release};
		wake_up($point) if $action eq 'sleep';
		$answer = end_call($own, $call);
	}
	# a teller may come to it after the answer
	wait_until($done);
	expect('the fault', $done->(), $fault);
	if ($action eq 'crash')
	{
		wait_until(sub { !$dbh->ping }) or die 'the server goes on';
		($dbh, $other) = map { connected() } 1 .. 2;
		teller() if $operation->{submits};
	}
	$own = connected() if $action =~ /exit|crash/;
	set_fault($operation, '') if $operation->{teller};
	$case->{second} = end_call($other, $case->{second}) if $case->{second};
	return $answer;
}

# Others see nothing of it; one that asks for the same waits, or does it.
sub fall_asleep
{
	my ($operation, $case, $point) = @_;
	my $there = $operation->{teller} ? ($point =~ /committed|answered/ || 0) : (expectation($operation, $point, 'sleep'))[1];
	expect('others see it', contents() ne $case->{contents} ? 1 : 0, $there);
	$case->{second} = begin($other, $operation, $case) if $operation->{keyed} || $operation->{job};
	return;
}

# The caller is cancelled, unless it has its answer; a teller goes on when its
# setting changes.
sub wake_up
{
	my ($point) = @_;
	return wait_until(sub { $own->pg_ready }) if $point eq 'batch_answered';
	return $dbh->do('SELECT pg_cancel_backend(?)', undef, $own->{pg_pid});
}

sub answer_text
{
	my ($answer) = @_;
	return join ', ', map { "$_ " . ($answer->{$_} // 'NULL') } grep { $_ ne 'replayed' } sort keys %$answer;
}

# One case; afterwards @complaints has what is wrong.
sub judge
{
	my ($operation, $point, $action, $nth) = @_;
	my $case = new_case($operation);
	my $answer = fail_once($operation, $case, $point, $action, $nth);
	my ($wanted, $there) = expectation($operation, $point, $action);

	expect('answer', outcome($answer), $wanted);
	if ($case->{second})
	{
		expect('the second one', outcome($case->{second}), 'done');
		$there = 1 if $operation->{keyed};
	}
	elsif ($action ne 'savepoint')
	{
		$there = contents() ne $case->{contents} ? 1 : 0 if !defined $there && !$operation->{keyed};
		expect('it is there', contents() ne $case->{contents} ? 1 : 0, $there);
	}
	if ($operation->{job} || $operation->{keeps_errors}) { finish($operation, $case) }
	elsif ($operation->{keyed}) { repeat($operation, $case, $operation->{replays} ? 1 : $there) }
	elsif (!$there) { expect('retry', outcome(run($own, $operation, $case)), 'done') }
	$own->commit if $action eq 'savepoint';
	expect('change', change($operation, $case), $operation->{change});
	expect('verify()', rows($dbh, 'SELECT * FROM simplebank.verify() UNION ALL SELECT * FROM simplebank.verify_seals()'), '');
	return;
}

# With its key, twice.
sub repeat
{
	my ($operation, $case, $there) = @_;
	my $answer = run($own, $operation, $case);
	expect('retry', outcome($answer), 'done');
	expect('replayed', $answer->{replayed}, $there) if exists $answer->{replayed};
	my $again = run($own, $operation, $case);
	expect('replayed again', $again->{replayed}, 1) if exists $again->{replayed};
	expect('another answer', answer_text($again), answer_text($answer));
	return;
}

# The next run, and one that finds nothing to do.
sub finish
{
	my ($operation, $case) = @_;
	make_due() if $operation->{job};
	expect('next run', outcome(run($own, $operation, $case)), 'done') foreach 1 .. 2;
	return;
}

sub test_case
{
	my ($name, @case) = @_;
	@complaints = ();
	judge(@case);
	return if ok(!@complaints, $name);
	diag "  $_" foreach @complaints;
	return;
}

sub possible
{
	my ($operation, $point, $action) = @_;
	return 0 if $action eq 'savepoint' && ($point =~ /commit/ || $operation->{job} || $operation->{submits});
	return $point ne 'committed' || $action =~ /crash|sleep/;
}

my %tested;
foreach my $operation (@operations)
{
	my (%passes, %count);
	@complaints = ();
	try_out($operation);
	$count{$_}++ foreach @{ $operation->{passed} };
	is(join(', ', @complaints), '', "$operation->{name} without a fault");
	note "$operation->{name}: @{ $operation->{passed} }; $operation->{change}";
	foreach my $point (@{ $operation->{passed} })
	{
		my $nth = ++$passes{$point};
		next if $operation->{only} && $operation->{only} ne $point;
		next unless $point =~ /commit/ || $nth == 1 || $nth == $count{$point};
		my $name = "$operation->{name}, $point" . ($nth > 1 ? " number $nth" : '');
		my @ways = $everywhere || !$tested{$point} ? @actions : $point =~ /commit/ ? qw(error crash sleep) : 'error';
		test_case("$name: $_", $operation, $point, $_, $nth) foreach grep { possible($operation, $point, $_) } @ways;
		$tested{$point} = 1;
	}
}

#
# The log worker.  Where it fails, another one is started for who waits, which
# fails too: he is told.  What they would have given has no position then, and
# gets it next time.
#

sub log_end { return value($dbh, 'SELECT coalesce(max(last_position), 0) FROM simplebank.log_segments') }

foreach my $action (grep { $_ ne 'savepoint' } @actions)
{
	@complaints = ();
	$dbh->do($transfer->("logged $action"));
	my $end = log_end();
	set_for_worker(\&log_worker, "log_appended:$action");
	my $position = log_position();
	my $call = begin_call($own, 'SELECT simplebank.seal()');
	my $done = sub { scalar log_lines($position, qr/fault (log_appended:$action)/) };
	expect('the fault', wait_until($done), 1);
	if ($action eq 'sleep')
	{
		expect('others see it', log_end(), $end);
		$dbh->do('SELECT pg_cancel_backend(?)', undef, $own->{pg_pid});
	}
	expect('answer', outcome(end_call($own, $call)), $action =~ /crash|sleep/ ? $failure{$action} : 'SB502');
	if ($action eq 'crash')
	{
		wait_until(sub { !$dbh->ping }) or die 'the server goes on';
		($dbh, $own, $other) = map { connected() } 1 .. 3;
	}
	expect('it is there', log_end(), $end) if $action ne 'sleep';
	set_for_worker(\&log_worker, '');
	expect('next time', outcome(call($own, 'SELECT simplebank.seal()')), 'done');
	expect('the log', log_end() > $end ? 1 : 0, 1);
	expect('verify()', rows($dbh, 'SELECT * FROM simplebank.verify() UNION ALL SELECT * FROM simplebank.verify_seals()'), '');
	$tested{log_appended} = 1;
	next if ok(!@complaints, "the log worker: $action");
	diag "  $_" foreach @complaints;
}

is(join(' ', grep { !$tested{$_} } @points), '', 'every point is passed by some operation');
foreach my $action (qw(error memory exit))
{
	is(call($dbh, "SET simplebank.fault = 'committed:$action'")->{sqlstate}, '22023', "nothing raises after the commit: $action");
}
$_->disconnect foreach $dbh, $own, $other;
$node->stop;
done_testing();
