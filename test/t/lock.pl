# How waits for the ledger's own locks end: by a time-out, as deadlocks, and for
# the job of standing orders by leaving alone what somebody keeps locked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $node = new_bank('lock');
my $dbh = session($node);
my ($ann, $ben, $cyd, $dan) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(ann ben cyd dan);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000)', $_) foreach $ann, $ben, $cyd, $dan;
$dbh->do('CREATE TABLE others (n int)');
my ($one, $two) = map { session($node) } 1 .. 2;
my $pay = "SELECT * FROM simplebank.transfer($ann, $ben, 1)";

# A turn is waited for as long as lock_timeout says.
$one->begin_work;
is(call($one, $pay)->{from_balance}, 999, 'somebody has the turn at an account');
$two->do(q{SET lock_timeout = '100ms'});
is(call($two, $pay)->{sqlstate}, '55P03', 'who waits for it does not wait for longer than lock_timeout');
$two->do('SET lock_timeout = 0');
my $waiting = begin_call($two, $pay);
wait_for_lock($dbh, $two->{pg_pid});
is(value($dbh, q{SELECT locktype FROM pg_locks WHERE pid = ? AND NOT granted}, $two->{pg_pid}), 'object', 'nor on the row');
$one->rollback;
is(end_call($two, $waiting)->{from_balance}, 999, 'and then has its turn');

# The one waits for a turn, the other for what the first has locked.
$_->do(q{SET deadlock_timeout = '100ms'}) foreach $one, $two;
$one->begin_work;
$one->do('LOCK TABLE others');
$two->begin_work;
call($two, $pay);
my $turn = begin_call($one, $pay);
wait_for_lock($dbh, $one->{pg_pid});
my $other = begin_call($two, 'SELECT count(*) FROM others');
# whoever finds it is its victim: $one may have looked before there was any
my @ends = map { $_->{sqlstate} // 'done' } end_call($two, $other);
$two->rollback;
push @ends, map { $_->{sqlstate} // 'done' } end_call($one, $turn);
$one->rollback;
is(join(' ', sort @ends), '40P01 done', 'a deadlock with a turn is found');

# Who keeps an account locked does not keep the job from the orders of others.
value($dbh, q{SELECT simplebank.schedule_transfer(?, ?, ?, now() - interval '4 minutes' + ? * interval '1 minute')}, @$_)
  foreach [ $ann, $ben, 10, 0 ], [ $ann, $ben, 20, 1 ], [ $cyd, $dan, 30, 2 ];
$one->begin_work;
call($one, $pay);
$dbh->do(q{CALL simplebank.run_job('standing_orders')});
is( rows($dbh, 'SELECT amount, status, sqlstate, next_try > now() FROM simplebank.scheduled_transfers ORDER BY order_id'),
	"10|active|55P03|1\n20|active||1\n30|finished||", 'its orders are put off, those of others are paid');
$one->rollback;
$dbh->do('ALTER TABLE simplebank.standing_orders DISABLE TRIGGER guard');
$dbh->do(q{UPDATE simplebank.standing_orders SET next_attempt_at = next_attempt_at - interval '1 hour' WHERE status = 'active'});
$dbh->do(q{CALL simplebank.run_job('standing_orders')});
is( rows($dbh, 'SELECT amount FROM simplebank.scheduled_transfer_executions ORDER BY transfer_id'),
	"30\n10\n20", 'afterwards in their order');

verify_is_sound($dbh);
$_->disconnect foreach $one, $two, $dbh;
$node->stop;
done_testing();
