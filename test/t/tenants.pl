# Very many ledgers in one database: a report of one reads that one's accounts,
# however many others there are, and the job closes all of them with one wait
# for postings.  Counted, not timed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $ledgers = $ENV{SIMPLEBANK_LEDGERS} // 300;
my $accounts = 20;         # of each, the bank's own among them
my $most_rows = 30 * $accounts;    # $ledgers times that are all

my $node = new_bank('tenants', conf => "autovacuum = off\n");
my $dbh = session($node);
my $watcher = session($node);

# Each ledger has customers and the bank's cash, from which each of them was paid 10 in March.
my $customers = $accounts - 1;
my $paid = 10 * $customers;
$dbh->do('ALTER TABLE simplebank.ledgers DISABLE TRIGGER guard');
$dbh->do(q{SELECT count(*) FROM generate_series(1, ?) n, simplebank.create_ledger('tenant ' || n)}, undef, $ledgers);
$dbh->do(q{UPDATE simplebank.ledgers SET created_at = '2024-01-01' WHERE id > 1});
$dbh->do('ALTER TABLE simplebank.ledgers ENABLE ALWAYS TRIGGER guard');
$dbh->do(
	qq{SELECT count(d.transfer_id) FROM generate_series(1, $customers) c, simplebank.ledgers l,
	LATERAL simplebank.open_account('customer ' || c, 'EUR', ledger => l.name) a(id),
	LATERAL simplebank.deposit(a.id, 10, effective_at => '2024-03-10 12:00+00') d WHERE l.id > 1});
$dbh->do('VACUUM ANALYZE');
is(value($dbh, 'SELECT count(*) FROM simplebank.accounts'), $ledgers * $accounts, "accounts of $ledgers ledgers");

# Rows that the session reads of the ledger's tables, by index or otherwise.
sub rows_read
{
	value($dbh, 'SELECT pg_stat_force_next_flush()');
	value($dbh, 'SELECT 1');
	return value($watcher,
		q{SELECT sum(seq_tup_read) + sum(coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables
		  WHERE schemaname = 'simplebank' AND relname NOT IN ('ledgers', 'ledger_roles')});
}

sub is_of_one
{
	my ($name, $expected, $sql, @values) = @_;
	rows($dbh, $sql, @values);    # plans
	my $before = rows_read();
	is(rows($dbh, $sql, @values), $expected, $name);
	my $read = rows_read() - $before;
	cmp_ok($read, '<', $most_rows, "$name: it reads $read rows");
	cmp_ok($read, '>', 0, "$name: the counters count");
	return;
}

my $all = "EUR|asset|1|$paid|0\nEUR|liability|$customers|0|$paid";
is_of_one('trial balance', $all, q{SELECT * FROM simplebank.trial_balance(ledger => 'tenant 7')});
is_of_one('trial balance of a moment', $all, q{SELECT * FROM simplebank.trial_balance('infinity', 'tenant 7')});
my $summary = q{SELECT currency, transfers, value FROM simplebank.day_summary((now() AT TIME ZONE 'UTC')::date, 'tenant 7')};
is_of_one("a day's summary", "EUR|$customers|$paid", $summary);

# One closed by hand reads no other's accounts; the job closes the others.
$dbh->do(q{SELECT simplebank.set_job(j, false) FROM unnest('{settlement,interest}'::text[]) j});
my $before = rows_read();
is(value($dbh, q{SELECT accounts FROM simplebank.close_day('2024-03-09', 'tenant 7')}), 0, 'nothing before the 10th');
is(value($dbh, q{SELECT accounts FROM simplebank.close_day('2024-03-10', 'tenant 7')}), $accounts, 'all on the 10th');
my $read = rows_read() - $before;
cmp_ok($read, '<', 2 * $most_rows, "closing two days of one reads $read rows");
$dbh->do(q{CALL simplebank.run_job('close_day', '2024-03-09')});
is(rows($dbh, q{SELECT count(*), min(day), max(day) FROM simplebank.closed_days}),
	$ledgers + 2 . '|2024-03-09|2024-03-10', 'the job closes the day of all others, and of the default one');
$dbh->do(q{CALL simplebank.run_job('close_day', '2024-03-10')});
is( rows($dbh, q{SELECT day, count(*), sum(accounts), bool_and(closed_at IS NOT NULL) FROM simplebank.closed_days GROUP BY day ORDER BY day}),
	join("\n", map { "2024-03-$_->[0]|" . ($ledgers + 1) . "|$_->[1]|1" } [ '09', 0 ], [ 10, $ledgers * $accounts ]),
	'each day of each ledger is closed once');
is(value($dbh, q{SELECT count(DISTINCT began_at::timestamp(0)) < 5 FROM simplebank.closed_days WHERE day = '2024-03-10'}), '1', 'begun together');
is_of_one("a day's summary, from closing balances", "EUR|$customers|$paid", $summary);
verify_is_sound($dbh, 'sound');
is(rows($dbh, 'SELECT * FROM simplebank.verify(now())'), '', 'sound since the last closed day');

$watcher->disconnect;
$dbh->disconnect;
$node->stop;
done_testing();
