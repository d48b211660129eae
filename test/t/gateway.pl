# A gateway beyond one session: through the tellers' queue, in pipelines, with
# prepared transactions, under the deadlines of customers, on a standby and in
# a restored ledger.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Simplebank::Wire;
use Test::More;

alarm 300;    # rather than wait for ever

my $node = new_bank('gateway',
	init => { allows_streaming => 1 },
	conf => "shared_preload_libraries = 'simplebank'\nmax_prepared_transactions = 2\n");
my $dbh = session($node);
my $long = 'x' x 255;
$dbh->do($_)
  foreach 'SELECT simplebank.create_roles()', 'CREATE ROLE gate LOGIN IN ROLE simplebank_gateway',
  'CREATE ROLE app LOGIN IN ROLE simplebank_teller', 'CREATE SCHEMA gateway', 'GRANT USAGE, CREATE ON SCHEMA gateway TO gate';
my ($alice, $bob, $long_account) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } 'alice', 'bob', $long;
my $fees = value($dbh, q{SELECT simplebank.system_account('fees', 'EUR')});
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000)', $_) foreach $alice, $bob, $long_account, $fees;
my $gate = session($node, user => 'gate');
my $app = session($node, user => 'app');

#
# The tellers' queue: a call that stands alone, and says for whom by its arguments
#

$gate->do(<<'SQL');
CREATE FUNCTION gateway.of(customer text, account bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	PERFORM simplebank.act_for(customer);
	RETURN account;
END $$
SQL
my $submit = 'CALL simplebank.submit_transfer_with_balances(gateway.of(?, ?), ?, 1, ?)';
sub by_tellers { return value($dbh, 'SELECT teller_items FROM simplebank.stats') }
ok(wait_until(sub { my $before = by_tellers(); call($gate, $submit, 'alice', $alice, $bob, undef); by_tellers() > $before }), 'a teller is there');
my $last = q{SELECT role, gateway FROM simplebank.transfers ORDER BY id DESC LIMIT 1};
is(rows($dbh, $last), 'alice|gate', 'a teller keeps both names');
my $before = by_tellers();
my $answer = call($gate, $submit, $long, $long_account, $bob, 'k');
is($answer->{from_balance}, 999, 'a customer whose name is no role\'s');
is($answer->{to_balance}, undef, 'is not told of the payee');
is(rows($dbh, $last), "$long|gate", 'its name is kept as it is');
is(call($gate, $submit, $long, $long_account, $bob, 'k')->{replayed}, 1, 'its key is known');
is(call($gate, $submit, 'alice', $alice, $bob, 'k')->{replayed}, 0, 'another\'s is another');
is(call($gate, $submit, 'bob', $alice, $bob, undef)->{sqlstate}, 'SB003', 'nobody else\'s account');
is(call($gate, $submit, undef, $alice, $bob, undef)->{sqlstate}, '42501', 'nor for nobody');
is(by_tellers() - $before, 3, 'tellers have had all three of them');
is(call($gate, 'SELECT simplebank.balance(?)', $alice)->{sqlstate}, '42501', 'afterwards it acts for nobody');

#
# Pipelines, which are one transaction each
#

my ($name, $script) = ('pipeline', <<SQL);
\\startpipeline
SELECT simplebank.act_for('alice');
SELECT simplebank.transfer($alice, $bob, 1);
SELECT simplebank.balance($alice);
\\endpipeline
SQL
$node->pgbench('--no-vacuum --transactions=1 --protocol=extended --username=gate', 0, [qr{1/1}], [qr{^$}], $name, { $name => $script });
is(rows($dbh, $last), 'alice|gate', 'a pipeline acts for its customer');
$node->pgbench('--no-vacuum --transactions=1 --protocol=extended --username=gate',
	2, [qr{0/1}], [qr{permission denied for function balance}], 'the next one', { next => $script . "SELECT simplebank.balance($alice);\n" });

#
# Portals of drivers: one that has given all its rows may stay, one that has not
# keeps the next customer away, whoever has been acted for when it began
#

my $socket = wire($node, 'gate');
sub answer
{
	my ($sql, @portal) = @_;
	send_statement($socket, $sql, @portal);
	send_message($socket, 'S', '');
	return (until_ready($socket))[1] // 'done';
}
my $for_alice = q{SELECT simplebank.act_for('alice')};
my $for_bob = q{SELECT simplebank.act_for('bob')};
my $three = 'SELECT generate_series(1, 3)';
is(answer($_), 'done', "a block: $_") foreach 'BEGIN', $three, $for_alice, $for_alice;
is(answer($for_bob, 'named'), 'done', 'by a named portal');
is(answer($three, 'whole'), 'done', 'a named portal that gives all its rows');
is(answer($three, 'in_portions', 4), 'done', 'one that gives them in a portion that is large enough');
is(answer($for_alice), 'done', 'is no cursor');
is(answer($three, 'part', 2), 'done', 'one that has more');
is(answer($for_alice), '55006', 'is one');
is(answer('ROLLBACK'), 'done', 'the block ends');
is(answer($_->[0], @$_[ 1 .. $#$_ ]), 'done', 'nobody is acted for yet')
  foreach ['BEGIN'], [ 'SELECT owner FROM simplebank.accounts', 'open', 1 ], ['SAVEPOINT s'];
is(answer('SELECT 1 FROM simplebank.accounts', 'waits', 1), 'done', 'a portal without rows');
is(answer($for_alice), 'done', 'is none');
is(answer($_), 'done', "$_") foreach 'ROLLBACK', 'BEGIN', $for_alice;
is(answer('SELECT owner FROM simplebank.accounts UNION ALL SELECT owner FROM simplebank.accounts', 'hers', 1), 'done', 'rows of one customer');
is(answer($for_bob), '55006', 'are not for the next one');
is(answer('ROLLBACK'), 'done', 'the block ends');
is(answer("$for_alice"), 'done', 'nothing is left of it');
$socket->close;

#
# Prepared transactions
#

$gate->begin_work;
$gate->do(q{SELECT simplebank.act_for('alice')});
is(value($gate, 'SELECT simplebank.balance(?) > 0', $alice), 1, 'who has only read');
$gate->do(q{PREPARE TRANSACTION 'read'});
is(call($gate, 'SELECT simplebank.balance(?)', $alice)->{sqlstate}, '42501', 'prepares, and acts for nobody then');
$gate->rollback;
is(rows($dbh, 'SELECT gid FROM pg_prepared_xacts'), 'read', 'the transaction is prepared');
$dbh->do(q{COMMIT PREPARED 'read'});
$gate->begin_work;
$gate->do(q{SELECT simplebank.act_for('alice')});
call($gate, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $bob);
ok(!eval { $gate->do(q{PREPARE TRANSACTION 'written'}); 1 }, 'who has written for a customer does not');
is($gate->state, '0A000', 'as that customer by itself');
eval { $gate->rollback };
is(value($dbh, 'SELECT count(*) FROM pg_prepared_xacts'), 0, 'nothing is prepared');

#
# The deadlines of customers.  The bank's own accounts it may lock in a block,
# but not for long.
#

$dbh->do(q{ALTER SYSTEM SET simplebank.max_lock_time = '1s'});
$node->reload;
ok(wait_until(sub { value(my $fresh = session($node), 'SHOW simplebank.max_lock_time') eq '1s' }), 'the time is short');
$app->do(q{SET lock_timeout = '60s'});
sub acting
{
	my ($customer) = @_;
	my $session = session($node, user => 'gate');
	$session->begin_work;
	$session->do('SELECT simplebank.act_for(?)', undef, $customer);
	return $session;
}
my $balance = value($dbh, 'SELECT simplebank.balance(?)', $fees);
my $idle = acting('alice');
is(call($idle, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $fees)->{sqlstate}, undef, 'a customer of a gateway pays a fee');
$idle->commit;
$idle->begin_work;
$idle->do(q{SELECT simplebank.act_for('alice')});
call($idle, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $fees);
is(call($app, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $bob, $fees)->{sqlstate}, undef, 'others pay fees, while a gateway that has paid one does nothing');
ok(!eval { $idle->do('SELECT 1'); 1 }, 'for its session was ended');
is(value($dbh, 'SELECT simplebank.balance(?)', $fees), $balance + 2, 'and its fee is undone');
$dbh->do(q{ALTER SYSTEM SET simplebank.max_transaction_time = '1s'});
$node->reload;
ok(wait_until(sub { value(my $fresh = session($node), 'SHOW simplebank.max_transaction_time') eq '1s' }), 'this time is short, too');
$idle = acting('alice');
call($idle, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $bob);
is(call($app, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $bob, $fees)->{sqlstate}, undef, 'nor does it keep a customer\'s account locked for ever');
ok(!eval { $idle->do('SELECT 1'); 1 }, 'its session was ended');

#
# A standby, and a restored ledger
#

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('gateway_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
my $reader = session($standby, user => 'gate');
is(call($reader, 'SELECT simplebank.balance(?)', $alice)->{sqlstate}, '42501', 'on a standby: for nobody');
$reader->begin_work;
is(value($reader, q{SELECT simplebank.act_for('alice')}), 'alice', 'it acts for a customer');
is(value($reader, 'SELECT simplebank.balance(?)', $alice), value($dbh, 'SELECT simplebank.balance(?)', $alice), 'whose balance it reads');
is(rows($reader, 'SELECT DISTINCT owner FROM simplebank.accounts'), 'alice', 'and rows');
is(call($reader, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $bob)->{sqlstate}, '25006', 'and pays nothing');
$reader->rollback;
$standby->stop;

$gate = acting('alice');
call($gate, q{SELECT simplebank.schedule_transfer(?, ?, 5, run_at => '2299-01-01')}, $alice, $bob);
call($gate, 'SELECT * FROM simplebank.place_hold(?, ?, 5)', $alice, $bob);
$gate->commit;
my %names = (
	transfers => 'SELECT id, role, gateway FROM simplebank.transfers ORDER BY id',
	orders => 'SELECT id, role, gateway FROM simplebank.standing_orders ORDER BY id',
	events => 'SELECT id, role, gateway FROM simplebank.account_events ORDER BY id');
my %before = map { $_ => rows($dbh, $names{$_}) } keys %names;
like($before{$_}, qr/alice\|gate/, "there are $_ by a gateway") foreach sort keys %names;
my $file = PostgreSQL::Test::Utils::tempdir . '/dump';
$node->command_ok([ 'pg_dump', '-f', $file, $node->connstr('postgres') ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $file, $node->connstr('copy') ], 'restored');
my $copy = session($node, dbname => 'copy');
is(rows($copy, $names{$_}), $before{$_}, "the $_ of the copy name the gateway") foreach sort keys %names;
my $copied = session($node, dbname => 'copy', user => 'gate');
$copied->begin_work;
$copied->do(q{SELECT simplebank.act_for('alice')});
is(rows($copied, 'SELECT DISTINCT owner FROM simplebank.accounts'), 'alice', 'there, too, it acts for its customer');
$copied->rollback;
verify_is_sound($copy, 'the copy is sound');
verify_is_sound($dbh);

done_testing();
