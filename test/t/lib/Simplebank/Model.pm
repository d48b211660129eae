# A second bank, in Perl: what the ledger should answer, written from the
# documented rules and not from the extension's code.
#
# Each method predicts one call.  It answers { sqlstate } where the call must
# be refused; otherwise { row } with the columns that are known beforehand and
# { apply }, to be called with the server's answer once that has agreed.
#
# Amounts are integers of 64 bits, checked as such; times are microseconds
# since 1970.

package Simplebank::Model;

use strict;
use warnings;

use Math::BigInt;

my $lowest = Math::BigInt->new('-9223372036854775808');
my $highest = Math::BigInt->new('9223372036854775807');
my %known_kinds = map { $_ => 1 } qw(asset liability equity income expense);
my %known_statuses = map { $_ => 1 } qw(active debit_blocked credit_blocked frozen);

sub new
{
	my ($class, @currencies) = @_;
	return bless {
		accounts => {},
		cash => {},
		currencies => { map { $_ => 1 } @currencies },
		keys => {},
		transfers => 0,
	}, $class;
}

# The exact sum, or undef where it is no bigint.
sub sum
{
	my @terms = @_;
	my $sum = Math::BigInt->new(0);
	$sum->badd("$_") foreach @terms;
	return undef if $sum->bcmp($lowest) < 0 || $sum->bcmp($highest) > 0;
	return $sum->bstr;
}

# As bigints: -1, 0, 1.
sub compare
{
	my ($left, $right) = @_;
	return Math::BigInt->new("$left")->bcmp("$right");
}

sub refused { return { sqlstate => $_[0] } }

sub bad_text { return defined $_[0] && (length $_[0] < 1 || length $_[0] > 255) }

# The stored answer, a conflict, or nothing where the key is new.
sub key_used
{
	my ($self, $key, $operation, @arguments) = @_;
	return undef if !defined $key || !$self->{keys}{$key};
	my $first = $self->{keys}{$key};
	my $request = join ';', $operation, map { $_ // 'null' } @arguments;
	return refused('SB301') if $request ne $first->{request};
	return { row => { %{ $first->{answer} }, replayed => 1 }, apply => sub { } };
}

sub keep_key
{
	my ($self, $key, $answer, $operation, @arguments) = @_;
	return unless defined $key;
	$self->{keys}{$key} = {
		request => join(';', $operation, map { $_ // 'null' } @arguments),
		operation => $operation,
		arguments => \@arguments,
		answer => $answer,
	};
	return;
}

sub open_account
{
	my ($self, $owner, $currency, $kind, $min, $max, $name, $key) = @_;
	return refused('22004') if !defined $owner;
	return refused('22023') if bad_text($owner);
	return refused('22004') if !defined $currency || !defined $kind;
	return refused('22023') if bad_text($name) || bad_text($key) || !$known_kinds{$kind};
	return refused('22023') if defined $min && defined $max && compare($min, $max) > 0;
	return refused('SB009') if !$self->{currencies}{$currency};
	my @request = ('open_account', $owner, $currency, $kind, $min, $max, $name);
	my $replay = $self->key_used($key, @request);
	if ($replay)
	{
		delete $replay->{row}{replayed} if $replay->{row};
		return $replay;
	}
	return {
		row => {},
		apply => sub {
			my ($answer) = @_;
			$self->{accounts}{ $answer->{account_id} } = {
				balance => 0,
				currency => $currency,
				entries => [],
				events => ['opened'],
				id => $answer->{account_id},
				kind => $kind,
				max => $max,
				min => $min,
				status => 'active',
			};
			$self->keep_key($key, { account_id => $answer->{account_id} }, @request);
		}
	};
}

# The bank's cash account, opened before.
sub cash_account
{
	my ($self, $id, $currency) = @_;
	$self->{accounts}{$id} = {
		balance => 0,
		currency => $currency,
		entries => [],
		events => [],
		id => $id,
		kind => 'asset',
		status => 'active',
	};
	$self->{cash}{$currency} = $id;
	return;
}

# Without NULL arguments, which have their own test.
sub transfer
{
	my ($self, $from, $to, $amount, $key, $effective) = @_;
	return $self->post('transfer', $from, $to, $amount, $key, $effective,
		[ $from, $to, $amount, $effective ]);
}

sub deposit
{
	my ($self, $account, $amount, $key, $effective) = @_;
	return $self->against_cash('deposit', $account, $amount, $key, $effective);
}

sub withdraw
{
	my ($self, $account, $amount, $key, $effective) = @_;
	return $self->against_cash('withdraw', $account, $amount, $key, $effective);
}

sub against_cash
{
	my ($self, $operation, $account, $amount, $key, $effective) = @_;
	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($amount, 0) <= 0;
	my $known = $self->{accounts}{$account} or return refused('SB003');
	my $cash = $self->{cash}{ $known->{currency} };
	my ($from, $to) = $operation eq 'deposit' ? ($cash, $account) : ($account, $cash);
	return $self->post($operation, $from, $to, $amount, $key, $effective,
		[ $account, $amount, $effective ]);
}

sub post
{
	my ($self, $operation, $from_id, $to_id, $amount, $key, $effective, $request) = @_;

	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from_id, $to_id) == 0;
	my $replay = $self->key_used($key, $operation, @$request);
	return $replay if $replay;

	my $from = $self->{accounts}{$from_id};
	my $to = $self->{accounts}{$to_id};
	return refused('SB003') if !$from || !$to;
	return refused('SB004') if $from->{status} =~ /^(debit_blocked|frozen|closed)$/;
	return refused('SB004') if $to->{status} =~ /^(credit_blocked|frozen|closed)$/;
	return refused('SB005') if $from->{currency} ne $to->{currency};

	my $debited = sum($from->{balance}, "-$amount");
	my $credited = sum($to->{balance}, $amount);
	return refused('SB001')
	  if defined $from->{min} && (!defined $debited || compare($debited, $from->{min}) < 0);
	return refused('SB002')
	  if defined $to->{max} && (!defined $credited || compare($credited, $to->{max}) > 0);
	return refused('22003') if !defined $debited || !defined $credited;

	return {
		row => { from_balance => $debited, to_balance => $credited, replayed => 0 },
		apply => sub {
			my ($answer) = @_;
			foreach my $leg ([ $from, "-$amount", $debited ], [ $to, $amount, $credited ])
			{
				my ($account, $change, $balance) = @$leg;
				$account->{balance} = $balance;
				push @{ $account->{entries} },
				  {
					amount => sum($change),
					balance => $balance,
					effective => $effective // $answer->{posted},
					operation => $operation,
					posted => $answer->{posted},
					transfer_id => $answer->{transfer_id},
				  };
			}
			$self->{transfers}++;
			my %stored = map { $_ => $answer->{$_} }
			  qw(transfer_id from_balance to_balance posted);
			$self->keep_key($key, \%stored, $operation, @$request);
		}
	};
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
	return refused('SB010') if !$closing->{sqlstate} && $self->{accounts}{$id}{balance} != 0;
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

# Currency, kind, accounts, debits and credits of the accounts for which
# $balance_of gives a balance.
sub trial_balance
{
	my ($self, $balance_of) = @_;
	my %sums;
	foreach my $account (values %{ $self->{accounts} })
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

1;
