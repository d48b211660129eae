# What a customer has locked of the bank's own: not in a transaction block, a
# pipeline or a series of statements, and by a statement that goes on and on no
# longer than simplebank.max_lock_time.  Nobody else waits meanwhile.  And how
# long it may keep anything locked.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Simplebank::Wire;
use Test::More;

my $node = new_bank('customer', conf => "max_prepared_transactions = 2\n");
my $dbh = session($node);
$dbh->do($_)
  foreach 'SELECT simplebank.create_roles()', 'CREATE ROLE ann LOGIN IN ROLE simplebank_customer',
  'CREATE ROLE app LOGIN IN ROLE simplebank_teller';
my ($own, $second, $ben, $cyd) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(ann ann ben cyd);
my $fees = value($dbh, q{SELECT simplebank.system_account('fees', 'EUR')});
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000)', $_) foreach $own, $second, $cyd, $fees;
my $hold = call($dbh, 'SELECT * FROM simplebank.place_hold(?, ?, 30)', $fees, $own)->{hold_id};
my $ann = session($node, user => 'ann');
my $app = session($node, user => 'app');
$app->do(q{SET lock_timeout = '60s'});

my $pay = 'SELECT * FROM simplebank.transfer(?, ?, 1)';

# The application pays fees; it does not wait for anybody who does nothing.
sub others_go_on
{
	my ($name) = @_;
	$app->do(q{SET lock_timeout = '2s'});
	ok(!exists call($app, $pay, $cyd, $fees)->{sqlstate}, "$name: others pay fees meanwhile");
	ok(!exists call($app, $pay, $fees, $cyd)->{sqlstate}, "$name: and are paid");
	return;
}

# By itself a call may do what it likes.
is(call($ann, $pay, $own, $fees)->{from_balance}, 999, 'a customer pays fees');
is(call($ann, $pay . ', generate_series(1, 3)', $own, $fees)->{from_balance}, 998, 'several times in a statement');

# In a block it has the accounts of customers; everything that would lock the bank's is refused.
foreach my $try (
	[ 'transfer', $pay, $own, $fees ],
	[ 'batch', 'SELECT * FROM simplebank.transfer_batch(ARRAY[?, ?]::bigint[], ARRAY[?, ?]::bigint[], ARRAY[1, 1])', $own, $own, $second, $fees ],
	[ 'submit', 'CALL simplebank.submit_transfer(?, ?, 1)', $own, $fees ],
	[ 'hold', 'SELECT * FROM simplebank.place_hold(?, ?, 1)', $own, $fees ],
	[ 'capture', 'SELECT * FROM simplebank.capture_hold(?)', $hold ],
	[ 'release', 'SELECT * FROM simplebank.release_hold(?)', $hold ])
{
	my ($name, @statement) = @$try;
	$ann->begin_work;
	is(call($ann, $pay, $own, $ben)->{sqlstate}, undef, "$name: a payment to a customer");
	$ann->do('SAVEPOINT s');
	is(call($ann, @statement)->{sqlstate}, 'SB014', "$name: not the bank's own account in a block");
	$ann->do('ROLLBACK TO s');
	others_go_on($name);
	$ann->rollback;
}
$ann->begin_work;
is( rows($ann, 'SELECT item, sqlstate FROM simplebank.transfer_batch(ARRAY[?, ?, ?]::bigint[], ARRAY[?, ?, ?]::bigint[], ARRAY[1, 1, 1], atomic => false)',
		$own, $own, $second, $second, $fees, $own),
	"1|\n2|SB014\n3|", 'an item of a batch, and its account is not locked');
others_go_on('an item');
$ann->commit;
$app->begin_work;
is(call($app, $pay, $cyd, $fees)->{sqlstate}, undef, 'who moves the money of all does it in a block too');
$app->rollback;

# What is a block without BEGIN: a series of statements, an EXCEPTION clause, a pipeline.
is(eval { $ann->do("SELECT simplebank.transfer($own, $fees, 1); SELECT 1"); 'done' } // $ann->state, 'SB014', 'a series of statements');
is( eval {
		$ann->do("DO \$\$ BEGIN PERFORM simplebank.transfer($own, $fees, 1); EXCEPTION WHEN division_by_zero THEN NULL; END \$\$");
		'done';
	} // $ann->state,
	'SB014', 'an EXCEPTION clause');

my $balance = value($dbh, 'SELECT simplebank.balance(?)', $own);

# A session by the wire protocol, for what drivers hide: statements without Sync.
my $socket = wire($node, 'ann');
send_statement($socket, "SELECT simplebank.transfer($own, $ben, 1)");
send_statement($socket, "SELECT simplebank.transfer($own, $fees, 1)");
send_message($socket, 'S', '');
is(join(' ', until_ready($socket)), 'Z SB014', 'the second statement of a pipeline');
is(value($dbh, 'SELECT simplebank.balance(?)', $own), $balance, 'and the first is undone');

# A prepared transaction would keep the lock for good.
send_statement($socket, $_) foreach "SELECT simplebank.transfer($own, $fees, 1)", 'BEGIN', q{PREPARE TRANSACTION 'p'};
send_message($socket, 'S', '');
is((until_ready($socket))[1], '0A000', 'a transaction that becomes a block afterwards is not prepared');
is(value($dbh, 'SELECT count(*) FROM pg_prepared_xacts'), 0, 'nor is it there');
$socket->close;

# What cannot be told before is ended.
$dbh->do(q{ALTER SYSTEM SET simplebank.max_lock_time = '1s'});
$node->reload;
my $offset = -s $node->logfile;
ok(wait_until(sub { value(my $fresh = session($node), 'SHOW simplebank.max_lock_time') eq '1s' }), 'the time is short');
$app->do(q{SET lock_timeout = '60s'});

$ann->disconnect;
$ann = session($node, user => 'ann');
my $long = begin_call($ann, "SELECT simplebank.transfer($own, $fees, 1), pg_sleep(600)");
is(call($app, $pay, $cyd, $fees)->{sqlstate}, undef, 'a statement that sleeps: others pay fees');
isnt(end_call($ann, $long)->{sqlstate}, undef, 'for it was ended');

$socket = wire($node, 'ann');
send_statement($socket, "SELECT simplebank.transfer($own, $fees, 1)");
send_message($socket, 'H', '');
is((until_type($socket, qr/C/))[0], 'C', 'a pipeline that is not ended');
is(call($app, $pay, $cyd, $fees)->{sqlstate}, undef, 'others pay fees');
my $end = until_gone($socket);
like($end->[0][1], qr/\0C57P01\0/, 'for its session was ended');
like($end->[1][1], qr/longer than simplebank\.max_lock_time/, 'and is told why');
ok( wait_until(sub { slurp_file($node->logfile, $offset) =~ /longer than simplebank\.max_lock_time/ }),
	'and the log says why');
is(value($dbh, 'SELECT simplebank.balance(?)', $own), $balance, 'nothing of it is there');

# A wait for the lock itself does not count, nor does what is of customers alone.
$ann = session($node, user => 'ann');
$app->begin_work;
call($app, $pay, $cyd, $fees);
$long = begin_call($ann, "SELECT * FROM simplebank.transfer($own, $fees, 1)");
$dbh->do('SELECT pg_sleep(2)');
$app->commit;
is(end_call($ann, $long)->{from_balance}, $balance - 1, 'who waited long for the account is served');
$ann->begin_work;
call($ann, $pay, $own, $ben);
$dbh->do('SELECT pg_sleep(2)');
is($ann->commit, 1, 'a block with customers alone goes on');

# But not for ever: the end of the day waits for whoever has written.
$dbh->do(q{ALTER SYSTEM SET simplebank.max_transaction_time = '1s'});
$node->reload;
$offset = -s $node->logfile;
ok(wait_until(sub { value(my $fresh = session($node), 'SHOW simplebank.max_transaction_time') eq '1s' }), 'this time is short, too');
$dbh->do(q{SET lock_timeout = '60s'});
my $day = 0;
foreach my $write (
	[ 'a payment', $pay, $own, $ben ],
	[ 'a hold', 'SELECT * FROM simplebank.place_hold(?, ?, 1)', $own, $ben ],
	[ 'an order', 'SELECT simplebank.schedule_transfer(?, ?, 1)', $own, $ben ])
{
	my ($name, @statement) = @$write;
	my $idle = session($node, user => 'ann');
	$idle->begin_work;
	is(call($idle, @statement)->{sqlstate}, undef, "$name in a block that is left so");
	is(rows($dbh, q{SELECT closed_at IS NOT NULL FROM simplebank.close_day('2024-01-01'::date + ?::int)}, $day++), 1, 'a day is closed');
	ok(wait_until(sub { !eval { $idle->do('SELECT 1') } }), 'for its session was ended');
}
ok(wait_until(sub { slurp_file($node->logfile, $offset) =~ /longer than simplebank\.max_transaction_time/ }), 'the log says why');
$socket = wire($node, 'ann');
send_statement($socket, $_) foreach 'BEGIN', "SELECT simplebank.transfer($own, $ben, 1)";
send_message($socket, 'S', '');
is((until_ready($socket))[0], 'Z', 'a payment in a block');
$end = until_gone($socket);
like($end->[0][1], qr/\0C57P01\0/, 'ends the session');
like($end->[1][1], qr/longer than simplebank\.max_transaction_time/, 'and the client is told why');
is($app->begin_work && call($app, $pay, $cyd, $fees)->{sqlstate}, undef, 'an application writes');
$dbh->do('SELECT pg_sleep(2)');
is($app->commit, 1, 'and takes its time');

verify_is_sound($dbh);
$_->disconnect foreach $ann, $app, $dbh;
$node->stop;
done_testing();
