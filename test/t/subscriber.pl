# Logical subscribers follow the ledger, one with the extension and one without:
# what the functions change on the publisher is changed there too, past the
# guards, by which nobody else passes; and nothing is written there.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Sample;
use Simplebank::Test;
use Test::More;

my $publisher = new_bank('publisher', init => { allows_streaming => 'logical' }, conf => "output_plugin_libraries = 'pgoutput, wal2json'\n");
my $subscriber = new_bank('subscriber', init => { allows_streaming => 'logical' }, conf => "shared_preload_libraries = 'simplebank'\nsimplebank.database = 'postgres'\n");
my $dbh = session($publisher);
my $copy = session($subscriber);

my $tables = $dbh->selectall_arrayref('SELECT name, condition, definition FROM simplebank.published_tables ORDER BY 1');
my @tables = map { $_->[0] } @$tables;

sub contents
{
	my ($handle) = @_;
	return join "\n", map { "$_->[0]:\n" . rows($handle, "SELECT t::text FROM simplebank.$_->[0] t" . ($_->[1] ? " WHERE $_->[1]" : '') . ' ORDER BY 1') } @$tables;
}

sub catch_up
{
	$publisher->wait_for_catchup($_) foreach qw(ledger plain);
	return;
}

$dbh->do(value($dbh, q{SELECT 'CREATE PUBLICATION ledger FOR TABLE ' || string_agg(concat_ws(' WHERE ', 'simplebank.' || name, condition), ', ') FROM simplebank.published_tables}));
my $before = fill_ledger($dbh);
$copy->do(sprintf q{CREATE SUBSCRIPTION ledger CONNECTION '%s' PUBLICATION ledger}, $publisher->connstr('postgres') =~ s/'/''/gr);
$subscriber->wait_for_subscription_sync($publisher, 'ledger');

# a database without the extension
$subscriber->safe_psql('postgres', 'CREATE DATABASE plain');
my $plain = session($subscriber, dbname => 'plain');
$plain->do('CREATE SCHEMA simplebank');
$plain->do($_->[2]) foreach @$tables;
$plain->do(sprintf q{CREATE SUBSCRIPTION plain CONNECTION '%s' PUBLICATION ledger}, $publisher->connstr('postgres') =~ s/'/''/gr);
$subscriber->wait_for_subscription_sync($publisher, 'plain', 'plain');
is(contents($plain), contents($dbh), 'what there was is copied into plain tables');
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
is(contents($plain), contents($dbh), 'plain tables too');
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

# nor is anything written there that would collide with what comes
is(call($copy, $_->[0], @$_[ 1 .. $#$_ ])->{sqlstate}, '25006', "on a subscriber: $_->[0]")
  foreach [ 'SELECT simplebank.transfer(?, ?, 1)', $alice, $bob ], [ q{SELECT simplebank.open_account('x', 'EUR')} ], [ 'SELECT simplebank.seal()' ],
  [ q{CALL simplebank.run_job('expire_holds')} ], [ q{SELECT simplebank.audit('x')} ], [ 'CALL simplebank.submit_transfer(?, ?, 1, transfer_id => NULL)', $alice, $bob ];
$copy->do(q{SET application_name = 'standing'});
is(call($copy, 'SELECT simplebank.create_roles()')->{sqlstate}, undef, 'it may have roles');
is(call($copy, q{SELECT simplebank.create_search_index('transfers_metadata')})->{sqlstate}, undef, 'indexes for its searches');
is(call($copy, q{SELECT simplebank.create_consumer('reader', from_position => 0)})->{sqlstate}, undef, 'and readers of events');
is(value($copy, q{SELECT max(position) FROM simplebank.read_events('reader', 10000)}), value($dbh, 'SELECT max(last_position) FROM simplebank.log_segments'), 'up to the last that has come');
call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $alice, $bob);
call($dbh, 'SELECT simplebank.seal()');
catch_up();
is(contents($copy), contents($dbh), 'and it follows on');
is(value($copy, q{SELECT max(position) FROM simplebank.read_events('reader', 10000)}), value($dbh, 'SELECT max(last_position) FROM simplebank.log_segments'), 'its readers too');
like(slurp_file($subscriber->logfile), qr/create_roles\(\) was called on a subscriber/, 'what would have been audited is in its log');

# decoded by others
$dbh->do(q{SELECT pg_create_logical_replication_slot('others', 'wal2json')});
my $decoded = call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 7, description => 'decoded')}, $alice, $bob);
my $changes = rows($dbh, q{SELECT data FROM pg_logical_slot_get_changes('others', NULL, NULL, 'format-version', '2', 'add-tables', 'simplebank.transfers,simplebank.entries')});
is(scalar(() = $changes =~ /"action":"I","schema":"simplebank","table":"transfers"/g), 1, 'wal2json shows a transfer');
is(scalar(() = $changes =~ /"action":"I","schema":"simplebank","table":"entries"/g), 2, 'and its entries');
like($changes, qr/"name":"id","type":"bigint","value":$decoded->{transfer_id}\}.*"value":"decoded"/, 'as they are');
$dbh->do(q{SELECT pg_drop_replication_slot('others')});

$_->do('DROP SUBSCRIPTION ' . ($_ == $copy ? 'ledger' : 'plain')) foreach $copy, $plain;
is(call($copy, q{SELECT simplebank.preview_transfer(?, ?, 1)}, $alice, $bob)->{sqlstate}, undef, 'without a subscription it is a ledger of its own');
$_->disconnect foreach $copy, $plain, $dbh;
$_->stop foreach $subscriber, $publisher;
done_testing();
