# Searches in a large ledger: each reads few rows, by whatever path, and whenever
# its plans were made: on empty tables, with statistics of empty tables, without
# any, or with right ones.  Counted, not timed.  And pages that are read while
# others post have each row once that was there at the first one.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $transfers = $ENV{SIMPLEBANK_ENTRIES} // 100_000;
my $most_rows = 150;

my $node = new_bank('search', conf => "autovacuum = off\n");
my $super = session($node);
$super->do($_)
  foreach 'SELECT simplebank.create_roles()', 'CREATE ROLE ann LOGIN IN ROLE simplebank_customer',
  'CREATE ROLE app LOGIN IN ROLE simplebank_teller', 'ANALYZE';

# 1 pays 2 and 3, which are ann's and ben's; each fiftieth goes to ann
my ($mint, $ann, $ben) = map { value($super, q{SELECT simplebank.open_account(?, 'EUR', min_balance => NULL, code => 'main:' || ?)}, $_, $_) } qw(mint ann ben);

# What is asked, what comes, and how many rows of the ledger it may read.
my @searches = (
	[ 'the newest', '', sub { "10|" . ($transfers - 9) . "|$transfers" } ],
	[ 'the oldest', 'newest_first => false', sub { '10|1|10' } ],
	[ 'of an account', "account_id => $ben", sub { '10' } ],
	[ 'of an account, the oldest', "account_id => $ben, newest_first => false", sub { '10' } ],
	[ 'of an account in a time', "account_id => $ben, from_time => '2024-01-01 00:10+00', to_time => '2024-01-01 00:10:20+00'", sub { '10' } ],
	[ 'in a time', q{from_time => '2024-01-01 20:00+00', to_time => '2024-01-01 20:00:05+00', newest_first => false}, sub { '5|72000|72004' }, 12000 ],
	[ 'since a time', q{from_time => '2024-01-02 03:46+00'}, sub { '10|' . ($transfers - 9) . "|$transfers" } ],
	[ 'before a time', q{to_time => '2024-01-01 00:00:03+00'}, sub { '2|1|2' }, 12000 ],
	[ 'after all times', q{from_time => '2024-01-02 03:46:41+00'}, sub { '0||' } ],
	[ 'by reference', "reference => 'r77000'", sub { '1|77000|77000' } ],
	[ 'by a reference that is not there', "reference => 'none'", sub { '0||' } ],
	[ 'what a hold captures', 'hold_id => 500', sub { '1|50000|50000' } ],
	[ 'what a hold captures, the oldest', 'hold_id => 500, newest_first => false', sub { '1|50000|50000' } ],
	[ 'of no hold', 'hold_id => 1000000', sub { '0||' } ],
	[ 'what takes a transfer back', 'reverses => 69999', sub { '1|70000|70000' } ],
	[ 'what takes a transfer back, the oldest', 'reverses => 69999, newest_first => false', sub { '1|70000|70000' } ]);
my @others = (
	[ 'accounts, the newest', 'find_accounts(max_rows => 10)' ],
	[ 'accounts of an owner', q{find_accounts(owner => 'owner 777')} ],
	[ 'accounts of an owner, the oldest', q{find_accounts(owner => 'owner 777', newest_first => false)} ],
	[ 'an account by its code', q{find_accounts(code => 'main:ben')} ],
	[ 'holds, the newest', 'find_holds(max_rows => 10)' ],
	[ 'holds of an account', "find_holds(account_id => $ben, max_rows => 10)" ],
	[ 'holds of an account, the oldest', "find_holds(account_id => $ann, max_rows => 10, newest_first => false)" ],
	[ 'events, the newest', 'find_events(max_rows => 10)' ],
	[ 'events of an account', 'find_events(account_id => 778)' ],
	[ 'events of an account, the oldest', "find_events(account_id => $ann, max_rows => 10, newest_first => false)" ],
	[ 'events of a hold', 'find_events(hold_id => 500)' ],
	[ 'events of a hold, the oldest', 'find_events(hold_id => 500, newest_first => false)' ]);

sub sql_of
{
	my ($what) = @_;
	return 'SELECT count(*)' . ($what =~ /account_id/ ? '' : ', min(id), max(id)') . ' FROM simplebank.find_transfers(max_rows => 10' . ($what ? ", $what" : '') . ')';
}

sub ask_everything
{
	my ($dbh) = @_;
	rows($dbh, sql_of($_->[1])) foreach @searches;
	rows($dbh, "SELECT count(*) FROM simplebank.$_->[1]") foreach @others;
	return;
}

my %session = map { $_ => session($node, user => 'app') } 'planned on empty tables', 'planned later';
my $customer = session($node, user => 'ann');
ask_everything($session{'planned on empty tables'});
ask_everything($customer);

#
# The rows come as a replica would get them.
#
$super->do('SET session_replication_role = replica');
$super->do("ALTER TABLE simplebank.$_ DISABLE TRIGGER guard") foreach qw(accounts holds);
$super->do(q{INSERT INTO simplebank.accounts (id, owner, currency, kind) SELECT n, 'owner ' || n, 'EUR', 'liability' FROM generate_series(4, 20000) n});
$super->do(qq{INSERT INTO simplebank.account_events (account_id, event, version, role)
	SELECT CASE n % 4 WHEN 0 THEN $ann WHEN 1 THEN 777 + n % 50 ELSE n % 20000 END, 'status', 0, 'bank' FROM generate_series(1, 40000) n});
$super->do(qq{INSERT INTO simplebank.holds (id, from_account_id, to_account_id, amount, status, captured)
	SELECT n, $mint, CASE n % 50 WHEN 0 THEN $ann ELSE $ben END, 1, 'captured', 1 FROM generate_series(1, 20000) n});
$super->do(qq{INSERT INTO simplebank.account_events (account_id, event, version, role, hold_id) SELECT $mint, 'hold_placed', 0, 'bank', n FROM generate_series(1, 20000) n});
my $series = qq{(SELECT n, CASE n % 50 WHEN 0 THEN $ann ELSE $ben END AS payee, timestamptz '2024-01-01 00:00+00' + n * interval '1 second' AS posted_at FROM generate_series(1, $transfers) n) s};
$super->do(qq{INSERT INTO simplebank.transfers (id, from_account_id, to_account_id, amount, from_version, to_version, posted_at, effective_at, operation, role, hold_id, reverses, reference, description)
	SELECT n, $mint, payee, 1, n, row_number() OVER (PARTITION BY payee ORDER BY n), posted_at, posted_at, 'transfer', 'bank',
		CASE n % 100 WHEN 0 THEN n / 100 END, CASE n % 1000 WHEN 0 THEN n - 1 END, CASE n % 1000 WHEN 0 THEN 'r' || n END, CASE n % 7 WHEN 0 THEN 'seven' END FROM $series});
$super->do(q{INSERT INTO simplebank.transfer_references (transfer_id, reference) SELECT id, reference FROM simplebank.transfers WHERE reference IS NOT NULL});
$super->do(q{INSERT INTO simplebank.entries (account_id, version, transfer_id, amount, balance, posted_at)
	SELECT from_account_id, from_version, id, -1, -from_version, posted_at FROM simplebank.transfers
	UNION ALL SELECT to_account_id, to_version, id, 1, to_version, posted_at FROM simplebank.transfers});
$super->do(qq{UPDATE simplebank.accounts a SET version = e.version, balance = e.balance, updated_at = e.posted_at
	FROM (SELECT DISTINCT ON (account_id) * FROM simplebank.entries ORDER BY account_id, version DESC) e WHERE e.account_id = a.id});
$super->do('RESET session_replication_role');
$super->do("ALTER TABLE simplebank.$_ ENABLE ALWAYS TRIGGER guard") foreach qw(accounts holds);
$super->do(q{SELECT setval('simplebank.transfers_id_seq', ?)}, undef, $transfers);
$super->do(q{SELECT setval('simplebank.accounts_id_seq', 20000), setval('simplebank.holds_id_seq', 20000)});

# Rows, and entries of indexes, that a session reads of the ledger's tables.
my $watcher = session($node);

sub work
{
	my ($dbh) = @_;
	value($dbh, 'SELECT pg_stat_force_next_flush()');
	value($dbh, 'SELECT 1');
	return value($watcher,
		q{SELECT (SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables WHERE schemaname = 'simplebank')
		  + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname = 'simplebank')});
}

sub work_of
{
	my ($dbh, $sql) = @_;
	rows($dbh, $sql);	# plans, and what is read of catalogs
	my $before = work($dbh);
	my $rows = rows($dbh, $sql);
	return ($rows, work($dbh) - $before);
}

sub search_everything
{
	my ($dbh, $when) = @_;
	foreach my $search (@searches)
	{
		my ($name, $filter, $expected, $most) = @$search;
		my ($rows, $read) = work_of($dbh, sql_of($filter));
		is($rows, $expected->(), "$when, $name: what it finds");
		cmp_ok($read, '<', $most // $most_rows, "$when, $name: it reads $read");
	}
	foreach my $search (@others)
	{
		my ($name, $call) = @$search;
		my ($rows, $read) = work_of($dbh, "SELECT count(*) FROM simplebank.$call");
		cmp_ok($rows, '>', 0, "$when, $name: it finds $rows");
		cmp_ok($read, '<', $most_rows + 10 * $rows, "$when, $name: it reads $read");
	}
	return;
}

# When transfers were posted, as the job would have noted it; the last ones are in no span yet.
$super->do(qq{INSERT INTO simplebank.transfer_spans (last_id, decided_at, earliest, latest)
	SELECT max(id), '3', min(posted_at), max(posted_at) FROM simplebank.transfers WHERE id <= $transfers - 40 GROUP BY (id - 1) / 1000 ORDER BY 1});

search_everything($session{$_}, $_) foreach sort keys %session;
$super->do('ANALYZE');
search_everything($session{$_}, "$_, then analyzed") foreach sort keys %session;

# A customer reads in proportion to its own, whatever others have.
foreach my $call (
	'find_transfers(max_rows => 10)', 'find_transfers(max_rows => 10, newest_first => false)', q{find_transfers(reference => 'r77000')}, 'find_transfers(hold_id => 500)',
	'find_transfers(hold_id => 501)', 'find_transfers(reverses => 69999)', 'find_accounts()', q{find_accounts(owner => 'owner 777')}, 'find_holds(max_rows => 10)', 'find_events(max_rows => 10)')
{
	my ($rows, $read) = work_of($customer, "SELECT count(*) FROM simplebank.$call");
	cmp_ok($read, '<', $most_rows, "a customer's $call finds $rows and reads $read");
}
is(rows($customer, q{SELECT count(*) FROM simplebank.find_transfers(max_rows => 1000, from_time => '2024-01-01 01:00+00', to_time => '2024-01-01 02:00+00')}), 72, 'its own within an hour');

# What would need more is refused, and has read no more than it may.
$super->do('ALTER SYSTEM SET simplebank.max_search_rows = 5000');
$super->do('SELECT pg_reload_conf()');
my $teller = $session{'planned later'};
wait_until(sub { value($teller, 'SHOW simplebank.max_search_rows') == 5000 });
foreach my $filter (q{description => 'none'}, "account_id => $ben, description => 'none'", q{min_amount => 2}, q{metadata => '{"a": 1}'}, q{newest_first => false, role => 'none'})
{
	my $before = work($teller);
	is(call($teller, sql_of($filter))->{sqlstate}, '54000', "$filter: refused");
	my $read = work($teller) - $before;
	cmp_ok($read, '<', 4 * 5000 + $most_rows, "$filter: it has read $read");
	cmp_ok($read, '>', 5000, "$filter: which it has");
}
is(rows($teller, sql_of(q{description => 'seven'})), join('|', 10, map { $transfers - $transfers % 7 - 7 * $_ } 9, 0), 'what is found before that is answered');

#
# Pages, while others post to the same accounts, striped ones too.
#
my $hub = value($super, q{SELECT simplebank.open_account('hub', 'EUR', min_balance => NULL, stripes => 8)});
my $own = value($super, q{SELECT simplebank.open_account('ann', 'EUR')});
value($super, 'SELECT count(*) FROM simplebank.transfer_batch(array_fill(?::bigint, ARRAY[300]), array_fill(?::bigint, ARRAY[300]), array_fill(1::bigint, ARRAY[300]))', $hub, $own);
my @posters = map { my $number = $_; in_background(sub { my $dbh = session($node, user => 'app'); my $until = time + 8;
			while (time < $until) { call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $hub, $number % 2 ? $own : $ann); call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $ann, $own) if $number == 0; } }) } 0 .. 3;
my $deadline = time + 6;
my $rounds = 0;
while (time < $deadline)
{
	foreach my $case ([ $teller, "account_id => $hub" ], [ $teller, "account_id => $hub, newest_first => false" ], [ $customer, "from_time => '2025-01-01'" ], [ $customer, "from_time => '2025-01-01', newest_first => false" ], [ $teller, "from_time => '2025-01-01'" ], [ $teller, "from_time => '2025-01-01', newest_first => false" ])
	{
		my ($dbh, $filter) = @$case;
		my %there = map { $_->[0] => 1 } @{ $dbh->selectall_arrayref(
				$filter =~ /account_id/ ? "SELECT transfer_id FROM simplebank.entries WHERE simplebank.account_of(account_id) = $hub" : q{SELECT id FROM simplebank.transfers WHERE posted_at >= '2025-01-01'}) };
		my (%seen, $after);
		my $twice = 0;
		for (my $pages = 0; $pages < 10_000; $pages++)
		{
			my $page = $dbh->selectall_arrayref("SELECT id, cursor FROM simplebank.find_transfers($filter, after => ?, max_rows => 97)", undef, $after);
			$twice += grep { $seen{ $_->[0] }++ } @$page;
			last if @$page < 97;
			$after = $page->[-1][1];
		}
		my $missed = grep { !$seen{$_} } keys %there;
		is("$twice $missed", '0 0', "$filter, page by page beside postings: none twice, none missed, of " . keys %there) if $rounds == 0 || $twice || $missed;
	}
	$rounds++;
}
reap($_) foreach @posters;
note("$rounds rounds");
$_->disconnect foreach values %session, $customer, $watcher;
$super->disconnect;
$node->stop;
done_testing();
