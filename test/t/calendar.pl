# Business days on a moving clock: the server's time is set ahead, real ticks of
# pg_cron do the work.  What falls due while the server is down is made good in
# order, what hangs and is killed goes on, and each effect is there once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::Local qw(timegm);

my $tick = 75;    # seconds in which one comes for certain

# Starts the server with its clock at a time of January 2030, GMT.
sub start_at
{
	my ($node, $day, $hour, $minute, $second) = @_;
	local @ENV{qw(LD_PRELOAD FAKETIME)} = clock_at(timegm($second, $minute, $hour, $day, 0, 2030));
	$node->start;
	return session($node);
}

my $node = new_bank('calendar', moves_clock => 1, conf => <<CONF);
restart_after_crash = on
shared_preload_libraries = 'pg_cron'
timezone = UTC
CONF
$node->append_conf('postgresql.conf', sprintf("cron.host = '%s'\n", $node->host));
$node->stop;

# Wednesday, shortly before the cut-off.
my $dbh = start_at($node, 2, 17, 59, 45);
is(value($dbh, 'SELECT now()::date'), '2030-01-02', 'the clock is set');
$dbh->do($_) foreach 'CREATE EXTENSION pg_cron', q{SELECT simplebank.create_settlement_group('sepa', 'EUR')};
my %account;
foreach my $member (qw(alpha beta gamma))
{
	$account{$member} = value($dbh, q{SELECT simplebank.open_account(?, 'EUR', name => 'reserves')}, $member);
	value($dbh, q{SELECT simplebank.add_settlement_member('sepa', ?, ?)}, $member, $account{$member});
	$account{"customer of $member"} = value($dbh, q{SELECT simplebank.open_account('customer of ' || ?, 'EUR')}, $member);
	value($dbh, q{SELECT simplebank.assign_member(?, 'sepa', ?)}, $account{"customer of $member"}, $member);
}
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000)', $_) foreach values %account;
my ($ann, $ben) = @account{ 'customer of alpha', 'customer of beta' };
my $landlord = value($dbh, q{SELECT simplebank.open_account('landlord', 'EUR')});
my $rent = value($dbh, q{SELECT simplebank.schedule_transfer(?, ?, 10, '2030-01-02 18:00+00', '1 day')}, $ann, $landlord);
call($dbh, 'SELECT * FROM simplebank.clear_payment(?, ?, 100)', $ann, $ben);
$dbh->do('SELECT simplebank.schedule_jobs()');

sub cycles
{
	return rows($dbh, 'SELECT business_date, status, gross_amount FROM simplebank.settlement_cycles ORDER BY id');
}
sub rents
{
	return rows($dbh, 'SELECT occurrence, due_at::date, status, amount FROM simplebank.scheduled_transfer_executions WHERE order_id = ? ORDER BY occurrence', $rent);
}
ok( wait_until(sub { cycles() && rents() }, $tick), 'a tick has settled and paid');
is(cycles(), '2030-01-02|settled|100', 'at the cut-off');
is(rents(), '1|2030-01-02|paid|10', 'and when it was due');
is(value($dbh, 'SELECT simplebank.balance(?)', $account{beta}), 1100, 'the money is on the settlement account');

# After the cut-off: tomorrow's.  Then the server is down until Monday.
ok( wait_until(sub { value($dbh, q{SELECT count(*) FROM simplebank.job_runs WHERE status = 'running'}) == 0 }, $tick),
	'the jobs have ended');
call($dbh, 'SELECT * FROM simplebank.clear_payment(?, ?, 7)', $ann, $ben);
my $runs = value($dbh, 'SELECT max(id) FROM simplebank.job_runs');
$dbh->disconnect;
$node->stop;
$dbh = start_at($node, 7, 18, 29, 50);
is(value($dbh, q{SELECT days_behind FROM simplebank.job_status WHERE job = 'settlement'}), 3, 'three business days are missed');

# The next tick's jobs hang, and are killed.
my $blocker = session($node);
$blocker->begin_work;
$blocker->do(q{SELECT FROM simplebank.accounts WHERE owner = 'landlord' OR name LIKE 'clearing%' FOR UPDATE});
foreach my $job (qw(settlement standing_orders))
{
	my $pid;
	ok( wait_until(
			sub {
				$pid = value($dbh, q{SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query = ?},
					"CALL simplebank.run_job('$job')");
			},
			$tick),
		"a tick has begun with $job, which hangs");
	next if $job eq 'settlement';
	is(cycles(), '2030-01-02|settled|100', 'nothing is half done');
	kill 'KILL', $pid;
}
wait_until(sub { !$blocker->ping });
wait_until(sub { $dbh = eval { session($node) } });
ok( wait_until(
		sub { rents() =~ /2030-01-07/ && value($dbh, q{SELECT days_behind FROM simplebank.job_status WHERE job = 'settlement'}) == 0 },
		2 * $tick),
	'after the crash the next ticks make all of it good');
is(cycles(), "2030-01-02|settled|100\n2030-01-03|settled|7", 'what was paid after the cut-off is settled on the next business day');
is( rows($dbh, q{SELECT business_date, attempt, status FROM simplebank.job_runs
		WHERE job = 'settlement' AND business_date IS NOT NULL AND id > ? ORDER BY id}, $runs),
	"2030-01-03|1|succeeded\n2030-01-04|1|succeeded\n2030-01-07|1|succeeded",
	'each business day once, in order, and no other day');
is(rents(), join("\n", map { sprintf '%d|2030-01-%02d|paid|10', $_ - 1, $_ } 2 .. 7), 'the rent is paid for every day, once');
is(value($dbh, 'SELECT simplebank.balance(?)', $landlord), 60, 'in money too');
verify_is_sound($dbh);

# Many schedulers at once.
value($dbh, q{SELECT count(simplebank.schedule_transfer(?, ?, 1)) FROM generate_series(1, 50)}, $ann, $landlord);
call($dbh, 'SELECT * FROM simplebank.clear_payment(?, ?, 5)', $ben, $ann);
$dbh->do('ALTER TABLE simplebank.settlement_groups DISABLE TRIGGER guard');
$dbh->do(q{UPDATE simplebank.settlement_groups SET last_date = last_date - 1, cutoff = (clock_timestamp() AT TIME ZONE 'UTC')::time});
my @pids = map {
	in_background(
		sub {
			my $own = session($node);
			foreach my $n (1 .. 20)
			{
				$own->do("CALL simplebank.run_job('$_')") foreach qw(settlement standing_orders);
			}
		});
} 1 .. 4;
ok(reap(@pids), 'four schedulers have run');
is(value($dbh, 'SELECT simplebank.balance(?)', $landlord), 110, 'each order is paid once');
is(cycles(), "2030-01-02|settled|100\n2030-01-03|settled|7\n2030-01-07|settled|5", 'and each payment settled once');
ok( wait_until(sub { value($dbh, q{SELECT count(*) FROM simplebank.job_runs WHERE status = 'running'}) == 0 }, $tick),
	'all runs have ended');
is(rows($dbh, q{SELECT job, status, error FROM simplebank.job_runs WHERE status <> 'succeeded' OR error IS NOT NULL}),
	'', 'none has failed');
verify_is_sound($dbh);

$dbh->disconnect;
$node->stop;
done_testing();
