# Random requests for random.pl: whatever moves or holds money, mostly sensible,
# by what a Simplebank::Model knows.  some_request() is one of an operation, the
# values in the order of the model's arguments.

package Simplebank::RandomCalls;

use strict;
use warnings;

use Exporter qw(import);
use Math::BigInt;
use Simplebank::ModelValues;
use Time::HiRes qw(time);

our @EXPORT = qw(
  @currencies @ledgers @mixture %statements %place_of one_of chance some_key some_code some_request some_items
  earlier_request as_sent as_timestamp);

our @ledgers = qw(default north south);
our @currencies = qw(USD USD USD EUR JPY BHD POINTS);
my $smallest = $lowest->bstr;
my $largest = $highest->bstr;

my ($model, $accounts, $keys);
my $next_key = 0;
my $next_reference = 0;
my $next_code = 0;

# The model, the ids of the accounts that were opened, and the requests that had
# a key: [ledger of the caller, operation, values].
sub begin
{
	($model, $accounts, $keys) = @_;
	return;
}

#
# Choices
#

sub one_of { return $_[ rand @_ ] }

sub chance { return rand() < $_[0] }

# Mostly one that there is for who calls.
sub known_account
{
	my @there = defined $model->{only} && chance(0.9) ? grep { $model->account($_) } @$accounts : ();
	return @there ? one_of(@there) : one_of(@$accounts);
}

sub some_account
{
	return one_of(map { $model->{bank}{cash}{$_}{ one_of(@currencies) } } @ledgers) if chance(0.02);
	return one_of(0, -1, $smallest, $largest, 1_000_000) if chance(0.02);
	return known_account();
}

# Another account, mostly one that a transfer from the first may reach: of its
# ledger, and of its currency, if that matters.
sub other_account
{
	my ($from, $of_any_currency) = @_;
	my $first = $model->{accounts}{$from};
	return some_account() if !$first || chance(0.05);
	return $from if chance(0.02);
	my @reachable = grep {
		my $other = $model->{accounts}{$_};
		$_ != $from && $other->{ledger} eq $first->{ledger}
		  && ($of_any_currency || $other->{currency} eq $first->{currency} || chance(0.02));
	} @$accounts;
	return one_of(@reachable, some_account());
}

# Both sides of each limit, the ends of bigint, or just some money.
sub some_amount
{
	my ($from, $to) = @_;
	return one_of(0, -1, $smallest, $largest, '9223372036854775806') if chance(0.06);
	my ($debited, $credited) =
	  map { defined $_ ? $model->{accounts}{$_} : undef } $from, $to;
	if ($debited && defined $debited->{min} && chance(0.15))
	{
		my $spare = sum($debited->{balance}, Math::BigInt->new("$debited->{min}")->bneg->bstr);
		return sum($spare, int(rand 2)) // $spare if defined $spare;
	}
	if ($credited && defined $credited->{max} && chance(0.15))
	{
		my $room = sum($credited->{max}, Math::BigInt->new("$credited->{balance}")->bneg->bstr);
		return sum($room, int(rand 2)) // $room if defined $room;
	}
	return 1 + int(rand(chance(0.2) ? 100_000 : 500));
}

sub some_key
{
	return undef if chance(0.5);
	return one_of('', 'x' x 256) if chance(0.02);
	my $key = 'key ' . $next_key++;
	return chance(0.02) ? $key . 'y' x (255 - length $key) : $key;
}

# A new one, or one that came before, whatever it was for and whatever came of it.
sub named
{
	my ($what, $next) = @_;
	return one_of('', 'x' x 256) if chance(0.02);
	my $name = "$what " . (chance(0.6) ? $$next++ : int rand $$next + 1);
	return chance(0.02) ? $name . 'y' x (255 - length $name) : $name;
}

sub some_reference { return chance(0.7) ? undef : named('reference', \$next_reference) }

sub some_code { return chance(0.4) ? undef : named('code', \$next_code) }

sub some_ledger { return chance(0.02) ? 'west' : one_of(undef, @ledgers) }

# Mostly nothing; else the accounts by their names in a request, mostly as they are.
sub some_expect
{
	my (%ids) = @_;
	return undef if chance(0.85);
	my %expect;
	foreach my $name (grep { chance(0.7) } sort keys %ids)
	{
		my $account = $model->{accounts}{ $ids{$name} } // { balance => 0, entries => [] };
		my @members = grep { chance(0.5) } qw(balance_at_least balance_at_most);
		$expect{$name} = { map { $_ => sum($account->{balance}, one_of(0, 0, 0, -1, 1)) // $account->{balance} } @members };
		$expect{$name}{version} = @{ $account->{entries} } + one_of((0) x 8, -1, 1) if !@members || chance(0.5);
	}
	$expect{ one_of('from', 'account', 'other') }{version} = 0 if chance(0.03);
	return \%expect;
}

# Mostly none; else near the present, in microseconds.
sub some_time
{
	return undef if chance(0.8);
	my $distance = chance(0.2) ? 86_400 : 20;
	return int((time + $distance * (rand(2) - 1)) * 1e6);
}

# Holds end never, in a century, or soon: then the test waits until they have.
my $soon = 0.1;
my $short_holds = 30;

sub some_expiry
{
	return undef if chance(0.5);
	return int(time + 3e9) * 1_000_000 if $short_holds == 0 || chance(0.9);
	$short_holds--;
	return int((time + $soon) * 1e6);
}

# Two to six legs that sum to zero, or nearly; mostly of one ledger.
sub some_legs
{
	my $first = some_account();
	my @legs;
	for (1 .. 1 + int rand 3)
	{
		my $from = @legs ? other_account($first, 1) : $first;
		my $to = other_account($from);
		my $amount = 1 + int rand 300;
		push @legs, [ $from, -$amount ], [ $to, $amount ];
	}
	$legs[0][1]++ if chance(0.1);
	return \@legs;
}

# Mostly one that there is for who calls.
sub some_transfer
{
	my @ids = keys %{ $model->{transfers} };
	my $id = chance(0.03) ? one_of(0, 1_000_000) : one_of(0, @ids);
	for (1 .. 5)
	{
		last if chance(0.1) || $model->seen('transfers', $id);
		$id = one_of(0, @ids);
	}
	return $id;
}

# Mostly one that is open.
sub some_hold
{
	my @open = grep { $model->{holds}{$_}{status} eq 'open' && (chance(0.1) || $model->seen('holds', $_)) } keys %{ $model->{holds} };
	return 0 if !@open || chance(0.05);
	return one_of(chance(0.1) ? keys %{ $model->{holds} } : @open);
}

sub as_timestamp
{
	my ($microseconds) = @_;
	return $microseconds unless defined $microseconds && $microseconds =~ /^-?[0-9]+$/;
	my @time = gmtime(int($microseconds / 1_000_000));
	return sprintf('%04d-%02d-%02d %02d:%02d:%02d.%06d+00',
		$time[5] + 1900, $time[4] + 1, @time[ 3, 2, 1, 0 ], $microseconds % 1_000_000);
}

#
# Operations: the statement, and its values
#

my $answer = q{transfer_id, from_balance, to_balance, replayed,
	(extract(epoch FROM posted_at) * 1000000)::bigint AS posted};

our %statements = (
	open_account => q{SELECT simplebank.open_account(?, ?, ?, ?, ?, ?, NULL, ?, NULL, ?, ?) AS account_id},
	account_id => q{SELECT simplebank.account_id(?, ?) AS account_id},
	transfer => qq{SELECT $answer FROM simplebank.transfer(?, ?, ?, ?, effective_at => ?, reference => ?, expect => ?)},
	deposit => qq{SELECT $answer FROM simplebank.deposit(?, ?, ?, effective_at => ?, reference => ?, expect => ?)},
	withdraw => qq{SELECT $answer FROM simplebank.withdraw(?, ?, ?, effective_at => ?, reference => ?, expect => ?)},
	set_account_limits => q{SELECT simplebank.set_account_limits(?, ?, ?)},
	set_account_status => q{SELECT simplebank.set_account_status(?, ?)},
	post_journal => q{SELECT transfer_id, replayed, (extract(epoch FROM posted_at) * 1000000)::bigint AS posted
		FROM simplebank.post_journal(?, ?, ?, reference => ?)},
	exchange => qq{SELECT $answer FROM simplebank.exchange(?, ?, ?, ?, ?, reference => ?)},
	reverse_transfer => qq{SELECT $answer FROM simplebank.reverse_transfer(?, ?, reference => ?)},
	refund_transfer => qq{SELECT $answer FROM simplebank.refund_transfer(?, ?, ?, reference => ?)},
	place_hold => q{SELECT hold_id, available, replayed FROM simplebank.place_hold(?, ?, ?, ?, ?, reference => ?, expect => ?)},
	capture_hold => qq{SELECT $answer FROM simplebank.capture_hold(?, ?, ?, ?, ?)},
	release_hold => q{SELECT hold_id, available, replayed FROM simplebank.release_hold(?, ?)},
	expire_holds => q{SELECT simplebank.expire_holds(?)},
	close_account => q{SELECT simplebank.close_account(?)});

my %values = (
	open_account => sub {
		my ($min, $max) = (0, undef);
		$min = one_of(undef, -1000, 100, $smallest) if chance(0.3);
		$max = one_of(0, 500, 10_000, -2000, $largest) if chance(0.2);
		return (
			one_of('alice', 'bob', chance(0.1) ? ('', 'z' x 256, undef) : 'carol'),
			one_of(@currencies, chance(0.3) ? ('XXQ', 'usd', undef) : 'USD'),
			one_of(qw(liability liability asset equity income expense),
				chance(0.1) ? ('other', undef) : 'liability'),
			$min, $max, one_of(undef, 'a name'), some_key(), some_code(), some_ledger());
	},
	account_id => sub { return (some_code() // 'none', some_ledger()) },
	transfer => sub {
		my $from = some_account();
		my $to = other_account($from);
		return ($from, $to, some_amount($from, $to), some_key(), some_time(), some_reference(), some_expect(from => $from, to => $to));
	},
	deposit => sub {
		my $to = some_account();
		return ($to, some_amount(undef, $to), some_key(), some_time(), some_reference(), some_expect(account => $to));
	},
	withdraw => sub {
		my $from = some_account();
		return ($from, some_amount($from), some_key(), some_time(), some_reference(), some_expect(account => $from));
	},
	set_account_limits => sub {
		return (
			chance(0.05) ? one_of(0, -1, 1_000_000) : known_account(),
			one_of(0, 0, 0, -500, 50, undef, $smallest),
			one_of(undef, undef, undef, 2000, 40, $largest));
	},
	set_account_status => sub {
		return (
			chance(0.05) ? one_of(0, -1, 1_000_000) : known_account(),
			one_of(
				('active') x 14, qw(debit_blocked credit_blocked frozen),
				chance(0.2) ? ('closed', 'asleep', '') : 'active'));
	},
	post_journal => sub { return (some_legs(), some_key(), some_reference()) },
	exchange => sub {
		my $from = some_account();
		my $to = other_account($from, 1);
		return ($from, $to, some_amount($from), some_amount(undef, $to), some_key(), some_reference());
	},
	reverse_transfer => sub { return (some_transfer(), some_key(), some_reference()) },
	refund_transfer => sub { return (some_transfer(), one_of(1 + int rand 100, 1 + int rand 300, 0), some_key(), some_reference()) },
	place_hold => sub {
		my $from = some_account();
		my $to = other_account($from);
		return ($from, $to, some_amount($from, $to), some_expiry(), some_key(), some_reference(), some_expect(from => $from, to => $to));
	},
	capture_hold => sub {
		return (some_hold(), one_of(undef, undef, 1 + int rand 300, 5, 0), one_of('t', 'f'), some_key(), some_reference());
	},
	release_hold => sub { return (some_hold(), some_key()) },
	expire_holds => sub { return 1 + int rand 5 },
	close_account => sub {
		my @empty = grep {
			my $account = $model->{accounts}{$_};
			$account->{balance} == 0 && $account->{status} ne 'closed';
		} @$accounts;
		return one_of(0, 1_000_000) if chance(0.05);
		return chance(0.5) || !@empty ? known_account() : one_of(@empty);
	});

sub some_request { return $values{ $_[0] }->() }

# Where some of the values are.
our %place_of = (
	time => { transfer => 4, deposit => 3, withdraw => 3, place_hold => 3 },
	key => {
		open_account => 6, transfer => 3, deposit => 2, withdraw => 2, post_journal => 1, exchange => 4,
		reverse_transfer => 1, refund_transfer => 2, place_hold => 4, capture_hold => 3, release_hold => 1 },
	reference => {
		transfer => 5, deposit => 4, withdraw => 4, post_journal => 2, exchange => 5,
		reverse_transfer => 2, refund_transfer => 3, place_hold => 5, capture_hold => 4 },
	expect => { transfer => 6, deposit => 5, withdraw => 5, place_hold => 6 });

our @mixture = (
	('open_account') x 3, 'account_id', ('transfer') x 30, ('deposit') x 20, ('withdraw') x 9,
	('transfer_batch') x 6, ('post_journal') x 6, ('exchange') x 5, ('reverse_transfer') x 6, ('refund_transfer') x 6,
	('place_hold') x 9, ('capture_hold') x 6, ('release_hold') x 3, 'expire_holds',
	('set_account_limits') x 2, ('set_account_status') x 3,
	('again') x 8, ('conflict') x 4);

# The values as they are bound.
sub as_sent
{
	my ($operation, @values) = @_;
	foreach my $what (qw(time expect))
	{
		my $place = $place_of{$what}{$operation} // next;
		$values[$place] = $what eq 'time' ? as_timestamp($values[$place]) : as_json($values[$place]);
	}
	my ($legs, @others) = @values;
	return $operation eq 'post_journal' ? ([ map { $_->[0] } @$legs ], [ map { $_->[1] } @$legs ], @others) : @values;
}

# Integers, or strings of digits.
sub as_json
{
	my ($value) = @_;
	return $value if !defined $value;
	return chance(0.5) ? $value : qq{"$value"} if !ref $value;
	return '{' . join(', ', map { qq{"$_": } . as_json($value->{$_}) } sort keys %$value) . '}';
}

# An earlier request, as it was or with another value somewhere.  Its reference
# and what it expects may be others: it is the same request.
sub earlier_request
{
	my ($earlier, $changed) = @_;
	my (undef, $operation, @values) = @$earlier;
	my ($reference_at, $expect_at) = map { $place_of{$_}{$operation} } qw(reference expect);
	$values[$reference_at] = some_reference() if defined $reference_at && chance(0.5);
	$values[$expect_at] = some_expect(
		$operation =~ /^(deposit|withdraw)$/ ? (account => $values[0]) : (from => $values[0], to => $values[1]))
	  if defined $expect_at && chance(0.5);
	return ($operation, @values) unless $changed;

	if ($operation ne 'open_account' && chance(0.3))
	{
		# one operation as another
		return ($operation eq 'deposit' ? 'withdraw' : 'deposit', known_account(), 5,
			$values[ $place_of{key}{$operation} ], undef, some_reference(), undef);
	}
	my %change = (
		open_account => sub { chance(0.5) ? ($values[0] = 'mallory') : ($values[7] = some_code()) },
		transfer => sub {
			my $changed_at = one_of(0, 1, 2, 4);
			$values[$changed_at] =
			  $changed_at == 2 ? 7 : $changed_at == 4 ? some_time() : known_account();
		},
		post_journal => sub { $values[0] = some_legs() },
		reverse_transfer => sub { $values[0] = some_transfer() },
		capture_hold => sub { $values[2] = $values[2] eq 't' ? 'f' : 't' },
		release_hold => sub { $values[0] = some_hold() },
		# another expiry is no other request
		place_hold => sub { chance(0.3) ? $values[3] = some_expiry() : ($values[2] = 1 + int(rand 1000)) });
	($change{$operation} // sub { $values[1] = 1 + int(rand 1000) })->();
	return ($operation, @values);
}

# Of a batch: [from, to, amount, key, link, reference].
sub some_items
{
	my @items;
	my $link = 0;
	while (@items < int rand 9)
	{
		my $from = some_account();
		my $to = other_account($from);
		my @item = ($from, $to, some_amount($from, $to), some_key(), undef, chance(0.6) ? named('reference', \$next_reference) : undef);
		if (chance(0.1) && (my @earlier = grep { $_->[1] eq 'transfer' } @$keys))
		{
			@item[ 0 .. 3 ] = @{ one_of(@earlier) }[ 2 .. 5 ];
		}
		if (@items)
		{
			@item[ 0 .. 3 ] = @{ one_of(@items) }[ 0 .. 3 ] if chance(0.05);
			$item[3] = one_of(@items)->[3] if chance(0.05);
			$item[5] = one_of(@items)->[5] if chance(0.1);
		}
		$item[ rand 3 ] = undef if chance(0.02);
		$link++ if chance(0.3);
		$item[4] = $link if chance(0.5);
		push @items, \@item;
	}
	return @items;
}

1;
