# An account with very many entries: a balance of the past and a page of a
# statement read few rows, whatever the size.  Counted, not timed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $entries = $ENV{SIMPLEBANK_ENTRIES} // 200_000;
my $most_rows = 200;
my $new_seconds = 1250;    # of the series, after the last midnight that is closed

my $node = new_bank('bounded', conf => "autovacuum = off\n");
my $dbh = session($node);

# 1 the account, 2 who pays
value($dbh, q{SELECT simplebank.open_account('alice', 'USD')});
value($dbh, q{SELECT simplebank.open_account('bob', 'USD', min_balance => NULL)});

#
# Account 2 pays 1 each second, up to some time after yesterday's first
# midnight, whatever time it is now.  One entry in a thousand has a value date
# 30 seconds before or after its posting.  The rows come as a replica would get
# them; verify() says whether they are right.
#
$dbh->do('SET session_replication_role = replica');
$dbh->do('ALTER TABLE simplebank.accounts DISABLE TRIGGER guard');
my $midnight = value($dbh, q{SELECT date_trunc('day', now(), 'UTC') - interval '24 hours'});
my $start = value($dbh, q{SELECT ?::timestamptz - ? * interval '1 second'}, $midnight, $entries - $new_seconds + 1);
$dbh->do(q{SELECT setval('simplebank.transfers_id_seq', ?)}, undef, $entries);
my $series = qq{generate_series(1, $entries) n,
	LATERAL (SELECT timestamptz '$start' + n * interval '1 second') p(posted_at),
	LATERAL (SELECT CASE n % 1000 WHEN 0 THEN p.posted_at - interval '30 seconds'
			 WHEN 500 THEN p.posted_at + interval '30 seconds' END) e(effective_at)};
$dbh->do(qq{INSERT INTO simplebank.transfers (id, from_account_id, to_account_id, amount,
	from_version, to_version, posted_at, effective_at, operation, role)
	SELECT n, 2, 1, 1, n, n, posted_at, coalesce(effective_at, posted_at), 'transfer', 'bob' FROM $series});
foreach my $side ([ 1, 1 ], [ 2, -1 ])
{
	my ($id, $sign) = @$side;
	$dbh->do(qq{INSERT INTO simplebank.entries (account_id, version, transfer_id, amount, balance,
		posted_at, effective_at)
		SELECT $id, n, n, $sign, $sign * n, posted_at, effective_at FROM $series});
	$dbh->do(qq{UPDATE simplebank.accounts SET balance = $sign * $entries, version = $entries,
		updated_at = timestamptz '$start' + $entries * interval '1 second' WHERE id = $id});
}
$dbh->do('RESET session_replication_role');
$dbh->do('ALTER TABLE simplebank.accounts ENABLE ALWAYS TRIGGER guard');
verify_is_sound($dbh, "$entries entries, sound");

# Rows that the session reads of the ledger's tables, by index or otherwise.
sub rows_read
{
	my ($watcher) = @_;
	value($dbh, 'SELECT pg_stat_force_next_flush()');
	value($dbh, 'SELECT 1');
	return value($watcher,
		q{SELECT sum(seq_tup_read) + sum(coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables
		  WHERE schemaname = 'simplebank'});
}

# also index entries whose rows were thrown away again
sub index_entries_read
{
	my ($watcher) = @_;
	return value($watcher,
		q{SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'simplebank'});
}

my $watcher = session($node);

sub is_bounded
{
	my ($name, $expected, $sql, @values) = @_;
	rows($dbh, $sql, @values);	# plans
	my $before = rows_read($watcher);
	my $entries_before = index_entries_read($watcher);
	is(rows($dbh, $sql, @values), $expected, $name);
	my $read = rows_read($watcher) - $before;
	cmp_ok($read, '<', $most_rows, "$name: rows read");
	cmp_ok(index_entries_read($watcher) - $entries_before, '<', $most_rows, "$name: index entries read");
	cmp_ok($read, '>', 0, "$name: the counters count");
	return;
}

# Positions in the series, far from and close to value dates of their own.
my $at = "timestamptz '$start' + interval '1 second' *";
foreach my $n (0, 1, 777, int($entries / 2) + 77, $entries - 1, $entries)
{
	is_bounded("balance_at posted, after $n entries", $n, "SELECT simplebank.balance_at(1, $at $n)");
}
foreach my $n (1, 250, int($entries / 2) + 250, $entries - 250)
{
	is_bounded("balance_at effective, after $n entries",
		$n, "SELECT simplebank.balance_at(1, $at $n, 'effective')");
}
my $middle = int($entries / 2000) * 1000;
is_bounded('balance_at effective, one came early',
	$middle - 9, "SELECT simplebank.balance_at(1, $at ($middle - 10), 'effective')");
is_bounded('balance_at effective, one comes late',
	$middle + 519, "SELECT simplebank.balance_at(1, $at ($middle + 520), 'effective')");

my $page = 'SELECT count(*), min(version), max(version), max(balance) FROM simplebank.statement';
is_bounded('the first page', '51|1|50|50', "$page(1, max_rows => 50)");
is_bounded('a page in the middle',
	sprintf('50|%d|%d|%d', $middle + 1, $middle + 50, $middle + 50),
	"$page(1, after_version => $middle, max_rows => 50)");
is_bounded('the last page',
	sprintf('51|%d|%d|%d', $entries - 49, $entries, $entries),
	"$page(1, after_version => $entries - 50, max_rows => 50)");
is_bounded('a short period', sprintf('12|%d|%d|%d', $middle, $middle + 9, $middle + 9),
	"$page(1, $at $middle, $at ($middle + 10))");
is_bounded('the first page of a long period',
	sprintf('51|%d|%d|%d', $middle, $middle + 49, $middle + 49),
	"$page(1, $at $middle, max_rows => 50)");
is_bounded('balance', $entries, 'SELECT simplebank.balance(1)');
is_bounded('a transfer', '1', 'SELECT 1 FROM simplebank.transfer(2, 1, 1)');

# One value date far in the past, and one far in the future, of each account widen
# what has to be looked at; not so in days that are closed, where it is the day's own.
my $first = value($dbh, "SELECT (timestamptz '$start' AT TIME ZONE 'UTC')::date");
my $last = value($dbh, q{SELECT (?::timestamptz AT TIME ZONE 'UTC')::date - 1}, $midnight);
my $past = value($dbh, "SELECT $at 10");
call($dbh, 'SELECT * FROM simplebank.transfer(2, 1, 5, effective_at => ?)', $_) foreach $past, '2100-01-01 00:00+00';
my $night = value($dbh, q{SELECT (?::date + time '00:30') AT TIME ZONE 'UTC'}, $last);
my $expected = value($dbh, q{SELECT simplebank.balance_at(1, ?, 'effective')}, $night);
value($dbh, 'SELECT simplebank.close_day(d::date) FROM generate_series(?::timestamp, ?, interval $$1 day$$) d', $first, $last);
is_bounded('balance_at effective in a closed past', $expected, q{SELECT simplebank.balance_at(1, ?, 'effective')}, $night);
my $posted = value($dbh, "SELECT floor(extract(epoch FROM ?::timestamptz - timestamptz '$start'))", $night);
is_bounded('balance_at posted in a closed past', $posted, q{SELECT simplebank.balance_at(1, ?)}, $night);
is_bounded('the first page of a statement in a closed past', '51', 'SELECT count(*) FROM simplebank.statement(1, ?, max_rows => 50)', $night);

# A proof from the last closed day reads in proportion to what came since, be
# the tables analyzed or not; in full it reads everything.
my $new = value($dbh, 'SELECT count(*) FROM simplebank.entries WHERE posted_at >= ?', $midnight);
is($new, 2 * $new_seconds + 8, 'entries that are new: the last of the series, and of four transfers before');
foreach my $known ('not analyzed', 'analyzed')
{
	$dbh->do('ANALYZE') if $known eq 'analyzed';
	my %read;
	foreach my $since ('infinity', undef)
	{
		my $before = rows_read($watcher);
		my $index_before = index_entries_read($watcher);
		is(rows($dbh, 'SELECT * FROM simplebank.verify(?)', $since), '', "$known, " . ($since ? 'sound since then' : 'sound in full'));
		$read{ $since // 'full' } = rows_read($watcher) - $before;
		$read{ 'index ' . ($since // 'full') } = index_entries_read($watcher) - $index_before;
	}
	foreach my $what ('', 'index ')
	{
		my ($read, $most) = ($read{ $what . 'infinity' }, 8 * $new + 1000);
		cmp_ok($read, '<', $most, "$known, ${what}from the last closed day it reads $read for $new entries that are new");
		cmp_ok($read, '>', $new, "$known, ${what}which it does read");
	}
	cmp_ok($read{full}, '>', 3 * $entries, "$known, in full it reads $read{full}");
}

verify_is_sound($dbh, 'still sound');
$watcher->disconnect;
$dbh->disconnect;
$node->stop;
done_testing();
