# Many clients at once: whatever the order in which they name accounts, there
# is no deadlock; a key that all of them send at once is posted once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $clients = 8;
my $node = new_bank('concurrent',
	conf => "log_statement = none\ndeadlock_timeout = 100ms\nmax_connections = 30\n");
my $dbh = session($node);

# ids 1 to 4, which may owe
value($dbh, q{SELECT simplebank.open_account('alice', 'USD', min_balance => NULL)}) foreach 1 .. 4;

sub deadlocks_are_none
{
	my ($name) = @_;
	is( value($dbh, q{SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()}),
		0, "$name: no deadlock");
	verify_is_sound($dbh, "$name: the ledger is sound");
	is(value($dbh, 'SELECT coalesce(sum(balance), 0) FROM simplebank.accounts'),
		0, "$name: all balances sum to zero");
	return;
}

# pgbench counts a deadlock as a failed transaction and says so only there
sub run_pgbench
{
	my ($name, $script, $transactions) = @_;
	my $expected = $clients * $transactions;
	my $before = value($dbh, 'SELECT count(*) FROM simplebank.transfers');
	$node->pgbench(
		"--no-vacuum --client=$clients --transactions=$transactions --protocol=prepared",
		0,
		[ qr{transactions actually processed: $expected/$expected}, qr{failed transactions: 0 } ],
		[qr{^$}],
		"$name: pgbench",
		{ "concurrent_$name" => $script });
	is(value($dbh, 'SELECT count(*) FROM simplebank.transfers') - $before,
		$expected, "$name: each transfer is there");
	deadlocks_are_none($name);
	return;
}

run_pgbench('there_and_back', q{
\set from 1 + :client_id % 2
\set to 3 - :from
SELECT * FROM simplebank.transfer(:from, :to, 1);
}, 300);

run_pgbench('crosswise', q{
\set from random(1, 4)
\set to 1 + (:from + random(0, 2)) % 4
\set amount random(1, 100)
SELECT * FROM simplebank.transfer(:from, :to, :amount);
}, 300);

# the bank's own account is locked by all of them, sometimes first, sometimes last
value($dbh, q{SELECT simplebank.system_account('cash', 'USD')});
run_pgbench('with_cash_and_keys', q{
\set account random(1, 4)
\set key random(1, 1000000000000)
\if :key % 3 = 0
SELECT * FROM simplebank.deposit(:account, 5, :client_id || ' ' || :key);
\elif :key % 3 = 1
SELECT * FROM simplebank.withdraw(:account, 5, :client_id || ' ' || :key);
\else
SELECT * FROM simplebank.transfer(5, :account, 5, :client_id || ' ' || :key);
\endif
}, 200);

# holds of each in favour of another, captured, released and expired; each
# transaction captures once
$node->safe_psql('postgres', 'ALTER TABLE simplebank.holds DISABLE TRIGGER guard');
run_pgbench('with_holds', q{
\set from random(1, 4)
\set to 1 + (:from + random(0, 2)) % 4
\set amount random(2, 100)
SELECT hold_id AS hold FROM simplebank.place_hold(:from, :to, :amount) \gset
SELECT hold_id AS freed FROM simplebank.place_hold(:to, :from, :amount) \gset
SELECT hold_id AS passed FROM simplebank.place_hold(:from, :to, 1, clock_timestamp() + interval '1 h') \gset
UPDATE simplebank.holds SET expires_at = created_at WHERE id = :passed;
\if :amount % 2 = 0
SELECT * FROM simplebank.capture_hold(:hold, 1, false);
SELECT * FROM simplebank.release_hold(:hold);
\else
SELECT * FROM simplebank.capture_hold(:hold, :amount - 1);
\endif
SELECT * FROM simplebank.release_hold(:freed);
SELECT simplebank.expire_holds(10);
}, 100);
is( rows($dbh, q{SELECT count(*) FILTER (WHERE status = 'captured' OR status = 'released' AND captured = 1),
		count(*) FILTER (WHERE status = 'released' AND captured = 0)
	FROM simplebank.holds WHERE expires_at IS NULL}),
	$clients * 100 . '|' . $clients * 100, 'with_holds: each hold has come to its end');
value($dbh, 'SELECT simplebank.expire_holds()');
is(value($dbh, q{SELECT count(*) FROM simplebank.holds WHERE status = 'expired' AND captured = 0}),
	$clients * 100, 'with_holds: those past their time have expired');
is(value($dbh, 'SELECT sum(held) FROM simplebank.accounts'), 0, 'with_holds: nothing is held');
verify_is_sound($dbh, 'with_holds: sound when all have ended');

#
# The same key from all of them
#

my @sessions = map { session($node) } 1 .. $clients;
my $transfer = q{SELECT transfer_id, from_balance, to_balance, posted_at, replayed
	FROM simplebank.transfer(1, 2, 10, ?)};

# Answers of all sessions to one statement that they were sent together.
sub all_at_once
{
	my ($sql, @values) = @_;
	my @calls = map { begin_call($_, $sql, @values) } @sessions;
	return map { end_call($sessions[$_], $calls[$_]) } 0 .. $#sessions;
}

sub different
{
	my %values = map { join('|', map { $_ // '' } @$_) => 1 } @_;
	return scalar keys %values;
}

sub posted_once
{
	my ($name, @answers) = @_;
	is(join(',', map { $_->{sqlstate} // '' } @answers), ',' x $#answers, "$name: no error");
	is(scalar(grep { !$_->{replayed} } @answers), 1, "$name: one of them posts");
	is(different(map { [ @{$_}{qw(transfer_id from_balance to_balance posted_at)} ] } @answers),
		1, "$name: the others have the same answer");
	return;
}

my ($posters, $answers) = (0, 0);
my $before = value($dbh, 'SELECT count(*) FROM simplebank.transfers');
foreach my $round (1 .. 30)
{
	my @answered = all_at_once($transfer, "round $round");
	$posters += grep { defined $_->{replayed} && !$_->{replayed} } @answered;
	$answers += different(map { [ @{$_}{qw(sqlstate transfer_id from_balance to_balance posted_at)} ] } @answered);
}
is($posters, 30, '30 keys from 8 sessions: each is posted by one');
is($answers, 30, 'and has one answer');
is(value($dbh, 'SELECT count(*) FROM simplebank.transfers') - $before, 30, 'and one transfer');

# all wait for one that has not decided yet
foreach my $end (qw(commit rollback))
{
	my $first = session($node);
	$first->begin_work;
	my $held = call($first, $transfer, "held $end");
	my @calls = map { begin_call($_, $transfer, "held $end") } @sessions;
	ok(wait_for_lock($dbh, $_->{pg_pid}), "$end: a duplicate waits") foreach @sessions;
	$first->$end;
	my @answered = map { end_call($sessions[$_], $calls[$_]) } 0 .. $#sessions;
	posted_once("after $end", @answered, $end eq 'commit' ? $held : ());
	$first->disconnect;
}

#
# The first use of a currency by all of them
#

my @accounts =
  map { value($dbh, q{SELECT simplebank.open_account('bob', 'CHF')}) } 1 .. $clients;
my @calls = map {
	begin_call($sessions[$_], 'SELECT * FROM simplebank.deposit(?, 10)', $accounts[$_])
} 0 .. $#sessions;
my @deposited = map { end_call($sessions[$_], $calls[$_]) } 0 .. $#sessions;
is(join(',', sort { $a <=> $b } map { $_->{from_balance} // $_->{sqlstate} } @deposited),
	join(',', map { -10 * $_ } reverse 1 .. $clients), 'first deposits of a currency at once');
is(value($dbh, q{SELECT count(*) FROM simplebank.accounts WHERE is_system AND currency = 'CHF'}),
	1, 'one cash account');

#
# Two withdrawals that together overdraw, many times
#

my $purse = value($dbh, q{SELECT simplebank.open_account('carol', 'USD')});
my %refused;
foreach my $round (1 .. 20)
{
	call($dbh, 'SELECT * FROM simplebank.deposit(?, 30)', $purse);
	my @taken = all_at_once('SELECT * FROM simplebank.withdraw(?, 10)', $purse);
	$refused{ $_->{sqlstate} // 'paid' }++ foreach @taken;
}
is(join(' ', map { "$_:$refused{$_}" } sort keys %refused),
	'SB001:100 paid:60', 'what is there is paid out once, all else is refused');
is(value($dbh, 'SELECT simplebank.balance(?)', $purse), 0, 'and nothing is left');

deadlocks_are_none('at the end');
$_->disconnect foreach @sessions, $dbh;
$node->stop;
done_testing();
