# The bank moves its business dates to another time zone, twice, on a moving
# clock: each payment is on one monthly statement and in one day's summary, and
# no day that was on ends otherwise than it would have.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::Local qw(timegm);

my $node = new_bank('zone', moves_clock => 1, conf => "timezone = UTC\n");
$node->stop;

my ($dbh, $account, $payments) = (undef, undef, 0);

# The jobs that end a day, and a payment, before and after them.
sub at
{
	my ($month, $day, $hour) = @_;
	local @ENV{qw(LD_PRELOAD FAKETIME)} = clock_at(timegm(0, 5, $hour, $day, $month - 1, 2030));
	if ($dbh)
	{
		$dbh->disconnect;
		$node->stop;
	}
	$node->start;
	$dbh = session($node);
	if (!$account)
	{
		$account = value($dbh, q{SELECT simplebank.open_account('ann', 'EUR')});
		value($dbh, 'SELECT simplebank.set_interest(?, 0)', $account);
	}
	pay();
	$dbh->do("CALL simplebank.run_job('$_')") foreach qw(interest close_day statements);
	pay();
	return;
}

sub pay
{
	$payments++;
	return value($dbh, 'SELECT to_balance FROM simplebank.deposit(?, 1)', $account);
}

sub move_to
{
	my ($zone) = @_;
	$dbh->do("ALTER DATABASE postgres SET simplebank.time_zone = '$zone'");
	return;
}

sub end_of
{
	my ($day) = @_;
	return value($dbh, q{SELECT to_char(ends_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM simplebank.closed_days WHERE day = ?}, $day);
}

at(1, 30, 0);
at(1, 31, 0);
at(1, 31, 20);
move_to('Pacific/Auckland');    # where it is the first of February already
at(1, 31, 21);
is(value($dbh, 'SELECT max(day) FROM simplebank.closed_days'), '2030-01-30', 'the day that is on is not over before its time');
at(2, 1, 0);
is(end_of('2030-01-31'), '02-01 00:00', 'it ends as it would have');
at(2, 1, 10);
at(2, 1, 11);
is(end_of('2030-02-01'), '02-01 11:00', 'the next one ends with midnight in Auckland');
at(2, 1, 20);
at(2, 27, 12);
move_to('Pacific/Niue');        # a day behind
at(2, 28, 11);
is(end_of('2030-02-28'), '02-28 11:00', 'the last one of the month ends in Auckland');
at(2, 28, 12);
at(3, 1, 10);
at(3, 2, 12);
is(end_of('2030-03-01'), '03-02 11:00', 'the one after it in Niue, 48 hours later');
at(4, 1, 12);

is( rows($dbh, q{SELECT period_start, to_char(starts_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), to_char(ends_at AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), time_zone
		FROM simplebank.statements ORDER BY 1}),
	join("\n",
		'2030-01-01|01-01 00:00|02-01 00:00|UTC',
		'2030-02-01|02-01 00:00|02-28 11:00|Pacific/Auckland',
		'2030-03-01|02-28 11:00|04-01 11:00|Pacific/Niue'),
	'each statement begins where the one before ends');
# the last two are of April
is(value($dbh, 'SELECT sum(entries) FROM simplebank.statements'), $payments - 2, 'each payment is on one of them');
is( rows($dbh, q{SELECT s.period_start FROM simplebank.statements s JOIN simplebank.statements n ON n.period_start = s.period_start + interval '1 month'
		WHERE n.opening <> s.closing}),
	'', 'and each opens with what the one before closes with');
is( value($dbh, q{SELECT sum(s.transfers) FROM generate_series('2030-01-28'::timestamp, '2030-04-02', '1 day') d, simplebank.day_summary(d::date) s}),
	$payments, 'each payment is in the summary of one day');
like(value($dbh, q{SELECT simplebank.render_statement(?, '2030-02-01')}, $account), qr/^2030-02-28 .*\n2030-02-28 .*\n2030-02-28 +Closing balance/m,
	'a statement shows the dates of its own zone');
verify_is_sound($dbh);

$dbh->disconnect;
$node->stop;
done_testing();
