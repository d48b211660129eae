# A batch is there as a whole or not at all: killed, cancelled or timed out in
# the middle, it leaves no trace, and its keys are free.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $items = $ENV{SIMPLEBANK_ITEMS} // 300_000;
my $accounts = 1000;
my $node = new_bank('batch', conf => "log_statement = none\nrestart_after_crash = on\n");
my $dbh = session($node);
value($dbh, "SELECT simplebank.open_account('a' || i, 'USD', min_balance => NULL)
	FROM generate_series(1, $accounts) i");
value($dbh, q{SELECT count(*) FROM simplebank.transfer_batch('{1}', '{2}', '{5}', keys => '{first}')});

my $batch = "SELECT count(sqlstate) FROM (
	SELECT array_agg(1 + i % $accounts) AS froms, array_agg(1 + (i + 1) % $accounts) AS tos,
		array_agg(1) AS amounts, array_agg('key ' || i) AS keys
	FROM generate_series(1, $items) i) a, simplebank.transfer_batch(froms, tos, amounts, keys => keys)";

sub no_trace
{
	my ($name) = @_;
	my $session = session($node);
	is(value($session, 'SELECT count(*) FROM simplebank.transfers'), 1, "$name: no transfer");
	is(value($session, 'SELECT count(*) FROM simplebank.idempotency_keys'), 1, "$name: no key");
	verify_is_sound($session, "$name: the ledger is sound");
	$session->disconnect;
	return;
}

# at random moments, and at least once in the deciding and once in the writing
foreach my $delay (0.05, 0.4, 1, 2 + rand 2)
{
	my $session = session($node);
	my $pid = value($session, 'SELECT pg_backend_pid()');
	my $call = begin_call($session, $batch);
	sleep $delay;
	value($dbh, 'SELECT pg_cancel_backend(?)', $pid);
	is(end_call($session, $call)->{sqlstate}, '57014', "cancelled after $delay seconds");
	no_trace("cancelled after $delay seconds");
	$session->disconnect;
}
{
	my $session = session($node);
	$session->do("SET statement_timeout = '700ms'");
	is(call($session, $batch)->{sqlstate}, '57014', 'timed out');
	no_trace('timed out');
}

# kill -9 of the backend restarts the server's processes
{
	my $session = session($node);
	my $witness = session($node);
	my $pid = value($session, 'SELECT pg_backend_pid()');
	my $call = begin_call($session, $batch);
	sleep 1.5;
	kill 'KILL', $pid;
	isnt(eval { end_call($session, $call)->{sqlstate} } // 'gone', undef, 'killed: no answer');
	# it has noticed, and has come back
	wait_until(sub { !$witness->ping });
	wait_until(sub { eval { session($node)->disconnect; 1 } });
	no_trace('killed');
}

# and then all of it goes through, once
$dbh = session($node);
is(value($dbh, $batch), 0, 'each item is accepted');
is(value($dbh, 'SELECT count(*) FROM simplebank.transfers'), $items + 1, 'each is there');
is( value($dbh, "SELECT count(*) FROM simplebank.transfer_batch(
		ARRAY(SELECT 1 + i % $accounts FROM generate_series(1, 1000) i),
		ARRAY(SELECT 1 + (i + 1) % $accounts FROM generate_series(1, 1000) i),
		array_fill(1::bigint, ARRAY[1000]),
		keys => ARRAY(SELECT 'key ' || i FROM generate_series(1, 1000) i)) WHERE replayed"),
	1000, 'and replays');
verify_is_sound($dbh, 'the ledger is sound');
$dbh->disconnect;
$node->stop;
done_testing();
