# A logical subscriber follows the ledger: what the functions change on the
# publisher is changed there too, past the guards, by which nobody else passes.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Sample;
use Simplebank::Test;
use Test::More;

my $publisher = new_bank('publisher', init => { allows_streaming => 'logical' });
my $subscriber = new_bank('subscriber', init => { allows_streaming => 'logical' });
my $dbh = session($publisher);
my $copy = session($subscriber);

# all but the built-in rows, which the subscriber has, and pages, which are a server's own
my @tables = map { $_->[0] } @{ $dbh->selectall_arrayref(
	q{SELECT relname FROM pg_class WHERE relnamespace = 'simplebank'::regnamespace AND relkind = 'r' AND relname NOT IN ('jobs', 'erased_pages') ORDER BY 1}) };

sub contents
{
	my ($handle) = @_;
	return join "\n", map { "$_:\n" . rows($handle, "SELECT t::text FROM simplebank.$_ t" . ($_ eq 'ledgers' ? ' WHERE id <> 1' : '') . ' ORDER BY 1') } @tables;
}

sub catch_up
{
	$publisher->wait_for_catchup('ledger');
	return;
}

$dbh->do('CREATE PUBLICATION ledger FOR TABLE ' . join ', ',
	map { "simplebank.$_" . ($_ eq 'currencies' ? ' WHERE (NOT is_builtin)' : $_ eq 'ledgers' ? ' WHERE (id <> 1)' : '') } @tables);
# tables without a primary key name their rows by all of their columns
$dbh->do("ALTER TABLE simplebank.$_->[0] REPLICA IDENTITY FULL") foreach @{ $dbh->selectall_arrayref(
	q{SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind = 'r'
	  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)}) };
my $before = fill_ledger($dbh);
$copy->do(sprintf q{CREATE SUBSCRIPTION ledger CONNECTION '%s' PUBLICATION ledger}, $publisher->connstr('postgres') =~ s/'/''/gr);
$subscriber->wait_for_subscription_sync($publisher, 'ledger');
is(contents($copy), contents($dbh), 'what there was is copied');

# rows are inserted, changed, and removed
my ($alice, $bob) = @$before{qw(alice bob)};
call($dbh, 'SELECT * FROM simplebank.deposit(?, 100)', $alice);
call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 3, key => 'followed')}, $alice, $bob);
call($dbh, 'SELECT * FROM simplebank.release_hold(?)', $before->{held}{hold_id});
call($dbh, q{SELECT * FROM simplebank.settle('wire')});
call($dbh, q{SELECT * FROM simplebank.erase_texts(hold_id => ?, reason => 'asked for')}, $before->{held}{hold_id});
call($dbh, q{SELECT * FROM simplebank.erase_texts(account_id => ?, reason => 'asked for')}, $bob);
call($dbh, 'SELECT simplebank.seal()');
# as if it had been used a month ago
$dbh->do("ALTER TABLE simplebank.$_ DISABLE TRIGGER guard") foreach qw(idempotency_keys key_marks);
$dbh->do(q{UPDATE simplebank.idempotency_keys SET number = 0 WHERE key = 'followed'});
$dbh->do('DELETE FROM simplebank.key_marks');
$dbh->do("ALTER TABLE simplebank.$_ ENABLE ALWAYS TRIGGER guard") foreach qw(idempotency_keys key_marks);
$dbh->do(q{INSERT INTO simplebank.key_marks (marked_at, age, last_key, decided_at, oldest)
	VALUES (clock_timestamp(), '-31 days', 0, '3', '3'), (clock_timestamp(), '0', 0, '3', '3')});
is(value($dbh, 'SELECT simplebank.purge_keys()'), 1, 'a key is removed');
catch_up();
is(contents($copy), contents($dbh), 'the subscriber has followed');
is(value($copy, q{SELECT count(*) FROM simplebank.idempotency_keys WHERE key = 'followed'}), 0, 'also where rows were removed');
is(value($copy, 'SELECT count(*) FROM simplebank.account_events'), value($dbh, 'SELECT count(*) FROM simplebank.account_events'), 'and has each event once');
verify_is_sound($copy, 'what it has is sound');

# nobody else changes it
foreach my $role (qw(origin replica))
{
	$copy->do("SET session_replication_role = $role");
	foreach my $table (@tables)
	{
		is(call($copy, "DELETE FROM simplebank.$table")->{sqlstate}, '42501', "as $role nobody deletes from $table");
	}
}
$copy->do('RESET session_replication_role');

$copy->do('DROP SUBSCRIPTION ledger');
$_->disconnect foreach $copy, $dbh;
$_->stop foreach $subscriber, $publisher;
done_testing();
