# A server that has not loaded the library at its start: what is refused, what
# to do about it, and what is there all the same.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $node = new_bank('preload');

sub refusal
{
	my ($sql) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres', "\\set VERBOSITY verbose\n$sql");
	$stderr =~ s/^psql:.*?ERROR: +//;
	$stderr =~ s/\n(CONSTRAINT NAME|LOCATION):.*//s;
	return $stderr;
}

is(refusal($_), <<ERROR =~ s/\n\z//r, $_)
55000: statistics are not counted
DETAIL:  The server has not loaded simplebank at its start.
HINT:  Set shared_preload_libraries = 'simplebank' and restart the server.
ERROR
  foreach 'SELECT * FROM simplebank.stats', 'SELECT simplebank.stats_reset()', 'SELECT * FROM simplebank.hot_accounts()';

is(refusal('CALL simplebank.submit_transfer(1, 2, 1)'), <<ERROR =~ s/\n\z//r, 'no tellers');
SB502: tellers unavailable
DETAIL:  The server has not loaded simplebank at its start.
HINT:  Set shared_preload_libraries = 'simplebank' and restart the server; transfer() does without.
ERROR

is(refusal("SELECT simplebank.$_()"), <<ERROR =~ s/\n\z//r, "no pg_cron: $_")
SB602: scheduler missing
DETAIL:  The server has not loaded pg_cron.
HINT:  Set shared_preload_libraries = 'pg_cron' and cron.database_name = 'postgres', restart the server, and run CREATE EXTENSION pg_cron here.
ERROR
  foreach qw(schedule_jobs unschedule_jobs);

my $dbh = session($node);
is(rows($dbh, q{SELECT DISTINCT type FROM simplebank.metrics() WHERE name ~ 'queue|teller' OR type <> 'gauge'}), '', 'metrics of the tables alone');
cmp_ok(value($dbh, 'SELECT count(*) FROM simplebank.metrics()'), '>', 10, 'these are there');

# What was set before the library was there is forgotten when it comes.
$node->safe_psql('postgres', 'CREATE ROLE teller LOGIN; SELECT simplebank.create_roles(); GRANT simplebank_teller TO teller');
is( $node->safe_psql('postgres', <<SQL, extra_params => [ '-U', 'teller' ]), "1\noff\n30d", 'settings of a placeholder');
SET client_min_messages = error;
SET simplebank.log_refusals = on;
SET simplebank.key_retention = '1h';
SELECT 1 FROM simplebank.error_codes() LIMIT 1;
SHOW simplebank.log_refusals;
SHOW simplebank.key_retention;
SQL

done_testing();
