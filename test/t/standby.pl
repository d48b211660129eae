# A streaming standby: it can be read, every writing function says 25006, and
# after promotion work goes on and keys replay.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $primary = new_bank('primary', init => { allows_streaming => 1 }, conf => "shared_preload_libraries = 'simplebank'\n");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my $dbh = session($primary);
my ($alice, $bob) =
  map { value($dbh, q{SELECT simplebank.open_account(?, 'USD')}, $_) } qw(alice bob);
my $moment = value($dbh, 'SELECT clock_timestamp()');
call($dbh, q{SELECT * FROM simplebank.deposit(?, 1000, 'first')}, $alice);
my $paid = call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 300, 'second')}, $alice, $bob);
value($dbh, q{SELECT simplebank.add_currency('POINTS', 0)});
my $held = call($dbh, q{SELECT * FROM simplebank.place_hold(?, ?, 100, key => 'held')}, $alice, $bob);
place_passed_hold($dbh, $alice, $bob, 250);
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));

#
# Reading
#

my $preview = 'sqlstate, detail, from_balance, to_balance, from_available, posted_at, replayed';
my %reads = (
	balance => [ 'SELECT simplebank.balance(?)', $alice ],
	available => [ 'SELECT simplebank.available(?)', $bob ],
	'available, with a hold past its time' => [ 'SELECT simplebank.available(?)', $alice ],
	'the key of a hold' => [q{SELECT * FROM simplebank.idempotency_check('held')}],
	balances => [ 'SELECT * FROM simplebank.balances(?)', $alice ],
	'balance_at, then' => [ 'SELECT simplebank.balance_at(?, ?)', $alice, $moment ],
	'balance_at, now' => [ q{SELECT simplebank.balance_at(?, 'infinity', 'effective')}, $alice ],
	preview_transfer => [ "SELECT $preview FROM simplebank.preview_transfer(?, ?, 600)", $alice, $bob ],
	'preview_transfer of too much' => [ "SELECT $preview FROM simplebank.preview_transfer(?, ?, 601)", $alice, $bob ],
	'preview_transfer of a key' => [ "SELECT $preview FROM simplebank.preview_transfer(?, ?, 300, 'second')", $alice, $bob ],
	'preview_transfer of a key for another' => [ "SELECT $preview FROM simplebank.preview_transfer(?, ?, 301, 'second')", $alice, $bob ],
	preview_deposit => [ "SELECT $preview FROM simplebank.preview_deposit(?, 5)", $alice ],
	preview_hold => [ 'SELECT sqlstate, available FROM simplebank.preview_hold(?, ?, 10)', $alice, $bob ],
	preview_journal => [ q{SELECT sqlstate, detail FROM simplebank.preview_journal(ARRAY[?, ?]::bigint[], '{-700, 700}')}, $alice, $bob ],
	preview_batch => [ q{SELECT item, sqlstate, from_balance FROM simplebank.preview_batch(ARRAY[?]::bigint[], ARRAY[?]::bigint[], '{7}', '{new}')}, $alice, $bob ],
	statement => [ 'SELECT * FROM simplebank.statement(?)', $alice ],
	'a page of it' => [ 'SELECT * FROM simplebank.statement(?, max_rows => 1)', $alice ],
	trial_balance => ['SELECT * FROM simplebank.trial_balance()'],
	'trial_balance, then' => [ 'SELECT * FROM simplebank.trial_balance(?)', $moment ],
	idempotency_check => [q{SELECT * FROM simplebank.idempotency_check('second')}],
	to_minor => [q{SELECT simplebank.to_minor(12.34, 'USD')}],
	format_amount => [q{SELECT simplebank.format_amount(5, 'POINTS')}],
	error_codes => ['SELECT count(*) FROM simplebank.error_codes()']);

my $reader = session($standby);
foreach my $name (sort keys %reads)
{
	my $expected = rows($dbh, @{ $reads{$name} });
	ok(length $expected && $expected !~ /ERROR/, "$name on the primary");
	is(rows($reader, @{ $reads{$name} }), $expected, "$name on the standby");
}
verify_is_sound($reader, 'the standby is sound');
is(rows($reader, q{SELECT role, ok, lag_seconds < 60 FROM simplebank.health()}), 'standby|1|1', 'its health');
is(rows($reader, 'SELECT invariant FROM simplebank.verify_seals()'), '', 'its seals prove it');
is(rows($reader, 'SELECT balance, held, available FROM simplebank.balances(?)', $alice),
	'700|100|600', 'a hold past its time is free there too');

#
# Writing is refused, also what would only be a replay or a refusal
#

my %writes = (
	transfer => "transfer($alice, $bob, 1)",
	'a reference' => "transfer($alice, $bob, 1, reference => 'standby')",
	'a replay' => "transfer($alice, $bob, 300, 'second')",
	'insufficient funds' => "transfer($bob, $alice, 1000000)",
	'an invalid amount' => "transfer($bob, $alice, 0)",
	deposit => "deposit($alice, 1)",
	withdraw => "withdraw($alice, 1)",
	open_account => "open_account('carol', 'USD')",
	system_account => "system_account('cash', 'USD')",
	set_account_limits => "set_account_limits($alice, 0, NULL)",
	set_account_status => "set_account_status($alice, 'frozen')",
	set_account_details => "set_account_details($alice, code => 'alice')",
	set_account_owner => "set_account_owner($alice, 'bob')",
	close_account => "close_account($bob)",
	add_currency => "add_currency('TOKENS', 2)",
	transfer_batch => "transfer_batch(ARRAY[$alice], ARRAY[$bob], '{1}', atomic => false)",
	post_journal => "post_journal(ARRAY[$alice, $bob], '{-1, 1}')",
	exchange => "exchange($alice, $bob, 1, 1)",
	reverse_transfer => "reverse_transfer($paid->{transfer_id})",
	refund_transfer => "refund_transfer($paid->{transfer_id}, 1)",
	place_hold => "place_hold($alice, $bob, 1)",
	'the replay of a hold' => "place_hold($alice, $bob, 100, key => 'held')",
	capture_hold => "capture_hold($held->{hold_id})",
	release_hold => "release_hold($held->{hold_id})",
	'a hold that is not there' => 'release_hold(-1)',
	erase_texts => "erase_texts($paid->{transfer_id}, 'asked for')",
	expire_holds => 'expire_holds()');

my $submit = 'CALL simplebank.submit_transfer_with_balances(?, ?, 1, ?)';
is(call($reader, $submit, $alice, $bob, undef)->{sqlstate}, '25006', 'submit_transfer on a standby');

# The same list, found in the catalog: whatever is not marked as a reader.
my $functions = $dbh->selectcol_arrayref(
	q{SELECT DISTINCT proname FROM pg_proc
	  WHERE pronamespace = 'simplebank'::regnamespace AND provolatile = 'v' AND prokind = 'f'
		AND prorettype <> 'trigger'::regtype});
my @known = map { /^(\w+)\(/ } values %writes;
note 'not tried here: ', join ', ', grep { my $name = $_; !grep { $_ eq $name } @known } @$functions;

foreach my $name (sort keys %writes)
{
	is(call($reader, "SELECT simplebank.$writes{$name}")->{sqlstate}, '25006', "$name on a standby");
	$dbh->do('BEGIN READ ONLY');
	is(call($dbh, "SELECT simplebank.$writes{$name}")->{sqlstate},
		'25006', "$name in a read-only transaction");
	$dbh->do('ROLLBACK');
}

#
# A synchronous standby is waited for, whatever the caller sets: an answer
# about money must survive a failover.
#

$primary->append_conf('postgresql.conf', "synchronous_standby_names = '*'\n");
$primary->reload;
ok(wait_until(sub { value($dbh, q{SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'}) }),
	'the standby is synchronous');
my $waits = 'commits wait for a synchronous standby: 0 of 1 are connected';
my $missing = q{SELECT value FROM simplebank.metrics() WHERE name = 'simplebank_synchronous_standbys_missing'};
my $problems = 'SELECT array_to_string(problems, $$; $$) FROM simplebank.health()';
unlike(value($dbh, $problems), qr/commits wait/, 'and connected');
is(value($dbh, $missing), 0, 'none is missing');
is(value($reader, $missing), 0, 'nor on the standby, where nothing commits');
$reader->disconnect;
$standby->stop;
ok(wait_until(sub { value($dbh, $problems) =~ /\Q$waits\E/ }), 'health() says that it is not connected');
is(value($dbh, 'SELECT ok FROM simplebank.health()'), 0, 'which is not well');
is(value($dbh, $missing), 1, 'nor is the metric');
$primary->safe_psql('postgres', "SET synchronous_commit = local; ALTER SYSTEM SET synchronous_standby_names = 'ANY 2 (standby, other, third)'");
$primary->reload;
ok(wait_until(sub { value($dbh, $problems) =~ /synchronous standby: 0 of 2 are/ }), 'of a quorum it says how many');
is(value($dbh, $missing), 2, 'and so does the metric');
$primary->safe_psql('postgres', 'SET synchronous_commit = local; ALTER SYSTEM RESET synchronous_standby_names');
$primary->reload;
ok(wait_until(sub { value($dbh, $missing) == 1 }), 'one is waited for again');
foreach my $setting (qw(on local off))
{
	my $caller = session($primary);
	$caller->do("SET synchronous_commit = $setting");
	my $call = begin_call($caller, 'SELECT * FROM simplebank.transfer(?, ?, 1, ?)',
		$alice, $bob, "sync $setting");
	ok( wait_until(
			sub {
				value($dbh, q{SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = ?},
					$caller->{pg_pid});
			},
			3),
		"synchronous_commit = $setting: the answer waits for the standby");
	$primary->safe_psql('postgres', "SELECT pg_cancel_backend($caller->{pg_pid})");
	end_call($caller, $call);
	$caller->disconnect;
}

# What repeats the answer of a commit that was not waited for to its end, waits
# for it as well: the standby may still be without it.  A parallel query changes
# nothing in that.
my $parallel = value($dbh, q{SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')});
foreach my $repeats (
	"SELECT * FROM simplebank.transfer($alice, $bob, 1, 'sync on')",
	"SELECT * FROM simplebank.transfer_batch(ARRAY[$alice], ARRAY[$bob], '{1}', '{sync on}')",
	"CALL simplebank.submit_transfer($alice, $bob, 1, 'sync on')",
	q{SELECT * FROM simplebank.idempotency_check('sync on')},
	q{SELECT answer FROM simplebank.idempotency_check('sync on'), simplebank.balance(1)})
{
	my $caller = session($primary);
	$caller->do('SET synchronous_commit = off');
	$caller->do("SET $parallel = on");
	my $call = begin_call($caller, $repeats);
	ok( wait_until(
			sub {
				value($dbh, q{SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = ?},
					$caller->{pg_pid});
			},
			3),
		"$repeats waits for the standby");
	$primary->safe_psql('postgres', "SELECT pg_cancel_backend($caller->{pg_pid})");
	is(end_call($caller, $call)->{sqlstate}, undef, 'and answers');
	$caller->disconnect;
}

# Each of those who wait has a position of its own, as the server's queue wants
# it; its process's title has it.
my @callers = map { session($primary) } 1 .. 3;
my @calls = map { begin_call($_, q{SELECT * FROM simplebank.idempotency_check('sync on')}) } @callers;
my @positions;
ok( wait_until(
		sub {
			@positions = map { `ps -o args= -p $_->{pg_pid}` =~ m{waiting for ([0-9A-F]+/[0-9A-F]+)} } @callers;
			return @positions == 3;
		}),
	'several answers are repeated at once');
my %different = map { $_ => 1 } @positions;
is(scalar keys %different, 3, "they wait at positions of their own: @positions");
foreach my $n (0 .. $#callers)
{
	$primary->safe_psql('postgres', "SELECT pg_cancel_backend($callers[$n]->{pg_pid})");
	is(end_call($callers[$n], $calls[$n])->{sqlstate}, undef, 'and are answered');
	$callers[$n]->disconnect;
}

# So does a teller.  Who ends it, ends the wait, and its callers are told.
my $caller = session($primary);
my $call = begin_call($caller, $submit, $alice, $bob, 'submitted');
my $waiting = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank teller' AND wait_event = 'SyncRep'};
ok(wait_until(sub { value($dbh, $waiting) }), 'a teller waits for the standby');
value($dbh, 'SELECT pg_cancel_backend(?)', value($dbh, $waiting));
sleep 1;
ok(value($dbh, $waiting), 'a cancel does not change that');
value($dbh, 'SELECT pg_terminate_backend(?)', value($dbh, $waiting));
is(end_call($caller, $call)->{sqlstate}, '08007', 'its caller learns that the outcome is unknown');
$caller->disconnect;
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
ok(wait_until(sub { value($dbh, $problems) !~ /commits wait/ }), 'connected again, it is no problem any more');

# Who wants to read it there at once asks for more: that it is applied, too.
$reader = session($standby);
$reader->do('SELECT pg_wal_replay_pause()');
$caller = session($primary);
$caller->do('SET synchronous_commit = off');
ok(call($caller, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $bob)->{transfer_id}, 'as a rule it need not be applied there');
$caller->do('SET simplebank.durability = remote_apply');
$call = begin_call($caller, 'SELECT to_balance FROM simplebank.transfer(?, ?, 1)', $alice, $bob);
ok(wait_until(sub { value($dbh, q{SELECT wait_event = 'SyncRep' FROM pg_stat_activity WHERE pid = ?}, $caller->{pg_pid}) }),
	'with simplebank.durability = remote_apply the answer waits');
$reader->do('SELECT pg_wal_replay_resume()');
is(end_call($caller, $call)->{to_balance}, value($reader, 'SELECT simplebank.balance(?)', $bob), 'until it can be read there');
$_->disconnect foreach $caller, $reader;
$primary->append_conf('postgresql.conf', "synchronous_standby_names = ''\n");
$primary->reload;

#
# Failover
#

my $last = call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 10, 'last')}, $alice, $bob);
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('flush'));
my $balances = rows($dbh, 'SELECT id, balance, version FROM simplebank.accounts ORDER BY id');
$dbh->disconnect;
$primary->stop('immediate');
$standby->promote;

$dbh = session($standby);
is(rows($dbh, 'SELECT id, balance, version FROM simplebank.accounts ORDER BY id'),
	$balances, 'all balances after promotion');
foreach my $known ([ 300, 'second', $paid ], [ 10, 'last', $last ])
{
	my ($amount, $key, $first) = @$known;
	my $again = call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, ?, ?)', $alice, $bob, $amount, $key);
	is_deeply($again, { %$first, replayed => 1 }, "key $key replays after promotion");
}
is_deeply(
	call($dbh, q{SELECT * FROM simplebank.place_hold(?, ?, 100, key => 'held')}, $alice, $bob),
	{ %$held, replayed => 1 },
	'that of a hold too');
is(call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 301, 'second')}, $alice, $bob)->{sqlstate},
	'SB301', 'a used key is known after promotion');
my $submitted;
ok( wait_until(sub { !exists(($submitted = call($dbh, $submit, $alice, $bob, 'submitted'))->{sqlstate}) }),
	'tellers come with the promotion');
is($submitted->{replayed}, 1, 'whose outcome was unknown, is told');
my $new = call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 7, 'new')}, $alice, $bob);
is($new->{to_balance} - $last->{to_balance}, 7, 'transfers go on');
cmp_ok($new->{transfer_id}, '>', $last->{transfer_id}, 'with new ids');
is(call($dbh, 'SELECT * FROM simplebank.capture_hold(?, 60)', $held->{hold_id})->{to_balance},
	$new->{to_balance} + 60, 'a hold from before is captured');
is(value($dbh, q{SELECT count(*) FROM simplebank.account_events WHERE event = 'hold_expired'}),
	1, 'the other one has expired before');
is(value($dbh, 'SELECT sum(held) FROM simplebank.accounts'), 0, 'and nothing is held any more');
verify_is_sound($dbh, 'sound after promotion');

$dbh->disconnect;
$standby->stop;
done_testing();
