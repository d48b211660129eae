# Statistics: exact counts after a known workload, by several sessions, with
# rollbacks of all kinds; hot accounts; metrics as Prometheus wants them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $node = new_bank('stats', conf => <<CONF);
shared_preload_libraries = 'simplebank'
max_prepared_transactions = 2
CONF
my $dbh = session($node);
my ($alice, $bob, $carol) =
  map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(alice bob carol);
my $submit = 'CALL simplebank.submit_transfer(?, ?, ?)';
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000000)', $_) foreach $alice, $carol;
ok(wait_until(sub { !exists call($dbh, $submit, $alice, $bob, 1)->{sqlstate} }), 'a teller is there');

sub transfers
{
	my ($session, $n) = @_;
	$session->do("SELECT simplebank.transfer($alice, $bob, 1)") foreach 1 .. $n;
	return;
}
sub stats
{
	my ($columns) = @_;
	return rows($dbh, "SELECT $columns FROM simplebank.stats");
}

$dbh->do('SELECT simplebank.stats_reset()');
is(stats('transfers, commits, rolled_back, refusals, transfer_time, queue_highest'), '0|0|0|{}|0|0', 'nothing yet');

# three sessions, two of which end
foreach my $n (2, 3)
{
	my $own = session($node);
	transfers($own, $n);
	$own->disconnect;
}
transfers($dbh, 4);
is(stats('transfers, commits, rolled_back'), '9|9|0', 'what sessions do is added up, also of those that have ended');

$dbh->begin_work;
transfers($dbh, 5);
is(stats('transfers'), 9, 'what is not committed does not count');
$dbh->commit;
is(stats('transfers, commits'), '14|10', 'then it does, as one commit');

$dbh->begin_work;
transfers($dbh, 2);
$dbh->do('SAVEPOINT one');
transfers($dbh, 3);
$dbh->do('SAVEPOINT two');
transfers($dbh, 4);
$dbh->do('ROLLBACK TO SAVEPOINT one');
transfers($dbh, 1);
$dbh->do('SAVEPOINT three');
transfers($dbh, 2);
$dbh->do('RELEASE SAVEPOINT three');
$dbh->commit;
is(stats('transfers, rolled_back'), '19|7', 'savepoints');

$dbh->begin_work;
transfers($dbh, 6);
$dbh->rollback;
is(stats('transfers, rolled_back'), '19|13', 'a rollback');

$dbh->do(qq{DO 'BEGIN
	PERFORM simplebank.transfer($alice, $bob, 1);
	BEGIN
		PERFORM simplebank.transfer($alice, $bob, 1);
		PERFORM simplebank.transfer($bob, $alice, 1000000000);
	EXCEPTION WHEN SQLSTATE ''SB001'' THEN
		PERFORM simplebank.transfer($alice, $bob, 1);
	END;
END'});
is(stats('transfers, rolled_back, refusals'), '21|14|{"SB001": 1}', 'an exception block; a refusal counts whatever becomes of its transaction');

$dbh->begin_work;
transfers($dbh, 2);
$dbh->do(q{PREPARE TRANSACTION 'two'});
$dbh->{AutoCommit} = 1;
$dbh->do(q{COMMIT PREPARED 'two'});
is(stats('transfers'), 23, 'a prepared transaction');

# other operations
$dbh->do('SELECT simplebank.stats_reset()');
call($dbh, 'SELECT * FROM simplebank.deposit(?, 5, ?)', $alice, 'key') foreach 1 .. 3;
$dbh->do("SELECT simplebank.post_journal(ARRAY[$alice, $bob, $carol], '{-3, 1, 2}')");
my @holds = map { value($dbh, "SELECT hold_id FROM simplebank.place_hold($alice, $bob, 10)") } 1 .. 4;
call($dbh, 'SELECT * FROM simplebank.capture_hold(?)', $holds[0]);
call($dbh, 'SELECT * FROM simplebank.release_hold(?)', $_) foreach @holds[ 1, 2 ];
place_passed_hold($dbh, $alice, $bob, 1);
is(value($dbh, 'SELECT simplebank.expire_holds(10)'), 1, 'a hold expires');
$dbh->do("SELECT simplebank.transfer_batch(ARRAY[$alice, $bob, $alice, 99999], ARRAY[$bob, $alice, $carol, $bob], '{1, 100000000, 1, 1}', atomic => false)");
call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, ?)', @$_) foreach [ $alice, $alice, 1 ], [ $alice, 99999, 1 ];
is( stats('transfers, journals, holds_placed, holds_captured, holds_released, holds_expired, replays, batches, batch_items, refusals'),
	'4|1|5|1|2|1|2|1|4|{"SB001": 1, "SB003": 2, "SB006": 1}', 'each operation');

# tellers
$dbh->do('SELECT simplebank.stats_reset()');
call($dbh, $submit, $alice, $bob, 1) foreach 1 .. 6;
call($dbh, $submit, $alice, $bob, 10**12);
call($dbh, 'CALL simplebank.submit_transfer(?, ?, 1, metadata => to_jsonb(?::text))', $alice, $bob, 'x' x 5000);
is( stats('transfers, teller_items, handed_back, queue_highest, tellers, queue_depth, refusals'),
	'7|7|1|1|1|0|{"SB001": 1}', 'what tellers do');
is(stats('(SELECT sum(n) FROM unnest(submit_latency) n)'), 7, 'each answer is timed');
is(stats('cardinality(transfer_latency), transfer_time, submit_time > 0, lock_time > 0'), '26|0|1|1', 'in microseconds');
$dbh->do('BEGIN');
call($dbh, $submit, $alice, $bob, 1) foreach 1 .. 2;
$dbh->do('COMMIT');
is(stats('transfers, teller_items, handed_back, in_transaction'), '9|7|1|2', 'what is posted in a transaction of the caller');

# hot accounts
$dbh->do('SELECT simplebank.stats_reset()');
my @others = map { value($dbh, q{SELECT simplebank.open_account('other', 'EUR')}) } 1 .. 400;
foreach my $other (@others)
{
	$dbh->do("SELECT simplebank.transfer($alice, $other, 1)") foreach 1 .. 2;
}
my $hot = rows($dbh, 'SELECT * FROM simplebank.hot_accounts(1)');
like($hot, qr/^$alice\|\d+\|0$/, 'the account with most entries is the hot one');
my ($entries) = $hot =~ /\|(\d+)\|/;
cmp_ok(abs($entries - 800), '<=', 400, "about how many: $entries");
is(value($dbh, 'SELECT count(*) <= 256 FROM simplebank.hot_accounts(256)'), 1, 'of bounded number');
my ($holder, $waiter) = map { session($node) } 1 .. 2;
$holder->begin_work;
transfers($holder, 1);
my $call = begin_call($waiter, "SELECT simplebank.transfer($bob, $alice, 1)");
wait_for_lock($dbh, $waiter->{pg_pid});
$holder->commit;
end_call($waiter, $call);
like(rows($dbh, 'SELECT account_id, wait > 0 FROM simplebank.hot_accounts(1)'), qr/^($alice|$bob)\|1$/, 'first the ones that are waited for');

#
# Metrics
#

my $metrics = $dbh->selectall_arrayref('SELECT name, labels, value, type, help FROM simplebank.metrics()', { Slice => {} });
my %value = map { $_->{name} . $_->{labels} => $_->{value} } @$metrics;
is(scalar keys %value, scalar @$metrics, 'each metric is there once');
my $stats = $dbh->selectrow_hashref('SELECT * FROM simplebank.stats');
is($value{'simplebank_transfers_total{}'}, $stats->{transfers}, 'transfers');
is($value{'simplebank_transfer_seconds_bucket{"le": "+Inf"}'}, $value{'simplebank_transfer_seconds_count{}'}, 'the last bucket has all');
is($value{'simplebank_transfer_seconds_count{}'}, 802, 'calls of transfer()');
my $last = 0;
my @le = sort { $a <=> $b } map { /transfer_seconds_bucket\{"le": "([\d.e-]+)"/ ? $1 : () } keys %value;
foreach my $le (@le)
{
	my ($key) = grep { /transfer_seconds_bucket\{"le": "([\d.e-]+)"/ && $1 == $le } keys %value;
	cmp_ok($value{$key}, '>=', $last, "bucket $le has those of smaller ones") unless $value{$key} >= $last;
	$last = $value{$key};
}
is(scalar @le, 25, 'buckets');
is($value{'simplebank_tellers_configured{}'}, 1, 'tellers');
ok(exists $value{'simplebank_job_days_behind{"job_name": "settlement"}'}, 'jobs');

# a role that may see metrics and nothing else
$dbh->do($_) foreach 'CREATE ROLE monitor', 'GRANT USAGE ON SCHEMA simplebank TO monitor',
  'GRANT EXECUTE ON FUNCTION simplebank.metrics TO monitor', 'SET ROLE monitor';
is(value($dbh, 'SELECT count(*) FROM simplebank.metrics()'), scalar @$metrics, 'a monitor sees metrics');
is(call($dbh, $_)->{sqlstate}, '42501', "but not: $_")
  foreach 'SELECT * FROM simplebank.stats', 'SELECT * FROM simplebank.accounts', 'SELECT * FROM simplebank.hot_accounts()',
  "SELECT simplebank.balance($alice)", 'SELECT * FROM simplebank.job_status', 'SELECT simplebank.stats_reset()', 'SELECT * FROM simplebank_internal.statistics_metrics()';
$dbh->do('RESET ROLE');

#
# The refusals of a day, from one closing to the next
#

call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 0)', $alice, $bob) foreach 1 .. 2;
my $refused = value($dbh, 'SELECT sum(count) FROM simplebank_internal.read_refusals()');
cmp_ok($refused, '>=', 2, 'something was refused');
sub refusals
{
	my ($day) = @_;
	value($dbh, 'SELECT simplebank.close_day(?)', $day);
	return value($dbh, 'SELECT refusals FROM simplebank.day_summary(?) WHERE currency IS NULL', $day);
}
is(refusals('2024-01-31'), $refused, 'a closed day has those since the counters began');
call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 0)', $alice, $bob) foreach 1 .. 3;
is(refusals('2024-02-01'), 3, 'the next one those since then');

#
# Two ledgers on one server
#

my %counted = map { $_ => stats($_) } 'transfers, refusals', 'transfers, journals, holds_placed, replays, batches, rolled_back, refusals, tellers, since';
my $hot_here = rows($dbh, 'SELECT account_id FROM simplebank.hot_accounts(256) ORDER BY 1');
$dbh->do('CREATE DATABASE other');
my $other = session($node, dbname => 'other');
$other->do('CREATE EXTENSION simplebank');
my @there = map { value($other, q{SELECT simplebank.open_account(?, 'EUR', min_balance => NULL)}, $_) } 1 .. 2;
sub stats_there { my ($columns) = @_; return rows($other, "SELECT $columns FROM simplebank.stats") }
is(stats_there('transfers, commits, refusals, queue_highest, tellers, queue_depth'), '0|0|{}|0|0|0', 'another ledger begins at 0');
$other->do("SELECT simplebank.transfer($there[0], $there[1], 1)") foreach 1 .. 40;
call($other, 'SELECT * FROM simplebank.transfer(?, ?, 0)', @there) foreach 1 .. 2;
is(call($other, 'CALL simplebank.submit_transfer(?, ?, 1)', @there)->{sqlstate}, 'SB502', 'it has no teller');
is(stats_there('transfers, commits, refusals'), '40|40|{"SB007": 2, "SB502": 1}', 'and counts its own');
is(rows($other, 'SELECT account_id FROM simplebank.hot_accounts(256) ORDER BY 1'), join("\n", @there), 'its hot accounts are its own');
is(rows($dbh, 'SELECT account_id FROM simplebank.hot_accounts(256) ORDER BY 1'), $hot_here, 'as are those here');
is(stats($_), $counted{$_}, "nothing of it counts here: $_") foreach sort keys %counted;
is(value($other, q{SELECT value FROM simplebank.metrics() WHERE name = 'simplebank_transfers_total'}), 40, 'nor in its metrics');
is(rows($other, q{SELECT value FROM simplebank.metrics() WHERE name ~ '^simplebank_tellers' ORDER BY name}), "0\n0", 'which want no teller there');
is(value($other, q{SELECT 'tellers are missing' = ANY (problems) FROM simplebank.health()}), 0, 'nor does health()');
value($other, q{SELECT simplebank.close_day('2024-01-31')});
is(value($other, q{SELECT refusals FROM simplebank.day_summary('2024-01-31') WHERE currency IS NULL}), 3, 'its day has its refusals');

# who comes after another in the same place of the server counts for its own ledger
foreach my $n (1 .. 4)
{
	my $own = session($node, dbname => $n % 2 ? 'other' : 'postgres');
	$own->do('SELECT simplebank.transfer(' . join(', ', $n % 2 ? @there : ($alice, $bob)) . ', 1)') foreach 1 .. $n;
	$own->disconnect;
}
is(stats_there('transfers'), 44, 'sessions that have ended there');
is(stats('transfers'), (split /\|/, $counted{'transfers, refusals'})[0] + 6, 'and here');
my $all = stats('transfers, refusals');
$other->do('SELECT simplebank.stats_reset()');
is(stats_there('transfers, refusals'), '0|{}', 'a reset there');
is(stats('transfers, refusals'), $all, 'is none here');
$other->do("SELECT simplebank.transfer($there[0], $there[1], 1)");
is(stats_there('transfers'), 1, 'it begins anew');

# databases come and go; the one that is in use keeps its counts
$other->disconnect;
foreach my $n (1 .. 33)
{
	$dbh->do('CREATE DATABASE another TEMPLATE other');
	my $session = session($node, dbname => 'another');
	$session->do("SELECT simplebank.transfer($there[0], $there[1], 1)");
	my $transfers = value($session, 'SELECT transfers FROM simplebank.stats');
	is($transfers, 1, "database $n has its own counts") if $transfers ne '1' || $n == 33;
	$session->disconnect;
	wait_until(sub { eval { $dbh->do('DROP DATABASE another'); 1 } });
}
is(stats('transfers, refusals'), $all, 'and so does the first one');
$other = session($node, dbname => 'other');
is(stats_there('transfers, refusals'), '0|{}', 'one that nobody was in for so long begins anew');

verify_is_sound($_) foreach $dbh, $other;
$_->disconnect foreach $dbh, $other, $holder, $waiter;
$node->stop;
done_testing();
