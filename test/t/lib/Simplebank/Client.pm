# A client of the bank for tests with faults.  It moves money at random, and
# writes a journal that Simplebank::Checker compares with the ledger:
#
#   {"n":7,"intent":{"key":"c1-5","operation":"transfer","arguments":[3,4,12]}}
#   {"n":7,"accepted":{"transfer_id":..,"from_balance":..,"to_balance":..,"posted_at":..,"replayed":0}}
#   or {"n":7,"refused":"SB001"} or {"n":7,"lost":"57P02"}
#
# n numbers the attempts; the intent is on disk before the call is made.  Some
# requests are sent twice, some come again with another amount.  An attempt
# whose answer was lost is made again, with its key, until it is answered.

package Simplebank::Client;

use strict;
use warnings;

use IO::Handle;
use JSON::PP;
use Simplebank::Test;
use Time::HiRes qw(sleep time);

my %arguments_of = (
	transfer => '?, ?, ?',
	deposit => '?, ?',
	withdraw => '?, ?');

# Works until the file named by stop exists or so many requests are settled.
# Options: node, dbname, journal (a file), name (begins each key), accounts
# (their ids), submit (true: half of the transfers through tellers), seed, stop, requests, pause (seconds after each, at most).
sub run
{
	my (%options) = @_;
	srand $options{seed};
	open my $journal, '>>', $options{journal} or die "$options{journal}: $!";
	$journal->autoflush(1);
	my $self = bless { %options, journal => $journal, attempts => 0 }, __PACKAGE__;

	my $most = $options{requests} // 1_000_000;
	for (my $n = 1; $n <= $most && !(defined $options{stop} && -e $options{stop}); $n++)
	{
		sleep rand $options{pause} if $options{pause};
		my ($operation, @arguments) = $self->random_request;
		my $key = "$options{name}-$n";
		$self->settle($key, $operation, @arguments);
		$self->settle($key, $operation, @arguments) if rand() < 0.1;
		if (rand() < 0.08)
		{
			$arguments[-1] += 1 + int(rand 50);
			$self->settle($key, $operation, @arguments);
		}
	}
	close $journal or die "$options{journal}: $!";
	return;
}

sub random_request
{
	my ($self) = @_;
	my @accounts = @{ $self->{accounts} };
	my $from = int(rand @accounts);
	my $to = ($from + 1 + int(rand(@accounts - 1))) % @accounts;
	my $amount = 1 + int(rand 400);
	my $choice = rand;
	return ('transfer', $accounts[$from], $accounts[$to], $amount) if $choice < 0.7;
	return ('deposit', $accounts[$to], $amount) if $choice < 0.85;
	return ('withdraw', $accounts[$from], $amount);
}

# Makes an attempt until one is answered.
sub settle
{
	my ($self, @request) = @_;
	my $deadline = time + 120;
	until ($self->attempt(@request))
	{
		die "no answer for a long time\n" if time > $deadline;
	}
	return;
}

sub attempt
{
	my ($self, $key, $operation, @arguments) = @_;
	my $dbh = $self->connected or return 0;
	my $n = ++$self->{attempts};

	$self->note_down(n => $n,
		intent => { key => $key, operation => $operation, arguments => \@arguments });
	my $function = "SELECT * FROM simplebank.$operation";
	$function = 'CALL simplebank.submit_transfer_with_balances' if $operation eq 'transfer' && $self->{submit} && rand() < 0.5;
	my $answer = call($dbh, "$function($arguments_of{$operation}, key => ?, description => ?)", @arguments, $key, $key);

	# other classes of errors say nothing of the outcome
	my $sqlstate = $answer->{sqlstate};
	if (!defined $sqlstate)
	{
		$self->note_down(n => $n, accepted => $answer);
	}
	elsif ($sqlstate =~ /^(SB(?!50)|22|40)/)
	{
		$self->note_down(n => $n, refused => $sqlstate);
	}
	else
	{
		$self->note_down(n => $n, lost => $sqlstate);
		eval { $dbh->disconnect };
		delete $self->{dbh};
		return 0;
	}
	return 1;
}

# A session, as soon as the server gives one.
sub connected
{
	my ($self) = @_;
	$self->{dbh} //= eval { session($self->{node}, name => 'client', dbname => $self->{dbname}) };
	sleep 0.05 unless $self->{dbh};
	return $self->{dbh};
}

sub note_down
{
	my ($self, %line) = @_;
	print { $self->{journal} } JSON::PP->new->canonical->encode(\%line), "\n"
	  or die "could not write the journal: $!";
	return;
}

1;
