# A second bank, in Perl: what the ledger should answer, written from the
# documented rules and not from the extension's code.
#
# Each method predicts one call.  It answers { sqlstate } where the call must
# be refused; otherwise { row } with the columns that are known beforehand and
# { apply }, to be called with the server's answer once that has agreed.  What
# a posting applies can be undone, or completed by an answer that comes later:
# so a batch is predicted item by item.
#
# Whose call it is, only() says: of a superuser, or of a role that has one ledger.
#
# Amounts are as ModelValues has them; times are microseconds since 1970.

package Simplebank::Model;

use strict;
use warnings;

use Math::BigInt;
use Simplebank::ModelValues;
use parent qw(Simplebank::ModelAccounts Simplebank::ModelHolds);

sub new
{
	my ($class, $ledgers, @currencies) = @_;
	return bless {
		accounts => {},
		bank => {},
		codes => {},
		holds => {},
		currencies => { map { $_ => 1 } @currencies },
		keys => {},
		ledgers => { map { $_ => 1 } @$ledgers },
		only => undef,
		references => {},
		transfers => {},
	}, $class;
}

# From now on it is a role that calls which has this ledger only; undef: one
# that has all.
sub only
{
	my ($self, $ledger) = @_;
	$self->{only} = $ledger;
	return;
}

# An account, a hold or a transfer, unless there is none for who calls.
sub seen
{
	my ($self, $what, $id) = @_;
	my $thing = $self->{$what}{$id};
	return $thing && $thing->{ledger} eq ($self->{only} // $thing->{ledger}) ? $thing : undef;
}

sub account { return $_[0]->seen('accounts', $_[1]) }

# The ledger of a request is that of its first account that there is.
sub ledger_of
{
	my ($self, @ids) = @_;
	my ($first) = grep { $_ } map { $self->account($_) } @ids;
	return $first ? $first->{ledger} : $self->{only} // 'default';
}

# A key is the role's that gives it, in a ledger.
sub key_name
{
	my ($self, $ledger, $key) = @_;
	return join '|', $self->{only} // '', $ledger, $key;
}

# The stored answer, a conflict, or nothing where the key is new.
sub key_used
{
	my ($self, $ledger, $key, $operation, @arguments) = @_;
	return undef if !defined $key;
	my $first = $self->{keys}{ $self->key_name($ledger, $key) } or return undef;
	my $request = join ';', $operation, map { $_ // 'null' } @arguments;
	return refused('SB301') if $request ne $first->{request};
	return { row => { %{ $first->{answer} }, replayed => 1 }, stored => $first->{answer}, apply => sub { } };
}

sub keep_key
{
	my ($self, $ledger, $key, $answer, $operation, @arguments) = @_;
	return unless defined $key;
	$self->{keys}{ $self->key_name($ledger, $key) } = {
		request => join(';', $operation, map { $_ // 'null' } @arguments),
		answer => $answer,
	};
	return;
}

# Refused where another transfer, or hold, of the ledger has the reference.
sub reference_used
{
	my ($self, $what, $ledger, $reference) = @_;
	return undef if !defined $reference || !$self->{references}{"$what|$ledger|$reference"};
	return refused('SB302');
}

sub keep_reference
{
	my ($self, $what, $ledger, $reference) = @_;
	$self->{references}{"$what|$ledger|$reference"} = 1 if defined $reference;
	return;
}

# Without NULL arguments, which have their own test.
sub transfer
{
	my ($self, $from, $to, $amount, $key, $effective, $reference, $expect) = @_;
	return refused('22023') if bad_expect($expect, qw(from to));
	return $self->post_two('transfer', $from, $to, $amount, [ $from, $to, $amount, $effective ],
		key => $key, effective => $effective, reference => $reference, expect => [ @{ $expect // {} }{qw(from to)} ]);
}

sub deposit
{
	my ($self, @arguments) = @_;
	return $self->against_cash('deposit', @arguments);
}

sub withdraw
{
	my ($self, @arguments) = @_;
	return $self->against_cash('withdraw', @arguments);
}

sub against_cash
{
	my ($self, $operation, $account, $amount, $key, $effective, $reference, $expect) = @_;
	return refused('22023') if bad_text($key, $reference) || bad_expect($expect, 'account');
	return refused('SB007') if compare($amount, 0) <= 0;
	my $known = $self->account($account) or return refused('SB003');
	my @ends = ($account, $self->{bank}{cash}{ $known->{ledger} }{ $known->{currency} });
	my @expect = (($expect // {})->{account}, undef);
	my $debited = $operation eq 'deposit' ? 1 : 0;
	return $self->post_two($operation, $ends[$debited], $ends[ 1 - $debited ], $amount, [ $account, $amount, $effective ],
		key => $key, effective => $effective, reference => $reference, expect => [ $expect[$debited], $expect[ 1 - $debited ] ]);
}

sub post_two
{
	my ($self, $operation, $from, $to, $amount, $request, %options) = @_;

	return refused('22023') if bad_text(@options{qw(key reference)});
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	return $self->post($operation, [ [ $from, "-$amount" ], [ $to, $amount ] ], request => $request, %options);
}

sub post_journal
{
	my ($self, $legs, $key, $reference) = @_;
	return refused('22023') if @$legs < 2 || bad_text($key, $reference);
	return refused('SB007') if grep { $_->[1] == 0 } @$legs;
	return $self->post('journal', $legs,
		key => $key, reference => $reference, request => [ map { @$_ } @$legs ], any_legs => 1, no_balances => 1);
}

sub exchange
{
	my ($self, $from, $to, $from_amount, $to_amount, $key, $reference) = @_;
	return refused('22023') if bad_text($key, $reference);
	return refused('SB007') if compare($from_amount, 0) <= 0 || compare($to_amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	my ($first, $last) = map { $self->account($_) } $from, $to;
	return refused('SB003') if !$first || !$last;
	return refused('22023') if $first->{currency} eq $last->{currency} && $first->{ledger} eq $last->{ledger};
	my ($fx_first, $fx_last) = map { $self->{bank}{fx}{ $_->{ledger} }{ $_->{currency} } } $first, $last;
	return $self->post('exchange',
		[ [ $from, "-$from_amount" ], [ $fx_first, $from_amount ], [ $fx_last, "-$to_amount" ], [ $to, $to_amount ] ],
		key => $key, reference => $reference, request => [ $from, $to, $from_amount, $to_amount ], any_legs => 1);
}

sub reverse_transfer
{
	my ($self, $id, $key, $reference) = @_;
	return refused('22023') if bad_text($key, $reference);
	my $first = $self->seen('transfers', $id) or return refused('SB201');
	return refused('SB204') if $first->{operation} =~ /^(reversal|refund)$/;
	my @legs = map { [ $_->[0], Math::BigInt->new("$_->[1]")->bneg->bstr ] } reverse @{ $first->{legs} };
	return $self->post('reversal', \@legs,
		key => $key, reference => $reference, request => [$id], any_legs => 1, no_balances => $first->{no_balances}, reverses => $first);
}

# Of two accounts only, each with the amount.
sub refund_transfer
{
	my ($self, $id, $amount, $key, $reference) = @_;
	return refused('22023') if bad_text($key, $reference);
	return refused('SB007') if compare($amount, 0) <= 0;
	my $first = $self->seen('transfers', $id) or return refused('SB201');
	return refused('SB204') if $first->{operation} =~ /^(reversal|refund)$/;
	my @legs = sort { compare($a->[1], $b->[1]) } @{ $first->{legs} };
	return refused('SB204') if @legs != 2 || $legs[0][0] == $legs[1][0];
	return $self->post('refund', [ [ $legs[1][0], "-$amount" ], [ $legs[0][0], $amount ] ],
		key => $key, reference => $reference, request => [ $id, $amount ], any_legs => 1, refunds => $first, amount => $amount, left => $legs[1][1]);
}

# Predicts a posting of legs, [account, amount] each.
sub post
{
	my ($self, $operation, $legs, %options) = @_;
	my $ledger = $options{ledger} = $self->ledger_of(map { $_->[0] } @$legs);
	my $known = $self->key_used($ledger, $options{key}, $operation, @{ $options{request} })
	  // $self->reference_used('transfer', $ledger, $options{reference});
	return $known if $known;
	return refused('SB202') if $options{reverses} && $options{reverses}{reversed};
	return refused('SB206') if $options{reverses} && $options{reverses}{refunded};
	return refused('SB206')
	  if $options{refunds}
	  && ($options{refunds}{reversed} || compare(sum($options{refunds}{refunded} // 0, $options{amount}) // $highest->bstr, $options{left}) > 0);

	my ($sqlstate, @balances) = $self->judge($legs, @options{qw(any_legs expect)});
	return refused($sqlstate) if $sqlstate;
	my $row = { replayed => 0 };
	@$row{qw(from_balance to_balance)} = @balances[ 0, -1 ] unless $options{no_balances};
	return { row => $row, apply => sub { $self->book($operation, $legs, \@balances, $row, \%options, @_) } };
}

# The SQLSTATE, or nothing and the balance after each leg.
sub judge
{
	my ($self, $legs, $any_legs, $expect) = @_;
	my @accounts = map { $self->account($_->[0]) } @$legs;
	return 'SB003' if grep { !$_ } @accounts;
	return 'SB011' if grep { $_->{ledger} ne $accounts[0]{ledger} } @accounts;

	my (%of_currency, %net, @running, @balances);
	foreach my $i (0 .. $#accounts)
	{
		my ($account, $amount) = ($accounts[$i], $legs->[$i][1]);
		my $blocked = compare($amount, 0) < 0 ? 'debit_blocked' : 'credit_blocked';
		return 'SB004' if $account->{status} =~ /^($blocked|frozen|closed)$/;
		$of_currency{ $account->{currency} } = sum($of_currency{ $account->{currency} } // 0, $amount);
		$net{ $account->{id} } = sum($net{ $account->{id} } // 0, $amount);
	}
	return 'SB008' if $any_legs && grep { $_ != 0 } values %of_currency;
	return 'SB005' if !$any_legs && keys %of_currency > 1;
	return 'SB012' if $expect && grep { !is_as_expected($accounts[$_], $expect->[$_]) } 0 .. $#$expect;

	foreach my $account (@accounts)
	{
		my $net = $net{ $account->{id} };
		next if compare($net, 0) >= 0 || !defined $account->{min};
		my $left = sum($account->{balance}, '-' . $self->kept($account), $net);
		return 'SB001' if !defined $left || compare($left, $account->{min}) < 0;
	}
	foreach my $account (@accounts)
	{
		my $net = $net{ $account->{id} };
		next if compare($net, 0) <= 0 || !defined $account->{max};
		my $balance = sum($account->{balance}, $net);
		return 'SB002' if !defined $balance || compare($balance, $account->{max}) > 0;
	}
	my %balance;
	foreach my $leg (@$legs)
	{
		my ($id, $amount) = @$leg;
		$balance{$id} = sum($balance{$id} // $self->{accounts}{$id}{balance}, $amount);
		return '22003' if !defined $balance{$id};
		push @balances, $balance{$id};
	}
	return (undef, @balances);
}

sub is_as_expected
{
	my ($account, $expected) = @_;
	my ($version, $least, $most) = @{ $expected // {} }{qw(version balance_at_least balance_at_most)};
	return
		 !(defined $version && $version != @{ $account->{entries} })
	  && !(defined $least && compare($account->{balance}, $least) < 0)
	  && !(defined $most && compare($account->{balance}, $most) > 0);
}

# Books what was judged.  Answers how to undo it, and how to complete it where
# the answer was not known yet.
sub book
{
	my ($self, $operation, $legs, $balances, $row, $options, $answer) = @_;
	my %stored = (%$row, map { $_ => $answer->{$_} } grep { exists $answer->{$_} } qw(transfer_id posted));
	delete $stored{replayed};
	my ($ledger, $key, $reference) = @$options{qw(ledger key reference)};
	my $transfer = {
		operation => $operation,
		ledger => $ledger,
		legs => $legs,
		reference => $reference,
		no_balances => $options->{no_balances},
	};
	my (@entries, @before);
	foreach my $i (0 .. $#$legs)
	{
		my ($id, $amount) = @{ $legs->[$i] };
		my $account = $self->{accounts}{$id};
		push @before, [ $account, $account->{balance} ];
		$account->{balance} = $balances->[$i];
		push @entries,
		  {
			amount => sum($amount),
			balance => $balances->[$i],
			effective => $options->{effective},
			operation => $operation,
		  };
		push @{ $account->{entries} }, $entries[-1];
	}
	$options->{reverses}{reversed} = 1 if $options->{reverses};
	$options->{refunds}{refunded} = sum($options->{refunds}{refunded} // 0, $options->{amount}) if $options->{refunds};
	$self->keep_reference('transfer', $ledger, $reference);
	$self->keep_key($ledger, $key, \%stored, $operation, @{ $options->{request} });

	my $complete = sub {
		my ($known) = @_;
		@stored{qw(transfer_id posted)} = @$known{qw(transfer_id posted)};
		foreach my $entry (@entries)
		{
			$entry->{posted} = $known->{posted};
			$entry->{transfer_id} = $known->{transfer_id};
			$entry->{effective} //= $known->{posted};
		}
		$self->{transfers}{ $known->{transfer_id} } = $transfer;
	};
	$complete->($answer) if $answer->{transfer_id};
	return {
		stored => \%stored,
		complete => $complete,
		undo => sub {
			foreach my $changed (reverse @before)
			{
				my ($account, $balance) = @$changed;
				pop @{ $account->{entries} };
				$account->{balance} = $balance;
			}
			delete $self->{keys}{ $self->key_name($ledger, $key) } if defined $key;
			delete $self->{references}{"transfer|$ledger|$reference"} if defined $reference;
		},
	};
}

# Items [from, to, amount, key, link, reference].  Answers { sqlstate, item } where the
# whole is refused, else { items, complete }: of each item the SQLSTATE, or
# what is stored of it and whether it is a replay.
sub transfer_batch
{
	my ($self, $atomic, @items) = @_;
	my @known = map { $self->known_beforehand(@$_) } @items;
	my (@outcomes, @booked);

	for (my $first = 0; $first < @items;)
	{
		my $last = $first;
		my $link = $items[$first][4];
		$last++ while defined $link && $last < $#items && ($items[ $last + 1 ][4] // '') eq $link;

		my ($fallen, %booked_here);
		foreach my $i ($first .. $last)
		{
			my $outcome = $known[$i] // $self->transfer(@{ $items[$i] }[ 0 .. 3 ], undef, $items[$i][5]);
			if ($outcome->{sqlstate})
			{
				$fallen = $i;
				$outcomes[$i] = $outcome;
				last;
			}
			$booked_here{$i} = $outcome->{apply}->({}) if !$outcome->{row}{replayed};
			$outcomes[$i] = {
				replayed => $outcome->{row}{replayed},
				stored => $booked_here{$i} ? $booked_here{$i}{stored} : $outcome->{stored},
			};
		}
		if (defined $fallen)
		{
			if ($atomic)
			{
				$_->{undo}->() foreach reverse @booked, map { $booked_here{$_} } sort { $a <=> $b } keys %booked_here;
				return { sqlstate => $outcomes[$fallen]{sqlstate}, item => $fallen + 1 };
			}
			$booked_here{$_}{undo}->() foreach sort { $b <=> $a } keys %booked_here;
			my %gone = map { ($_->{stored} => 1) } values %booked_here;
			foreach my $i ($first .. $last)
			{
				next if $i == $fallen;
				if ($i > $fallen && $known[$i])
				{
					# a reason of its own, or what was there before
					$outcomes[$i] = $known[$i]{sqlstate} ? $known[$i]
					  : { replayed => 1, stored => $known[$i]{stored} };
					next;
				}
				$outcomes[$i] = refused('SB401')
				  if $i > $fallen || !$outcomes[$i]{replayed} || $gone{ $outcomes[$i]{stored} };
			}
		}
		else
		{
			push @booked, map { $booked_here{$_} } sort { $a <=> $b } keys %booked_here;
		}
		$first = $last + 1;
	}
	return {
		items => \@outcomes,
		undo => sub { $_->{undo}->() foreach reverse @booked },
		complete => sub { $_->{complete}->(shift @_) foreach @booked },
		booked => \@booked,
	};
}

# What can be said of an item before any other is booked, if anything.
sub known_beforehand
{
	my ($self, $from, $to, $amount, $key, undef, $reference) = @_;
	return refused('22004') if grep { !defined } $from, $to, $amount;
	return refused('22023') if bad_text($key, $reference);
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	return $self->key_used($self->ledger_of($from, $to), $key, 'transfer', $from, $to, $amount, undef);
}

1;
