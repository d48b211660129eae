# pg_dump and pg_restore, plain scripts, data alone, and a base backup: the
# copy is the same ledger, and life goes on in it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Sample;
use Simplebank::Test;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $node = new_bank('dump', init => { allows_streaming => 1 });
my $dbh = session($node);

#
# A ledger with something of everything
#

$dbh->do($_)
  foreach 'SELECT simplebank.create_roles()', 'CREATE ROLE alice', 'CREATE ROLE reporter',
  'GRANT simplebank_customer TO alice', 'GRANT SELECT ON simplebank.currencies TO reporter';

my $sample = fill_ledger($dbh);
value($dbh, 'SELECT simplebank.create_search_index(?)', $_) foreach 'transfers_metadata', 'transfers_amount';
my ($alice, $bob, $carol, $points, $north, $paid, $held, $order) =
  @{$sample}{qw(alice bob carol points north paid held order)};
value($dbh, q{SELECT simplebank.create_consumer('follower', '{transfer,hold}', 0) IS NULL});
value($dbh, q{SELECT count(*) FROM simplebank.read_events('follower', 3)});
value($dbh, q{SELECT simplebank.create_ledger('north')});
value($dbh, q{SELECT simplebank.grant_ledger('reporter', 'north')});
my $northern = value($dbh, q{SELECT simplebank.open_account('nora', 'EUR', ledger => 'north', code => 'nora')});
value($dbh, q{SELECT simplebank.deposit(?, 70, key => 'in north', reference => 'in north')}, $northern);
value($dbh, q{SELECT simplebank.place_hold(?, simplebank.system_account('cash', 'EUR', 'north'), 7)}, $northern);
value($dbh, q{SELECT simplebank.enqueue_transfer(?, ?, 1, 'enqueued', 'words', '{"a": 1}', 'enqueued')}, $alice, $bob);
$dbh->do(q{CALL simplebank.run_job('requests')});
my $waiting = value($dbh, q{SELECT simplebank.enqueue_transfer(?, ?, 1, 'waiting', 'words', '{"a": 1}', 'waiting')}, $alice, $bob);
is(rows($dbh, 'SELECT status, net_amount FROM simplebank.settlement_cycles ORDER BY id'),
	"settled|5\nwaiting|6", 'a cycle is settled, one waits');
verify_is_sound($dbh, 'the original is sound');

my @ledger = qw(ledger_roles accounts account_events transfers entries holds idempotency_keys);
push @ledger, qw(standing_orders order_executions requests);
my @tables = (@ledger, qw(jobs job_runs verifications business_calendar day_ends settlement_groups settlement_members
	settlement_assignments settlement_cycles settlement_positions closed_days day_balances day_trial_balances day_events
	interest_rates interest_accounts interest_accruals interest_days statements statement_days seals sealed_entries erasures search_indexes notices log_segments log_sources log_gaps log_consumers));

# Everything of the ledger as text; copies must give the same.
sub contents
{
	my ($handle) = @_;
	return join "\n",
	  (map { "$_:\n" . rows($handle, "SELECT t::text FROM simplebank.$_ t ORDER BY 1") } @tables),
	  'currencies:', rows($handle, 'SELECT * FROM simplebank.currencies ORDER BY code');
}

sub guards
{
	my ($handle) = @_;
	return rows($handle,
		q{SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, p.proname
		  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
		  WHERE c.relnamespace = 'simplebank'::regnamespace ORDER BY 1, 2});
}

my $original = contents($dbh);
my $grants = q{
	SELECT object, owner, grantor::regrole, grantee::regrole, privilege_type FROM (
		SELECT oid::regclass::text, relowner::regrole, relacl FROM pg_class
		WHERE relnamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace) AND relkind <> 'i'
		UNION ALL
		SELECT oid::regprocedure::text, proowner::regrole, proacl FROM pg_proc
		WHERE pronamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace)
		UNION ALL
		SELECT nspname, nspowner::regrole, nspacl FROM pg_namespace WHERE nspname IN ('simplebank', 'simplebank_internal')
		UNION ALL
		SELECT oid::regtype::text, typowner::regrole, typacl FROM pg_type
		WHERE typnamespace = 'simplebank'::regnamespace) o(object, owner, acl)
		LEFT JOIN aclexplode(acl) ON true
	ORDER BY object, grantee, privilege_type};
my $policies = q{SELECT p.tablename, p.policyname, p.permissive, p.roles::text, p.cmd, p.qual, p.with_check,
		c.relrowsecurity
	FROM pg_policies p JOIN pg_class c ON c.oid = format('%I.%I', p.schemaname, p.tablename)::regclass
	WHERE p.schemaname = 'simplebank' ORDER BY 1, 2};
my $acts = q{SELECT * FROM simplebank.audit_events WHERE action <> 'create_roles' ORDER BY id};
my %expected = (
	acts => rows($dbh, $acts),
	guards => guards($dbh),
	owners_and_grants => rows($dbh, $grants),
	policies => rows($dbh, $policies),
	dumped => rows($dbh,
		q{SELECT c::regclass FROM pg_extension, unnest(extconfig) c WHERE extname = 'simplebank' ORDER BY 1::text}));
like($expected{guards}, qr/^$_\|/m, "there is a guard of $_")
  foreach qw(accounts account_events transfers entries holds);
like($expected{policies}, qr/^$_\|/m, "there is a policy of $_")
  foreach @ledger;
like($expected{owners_and_grants}, qr/^simplebank\.currencies\|.*\|reporter\|SELECT$/m, 'there is a grant');

sub check_copy
{
	my ($name, $copy) = @_;
	is(contents($copy), $original, "$name: the same rows");
	verify_is_sound($copy, "$name: sound");
	is(rows($copy, $acts), $expected{acts}, "$name: the same acts");
	is(rows($copy, 'SELECT name, is_there FROM simplebank.search_index_status WHERE is_wanted ORDER BY name'), "transfers_amount|1\ntransfers_metadata|1", "$name: the same search indexes");
	is(rows($copy, 'SELECT * FROM simplebank.verify_seals()'), '', "$name: its seals prove it");
	is(guards($copy), $expected{guards}, "$name: the same guards");
	is(rows($copy, $grants), $expected{owners_and_grants}, "$name: the same owners and grants");
	is(rows($copy, $policies), $expected{policies}, "$name: the same policies");
	is(rows($copy, 'SELECT l.id, l.name, r.role FROM simplebank.ledgers l LEFT JOIN simplebank.ledger_roles r ON r.ledger_id = l.id ORDER BY l.id'),
		"1|default|\n2|north|reporter", "$name: the same ledgers, and who has them");
	is(value($copy, q{SELECT simplebank.account_id('nora', 'north')}), $northern, "$name: an account of one of them");
	is(call($copy, q{SELECT replayed FROM simplebank.deposit(?, 70, key => 'in north')}, $northern)->{replayed}, 1, "$name: its key replays");
	is(call($copy, 'SELECT simplebank.transfer(?, ?, 1)', $northern, $alice)->{sqlstate}, 'SB011', "$name: and they do not mix");
	$copy->do('SET ROLE alice');
	is(rows($copy, 'SELECT DISTINCT owner FROM simplebank.accounts'),
		'alice', "$name: a customer sees its own rows");
	is(call($copy, 'SELECT simplebank.balance(?)', $bob)->{sqlstate}, 'SB003', "$name: and accounts");
	$copy->do('RESET ROLE');
	foreach my $statement (
		'DELETE FROM simplebank.entries', 'UPDATE simplebank.transfers SET amount = 1',
		'TRUNCATE simplebank.account_events', 'DELETE FROM simplebank.accounts')
	{
		is(call($copy, $statement)->{sqlstate}, '42501', "$name: $statement is refused");
	}

	my $again = call($copy,
		q{SELECT * FROM simplebank.transfer(?, ?, 300, 'pay', effective_at => '2024-02-29 13:00+01')},
		$alice, $bob);
	is_deeply($again, { %$paid, replayed => 1 }, "$name: an old key replays");
	is(value($copy, q{SELECT simplebank.open_account('alice', 'USD', key => 'open alice')}),
		$alice, "$name: also that of an account");
	is(call($copy, q{SELECT * FROM simplebank.transfer(?, ?, 299, 'pay')}, $alice, $bob)->{sqlstate},
		'SB301', "$name: and is used for nothing else");

	$again = call($copy,
		q{SELECT * FROM simplebank.place_hold(?, ?, 40, '2999-01-01 00:00+00', 'hold')}, $alice, $bob);
	is_deeply($again, { %$held, replayed => 1 }, "$name: that of a hold");
	is(call($copy, q{SELECT * FROM simplebank.capture_hold(?, 30)}, $held->{hold_id})->{sqlstate},
		undef, "$name: the hold is captured");
	my $next = call($copy, q{SELECT * FROM simplebank.place_hold(?, ?, 1)}, $alice, $bob);
	cmp_ok($next->{hold_id} // 0, '>', $held->{hold_id}, "$name: the next hold has a new id");

	is(value($copy, q{SELECT simplebank.schedule_transfer(?, ?, 2, every => '1 month', until => '2999-01-31 00:00+00', key => 'order')}, $alice, $bob),
		$order, "$name: that of an order");
	cmp_ok(value($copy, q{SELECT simplebank.schedule_transfer(?, ?, 1, '2999-01-01')}, $alice, $bob),
		'>', $order + 1, "$name: the next order has a new id");
	cmp_ok(value($copy, 'SELECT simplebank.enqueue_transfer(?, ?, 1)', $alice, $bob), '>', $waiting, "$name: the next request has a new ticket");
	$copy->do(q{CALL simplebank.run_job('requests')});
	is(rows($copy, 'SELECT r.state, t.description, t.reference FROM simplebank.requests r JOIN simplebank.transfers t ON t.id = r.transfer_id WHERE r.ticket = ?', $waiting),
		'posted|words|waiting', "$name: the request that waited is posted");
	call($copy, q{SELECT * FROM simplebank.deposit(?, 10)}, $north);
	is(rows($copy, q{SELECT status, net_amount FROM simplebank.settle('wire') ORDER BY id}),
		"settled|6\nsettled|1", "$name: the cycle that waited is settled, and the next one");

	is(value($copy, q{SELECT simplebank.account_id('user:2:chf')}), $sample->{heidi}, "$name: a code finds its account");
	is(call($copy, q{SELECT simplebank.open_account('dave', 'CHF', code => 'user:2:chf')})->{sqlstate}, 'SB303', "$name: and is no other's");
	is(call($copy, q{SELECT simplebank.transfer(?, ?, 5, reference => 'invoice 1')}, $alice, $bob)->{sqlstate}, 'SB302', "$name: a reference is known");
	is(call($copy, q{SELECT simplebank.place_hold(?, ?, 1, reference => 'order 1')}, $alice, $bob)->{sqlstate}, 'SB302', "$name: and that of a hold");

	my $new = call($copy, q{SELECT * FROM simplebank.transfer(?, ?, 5, 'new')}, $alice, $bob);
	cmp_ok($new->{transfer_id} // 0, '>',
		value($copy, q{SELECT max(id) FROM simplebank.transfers WHERE id <> ?}, $new->{transfer_id}),
		"$name: the next transfer has a new id");
	my $account = call($copy, q{SELECT simplebank.open_account('dave', 'USD') AS id});
	cmp_ok($account->{id} // 0, '>', $points, "$name: the next account too");
	is(call($copy, q{SELECT simplebank.set_account_limits(?, 0, NULL)}, $bob)->{sqlstate},
		undef, "$name: so does the next event");
	is(call($copy, q{SELECT simplebank.add_currency('POINTS', 0)})->{sqlstate},
		'23505', "$name: the added currency is there");
	is(call($copy, q{SELECT simplebank.deposit(?, 431)}, $points)->{sqlstate},
		'SB002', "$name: limits are kept");
	is(call($copy, q{SELECT simplebank.deposit(?, 1)}, $carol)->{sqlstate},
		'SB004', "$name: what is closed stays closed");
	verify_is_sound($copy, "$name: still sound");
	return;
}

sub new_database
{
	my ($name) = @_;
	$dbh->do("CREATE DATABASE $name TEMPLATE template0");
	return session($node, dbname => $name);
}

sub run_ok
{
	my ($name, @command) = @_;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;
	return command_ok(\@command, $name);
}

#
# Custom format
#

run_ok('pg_dump, custom', 'pg_dump', '-Fc', '-f', "$directory/custom", 'postgres');
my $copy = new_database('custom');
run_ok('pg_restore', 'pg_restore', '--exit-on-error', '-d', 'custom', "$directory/custom");
check_copy('custom', $copy);

# a dump of the copy, which has been worked on
$original = contents($copy);
run_ok('pg_dump of a copy', 'pg_dump', '-Fc', '-f', "$directory/second", 'custom');
my $second = new_database('second');
run_ok('pg_restore of it', 'pg_restore', '--exit-on-error', '-d', 'second', "$directory/second");
is(contents($second), $original, 'a copy of the copy has the same rows');
verify_is_sound($second, 'a copy of the copy is sound');
$second->disconnect;
$copy->disconnect;
$original = contents($dbh);

#
# Plain
#

run_ok('pg_dump, plain', 'pg_dump', '-f', "$directory/plain", 'postgres');
$copy = new_database('plain');
run_ok('psql', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$directory/plain", 'plain');
check_copy('plain', $copy);
$copy->disconnect;

#
# The data alone, into a fresh installation
#

$copy = new_database('data_alone');
$copy->do('CREATE EXTENSION simplebank');
# which brings no grants
$copy->do($_)
  foreach 'SELECT simplebank.create_roles()', 'GRANT SELECT ON simplebank.currencies TO reporter';
run_ok('pg_restore of the data', 'pg_restore', '--exit-on-error', '--data-only', '-d',
	'data_alone', "$directory/custom");
check_copy('data alone', $copy);
$copy->disconnect;

#
# Base backup
#

$node->backup('base');
my $restored = PostgreSQL::Test::Cluster->new('restored');
$restored->init_from_backup($node, 'base');
$restored->start;
$copy = session($restored);
check_copy('base backup', $copy);
$copy->disconnect;
$restored->stop;

is(contents($dbh), $original, 'the original has not changed');
$dbh->disconnect;
$node->stop;
done_testing();
