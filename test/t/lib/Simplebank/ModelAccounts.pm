# The accounts of Simplebank::Model, and what can be read of them without any
# effect: balances, statements, searches.

package Simplebank::ModelAccounts;

use strict;
use warnings;

use List::Util qw(uniq);
use Math::BigInt;
use Simplebank::ModelValues;

my %known_kinds = map { $_ => 1 } qw(asset liability equity income expense);
my %known_statuses = map { $_ => 1 } qw(active debit_blocked credit_blocked frozen);

sub open_account
{
	my ($self, $owner, $currency, $kind, $min, $max, $name, $key, $code, $ledger) = @_;
	return refused('22004') if !defined $owner;
	return refused('22023') if bad_text($owner);
	return refused('22004') if !defined $currency || !defined $kind;
	return refused('22023') if bad_text($name, $key, $code) || !$known_kinds{$kind};
	return refused('22023') if defined $min && defined $max && compare($min, $max) > 0;
	return refused('42501') if defined $self->{only} && (!defined $min || compare($min, 0) < 0);
	$ledger //= $self->{only} // 'default';
	return refused('SB013') if !$self->has_ledger($ledger);
	return refused('SB009') if !$self->{currencies}{$currency};
	my @request = ('open_account', $owner, $currency, $kind, $min, $max, $name, $code);
	my $replay = $self->key_used($ledger, $key, @request);
	if ($replay)
	{
		delete $replay->{row}{replayed} if $replay->{row};
		return $replay;
	}
	return refused('SB303') if defined $code && $self->{codes}{"$ledger|$code"};
	return {
		row => {},
		apply => sub {
			my ($answer) = @_;
			$self->{accounts}{ $answer->{account_id} } = {
				balance => 0,
				code => $code,
				currency => $currency,
				entries => [],
				events => ['opened'],
				id => $answer->{account_id},
				kind => $kind,
				ledger => $ledger,
				max => $max,
				min => $min,
				owner => $owner,
				status => 'active',
			};
			$self->{codes}{"$ledger|$code"} = $answer->{account_id} if defined $code;
			$self->keep_key($ledger, $key, { account_id => $answer->{account_id} }, @request);
		}
	};
}

# Is it one that who calls has?
sub has_ledger
{
	my ($self, $ledger) = @_;
	return $self->{ledgers}{$ledger} && $ledger eq ($self->{only} // $ledger);
}

sub account_id
{
	my ($self, $code, $ledger) = @_;
	return refused('22023') if bad_text($code);
	$ledger //= $self->{only} // 'default';
	return refused('SB013') if !$self->has_ledger($ledger);
	my $id = $self->{codes}{"$ledger|$code"} or return refused('SB003');
	return { row => { account_id => $id }, apply => sub { } };
}

# One of the bank's own accounts, opened before.
sub bank_account
{
	my ($self, $id, $name, $currency, $kind, $ledger) = @_;
	$self->{accounts}{$id} = {
		balance => 0,
		currency => $currency,
		entries => [],
		events => [],
		id => $id,
		kind => $kind,
		ledger => $ledger,
		owner => 'simplebank',
		status => 'active',
	};
	$self->{bank}{$name}{$ledger}{$currency} = $id;
	return;
}

# The settings of an account that exists and is not closed.
sub change
{
	my ($self, $id, $event, $change) = @_;
	my $account = $self->{accounts}{$id};
	return refused('SB003') if !$account;
	return refused('SB004') if $account->{status} eq 'closed';
	return {
		row => {},
		apply => sub { $change->($account); push @{ $account->{events} }, $event }
	};
}

sub set_account_limits
{
	my ($self, $id, $min, $max) = @_;
	return refused('22023') if defined $min && defined $max && compare($min, $max) > 0;
	return $self->change($id, 'limits', sub { @{ $_[0] }{qw(min max)} = ($min, $max) });
}

sub set_account_status
{
	my ($self, $id, $status) = @_;
	return refused('22023') if !$known_statuses{$status};
	return $self->change($id, 'status', sub { $_[0]{status} = $status });
}

sub close_account
{
	my ($self, $id) = @_;
	my $closing = $self->change($id, 'closed', sub { $_[0]{status} = 'closed' });
	return $closing if $closing->{sqlstate};
	return refused('SB010') if $self->{accounts}{$id}{balance} != 0;
	return refused('SB010')
	  if grep { ($_->{from} eq $id || $_->{to} eq $id) && $_->{status} eq 'open' && !$_->{due} } values %{ $self->{holds} };
	return $closing;
}

# Answers without side effects, from the model's own entries.

sub balance_at
{
	my ($self, $id, $at, $basis) = @_;
	return sum(0, map { $_->{amount} }
		  grep { $_->{$basis} <= $at } @{ $self->{accounts}{$id}{entries} });
}

# The lines of a statement of the entries posted at $from or later and before
# $to: name, version, amount, balance.
sub statement
{
	my ($self, $id, $from, $to) = @_;
	my @entries = @{ $self->{accounts}{$id}{entries} };
	my $opening = 0;
	my @lines;
	for my $i (0 .. $#entries)
	{
		my $entry = $entries[$i];
		$opening = $entry->{balance} if $entry->{posted} < $from;
		push @lines, [ $entry->{operation}, $i + 1, $entry->{amount}, $entry->{balance} ]
		  if $entry->{posted} >= $from && $entry->{posted} < $to;
	}
	my $closing = @lines ? $lines[-1][3] : $opening;
	return [ [ 'opening', undef, undef, $opening ], @lines,
		[ 'closing', undef, undef, $closing ] ];
}

# Currency, kind, accounts, debits and credits of the accounts of a ledger for
# which $balance_of gives a balance.
sub trial_balance
{
	my ($self, $ledger, $balance_of) = @_;
	my %sums;
	foreach my $account (grep { $_->{ledger} eq $ledger } values %{ $self->{accounts} })
	{
		my $balance = $balance_of->($account);
		next unless defined $balance;
		my $sum = $sums{"$account->{currency}|$account->{kind}"} //=
		  { accounts => 0, debits => Math::BigInt->new(0), credits => Math::BigInt->new(0) };
		$sum->{accounts}++;
		my $side = compare($balance, 0) < 0 ? 'debits' : 'credits';
		$sum->{$side}->badd(Math::BigInt->new("$balance")->babs);
	}
	return join "\n",
	  map { "$_|$sums{$_}{accounts}|$sums{$_}{debits}|$sums{$_}{credits}" } sort keys %sums;
}

# Searches: the ids of what there is for who calls, the oldest first.  A filter
# is a column and its value; account_id is one that has the entry, or the hold.

sub find_accounts { return found($_[0], 'accounts', @_[ 1 .. $#_ ]) }

# Those of an account come as its entries do.
sub find_transfers
{
	my ($self, %filter) = @_;
	my $account = delete $filter{account_id} // return $self->found('transfers', %filter);
	my %is_found = map { $_ => 1 } $self->found('transfers', %filter);
	return if !$self->account($account);
	return grep { $is_found{$_} } uniq map { $_->{transfer_id} } @{ $self->{accounts}{$account}{entries} };
}

sub find_holds
{
	my ($self, %filter) = @_;
	my $account = delete $filter{account_id} // return $self->found('holds', %filter);
	return grep { $account == $self->{holds}{$_}{from} || $account == $self->{holds}{$_}{to} } $self->found('holds', %filter);
}

sub found
{
	my ($self, $what, %filter) = @_;
	my @names = keys %filter;
	my @ids = grep {
		my $thing = $self->seen($what, $_);
		$thing && !grep { ($thing->{$_} // '') ne $filter{$_} } @names;
	} keys %{ $self->{$what} };
	return sort { $a <=> $b } @ids;
}

1;
