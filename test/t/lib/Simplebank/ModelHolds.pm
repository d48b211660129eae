# The holds of Simplebank::Model.

package Simplebank::ModelHolds;

use strict;
use warnings;

use Math::BigInt;
use Simplebank::ModelValues;
use Time::HiRes qw(time);

# What the holds of an account keep: those that are open and not due.
sub kept
{
	my ($self, $account) = @_;
	return sum(0, map { sum($_->{amount}, "-$_->{captured}") }
		  grep { $_->{from} eq $account->{id} && $_->{status} eq 'open' && !$_->{due} }
		  values %{ $self->{holds} });
}

# What a debit could take if so much more were held: cut to a bigint.
sub available
{
	my ($self, $account, $more) = @_;
	return undef if !defined $account->{min};
	my $available = Math::BigInt->new("$account->{balance}");
	$available->bsub("$_") foreach $self->kept($account), $more // 0, $account->{min};
	return $lowest->bstr if $available->bcmp($lowest) < 0;
	return $highest->bstr if $available->bcmp($highest) > 0;
	return $available->bstr;
}

sub place_hold
{
	my ($self, $from, $to, $amount, $expires, $key, $reference, $expect) = @_;
	return refused('22023') if bad_text($key, $reference) || bad_expect($expect, qw(from to));
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	my @request = ('place_hold', $from, $to, $amount);
	my $ledger = $self->ledger_of($from, $to);
	my $known = $self->key_used($ledger, $key, @request) // $self->reference_used('hold', $ledger, $reference);
	return $known if $known;
	return refused('22023') if defined $expires && $expires < time * 1e6;
	my ($sqlstate) = $self->judge([ [ $from, "-$amount" ], [ $to, $amount ] ], 0, [ @{ $expect // {} }{qw(from to)} ]);
	return refused($sqlstate) if $sqlstate;

	my $account = $self->{accounts}{$from};
	return refused('22003') if !defined sum($self->kept($account), $amount);
	my $available = $self->available($account, $amount);
	return {
		row => { available => $available, replayed => 0 },
		apply => sub {
			my ($answer) = @_;
			$self->{holds}{ $answer->{hold_id} } =
			  { from => $from, to => $to, amount => $amount, captured => 0, status => 'open', ledger => $ledger, reference => $reference };
			$self->keep_reference('hold', $ledger, $reference);
			$self->keep_key($ledger, $key, { hold_id => $answer->{hold_id}, available => $available }, @request);
		}
	};
}

# The hold, or why it cannot be had.
sub open_hold
{
	my ($self, $id, $key, $reference, @request) = @_;
	my $hold = $self->seen('holds', $id) or return refused('SB101');
	my $known = $self->key_used($hold->{ledger}, $key, @request) // $self->reference_used('transfer', $hold->{ledger}, $reference);
	return $known if $known;
	return refused('SB103') if $hold->{status} eq 'open' && $hold->{due};
	return refused('SB102') if $hold->{status} ne 'open';
	return undef;
}

sub capture_hold
{
	my ($self, $id, $amount, $final, $key, $reference) = @_;
	return refused('22023') if bad_text($key, $reference);
	return refused('SB007') if defined $amount && compare($amount, 0) <= 0;
	my @request = ($id, $amount, $final);
	my $known = $self->open_hold($id, $key, $reference, 'capture', @request);
	return $known if $known;

	my $hold = $self->{holds}{$id};
	my $left = sum($hold->{amount}, "-$hold->{captured}");
	$amount //= $left;
	return refused('SB104') if compare($amount, $left) > 0;

	# as it is once the hold is captured
	my %captured = (%$hold, captured => sum($hold->{captured}, $amount));
	$captured{status} = 'captured' if $final eq 't' || compare($amount, $left) == 0;
	local $self->{holds}{$id} = \%captured;
	my $posting = $self->post('capture', [ [ $hold->{from}, "-$amount" ], [ $hold->{to}, $amount ] ],
		key => $key, reference => $reference, request => \@request);
	return $posting if $posting->{sqlstate};
	my $apply = $posting->{apply};
	$posting->{apply} = sub { %$hold = %captured; $apply->(@_) };
	return $posting;
}

sub release_hold
{
	my ($self, $id, $key) = @_;
	return refused('22023') if bad_text($key);
	my $known = $self->open_hold($id, $key, undef, 'release_hold', $id);
	return $known if $known;
	my $hold = $self->{holds}{$id};
	my $account = $self->{accounts}{ $hold->{from} };
	my $available = $self->available($account, sum($hold->{captured}, "-$hold->{amount}"));
	return {
		row => { available => $available, replayed => 0 },
		apply => sub {
			$hold->{status} = 'released';
			$self->keep_key($hold->{ledger}, $key, { hold_id => $id, available => $available }, 'release_hold', $id);
		}
	};
}

# How many are marked depends on what other calls have marked already.
sub expire_holds { return { row => {}, apply => sub { } } }

1;
