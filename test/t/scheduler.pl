# What keeps jobs from running: no rights on pg_cron, a password that it does
# not have.  Each is told apart, and what mends it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $tick = 75;    # seconds in which one comes for certain

my $node = new_bank('scheduler', conf => <<CONF);
shared_preload_libraries = 'pg_cron'
CONF
$node->append_conf('postgresql.conf', sprintf("cron.host = '%s'\n", $node->host));
$node->restart;
$node->safe_psql('postgres', <<SQL);
CREATE EXTENSION pg_cron;
SELECT simplebank.create_roles();
CREATE ROLE "the operator" LOGIN PASSWORD 'secret';
GRANT simplebank_admin TO "the operator";
SQL

sub schedule
{
	my ($status, $stdout, $stderr) = $node->psql(
		'postgres',
		'SELECT count(*) FROM simplebank.schedule_jobs()',
		extra_params => [ '-U', 'the operator' ]);
	$stderr =~ s/^psql:<stdin>:\d+: //mg;
	return $stdout . $stderr;
}
sub problem
{
	return $node->safe_psql('postgres', q{SELECT p FROM simplebank.health() h, unnest(h.problems) p WHERE p ~ 'job.* (scheduled|started)'});
}

is(problem(), 'no jobs are scheduled', 'not scheduled yet');
is(schedule(), <<ERROR =~ s/\n\z//r, 'no rights on the schema of pg_cron');
ERROR:  permission denied for schema cron
HINT:  A superuser grants it: GRANT USAGE ON SCHEMA cron TO "the operator"
ERROR
is(problem(), 'no jobs are scheduled', 'still not');

$node->safe_psql('postgres', 'GRANT USAGE ON SCHEMA cron TO "the operator"');
like(schedule(), qr/^11NOTICE:  pg_cron will connect to this server as "the operator"\nHINT: .*cron\.use_background_workers = on.*\.pgpass/s,
	'scheduled, with a word on passwords');
is(problem(), 'jobs are scheduled, but pg_cron has started none', 'scheduled, not started');

# Now the role needs a password.
my $hba = $node->data_dir . '/pg_hba.conf';
my $trusted = slurp_file($hba);
unlink $hba;
append_to_file($hba, qq{local all "the operator" scram-sha-256\n$trusted});
$node->restart;
ok( wait_until(
		sub { $node->safe_psql('postgres', q{SELECT count(*) FROM cron.job_run_details WHERE status = 'failed' AND return_message ~ 'connection failed'}) > 0 },
		$tick),
	'a tick cannot connect');
is(problem(), 'jobs are scheduled, but pg_cron has started none', 'and health() says so');
is($node->safe_psql('postgres', 'SELECT count(*) FROM simplebank.job_runs'), 0, 'nothing has run');

$node->append_conf('postgresql.conf', 'cron.use_background_workers = on');
$node->restart;
ok(wait_until(sub { problem() eq '' }, $tick), 'background workers need no password');
unlink $hba;
append_to_file($hba, $trusted);
$node->reload;
is(schedule(), 11, 'nothing to say about passwords');
$node->safe_psql('postgres', 'SELECT simplebank.unschedule_jobs()', extra_params => [ '-U', 'the operator' ]);
# those that pg_cron has started already come to their end meanwhile
ok(wait_until(
		sub {
			$node->safe_psql('postgres', q{
				ALTER TABLE simplebank.jobs DISABLE TRIGGER guard;
				UPDATE simplebank.jobs SET ticked_at = ticked_at - interval '1 hour';
				ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard});
			return problem() eq 'no jobs are scheduled';
		}, $tick), 'taken out, and silent');

done_testing();
