# A ledger with something of everything, for what copies or upgrades a ledger.
# It asks for nothing but a DBI handle whose errors die.

package Simplebank::Sample;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(fill_ledger frozen_data);

# Fills the ledger of a fresh installation.  Answers the ids and answers that
# a test asks for again, by name.
#
# In EUR there is nothing but a few accounts with money, whose transfers are
# described as "setup": for Simplebank::Client and Simplebank::Checker.
sub fill_ledger
{
	my ($dbh) = @_;
	my $value = sub { return scalar $dbh->selectrow_array(shift, undef, @_) };
	my $call = sub { return $dbh->selectrow_hashref(shift, undef, @_) };
	my $open = sub {
		my ($owner, $currency, %with) = @_;
		return $value->(q{SELECT simplebank.open_account(?, ?, key => ?)}, $owner, $currency, $with{key});
	};
	my %sample;

	my ($alice, $bob, $carol) = @sample{qw(alice bob carol)} =
	  map { $open->($_, 'USD', key => "open $_") } qw(alice bob carol);
	$value->(q{SELECT simplebank.add_currency('POINTS', 0, 'Loyalty points')});
	$sample{points} = $value->(
		q{SELECT simplebank.open_account('alice', 'POINTS', max_balance => 500, name => 'points', metadata => '{"tier": "gold"}')}
	);
	$call->(q{SELECT * FROM simplebank.deposit(?, 1000, 'first')}, $alice);
	$call->(q{SELECT * FROM simplebank.deposit(?, 70)}, $sample{points});
	$sample{paid} = $call->(
		q{SELECT * FROM simplebank.transfer(?, ?, 300, 'pay', 'rent', '{"invoice": 7}', '2024-02-29 12:00+00')},
		$alice, $bob);
	$call->(q{SELECT * FROM simplebank.transfer(?, ?, 1)}, $bob, $alice) foreach 1 .. 50;
	$value->(q{SELECT simplebank.set_account_limits(?, 100, 5000, 'a reserve')}, $bob);
	$value->(q{SELECT simplebank.close_account(?, 'moved')}, $carol);
	$sample{held} = $call->(
		q{SELECT * FROM simplebank.place_hold(?, ?, 40, '2999-01-01 00:00+00', 'hold', 'a deposit')}, $alice, $bob);
	$call->(q{SELECT * FROM simplebank.capture_hold(?, 10, false)}, $sample{held}{hold_id});

	# jobs and orders
	$value->(q{SELECT simplebank.set_job('purge_keys', due_time => '04:00', max_attempts => 3)});
	$value->(q{SELECT simplebank.set_business_day('2026-12-25', false)});
	$sample{order} = $value->(
		q{SELECT simplebank.schedule_transfer(?, ?, 2, every => '1 month', until => '2999-01-31 00:00+00', key => 'order')},
		$alice, $bob);
	$value->(q{SELECT simplebank.schedule_transfer(?, ?, 4)}, $alice, $bob);
	$value->(q{SELECT simplebank.schedule_transfer(?, ?, keep => 1, run_at => '2999-01-01')}, $alice, $bob);

	# settlement: a cycle that is settled, one that waits, one that is open
	$value->(q{SELECT simplebank.create_settlement_group('wire', 'USD')});
	my ($north, $south) = @sample{qw(north south)} = map { $open->($_, 'USD') } qw(north south);
	$value->(q{SELECT simplebank.add_settlement_member('wire', 'north', ?)}, $north);
	$value->(q{SELECT simplebank.add_settlement_member('wire', 'south', ?)}, $south);
	$value->(q{SELECT simplebank.assign_member(?, 'wire', 'north')}, $alice);
	$value->(q{SELECT simplebank.assign_member(?, 'wire', 'south')}, $bob);
	$call->(q{SELECT * FROM simplebank.deposit(?, 5)}, $north);
	foreach my $amount (5, 6)
	{
		$call->(q{SELECT * FROM simplebank.clear_payment(?, ?, ?)}, $alice, $bob, $amount);
		$call->(q{SELECT * FROM simplebank.settle('wire')});
	}
	$call->(q{SELECT * FROM simplebank.clear_payment(?, ?, 1)}, $bob, $alice);

	# interest, a closed day, statements
	$value->(q{SELECT simplebank.set_interest(?, 0.5, valid_from => '2020-01-01')}, $alice);
	$call->(q{SELECT * FROM simplebank.deposit(?, 1, effective_at => '2020-01-01 12:00+00')}, $alice);
	$dbh->do(q{CALL simplebank.run_job('interest', '2020-01-31')});
	$value->(q{SELECT simplebank.close_day('2020-02-01')});
	$dbh->do(q{CALL simplebank.run_job('statements', '2020-01-31')});
	$dbh->do(qq{CALL simplebank.run_job('$_')}) foreach qw(standing_orders verify_ledger);

	# in francs and yen: stripes, a batch, a journal, an exchange, a reversal, holds that are over
	my ($erin, $frank) = map { $open->($_, 'CHF') } qw(erin frank);
	my $grace = $open->('grace', 'JPY');
	$value->(q{SELECT simplebank.set_stripes(simplebank.system_account('cash', 'CHF'), 4)});
	$call->(q{SELECT * FROM simplebank.deposit(?, 500)}, $_) foreach $erin, $frank;
	$dbh->do(q{SELECT simplebank.transfer_batch(ARRAY[?, ?]::bigint[], ARRAY[?, ?]::bigint[], '{7, 8}', '{batch 1,batch 2}')},
		undef, $erin, $frank, $frank, $erin);
	my $journal = $call->(
		q{SELECT * FROM simplebank.post_journal(ARRAY[?, ?, ?]::bigint[], '{-9, 4, 5}', 'journal')},
		$erin, $frank, $value->(q{SELECT simplebank.system_account('fees', 'CHF')}));
	$call->(q{SELECT * FROM simplebank.reverse_transfer(?, 'reversal')}, $journal->{transfer_id});
	$call->(q{SELECT * FROM simplebank.exchange(?, ?, 100, 17000, 'exchange')}, $erin, $grace);
	my $released = $call->(q{SELECT * FROM simplebank.place_hold(?, ?, 3)}, $erin, $frank);
	$call->(q{SELECT * FROM simplebank.release_hold(?)}, $released->{hold_id});
	# texts that are no more
	my $erased = $call->(q{SELECT * FROM simplebank.transfer(?, ?, 2, description => 'to be erased', metadata => '{"to": "be erased"}')}, $frank, $erin);
	$call->(q{SELECT * FROM simplebank.erase_texts(?, 'asked for')}, $erased->{transfer_id});
	$value->(q{SELECT simplebank.set_account_status(?, 'frozen', 'card stolen')}, $frank);

	# names: of a transfer, of a hold and its capture, of accounts, one of which has another owner now
	my $heidi = $value->(q{SELECT simplebank.open_account('heidi', 'CHF', code => 'user:1:chf')});
	$sample{named} = $call->(q{SELECT * FROM simplebank.transfer(?, ?, 20, reference => 'invoice 1')}, $erin, $heidi);
	my $named = $call->(q{SELECT * FROM simplebank.place_hold(?, ?, 3, reference => 'order 1')}, $heidi, $erin);
	$call->(q{SELECT * FROM simplebank.capture_hold(?, reference => 'order 1')}, $named->{hold_id});
	$value->(q{SELECT simplebank.set_account_details(?, name => 'daily', code => 'user:2:chf')}, $heidi);
	$value->(q{SELECT simplebank.set_account_owner(?, 'ivan', 'sold')}, $heidi);
	$sample{heidi} = $heidi;

	$sample{load} = [ map { $open->('load', 'EUR') } 1 .. 6 ];
	$call->(q{SELECT * FROM simplebank.deposit(?, 1000, description => 'setup')}, $_) foreach @{ $sample{load} };
	$value->('SELECT simplebank.seal()');
	return \%sample;
}

# The data of a ledger as a release keeps it: without the commands that only a
# psql of the same minor version knows.
sub frozen_data
{
	my ($dbh) = @_;
	my $database = sprintf q{dbname='%s' host='%s' port='%s'}, map { $dbh->{$_} } qw(pg_db pg_host pg_port);
	open my $dump, '-|', 'pg_dump', '--data-only', '--dbname', $database or die "pg_dump: $!\n";
	my $data = join '', grep { !/^\\(?:un)?restrict / } <$dump>;
	close $dump or die "pg_dump has failed\n";
	return $data;
}

1;
