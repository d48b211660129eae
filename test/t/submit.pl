# submit_transfer: a teller is asked where the call is all of its transaction.
# Anywhere else it is posted in the caller's own, and is undone with it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $node = new_bank('submit', conf => "shared_preload_libraries = 'simplebank'\n");
my $dbh = session($node);
my ($alice, $bob) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(alice bob);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 10000)', $alice);
my $submit = "CALL simplebank.submit_transfer($alice, $bob, 1)";
my $too_much = "CALL simplebank.submit_transfer($alice, $bob, 1000000)";
my $within = sub { "CALL simplebank.submit_transfer($alice, $bob, 1, transfer_id => $_[0])" };
ok(wait_until(sub { !exists call($dbh, $submit)->{sqlstate} }), 'a teller is there');

# What has moved since, and who has posted it.
my @last;
sub since
{
	my @now = $dbh->selectrow_array(
		'SELECT simplebank.balance(?), teller_items, in_transaction, handed_back FROM simplebank.stats', undef, $bob);
	my @since = map { $now[$_] - ($last[$_] // 0) } 0 .. $#now;
	@last = @now;
	return sprintf 'moved %d: by tellers %d, in a transaction %d, handed back %d', @since;
}
since();

#
# Alone
#

# Of whole transactions, by each protocol.
sub bench
{
	my ($name, $protocol, $script, $status, $error) = @_;
	$node->pgbench("--no-vacuum --transactions=1 --protocol=$protocol",
		$status, [ $status ? qr{0/1} : qr{1/1} ], [ $error // qr{^$} ], $name, { $name =~ s/\W/_/gr => $script });
	return;
}
foreach my $protocol (qw(simple extended prepared))
{
	bench("alone, $protocol", $protocol, "$submit;\n$submit;\n", 0);
	is(since(), 'moved 2: by tellers 2, in a transaction 0, handed back 0', "alone, $protocol: a teller posts it");
}
call($dbh, $submit);
is(since(), 'moved 1: by tellers 1, in a transaction 0, handed back 0', 'by a driver, too');

#
# In a transaction: undone with it
#

$node->safe_psql('postgres', <<SQL);
CREATE TABLE own (id bigint);
CREATE FUNCTION writes() RETURNS bigint LANGUAGE sql AS 'INSERT INTO own VALUES (1) RETURNING ${alice}::bigint';
CREATE FUNCTION calls() RETURNS bigint LANGUAGE plpgsql AS 'DECLARE id bigint; BEGIN @{[ $within->('id') ]}; RETURN id; END';
CREATE PROCEDURE twice(fails boolean) LANGUAGE plpgsql AS 'DECLARE id bigint; BEGIN @{[ $within->('id') ]}; @{[ $within->('id') ]}; ASSERT NOT fails; END';
SQL
my %undone = (
	'a block' => [ 1, 'BEGIN', $submit, 'ROLLBACK' ],
	'a savepoint' => [ 1, 'BEGIN', 'SAVEPOINT s', $submit, 'ROLLBACK TO s', 'COMMIT' ],
	'statements that are sent together' => [ 1, "$submit; SELECT 1 / 0" ],
	'behind another one' => [ 1, "SELECT; $submit; SELECT 1 / 0" ],
	'a function' => [ 1, 'BEGIN', 'SELECT calls()', 'ROLLBACK' ],
	'a procedure' => [ 2, 'CALL twice(true)' ],
	'an anonymous block' => [ 1, "DO 'DECLARE id bigint; BEGIN @{[ $within->('id') ]}; RAISE division_by_zero; END'" ],
	'a block with a handler' =>
	  [ 1, "DO 'DECLARE id bigint; BEGIN BEGIN @{[ $within->('id') ]}; RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END'" ],
	'a refusal after it' => [ 2, 'BEGIN', $submit, $too_much, 'COMMIT' ],
	'the default of a driver' => [ 1, undef ]);
foreach my $name (sort keys %undone)
{
	my ($count, @statements) = @{ $undone{$name} };
	if (defined $statements[0])
	{
		foreach my $sql (@statements) { eval { $dbh->do($sql) } }
	}
	else
	{
		local $dbh->{AutoCommit} = 0;
		call($dbh, $submit);
		$dbh->rollback;
	}
	is(since(), "moved 0: by tellers 0, in a transaction $count, handed back 0", "undone with $name");
}

# and made with it
my %made = (
	'a block' => [ 2, 'BEGIN', 'INSERT INTO own VALUES (2)', $submit, $submit, 'COMMIT' ],
	'a function' => [ 1, 'SELECT calls()' ],
	'a procedure' => [ 2, 'CALL twice(false)' ],
	'a statement that has written' => [ 1, "CALL simplebank.submit_transfer(writes(), $bob, 1)" ],
	'each transaction of a procedure' =>
	  [ 3, "DO 'DECLARE id bigint; BEGIN FOR i IN 1 .. 3 LOOP INSERT INTO own VALUES (i); COMMIT; @{[ $within->('id') ]}; END LOOP; END'" ]);
foreach my $name (sort keys %made)
{
	my ($count, @statements) = @{ $made{$name} };
	$dbh->do($_) foreach @statements;
	is(since(), "moved $count: by tellers 0, in a transaction $count, handed back 0", "made with $name");
}

# A key is the same there and alone; a refusal is that of transfer().
my $keyed = 'CALL simplebank.submit_transfer_with_balances(?, ?, 5, ?)';
$dbh->do('BEGIN');
my $first = call($dbh, $keyed, $alice, $bob, 'keyed');
is($first->{replayed}, 0, 'a key is used in a block');
$dbh->do('COMMIT');
is_deeply(call($dbh, $keyed, $alice, $bob, 'keyed'), { %$first, replayed => 1 }, 'and known alone');
my @errors;
foreach my $sql ("SELECT simplebank.transfer($alice, $bob, 1000000)", $too_much)
{
	$dbh->do('BEGIN');
	eval { $dbh->do($sql) };
	push @errors, $dbh->state . $dbh->errstr =~ s/^CONTEXT:.*//mrs;
	$dbh->do('ROLLBACK');
}
is($errors[1], $errors[0], 'refused as by transfer()');
is(value($dbh, 'SELECT simplebank.balance(?)', $bob), $last[0] + 5, 'nothing else has moved');
since();

#
# In a pipeline, also as its first statement, which cannot know what follows
#

bench('a pipeline', 'extended', "\\startpipeline\n$submit;\n$submit;\n$submit;\n\\endpipeline\n", 0);
is(since(), 'moved 3: by tellers 0, in a transaction 3, handed back 0', 'a pipeline is one transaction');
is(value($dbh, 'SELECT count(DISTINCT xmin::text) FROM (SELECT xmin FROM simplebank.transfers ORDER BY id DESC LIMIT 3) t'), 1, 'of the caller');
bench('a pipeline with a refusal', 'prepared', "\\startpipeline\n$submit;\n$submit;\n$too_much;\n\\endpipeline\n", 2, qr{insufficient funds});
is(since(), 'moved 0: by tellers 0, in a transaction 3, handed back 0', 'of which one refused call undoes all');
bench('a pipeline of one', 'extended', "\\startpipeline\n$submit;\n\\endpipeline\n", 0);
is(since() =~ /^moved 1:/, 1, 'one of one statement is made');

verify_is_sound($dbh);
$dbh->disconnect;
$node->stop;
done_testing();
