# The end of the day on a moving clock: days that were missed come out as those
# on time do, jobs that are killed have each effect once, a day that is closed
# under load loses no posting, and a proof that begins at a closed day sees what
# came since.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep);
use Time::Local qw(timegm);

my $accounts = 40;
my @jobs = qw(settlement interest close_day statements);
my $seed = seed_of_test();
srand $seed;

my $node = new_bank('day', moves_clock => 1, conf => "restart_after_crash = on\ntimezone = UTC\n");
my @names = qw(ontime late killed);
{
	my $dbh = session($node);
	$dbh->do("CREATE DATABASE $_") foreach @names;
	$dbh->disconnect;
}
$node->stop;

# Half a minute into a day of January or February 2030.
sub start_on
{
	my ($month, $day) = @_;
	local @ENV{qw(LD_PRELOAD FAKETIME)} = clock_at(timegm(30, 0, 0, $day, $month - 1, 2030));
	$node->start;
	return { map { $_ => session($node, dbname => $_) } @names };
}

sub stop_banks
{
	my ($bank) = @_;
	$_->disconnect foreach values %$bank;
	$node->stop;
	return;
}

sub run_jobs
{
	my ($dbh) = @_;
	$dbh->do("CALL simplebank.run_job('$_')") foreach @jobs;
	return;
}

# The same in each bank.
sub post_everywhere
{
	my ($bank, $count, @days) = @_;
	foreach (1 .. $count)
	{
		my ($from, $to) = map { 1 + int rand $accounts } 1 .. 2;
		my $amount = 1 + int rand 100_000;
		my $day = $days[ rand @days ];
		call($_, 'SELECT * FROM simplebank.transfer(?, ?, ?, effective_at => ?)', $from, $to, $amount, $day) foreach values %$bank;
	}
	return;
}

my $bank = start_on(1, 28);
foreach my $dbh (values %$bank)
{
	$dbh->do('CREATE EXTENSION simplebank');
	value($dbh, q{SELECT count(simplebank.open_account('customer ' || n, 'EUR', min_balance => -100000000)) FROM generate_series(1, ?) n}, $accounts);
	value($dbh, 'SELECT count(*) FROM generate_series(1, ?) n, simplebank.deposit(n, 10000000 + n * 7919)', $accounts);
	value($dbh, q{SELECT count(simplebank.set_interest(n, 0.01 + n / 1000.0, ('{ACT/365F,ACT/360,30E/360,ACT/ACT}'::text[])[1 + n % 4],
			overdraft_rate => 0.12)) FROM generate_series(1, ?) n}, $accounts);
	run_jobs($dbh);
}

# A day after the other, over the end of a month.  One bank accrues interest each
# night; it closes its days with the others, so that all may date back.
foreach my $day ([ 1, 29 ], [ 1, 30 ], [ 1, 31 ], [ 2, 1 ], [ 2, 2 ], [ 2, 3 ])
{
	my ($month, $date) = @$day;
	post_everywhere($bank, 60, $month == 1 ? (undef, undef, '2030-01-29 12:00+00') : undef);
	stop_banks($bank);
	$bank = start_on(@$day);
	$bank->{ontime}->do(q{CALL simplebank.run_job('interest')});
	if ($month == 1 && $date == 30)
	{
		value($_, q{SELECT simplebank.set_interest(1, 0.07, valid_from => '2030-01-29')}) foreach values %$bank;
	}
}
is(value($bank->{late}, q{SELECT days_behind FROM simplebank.job_status WHERE job = 'interest'}), 6, 'six days are missed');
is(value($bank->{ontime}, q{SELECT days_behind FROM simplebank.job_status WHERE job = 'interest'}), 0, 'none by the other one');

# What came of interest: each day's accruals, the postings, the balances.
sub interest
{
	my ($dbh) = @_;
	return rows($dbh, <<'SQL');
SELECT account_id, day, trim_scale(sum(units)), sum(balance) FILTER (WHERE transfer_id IS NOT NULL)
FROM simplebank.interest_accruals GROUP BY 1, 2, transfer_id IS NULL ORDER BY 1, 2, 4
SQL
}

sub balances
{
	my ($dbh) = @_;
	return rows($dbh, <<'SQL');
SELECT a.id, d.day::date, simplebank.balance_at(a.id, simplebank_internal.day_end(d.day::date) - interval '1 microsecond', 'effective')
FROM simplebank.accounts a, generate_series('2030-01-28'::date, '2030-02-02', '1 day') d(day) WHERE NOT a.is_system ORDER BY 1, 2
SQL
}

run_jobs($bank->{$_}) foreach qw(ontime late);
is(value($bank->{late}, q{SELECT sum(days_behind) FROM simplebank.job_status WHERE job = ANY (?)}, \@jobs), 0, 'made good at once');
is(value($bank->{ontime}, q{SELECT count(*) FROM simplebank.transfers WHERE operation = 'interest'}), $accounts, 'interest is posted once');
is(interest($bank->{late}), interest($bank->{ontime}), 'the same interest as on time');
is(balances($bank->{late}), balances($bank->{ontime}), 'the same balances');
is(rows($bank->{late}, 'SELECT day FROM simplebank.closed_days ORDER BY day'),
	join("\n", map { sprintf '2030-%s', $_ } qw(01-27 01-28 01-29 01-30 01-31 02-01 02-02)), 'each day is closed');
is(value($bank->{late}, q{SELECT count(*) FROM simplebank.statements WHERE period_start = '2030-01-01'}), $accounts, 'a statement for each account');

# Killed at any moment, time and again.
my $kills = 0;
until (value($bank->{killed}, q{SELECT sum(days_behind) FROM simplebank.job_status WHERE job = ANY (?)}, \@jobs) == 0)
{
	my $runner = in_background(sub { my $own = session($node, dbname => 'killed', name => 'runner'); eval { run_jobs($own) }; });
	my $backend;
	foreach (1 .. 1000)
	{
		$backend = value($bank->{killed}, q{SELECT pid FROM pg_stat_activity WHERE application_name = 'runner' AND state = 'active'});
		last if $backend;
	}
	sleep rand 0.05;
	if ($kills < 12 && $backend && kill 'KILL', $backend)
	{
		$kills++;
		wait_until(sub { !$bank->{killed}->ping });
	}
	reap($runner);
	$_->disconnect foreach values %$bank;
	wait_until(sub { $bank = eval { +{ map { $_ => session($node, dbname => $_) } @names } } });
}
cmp_ok($kills, '>=', 3, "killed $kills times");
is(interest($bank->{killed}), interest($bank->{late}), 'each accrual and posting once');
is( rows($bank->{killed}, 'SELECT account_id, day, version, balance, value_balance FROM simplebank.day_balances ORDER BY 1, 2'),
	rows($bank->{late}, 'SELECT account_id, day, version, balance, value_balance FROM simplebank.day_balances ORDER BY 1, 2'),
	'each closing balance once');
is( rows($bank->{killed}, 'SELECT account_id, period_start, opening, debits, credits, closing, entries FROM simplebank.statements ORDER BY 1, 2'),
	rows($bank->{late}, 'SELECT account_id, period_start, opening, debits, credits, closing, entries FROM simplebank.statements ORDER BY 1, 2'),
	'and each statement');
verify_is_sound($bank->{$_}) foreach @names;

# Closed while everybody posts into the day.
is(call($bank->{late}, q{SELECT simplebank.close_day('2030-02-03')})->{sqlstate}, '22023', 'a day is not closed before it is over');
stop_banks($bank);
$bank = start_on(2, 4);
my $dbh = $bank->{late};
my @pids = map {
	in_background(
		sub {
			my $own = session($node, dbname => 'late');
			foreach my $n (1 .. 400)
			{
				my $answer = call($own, q{SELECT * FROM simplebank.transfer(?, ?, 1, description => 'load', effective_at => '2030-02-03 12:00+00')},
					1 + int rand $accounts, 1 + int rand $accounts);
				my $state = $answer->{sqlstate} // 'posted';
				die $state if $state !~ /^(posted|SB203|SB006)$/;
			}
		});
} 1 .. 4;
my $found = '';
foreach my $n (1 .. 4)
{
	sleep 0.05;
	$dbh->do(q{SELECT simplebank.close_day('2030-02-03')});
	$found .= rows($dbh, 'SELECT * FROM simplebank.verify()');
	$dbh->do(q{SELECT simplebank.reopen_day('2030-02-03', 'for the test')}) if $n < 4;
}
ok(reap(@pids), 'clients have posted, or were refused');
is($found, '', 'what was posted into the day is in its closing balances each time');
is(call($dbh, q{SELECT * FROM simplebank.transfer(1, 2, 1, effective_at => '2030-02-03 12:00+00')})->{sqlstate}, 'SB203', 'now it is closed');
verify_is_sound($dbh);

# Damage from before a closed day is found by the full proof, damage since then by both.
sub findings
{
	my ($since) = @_;
	return rows($dbh, 'SELECT DISTINCT invariant FROM simplebank.verify(?) ORDER BY 1', $since);
}
call($dbh, 'SELECT * FROM simplebank.transfer(1, 2, 1)');
foreach my $case ([ 'old', '2030-01-29', '' ], [ 'new', '2030-02-04', 'running_balance' ])
{
	my ($name, $day, $incremental) = @$case;
	$dbh->begin_work;
	$dbh->do('ALTER TABLE simplebank.entries DISABLE TRIGGER ALL');
	is($dbh->do(<<"SQL"), 1, "$name entry is damaged");
UPDATE simplebank.entries e SET balance = balance + 1
WHERE (account_id, version) = (SELECT account_id, min(version) FROM simplebank.entries WHERE account_id = 1 AND posted_at >= '$day' GROUP BY 1)
SQL
	like(findings(undef), qr/running_balance/, 'the full proof finds it');
	if ($incremental) { like(findings('infinity'), qr/$incremental/, 'so does one from the last closed day'); }
	else { is(findings('infinity'), '', 'one from the last closed day does not look there'); }
	$dbh->rollback;
}

# The job proves what is new, and all of it once a week or after a finding.
$dbh->do('ALTER TABLE simplebank.verifications DISABLE TRIGGER guard');
$dbh->do(q{SELECT simplebank_internal.verify_ledger() FROM generate_series(1, 2)});
is(value($dbh, q{SELECT string_agg(CASE WHEN since IS NULL THEN 'full' ELSE 'since' END, ' ' ORDER BY id) FROM simplebank.verifications}),
	'full since', 'the first proof is a full one');
$dbh->do(q{UPDATE simplebank.verifications SET started_at = started_at - interval '7 days'});
$dbh->do('SELECT simplebank_internal.verify_ledger()');
$dbh->do('UPDATE simplebank.verifications SET findings = 1');
$dbh->do('SELECT simplebank_internal.verify_ledger()');
is(value($dbh, q{SELECT string_agg(CASE WHEN since IS NULL THEN 'full' ELSE 'since' END, ' ' ORDER BY id) FROM simplebank.verifications}),
	'full since full full', 'and then once a week, or after a finding');

stop_banks($bank);
done_testing();
