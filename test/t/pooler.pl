# A pool that gives its one server connection to whoever has a transaction to
# run (pgbouncer, pool_mode = transaction): customers and a teller in turns,
# each by SET LOCAL ROLE, and customers without a role, for whom a gateway acts.
# Nothing of one is left for the next one: neither accounts, nor keys, nor plans.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $rounds = 200;

my $node = new_bank('pooler');
my $dbh = session($node);
$dbh->do($_)
  foreach 'SELECT simplebank.create_roles()',
  'CREATE ROLE pool LOGIN NOINHERIT',
  map { ("CREATE ROLE $_", "GRANT $_ TO pool") } qw(ada bob app gate);
$dbh->do('GRANT simplebank_customer TO ada, bob');
$dbh->do('GRANT simplebank_teller TO app');
$dbh->do('GRANT simplebank_gateway TO gate');
my %account = map { $_ => value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(ada bob cat dan);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 100000)', $account{$_}) foreach qw(ada bob cat dan);

# The pool
my $directory = PostgreSQL::Test::Utils::tempdir;
my $port = PostgreSQL::Test::Cluster::get_free_port();
append_to_file("$directory/users", qq{"pool" ""\n});
append_to_file("$directory/ini", sprintf(<<'INI', $node->host, $node->port, $port, $directory));
[databases]
bank = host=%s port=%d dbname=postgres user=pool
[pgbouncer]
pool_mode = transaction
default_pool_size = 1
listen_addr =
listen_port = %d
unix_socket_dir = %4$s
auth_type = trust
auth_file = %4$s/users
logfile = %4$s/log
pidfile = %4$s/pid
INI
system_or_bail('pgbouncer', '-q', '-d', "$directory/ini");
END { kill 'INT', slurp_file("$directory/pid") if $directory && -e "$directory/pid" }

sub client
{
	return DBI->connect("dbi:Pg:dbname=bank;host=$directory;port=$port", 'pool', '',
		{ AutoCommit => 1, PrintError => 0, RaiseError => 1, pg_server_prepare => 0 });
}
my %client;
ok(wait_until(sub { $client{ada} = eval { client() } }), 'the pool is open');
$client{$_} = client() foreach qw(bob app gate cat dan);

# One transaction of a client in its role, or by the gateway; answers the value, or the SQLSTATE.
my %by_gateway = map { $_ => 1 } qw(cat dan);
sub transaction
{
	my ($who, $sql, @values) = @_;
	my $client = $client{$who};
	$client->begin_work;
	$client->do('SET LOCAL ROLE ' . ($by_gateway{$who} ? 'gate' : $who));
	$client->do('SELECT simplebank.act_for(?)', undef, $who) if $by_gateway{$who};
	my $answer = eval { value($client, $sql, @values) } // $client->state;
	$client->rollback if $answer =~ /^(SB|\d{2}[0-9A-Z])[0-9A-Z]{2,3}$/ && $client->err;
	$client->commit unless $client->{AutoCommit};
	return $answer;
}

my %pids = map { transaction($_, 'SELECT pg_backend_pid()') => 1 } qw(ada bob app gate cat dan) x 3;
is(keys %pids, 1, 'all of them have the same server connection in turns');

my %wrong;
my %paid;
my %other = (ada => 'bob', bob => 'ada', cat => 'dan', dan => 'cat');
foreach my $round (1 .. $rounds)
{
	foreach my $me (qw(ada cat bob dan))
	{
		my $other = $other{$me};
		my %seen = (
			'owner of the accounts' =>
			  [ transaction($me, q{SELECT string_agg(DISTINCT owner, ',') FROM simplebank.accounts}), $me ],
			'own balance' =>
			  [ transaction($me, 'SELECT simplebank.balance(?) > 0', $account{$me}), 1 ],
			'balance of the other' =>
			  [ transaction($me, 'SELECT simplebank.balance(?)', $account{$other}), 'SB003' ],
			'debit of the other' => [
				transaction($me, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)',
					$account{$other}, $account{$me}),
				'SB003'
			],
			# both use the same keys, for requests of their own
			'transfer' => [
				transaction($me,
					q{SELECT replayed::int || coalesce(to_balance::text, '') FROM simplebank.transfer(?, ?, 1, key => ?)},
					$account{$me}, $account{$other}, "key $round"),
				'0'
			]);
		$paid{$me}++;
		$seen{'the gateway for nobody'} = [ transaction('gate', 'SELECT simplebank.balance(?)', $account{$me}), '42501' ];
		$seen{'rows of the gateway for nobody'} = [ transaction('gate', 'SELECT count(*) FROM simplebank.accounts'), 0 ];
		foreach my $name (keys %seen)
		{
			$wrong{$name} = "$me got $seen{$name}[0]" if $seen{$name}[0] ne $seen{$name}[1];
		}
	}
	my $all = transaction('app', q{SELECT count(DISTINCT owner) FROM simplebank.accounts WHERE NOT is_system});
	$wrong{teller} = $all if $all ne 4;
	my $keys = transaction('app', 'SELECT count(*) FROM simplebank.idempotency_keys');
	$wrong{'keys that the teller sees'} = $keys if $keys ne 0;
}
is_deeply(\%wrong, {}, "$rounds rounds: each sees its own, and nothing of the other");
is(rows($dbh, 'SELECT role, count(*) FROM simplebank.idempotency_keys GROUP BY 1 ORDER BY 1'),
	"ada|$rounds\nbob|$rounds\ncat|$rounds\ndan|$rounds", 'the keys are those of the roles, and of the customers');
is(rows($dbh, q{SELECT role, gateway, count(*) FROM simplebank.transfers WHERE operation = 'transfer' GROUP BY 1, 2 ORDER BY 1}),
	"ada||$rounds\nbob||$rounds\ncat|gate|$rounds\ndan|gate|$rounds", 'both names are kept');
is(value($dbh, 'SELECT simplebank.balance(?)', $account{$_}), 100000, "$_: as much came in as went out") foreach qw(ada cat);

# Without a role the login has nothing.
is($client{ada}->selectrow_array('SELECT current_user'), 'pool', 'the role is gone with the transaction');
ok(!eval { $client{ada}->do('SELECT simplebank.balance(1)'); 1 }, 'the login itself may do nothing');
is($client{ada}->state, '42501', 'it is told so');
verify_is_sound($dbh);

$_->disconnect foreach values %client;
done_testing();
