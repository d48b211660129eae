# The jobs by real ticks of pg_cron, once a minute: what is due gets done, what
# was missed is made good in order, and a job that is killed goes on, each
# effect once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $tick = 75;    # seconds in which one comes for certain

# longer than this test takes
avoid_midnight(360);

my $node = new_bank('job', conf => <<CONF);
restart_after_crash = on
shared_preload_libraries = 'pg_cron'
CONF
my $dbh = session($node);
is(call($dbh, 'SELECT simplebank.schedule_jobs()')->{sqlstate}, 'SB602', 'no extension pg_cron yet');
$dbh->disconnect;
$node->append_conf('postgresql.conf', sprintf("cron.host = '%s'\n", $node->host));
$node->restart;
$dbh = session($node);
$dbh->do('CREATE EXTENSION pg_cron');
$dbh->do('CREATE DATABASE elsewhere');
{
	my $elsewhere = session($node, dbname => 'elsewhere');
	$elsewhere->do('CREATE EXTENSION simplebank');
	like(call($elsewhere, 'SELECT simplebank.schedule_jobs()')->{message},
		qr/SELECT cron\.schedule_in_database\('simplebank:elsewhere:expire_holds', '\* \* \* \* \*', 'CALL simplebank\.run_job\(''expire_holds''\)', 'elsewhere'\);/,
		'in another database than that of pg_cron: what to run there');
	$elsewhere->disconnect;
}

# An administrator schedules, pays and proves; it needs the use of pg_cron.
$dbh->do($_)
  foreach 'SELECT simplebank.create_roles()', 'CREATE ROLE operator LOGIN',
  'GRANT simplebank_admin TO operator', 'GRANT USAGE ON SCHEMA cron TO operator';
my $operator = session($node, user => 'operator');
my $jobs = rows($operator, 'SELECT job, cron_job_id FROM simplebank.schedule_jobs()');
is(rows($operator, 'SELECT job, cron_job_id FROM simplebank.schedule_jobs()'),
	$jobs, 'scheduled again they are the same');
is( rows($dbh, 'SELECT jobname, schedule, command, username FROM cron.job ORDER BY jobid'),
	join("\n",
		map { my ($job) = split /\|/; "simplebank:$job|* * * * *|CALL simplebank.run_job('$job')|operator" }
		  split /\n/, $jobs),
	'a job of pg_cron for each');

my ($alice, $bob) = map { value($dbh, q{SELECT simplebank.open_account(?, 'USD')}, $_) } qw(alice bob);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 100)', $alice);
call($dbh, q{SELECT * FROM simplebank.place_hold(?, ?, 60, clock_timestamp() + interval '1 s')}, $alice, $bob);
$dbh->do(q{SELECT simplebank.set_job(name, due_time => '00:00') FROM simplebank.jobs WHERE due_time < '24:00'});
# those that end the day wait for each other, tick by tick: test day.pl has them
$dbh->do(q{SELECT simplebank.set_job(name, enabled => false) FROM simplebank.jobs WHERE due_time = '24:00'});
# whatever day it is
$dbh->do(q{SELECT simplebank.set_business_day(simplebank.due_date('00:00') - n, true) FROM generate_series(-1, 4) n});
my @dated = map { $_->[0] } @{ $dbh->selectall_arrayref(q{SELECT name FROM simplebank.jobs WHERE class = 'dated' AND enabled ORDER BY 1}) };

ok(wait_until(sub { value($dbh, 'SELECT status FROM simplebank.holds') eq 'expired' }, $tick),
	'a tick has expired the hold');
sub all_done
{
	return value($dbh,
		q{SELECT bool_and((watermark = simplebank.due_date(due_time)) IS TRUE) FROM simplebank.jobs WHERE class = 'dated' AND enabled});
}
ok(wait_until(sub { all_done() }, $tick), 'and done what was due today');
is(rows($dbh, q{SELECT job, attempt, status, items_done FROM simplebank.job_runs WHERE job = 'expire_holds'}),
	'expire_holds|1|succeeded|1', 'once');

# Three dates are missed; one job hangs on the first of them and is killed.
my $runs = value($dbh, 'SELECT max(id) FROM simplebank.job_runs');
my $blocker = session($node);
$blocker->begin_work;
$blocker->do('LOCK TABLE simplebank.verifications');
$dbh->do('ALTER TABLE simplebank.jobs DISABLE TRIGGER guard');
$dbh->do(q{UPDATE simplebank.jobs SET watermark = watermark - 3 WHERE class = 'dated' AND enabled});
my $pid;
ok( wait_until(
		sub {
			$pid = value($dbh, q{SELECT pid FROM pg_stat_activity
				WHERE wait_event_type = 'Lock' AND query LIKE 'CALL simplebank.run_job(''verify_ledger'')%'});
		},
		$tick),
	'a tick has found the missed dates, and hangs');
kill 'KILL', $pid;
wait_until(sub { !$blocker->ping });
wait_until(sub { $dbh = eval { session($node) } });
ok(wait_until(sub { all_done() }, 2 * $tick), 'after the crash the next ticks have made all of them good');
foreach my $job (@dated)
{
	is( rows($dbh,
			q{SELECT simplebank.due_date(j.due_time) - r.business_date, r.attempt, r.status
			  FROM simplebank.job_runs r JOIN simplebank.jobs j ON j.name = r.job
			  WHERE r.job = ? AND r.id > ? ORDER BY r.id}, $job, $runs),
		"2|1|succeeded\n1|1|succeeded\n0|1|succeeded", "$job: each date once, in order");
}
is(value($dbh, 'SELECT count(*) FROM simplebank.verifications'), 4, 'and proved once each');
is(rows($dbh, 'SELECT job FROM simplebank.job_status WHERE enabled AND days_behind <> 0 OR last_error IS NOT NULL'),
	'', 'nothing is behind');

# Another database's jobs, and other roles', are not ours to take out.
value($dbh, q{SELECT cron.schedule_in_database('simplebank:elsewhere:seal', '0 0 1 1 *', 'SELECT 1', 'elsewhere')});
is(value($dbh, 'SELECT simplebank.unschedule_jobs()'), 0, 'a superuser takes its own jobs out, and has none here');
value($dbh, q{SELECT cron.unschedule('simplebank:elsewhere:seal')});

# An administrator without rights on pg_cron runs a job by hand.
$dbh->do($_) foreach 'CREATE ROLE clerk LOGIN', 'GRANT simplebank_admin TO clerk';
my $clerk = session($node, user => 'clerk');
ok($clerk->do(q{CALL simplebank.run_job('purge_keys')}), 'and has no records of pg_cron to purge');
$clerk->disconnect;

$operator = session($node, user => 'operator');
is(value($operator, 'SELECT simplebank.unschedule_jobs()'), scalar(split /\n/, $jobs), 'taken out again');
is(value($dbh, 'SELECT count(*) FROM cron.job'), 0, 'none is left');
verify_is_sound($dbh);

$_->disconnect foreach $operator, $dbh;
$node->stop;
done_testing();
