# Accounts with stripes under load: many sessions deposit, withdraw and reverse
# while the number of stripes changes and the status does; nothing deadlocks,
# nothing is lost, and the account is one throughout.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

alarm 300;    # rather than wait for ever

my $node = new_bank('stripe');
my $dbh = session($node);
my $cash = value($dbh, q{SELECT simplebank.system_account('cash', 'EUR')});
my @accounts = map { value($dbh, q{SELECT simplebank.open_account('alice', 'EUR')}) } 1 .. 20;
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000)', $_) foreach @accounts;

my $clients = 8;
my $rounds = 150;
my @pids = map {
	my $n = $_;
	in_background(
		sub {
			my $own = session($node);
			foreach my $i (1 .. $rounds)
			{
				my $account = $accounts[ ($n * 7 + $i) % @accounts ];
				my $deposited = call($own, 'SELECT * FROM simplebank.deposit(?, ?)', $account, $i);
				die $deposited->{message} if exists $deposited->{sqlstate};
				my $next = $i % 3 == 0
				  ? call($own, 'SELECT * FROM simplebank.reverse_transfer(?)', $deposited->{transfer_id})
				  : call($own, 'SELECT * FROM simplebank.withdraw(?, ?)', $account, $i);
				die $next->{message} if exists $next->{sqlstate};
			}
		});
} 1 .. $clients;
push @pids, in_background(
	sub {
		my $own = session($node);
		foreach my $i (1 .. 40)
		{
			my $set = call($own, 'SELECT simplebank.set_stripes(?, ?)', $cash, (1, 16, 4, 2, 256)[ $i % 5 ]);
			die $set->{message} if exists $set->{sqlstate};
			$set = call($own, q{SELECT simplebank.set_account_status(?, 'active')}, $cash);
			die $set->{message} if exists $set->{sqlstate};
		}
	});

# the account is one in each snapshot
push @pids, in_background(
	sub {
		my $own = session($node);
		foreach my $i (1 .. 60)
		{
			my ($one, $all) = $own->selectrow_array(
				'SELECT simplebank.balance(?), -sum(balance) FROM simplebank.accounts WHERE id = ANY (?)',
				undef, $cash, \@accounts);
			die "cash is $one, not $all" if $one != $all;
		}
	});
ok(reap(@pids), 'clients, a changing number of stripes, and readers');

my $entries = @accounts + 2 * $clients * $rounds;
is(value($dbh, 'SELECT version FROM simplebank.balances(?)', $cash), $entries, 'each posting is there');
cmp_ok(value($dbh, 'SELECT count(DISTINCT account_id) FROM simplebank.entries WHERE simplebank.account_of(account_id) = ?', $cash),
	'>', 2, 'on several rows');
is( value($dbh, 'SELECT simplebank.balance(?)', $cash),
	-value($dbh, 'SELECT sum(balance) FROM simplebank.accounts WHERE id = ANY (?)', \@accounts), 'the balance is right');
is(rows($dbh, 'SELECT accounts FROM simplebank.trial_balance() WHERE kind = ?', 'asset'), '1', 'it is one account');
is( rows($dbh, 'SELECT count(*), max(version) FROM simplebank.statement(?) WHERE line <> ALL (?)', $cash, [ 'opening', 'closing' ]),
	"$entries|$entries", 'its statement has each entry');
is( value($dbh, q{
		SELECT count(*) FROM (SELECT balance - lag(balance, 1, 0::bigint) OVER w <> amount OR posted_at < lag(posted_at) OVER w AS wrong
			FROM simplebank.statement(?) WHERE version IS NOT NULL WINDOW w AS (ORDER BY version)) s WHERE wrong}, $cash),
	0, 'in order, with the running balance');
my ($after, $lines) = (0, 0);
while (1)
{
	my $page = $dbh->selectall_arrayref('SELECT line, version FROM simplebank.statement(?, after_version => ?, max_rows => 500)', undef, $cash, $after);
	my @versions = map { $_->[1] // () } @$page;
	last unless @versions && $versions[0] == $after + 1;
	$after = $versions[-1];
	$lines += @versions;
	last if $page->[-1][0] eq 'closing';
}
is($lines, $entries, 'and so have its pages');
verify_is_sound($dbh);
$dbh->disconnect;
$node->stop;
done_testing();
