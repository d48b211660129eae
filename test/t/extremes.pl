# The ends of what a ledger can hold: value dates on one side of all postings, the
# largest and smallest balances, arguments that are NULL.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $smallest = '-9223372036854775808';
my $largest = '9223372036854775807';

my $node = new_bank('extremes');
my $dbh = session($node);
value($dbh, q{SELECT simplebank.add_currency('POINTS', 0)});

#
# Value dates that all lie on the same side of the posting: what was posted an
# hour after its value date counts from that date on, and what takes effect in
# an hour not before.
#
foreach my $hours (-1, 1)
{
	my $id = value($dbh, q{SELECT simplebank.open_account('alice', 'USD')});
	my $side = $hours < 0 ? 'back-dated' : 'forward-dated';
	my @posted = map {
		value($dbh,
			q{SELECT posted_at FROM simplebank.deposit(?, ?, effective_at => clock_timestamp() + ? * interval '1 hour')},
			$id, $_, $hours);
	} 100, 20;
	my $at = sub {
		my ($offset) = @_;
		return value($dbh,
			q{SELECT simplebank.balance_at(?, ?::timestamptz + ?::interval, 'effective')},
			$id, $posted[1], $offset);
	};
	my ($before, $between, $after) =
	  $hours < 0 ? ('-61 min', '-30 min', '1 min') : ('-1 min', '30 min', '61 min');
	is($at->($before), 0, "$side: before the value date");
	is($at->($between), $hours < 0 ? 120 : 0, "$side: between posting and value date");
	is($at->($after), 120, "$side: after both");
}

#
# The ends of bigint: the largest debt and the largest balance can be read.
#
{
	my $deep = value($dbh, q{SELECT simplebank.open_account('alice', 'POINTS', min_balance => NULL)});
	my $high = value($dbh, q{SELECT simplebank.open_account('bob', 'POINTS')});
	my $other = value($dbh, q{SELECT simplebank.open_account('bob', 'POINTS')});
	my $transfer = q{SELECT from_balance, to_balance FROM simplebank.transfer(?, ?, ?)};
	is(call($dbh, $transfer, $deep, $high, $largest)->{to_balance}, $largest, 'the largest balance');
	is(call($dbh, $transfer, $deep, $other, 1)->{from_balance}, $smallest, 'the largest debt');
	is(call($dbh, $transfer, $deep, $other, 1)->{sqlstate}, '22003', 'no larger one');
	is(call($dbh, $transfer, $other, $high, 1)->{sqlstate}, '22003', 'nor a larger balance');
	is(rows($dbh, 'SELECT simplebank.balance(?), simplebank.available(?)', $high, $high),
		"$largest|$largest", 'balance and available of the largest balance');
	is( rows($dbh, q{SELECT simplebank.balance_at(?, 'infinity'), simplebank.balance_at(?, 'infinity', 'effective')}, $deep, $deep),
		"$smallest|$smallest",
		'balance_at of the largest debt');
	is( rows($dbh, q{SELECT sum(debits) - sum(credits) FROM simplebank.trial_balance() WHERE currency = 'POINTS'}),
		0,
		'trial_balance with the largest debt');
	is( rows($dbh, q{SELECT sum(debits) - sum(credits) FROM simplebank.trial_balance('infinity') WHERE currency = 'POINTS'}),
		0,
		'trial_balance of a moment with the largest debt');
	my ($giver, $taker) = map {
		value($dbh, q{SELECT simplebank.open_account('carol', 'POINTS', min_balance => NULL)})
	} 1 .. 2;
	my $later = q{SELECT to_balance FROM
		simplebank.transfer(?, ?, ?, effective_at => clock_timestamp() + interval '1 hour')};
	call($dbh, $later, $giver, $taker, $largest);
	call($dbh, $transfer, $taker, $giver, $largest);
	call($dbh, $later, $giver, $taker, $largest);
	is(rows($dbh, q{SELECT simplebank.balance_at(?, clock_timestamp(), 'effective')}, $taker),
		"-$largest", 'balance_at that fits, though what is not effective yet does not');
	verify_is_sound($dbh, 'sound at the ends of bigint');
}

#
# A key that was used for another request is told before an account that is
# not there; deposit and withdraw, which look for the account's currency first,
# tell that before.
#
my $first = value($dbh, q{SELECT simplebank.open_account('alice', 'USD')});
call($dbh, q{SELECT * FROM simplebank.deposit(?, 10, 'used')}, $first);
foreach my $order (
	[ 'transfer(-5, ?, 10' => 'SB301' ],
	[ 'deposit(?, 11' => 'SB301' ],
	[ 'withdraw(?, 10' => 'SB301' ],
	[ 'deposit(-(?::bigint), 10' => 'SB003' ],
	[ 'withdraw(-(?::bigint), 10' => 'SB003' ])
{
	my ($request, $sqlstate) = @$order;
	is(call($dbh, "SELECT * FROM simplebank.$request, 'used')", $first)->{sqlstate},
		$sqlstate, "a used key: $request) is $sqlstate");
}

# An amount or account that is NULL has the same answer everywhere.
foreach my $null (
	'transfer(NULL, 1, 1)', 'transfer(1, NULL, 1)', 'transfer(1, 2, NULL)', 'deposit(NULL, 1)',
	'deposit(1, NULL)', 'withdraw(NULL, 1)', 'withdraw(1, NULL)', 'close_account(NULL)',
	'set_account_limits(NULL, 0, 0)', 'set_account_status(1, NULL)', 'balance(NULL)')
{
	is(call($dbh, "SELECT simplebank.$null")->{sqlstate}, '22004', $null);
}
foreach my $infinite (qw(infinity -infinity))
{
	is(call($dbh, q{SELECT simplebank.transfer(1, 2, 1, effective_at => ?)}, $infinite)->{sqlstate},
		'22023', "effective at $infinite");
}
verify_is_sound($dbh, 'still sound');

$dbh->disconnect;
$node->stop;
done_testing();
