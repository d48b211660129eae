# A clock that jumps while the server runs.  Ahead of time nothing is posted,
# paid, closed or forgotten, until it is right again or an administrator has
# accepted it; behind, the ledger goes on.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my ($hour, $day) = (3600, 86400);
my $file = PostgreSQL::Test::Utils::tempdir() . '/clock';
my @jobs = qw(expire_holds standing_orders settlement interest close_day statements purge_keys verify_ledger seal wipe_erased);

# The server reads its clock as so many seconds ahead of the test's.
sub set_clock
{
	my ($ahead) = @_;
	open my $out, '>', "$file.new" or die;
	printf $out '%+d', $ahead + ($ENV{FAKETIME} // 0);
	close $out;
	rename "$file.new", $file or die;
	return;
}

my ($library) = clock_at(time);
my %clock = (LD_PRELOAD => $library, FAKETIME_TIMESTAMP_FILE => $file, FAKETIME_NO_CACHE => 1, FAKETIME_DONT_FAKE_MONOTONIC => 1);
set_clock(0);
sub with_clock
{
	my ($code) = @_;
	local $ENV{FAKETIME} = undef;
	local @ENV{ keys %clock } = values %clock;
	delete $ENV{FAKETIME};
	return $code->();
}
avoid_midnight(120);
my $node = with_clock(sub { new_bank('clock', conf => "shared_preload_libraries = 'simplebank'\nrestart_after_crash = on\ntimezone = UTC\nmax_prepared_transactions = 5\n") });
my $dbh = session($node);
my $problems = q{SELECT array_to_string(problems, '; ') FROM simplebank.health()};
my $ahead = q{SELECT value FROM simplebank.metrics() WHERE name = 'simplebank_clock_ahead_seconds'};

# Something that a year would change.
value($dbh, 'SELECT simplebank.create_roles()');
$dbh->do($_) foreach 'CREATE ROLE boss', 'GRANT simplebank_admin TO boss', 'CREATE ROLE clerk', 'GRANT simplebank_teller TO clerk';
my ($alice, $bob, $carol) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(alice bob carol);
value($dbh, 'SELECT count(*) FROM simplebank.deposit(?, 1000000)', $_) foreach $alice, $bob, $carol;
value($dbh, 'SELECT simplebank.set_interest(?, 0.05)', $alice);
value($dbh, q{SELECT simplebank.schedule_transfer(?, ?, 100, run_at => now() + interval '1 day', every => '1 day')}, $alice, $bob);
my $paid = call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 300, 'rent')}, $alice, $bob);
my $hold = call($dbh, q{SELECT * FROM simplebank.place_hold(?, ?, 100, clock_timestamp() + interval '10 days')}, $bob, $alice);
sub run_jobs
{
	my ($own) = @_;
	return join ' ', map { call($own, "CALL simplebank.run_job('$_')")->{sqlstate} // 'done' } @jobs;
}
is(run_jobs($dbh), join(' ', map { 'done' } @jobs), 'the jobs run');
ok(wait_until(sub { value($dbh, 'SELECT tellers FROM simplebank.stats') }), 'a teller is there');
my $state = <<'SQL';
SELECT (SELECT max(id) FROM simplebank.transfers), (SELECT count(*) FROM simplebank.idempotency_keys), (SELECT max(day) FROM simplebank.closed_days),
	   (SELECT count(*) FROM simplebank.interest_accruals), (SELECT max(id) FROM simplebank.seals), (SELECT string_agg(status, ' ') FROM simplebank.holds),
	   (SELECT jsonb_agg(to_jsonb(j) ORDER BY name) FROM simplebank.jobs j), (SELECT count(*) FROM simplebank.job_runs),
	   (SELECT jsonb_agg(to_jsonb(o)) FROM simplebank.standing_orders o), (SELECT count(*) FROM simplebank.account_events),
	   (SELECT sum(balance) FROM simplebank.accounts WHERE balance > 0), (SELECT count(*) FROM simplebank.verifications)
SQL
my $before = rows($dbh, $state);

#
# A year ahead
#

# one call that is in the middle of it: it waits for an account
my $holder = session($node);
$holder->begin_work;
value($holder, 'SELECT count(*) FROM simplebank.withdraw(?, 1)', $carol);
my $waiter = session($node);
my $waiting = begin_call($waiter, 'SELECT * FROM simplebank.transfer(?, ?, 7)', $carol, $bob);
ok(wait_for_lock($dbh, $waiter->{pg_pid}), 'a call waits');
set_clock(365 * $day);
$holder->rollback;
is(end_call($waiter, $waiting)->{sqlstate}, 'SB902', 'who waited while the clock jumped is refused');
$_->disconnect foreach $holder, $waiter;

my %calls = (
	transfer => "SELECT * FROM simplebank.transfer($alice, $bob, 5)",
	'a replay' => "SELECT * FROM simplebank.transfer($alice, $bob, 300, 'rent')",
	deposit => "SELECT * FROM simplebank.deposit($alice, 5)",
	batch => "SELECT * FROM simplebank.transfer_batch(ARRAY[$alice], ARRAY[$bob], '{5}', atomic => false)",
	submit_transfer => "CALL simplebank.submit_transfer($alice, $bob, 5, transfer_id => NULL)",
	place_hold => "SELECT * FROM simplebank.place_hold($alice, $bob, 5)",
	preview_transfer => "SELECT * FROM simplebank.preview_transfer($alice, $bob, 5)",
	capture_hold => "SELECT * FROM simplebank.capture_hold($hold->{hold_id})",
	release_hold => "SELECT * FROM simplebank.release_hold($hold->{hold_id})",
	open_account => q{SELECT simplebank.open_account('dora', 'EUR')},
	close_day => q{SELECT simplebank.close_day(current_date)},
	purge_keys => 'SELECT simplebank.purge_keys()',
	expire_holds => 'SELECT simplebank.expire_holds()',
	post_interest => "SELECT simplebank.post_interest($alice)",
	seal => 'SELECT simplebank.seal()');
sub all_refused
{
	my ($name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	foreach my $session ($dbh, my $new = session($node))
	{
		my $whose = $session == $dbh ? 'an old session' : 'a new one';
		is(join(' ', map { my $state = call($session, $calls{$_})->{sqlstate} // 'done'; $state eq 'SB902' ? () : "$_: $state" } sort keys %calls),
			'', "$name: all is refused in $whose");
		is(run_jobs($session), join(' ', map { 'SB902' } @jobs), "$name: no job runs in $whose");
	}
	like(value($dbh, $problems), qr/^nothing is posted and no job runs: The clock is 36[45] days.* ahead of one that cannot be set/, "$name: health() says so");
	is(value($dbh, 'SELECT ok FROM simplebank.health()'), 0, "$name: nothing is well");
	cmp_ok(abs(value($dbh, $ahead) - 365 * $day), '<', 600, "$name: so does the metric");
	is(value($dbh, 'SELECT simplebank.balance(?)', $alice), 999700, "$name: who reads is answered");
	is(rows($dbh, $state), $before, "$name: nothing has changed");
	return;
}
all_refused('a year ahead');
is(call($dbh, "SELECT * FROM simplebank.transfer($alice, NULL, 0)")->{sqlstate}, '22004', 'an argument comes first');
is(call($dbh, "SELECT * FROM simplebank.transfer($alice, $alice, 0)")->{sqlstate}, 'SB902', 'the request later');
like(call($dbh, $calls{transfer})->{message}, qr/clock ahead.*36[45] days.*ahead.*accept_clock/s, 'the error says what to do');

# after a crash the server knows it still, and after a restart from the ledger
ok(kill('KILL', session($node)->{pg_pid}), 'a backend is killed');
ok(wait_until(sub { eval { $dbh = session($node); value($dbh, 'SELECT NOT pg_is_in_recovery()') } }), 'the server comes back');
all_refused('after a crash');
$dbh->disconnect;
with_clock(sub { $node->restart });
$dbh = session($node);
all_refused('after a restart');

#
# Right again
#

$dbh->disconnect;
set_clock(0);
with_clock(sub { $node->restart });
$dbh = session($node);
is(rows($dbh, $state), $before, 'the clock is right again, and nothing has happened');
is(value($dbh, $ahead), 0, 'the metric is back');
unlike(value($dbh, $problems), qr/clock|future/, 'health() too');
is_deeply(call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 300, 'rent')}, $alice, $bob), { %$paid, replayed => 1 }, 'a retry gets the first answer');
is(run_jobs($dbh), join(' ', map { 'done' } @jobs), 'the jobs run');
foreach my $way (365 * $day, 61 * 60)
{
	set_clock($way);
	is(call($dbh, $calls{transfer})->{sqlstate}, 'SB902', "$way seconds ahead");
	set_clock(0);
	ok(exists call($dbh, $calls{transfer})->{transfer_id}, 'and back, in the same session');
}
is(value($dbh, 'SELECT count(*) FROM simplebank.entries WHERE posted_at > clock_timestamp()'), 0, 'nothing is dated ahead');

# so far it may be ahead, and behind as far as it likes
foreach my $way (59 * 60, 0, -$hour, 0, -365 * $day, 0)
{
	set_clock($way);
	my $own = session($node);
	ok(exists call($_, $calls{transfer})->{transfer_id}, "$way seconds ahead: transfers go on") foreach $dbh, $own;
	is(call($own, q{CALL simplebank.run_job('expire_holds')})->{sqlstate}, undef, 'and jobs');
}
$dbh->do('ALTER SYSTEM SET simplebank.max_clock_jump = 58');
$node->reload;
set_clock(59 * 60);
ok(wait_until(sub { (call($dbh, $calls{transfer})->{sqlstate} // '') eq 'SB902' }), 'the setting says how far');
$dbh->do('ALTER SYSTEM RESET simplebank.max_clock_jump');
$node->reload;
ok(wait_until(sub { exists call($dbh, $calls{transfer})->{transfer_id} }), 'and is back');

#
# A job in whose middle the clock jumps leaves no trace
#

set_clock(0);
$dbh->do('ALTER TABLE simplebank.standing_orders DISABLE TRIGGER guard');
$dbh->do('UPDATE simplebank.standing_orders SET next_attempt_at = clock_timestamp()');
$before = rows($dbh, $state);
$holder = session($node);
$holder->begin_work;
value($holder, 'SELECT count(*) FROM simplebank.withdraw(?, 1)', $alice);
my $runner = session($node);
my $running = begin_call($runner, q{CALL simplebank.run_job('standing_orders')});
ok(wait_for_lock($dbh, $runner->{pg_pid}), 'the job waits');
set_clock(365 * $day);
$holder->rollback;
is(end_call($runner, $running)->{sqlstate}, 'SB902', 'it is ended by the clock');
is(rows($dbh, $state), $before, 'and has left nothing, no failed attempt either');
set_clock(0);
is(call($runner, q{CALL simplebank.run_job('standing_orders')})->{sqlstate}, undef, 'the next tick does it');
is(value($dbh, q{SELECT count(*) FROM simplebank.transfers WHERE amount = 100}), 1, 'once');
$_->disconnect foreach $holder, $runner;

#
# Accepted
#

set_clock(20 * $day);
$dbh->do('SET ROLE clerk');
is(call($dbh, q{SELECT simplebank.accept_clock('let me work')})->{sqlstate}, '42501', 'not everybody accepts a clock');
$dbh->do('SET ROLE boss');
$dbh->begin_work;
call($dbh, q{SELECT simplebank.accept_clock('no')});
ok(exists call($dbh, $calls{transfer})->{transfer_id}, 'the same transaction goes by it');
$dbh->rollback;
is(call($dbh, $calls{transfer})->{sqlstate}, 'SB902', 'nor has who rolls it back');
$dbh->begin_work;
$dbh->do('SAVEPOINT s');
call($dbh, q{SELECT simplebank.accept_clock('no')});
ok(exists call($dbh, $calls{transfer})->{transfer_id}, 'and so in a savepoint');
$dbh->do('ROLLBACK TO s');
is(call($dbh, $calls{transfer})->{sqlstate}, 'SB902', 'nor has who rolls back to it');
$dbh->rollback;
cmp_ok(abs(value($dbh, q{SELECT simplebank.accept_clock('the time source was late')}) - 20 * $day), '<', 600, 'an administrator has accepted it');
$dbh->do('RESET ROLE');
is(value($dbh, q{SELECT role || ': ' || reason FROM simplebank.audit_events WHERE action = 'accept_clock'}), 'boss: the time source was late', 'which is noted');
foreach my $own ($dbh, session($node))
{
	ok(exists call($own, $calls{transfer})->{transfer_id}, 'transfers go on');
	is(run_jobs($own), join(' ', map { 'done' } @jobs), 'and jobs');
}
ok(exists call($dbh, "CALL simplebank.submit_transfer($alice, $bob, 5, transfer_id => NULL)")->{transfer_id}, 'and tellers');
unlike(value($dbh, $problems), qr/clock|future|behind|missed/, 'there is no problem any more');
is(value($dbh, $ahead), 0, 'by the metric neither');
set_clock(20 * $day + 61 * 60);
is(call($dbh, $calls{transfer})->{sqlstate}, 'SB902', 'the next jump is noticed from there');

# it was wrong after all
set_clock(0);
ok(exists call($_, $calls{transfer})->{transfer_id}, 'set back, the ledger goes on') foreach $dbh, session($node);
like(value($dbh, $problems), qr/jobs have been started in the future: close_day, expire_holds.*jobs have done business dates of the future: close_day/, 'health() says what was done');
is(run_jobs($dbh), join(' ', map { 'done' } @jobs), 'the next ticks are of now');
unlike(value($dbh, $problems), qr/started in the future/, 'and no problem');
set_clock(20 * $day);
ok(exists call($dbh, $calls{transfer})->{transfer_id}, 'the clock that was accepted is still');
set_clock(0);
value($dbh, q{SELECT simplebank.accept_clock('this one is right')});
set_clock(20 * $day);
is(call($_, $calls{transfer})->{sqlstate}, 'SB902', 'until another one is') foreach session($node);
set_clock(0);
verify_is_sound($dbh);

#
# Keys go by the ledger's own time
#

# a year is a day of it, however many dates the job makes good
set_clock(400 * $day);
value($dbh, q{SELECT simplebank.accept_clock('a year passes')});
is(call($dbh, q{CALL simplebank.run_job('purge_keys')})->{sqlstate}, undef, 'a year of business dates is made good');
is(value($dbh, q{SELECT count(*) FROM simplebank.job_runs WHERE job = 'purge_keys' AND status = 'succeeded'}) > 370, 1, 'each of them');
is(call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 300, 'rent')}, $alice, $bob)->{replayed}, 1, 'and the key is still known');
set_clock(0);
$dbh->do('ALTER TABLE simplebank.key_marks DISABLE TRIGGER guard');

# so many days of it pass; keys that have been known for 30 of them go
sub pass_days
{
	my ($days) = @_;
	foreach (1 .. $days)
	{
		$dbh->do(q{UPDATE simplebank.key_marks SET marked_at = clock_timestamp() - interval '1 day'});
		value($dbh, 'SELECT simplebank.purge_keys(8000)');
	}
	return value($dbh, q{SELECT coalesce(string_agg(key, ' ' ORDER BY key), '') FROM simplebank.idempotency_keys});
}
is(pass_days(26), 'rent', 'a key is kept for 30 days');
my $late = session($node);
my ($dave, $erin) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(dave erin);
value($dbh, 'SELECT count(*) FROM simplebank.deposit(?, 100)', $dave);
foreach my $key (qw(early prepared))
{
	if ($key eq 'prepared') { pass_days(1); $late->begin_work; }
	call($late, 'SELECT * FROM simplebank.transfer(?, ?, 1, ?)', $dave, $erin, $key);
}
$late->do(q{PREPARE TRANSACTION 'late'});
$late->disconnect;
call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 1, 'after')}, $alice, $bob);
is(pass_days(3), 'after early', 'and goes then');
is(pass_days(40), 'after', 'while a transaction is prepared, keys of before its time go');
# one that comes from before, when the clock was a year behind
set_clock(-365 * $day);
call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 1, 'behind')}, $alice, $bob);
set_clock(0);
$dbh->do(q{COMMIT PREPARED 'late'});
is(pass_days(30), 'after behind prepared', 'from its commit on it has its 30 days');
is(call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 1, 'prepared')}, $dave, $erin)->{replayed}, 1, 'and replays');
is(pass_days(3), '', 'and goes then');
verify_is_sound($dbh, 'sound to the end');
$dbh->disconnect;
$node->stop;
done_testing();
