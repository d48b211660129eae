# A second bank, in Perl: what the ledger should answer, written from the
# documented rules and not from the extension's code.
#
# Each method predicts one call.  It answers { sqlstate } where the call must
# be refused; otherwise { row } with the columns that are known beforehand and
# { apply }, to be called with the server's answer once that has agreed.  What
# a posting applies can be undone, or completed by an answer that comes later:
# so a batch is predicted item by item.
#
# Amounts are integers of 64 bits, checked as such; times are microseconds
# since 1970.

package Simplebank::Model;

use strict;
use warnings;

use Math::BigInt;
use Time::HiRes qw(time);

my $lowest = Math::BigInt->new('-9223372036854775808');
my $highest = Math::BigInt->new('9223372036854775807');
my %known_kinds = map { $_ => 1 } qw(asset liability equity income expense);
my %known_statuses = map { $_ => 1 } qw(active debit_blocked credit_blocked frozen);

sub new
{
	my ($class, @currencies) = @_;
	return bless {
		accounts => {},
		bank => {},
		holds => {},
		currencies => { map { $_ => 1 } @currencies },
		keys => {},
		transfers => {},
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

# One of the bank's own accounts, opened before.
sub bank_account
{
	my ($self, $id, $name, $currency, $kind) = @_;
	$self->{accounts}{$id} = {
		balance => 0,
		currency => $currency,
		entries => [],
		events => [],
		id => $id,
		kind => $kind,
		status => 'active',
	};
	$self->{bank}{$name}{$currency} = $id;
	return;
}

# Without NULL arguments, which have their own test.
sub transfer
{
	my ($self, $from, $to, $amount, $key, $effective) = @_;
	return $self->post_two('transfer', $from, $to, $amount, $key, $effective,
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
	my $cash = $self->{bank}{cash}{ $known->{currency} };
	my ($from, $to) = $operation eq 'deposit' ? ($cash, $account) : ($account, $cash);
	return $self->post_two($operation, $from, $to, $amount, $key, $effective,
		[ $account, $amount, $effective ]);
}

sub post_two
{
	my ($self, $operation, $from, $to, $amount, $key, $effective, $request) = @_;

	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	return $self->post($operation, [ [ $from, "-$amount" ], [ $to, $amount ] ],
		key => $key, effective => $effective, request => $request);
}

sub post_journal
{
	my ($self, $legs, $key) = @_;
	return refused('22023') if @$legs < 2 || bad_text($key);
	foreach my $leg (@$legs)
	{
		return refused('SB007') if $leg->[1] == 0;
	}
	return $self->post('journal', $legs,
		key => $key, request => [ map { @$_ } @$legs ], any_legs => 1, no_balances => 1);
}

sub exchange
{
	my ($self, $from, $to, $from_amount, $to_amount, $key) = @_;
	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($from_amount, 0) <= 0 || compare($to_amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	my ($first, $last) = map { $self->{accounts}{$_} } $from, $to;
	return refused('SB003') if !$first || !$last;
	return refused('22023') if $first->{currency} eq $last->{currency};
	my ($fx_first, $fx_last) = map { $self->{bank}{fx}{ $_->{currency} } } $first, $last;
	return $self->post('exchange',
		[ [ $from, "-$from_amount" ], [ $fx_first, $from_amount ], [ $fx_last, "-$to_amount" ], [ $to, $to_amount ] ],
		key => $key, request => [ $from, $to, $from_amount, $to_amount ], any_legs => 1);
}

sub reverse_transfer
{
	my ($self, $id, $key) = @_;
	my $first = $self->{transfers}{$id};
	return refused('22023') if bad_text($key);
	return refused('SB201') if !$first;
	return refused('SB204') if $first->{operation} =~ /^(reversal|refund)$/;
	my @legs = map { [ $_->[0], Math::BigInt->new("$_->[1]")->bneg->bstr ] } reverse @{ $first->{legs} };
	return $self->post('reversal', \@legs,
		key => $key, request => [$id], any_legs => 1, no_balances => $first->{no_balances}, reverses => $first);
}

# Of two accounts only, each with the amount.
sub refund_transfer
{
	my ($self, $id, $amount, $key) = @_;
	my $first = $self->{transfers}{$id};
	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB201') if !$first;
	return refused('SB204') if $first->{operation} =~ /^(reversal|refund)$/;
	my @legs = sort { compare($a->[1], $b->[1]) } @{ $first->{legs} };
	return refused('SB204') if @legs != 2 || $legs[0][0] == $legs[1][0];
	return $self->post('refund', [ [ $legs[1][0], "-$amount" ], [ $legs[0][0], $amount ] ],
		key => $key, request => [ $id, $amount ], any_legs => 1, refunds => $first, amount => $amount, left => $legs[1][1]);
}

# Predicts a posting of legs, [account, amount] each.
sub post
{
	my ($self, $operation, $legs, %options) = @_;
	my $replay = $self->key_used($options{key}, $operation, @{ $options{request} });
	return $replay if $replay;
	return refused('SB202') if $options{reverses} && $options{reverses}{reversed};
	return refused('SB206') if $options{reverses} && $options{reverses}{refunded};
	return refused('SB206')
	  if $options{refunds}
	  && ($options{refunds}{reversed} || compare(sum($options{refunds}{refunded} // 0, $options{amount}) // $highest->bstr, $options{left}) > 0);

	my ($sqlstate, @balances) = $self->judge($legs, $options{any_legs});
	return refused($sqlstate) if $sqlstate;
	my $row = { replayed => 0 };
	@$row{qw(from_balance to_balance)} = @balances[ 0, -1 ] unless $options{no_balances};
	return { row => $row, apply => sub { $self->book($operation, $legs, \@balances, $row, \%options, @_) } };
}

# The SQLSTATE, or nothing and the balance after each leg.
sub judge
{
	my ($self, $legs, $any_legs) = @_;
	my @accounts = map { $self->{accounts}{ $_->[0] } } @$legs;
	return 'SB003' if grep { !$_ } @accounts;

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

# Books what was judged.  Answers how to undo it, and how to complete it where
# the answer was not known yet.
sub book
{
	my ($self, $operation, $legs, $balances, $row, $options, $answer) = @_;
	my %stored = (%$row, map { $_ => $answer->{$_} } grep { exists $answer->{$_} } qw(transfer_id posted));
	delete $stored{replayed};
	my $transfer = {
		operation => $operation,
		legs => $legs,
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
	$self->keep_key($options->{key}, \%stored, $operation, @{ $options->{request} });

	my $complete = sub {
		my ($known) = @_;
		@stored{qw(transfer_id posted)} = @$known{qw(transfer_id posted)};
		foreach my $entry (@entries)
		{
			$entry->{posted} = $known->{posted};
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
			delete $self->{keys}{ $options->{key} } if defined $options->{key};
		},
	};
}

# Items [from, to, amount, key, link].  Answers { sqlstate, item } where the
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
			my $outcome = $known[$i] // $self->transfer(@{ $items[$i] }[ 0 .. 3 ]);
			if ($outcome->{sqlstate})
			{
				$fallen = $i;
				$outcomes[$i] = $outcome;
				last;
			}
			$booked_here{$i} = $outcome->{apply}->({}) if !$outcome->{row}{replayed};
			$outcomes[$i] = {
				replayed => $outcome->{row}{replayed},
				stored => $booked_here{$i} ? $booked_here{$i}{stored} : $self->{keys}{ $items[$i][3] }{answer},
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
					  : { replayed => 1, stored => $self->{keys}{ $items[$i][3] }{answer} };
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
	my ($self, $from, $to, $amount, $key) = @_;
	return refused('22004') if grep { !defined } $from, $to, $amount;
	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	return $self->key_used($key, 'transfer', $from, $to, $amount, undef);
}

#
# Holds
#

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
	my ($self, $from, $to, $amount, $expires, $key) = @_;
	return refused('22023') if bad_text($key);
	return refused('SB007') if compare($amount, 0) <= 0;
	return refused('SB006') if compare($from, $to) == 0;
	my @request = ('place_hold', $from, $to, $amount);
	my $replay = $self->key_used($key, @request);
	return $replay if $replay;
	return refused('22023') if defined $expires && $expires < time * 1e6;
	my ($sqlstate) = $self->judge([ [ $from, "-$amount" ], [ $to, $amount ] ]);
	return refused($sqlstate) if $sqlstate;

	my $account = $self->{accounts}{$from};
	return refused('22003') if !defined sum($self->kept($account), $amount);
	my $available = $self->available($account, $amount);
	return {
		row => { available => $available, replayed => 0 },
		apply => sub {
			my ($answer) = @_;
			$self->{holds}{ $answer->{hold_id} } =
			  { from => $from, to => $to, amount => $amount, captured => 0, status => 'open' };
			$self->keep_key($key, { hold_id => $answer->{hold_id}, available => $available }, @request);
		}
	};
}

# The hold, or why it cannot be had.
sub open_hold
{
	my ($self, $id, $key, @request) = @_;
	my $hold = $self->{holds}{$id} or return refused('SB101');
	my $replay = $self->key_used($key, @request);
	return $replay if $replay;
	return refused('SB103') if $hold->{status} eq 'open' && $hold->{due};
	return refused('SB102') if $hold->{status} ne 'open';
	return undef;
}

sub capture_hold
{
	my ($self, $id, $amount, $final, $key) = @_;
	return refused('22023') if bad_text($key);
	return refused('SB007') if defined $amount && compare($amount, 0) <= 0;
	my @request = ($id, $amount, $final);
	my $known = $self->open_hold($id, $key, 'capture', @request);
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
		key => $key, request => \@request);
	return $posting if $posting->{sqlstate};
	my $apply = $posting->{apply};
	$posting->{apply} = sub { %$hold = %captured; $apply->(@_) };
	return $posting;
}

sub release_hold
{
	my ($self, $id, $key) = @_;
	return refused('22023') if bad_text($key);
	my $known = $self->open_hold($id, $key, 'release_hold', $id);
	return $known if $known;
	my $hold = $self->{holds}{$id};
	my $account = $self->{accounts}{ $hold->{from} };
	my $available = $self->available($account, sum($hold->{captured}, "-$hold->{amount}"));
	return {
		row => { available => $available, replayed => 0 },
		apply => sub {
			$hold->{status} = 'released';
			$self->keep_key($key, { hold_id => $id, available => $available }, 'release_hold', $id);
		}
	};
}

# How many are marked depends on what other calls have marked already.
sub expire_holds { return { row => {}, apply => sub { } } }

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
