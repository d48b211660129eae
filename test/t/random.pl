# Random operations against a second bank written in Perl (Simplebank::Model):
# it predicts of each call whether it is accepted, with which balances, or
# refused, with which SQLSTATE.  All that moves or holds money is mixed, alone
# and in batches; two sessions take turns, some calls are rolled back, and many
# are wrong on purpose.  At the end everything that can be read
# agrees with the model, now and at moments of the past.
#
# SIMPLEBANK_SEED repeats a run.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use List::Util qw(max min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Model;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $operations = $ENV{SIMPLEBANK_OPERATIONS} // 10_000;
my $smallest = '-9223372036854775808';
my $largest = '9223372036854775807';
my @currencies = qw(USD USD USD EUR JPY BHD POINTS);

my $node = new_bank('random', conf => "autovacuum_naptime = 1s\n");
my @sessions = (session($node), session($node));
$_->do(q{SET TIME ZONE 'Europe/Berlin'}) foreach $sessions[1];
my $seed = seed_of_test();
srand $seed;

my $model = Simplebank::Model->new(qw(USD EUR JPY BHD POINTS));
my @accounts;
my @keys;
my $next_key = 0;
my %outcomes;
my $wrong = 0;

value($sessions[0], q{SELECT simplebank.add_currency('POINTS', 0)});
foreach my $currency (qw(USD EUR JPY BHD POINTS))
{
	foreach my $bank ([ 'cash', 'asset' ], [ 'fx', 'equity' ])
	{
		my ($name, $kind) = @$bank;
		my $id = value($sessions[0], q{SELECT simplebank.system_account(?, ?)}, $name, $currency);
		$model->bank_account($id, $name, $currency, $kind);
	}
}

#
# Choices
#

sub one_of { return $_[ rand @_ ] }

sub chance { return rand() < $_[0] }

sub known_account { return one_of(@accounts) }

sub some_account
{
	return one_of(sort values %{ $model->{bank}{cash} }) if chance(0.02);
	return one_of(0, -1, $smallest, $largest, 1_000_000) if chance(0.02);
	return known_account();
}

# Another account, mostly one that a transfer from the first may reach.
sub other_account
{
	my ($from) = @_;
	my $first = $model->{accounts}{$from};
	return some_account() if !$first || chance(0.1);
	return $from if chance(0.02);
	my @reachable = grep { $model->{accounts}{$_}{currency} eq $first->{currency} } @accounts;
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
		my $spare = Simplebank::Model::sum($debited->{balance},
			Math::BigInt->new("$debited->{min}")->bneg->bstr);
		return Simplebank::Model::sum($spare, int(rand 2)) // $spare if defined $spare;
	}
	if ($credited && defined $credited->{max} && chance(0.15))
	{
		my $room = Simplebank::Model::sum($credited->{max},
			Math::BigInt->new("$credited->{balance}")->bneg->bstr);
		return Simplebank::Model::sum($room, int(rand 2)) // $room if defined $room;
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

# Two to six legs that sum to zero, or nearly.
sub some_legs
{
	my @legs;
	for (1 .. 1 + int rand 3)
	{
		my $from = some_account();
		my $to = other_account($from);
		my $amount = 1 + int rand 300;
		push @legs, [ $from, -$amount ], [ $to, $amount ];
	}
	$legs[0][1]++ if chance(0.1);
	return \@legs;
}

sub some_transfer { return chance(0.03) ? one_of(0, 1_000_000) : one_of(0, keys %{ $model->{transfers} }) }

# Mostly one that is open.
sub some_hold
{
	my @open = grep { $model->{holds}{$_}{status} eq 'open' } keys %{ $model->{holds} };
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
# Operations: the statement, its values, what the model says
#

my $answer = q{transfer_id, from_balance, to_balance, replayed,
	(extract(epoch FROM posted_at) * 1000000)::bigint AS posted};

my %operations = (
	open_account => [
		q{SELECT simplebank.open_account(?, ?, ?, ?, ?, ?, NULL, ?) AS account_id},
		sub {
			my ($min, $max) = (0, undef);
			$min = one_of(undef, -1000, 100, $smallest) if chance(0.3);
			$max = one_of(0, 500, 10_000, -2000, $largest) if chance(0.2);
			return (
				one_of('alice', 'bob', chance(0.1) ? ('', 'z' x 256, undef) : 'carol'),
				one_of(@currencies, chance(0.3) ? ('XXQ', 'usd', undef) : 'USD'),
				one_of(qw(liability liability asset equity income expense),
					chance(0.1) ? ('other', undef) : 'liability'),
				$min, $max, one_of(undef, 'a name'), some_key());
		}
	],
	transfer => [
		qq{SELECT $answer FROM simplebank.transfer(?, ?, ?, ?, effective_at => ?)},
		sub {
			my $from = some_account();
			my $to = other_account($from);
			return ($from, $to, some_amount($from, $to), some_key(), some_time());
		}
	],
	deposit => [
		qq{SELECT $answer FROM simplebank.deposit(?, ?, ?, effective_at => ?)},
		sub {
			my $to = some_account();
			return ($to, some_amount(undef, $to), some_key(), some_time());
		}
	],
	withdraw => [
		qq{SELECT $answer FROM simplebank.withdraw(?, ?, ?, effective_at => ?)},
		sub {
			my $from = some_account();
			return ($from, some_amount($from), some_key(), some_time());
		}
	],
	set_account_limits => [
		q{SELECT simplebank.set_account_limits(?, ?, ?)},
		sub {
			return (
				chance(0.05) ? one_of(0, -1, 1_000_000) : known_account(),
				one_of(0, 0, 0, -500, 50, undef, $smallest),
				one_of(undef, undef, undef, 2000, 40, $largest));
		}
	],
	set_account_status => [
		q{SELECT simplebank.set_account_status(?, ?)},
		sub {
			return (
				chance(0.05) ? one_of(0, -1, 1_000_000) : known_account(),
				one_of(
					('active') x 14, qw(debit_blocked credit_blocked frozen),
					chance(0.2) ? ('closed', 'asleep', '') : 'active'));
		}
	],
	post_journal => [
		q{SELECT transfer_id, replayed, (extract(epoch FROM posted_at) * 1000000)::bigint AS posted
		  FROM simplebank.post_journal(?, ?, ?)},
		sub { return (some_legs(), some_key()) }
	],
	exchange => [
		qq{SELECT $answer FROM simplebank.exchange(?, ?, ?, ?, ?)},
		sub {
			my ($from, $to) = (some_account(), some_account());
			return ($from, $to, some_amount($from), some_amount(undef, $to), some_key());
		}
	],
	reverse_transfer =>
	  [ qq{SELECT $answer FROM simplebank.reverse_transfer(?, ?)}, sub { return (some_transfer(), some_key()) } ],
	refund_transfer => [
		qq{SELECT $answer FROM simplebank.refund_transfer(?, ?, ?)},
		sub { return (some_transfer(), one_of(1 + int rand 100, 1 + int rand 300, 0), some_key()) }
	],
	place_hold => [
		q{SELECT hold_id, available, replayed FROM simplebank.place_hold(?, ?, ?, ?, ?)},
		sub {
			my $from = some_account();
			my $to = other_account($from);
			return ($from, $to, some_amount($from, $to), some_expiry(), some_key());
		}
	],
	capture_hold => [
		qq{SELECT $answer FROM simplebank.capture_hold(?, ?, ?, ?)},
		sub {
			return (some_hold(), one_of(undef, undef, 1 + int rand 300, 5, 0), one_of('t', 'f'), some_key());
		}
	],
	release_hold => [
		q{SELECT hold_id, available, replayed FROM simplebank.release_hold(?, ?)},
		sub { return (some_hold(), some_key()) }
	],
	expire_holds => [ q{SELECT simplebank.expire_holds(?)}, sub { return 1 + int rand 5 } ],
	close_account => [
		q{SELECT simplebank.close_account(?)},
		sub {
			my @empty = grep {
				my $account = $model->{accounts}{$_};
				$account->{balance} == 0 && $account->{status} ne 'closed';
			} @accounts;
			return one_of(0, 1_000_000) if chance(0.05);
			return chance(0.5) || !@empty ? known_account() : one_of(@empty);
		}
	]);

# The positions of times and of keys among the values.
my %time_argument = (transfer => 4, deposit => 3, withdraw => 3, place_hold => 3);
my %key_argument = (
	open_account => 6, transfer => 3, deposit => 2, withdraw => 2, post_journal => 1, exchange => 4,
	reverse_transfer => 1, refund_transfer => 2, place_hold => 4, capture_hold => 3, release_hold => 1);

my @mixture = (
	('open_account') x 3, ('transfer') x 30, ('deposit') x 20, ('withdraw') x 9,
	('transfer_batch') x 6, ('post_journal') x 6, ('exchange') x 5, ('reverse_transfer') x 6, ('refund_transfer') x 6,
	('place_hold') x 9, ('capture_hold') x 6, ('release_hold') x 3, 'expire_holds',
	('set_account_limits') x 2, ('set_account_status') x 3,
	('again') x 8, ('conflict') x 4);

# An earlier request, as it was or with another value somewhere.
sub earlier_request
{
	my ($changed) = @_;
	my ($operation, @values) = @{ one_of(@keys) };
	return ($operation, @values) unless $changed;

	if ($operation ne 'open_account' && chance(0.3))
	{
		# one operation as another
		return ($operation eq 'deposit' ? 'withdraw' : 'deposit', known_account(), 5,
			$values[ $key_argument{$operation} ], undef);
	}
	my %change = (
		open_account => sub { $values[0] = 'mallory' },
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

sub show
{
	my ($value) = @_;
	return join ' ', map { "$_=" . ($value->{$_} // 'NULL') } sort keys %$value if ref $value eq 'HASH';
	return '[' . join(', ', map { show($_) } @$value) . ']' if ref $value eq 'ARRAY';
	return $value // 'NULL';
}

sub disagree
{
	my ($call, $answered, $expected) = @_;
	diag "$call answered ", show($answered), ', expected ', show($expected) if ++$wrong <= 10;
	return;
}

sub perform
{
	my ($session, $operation, @values) = @_;
	my $expected = $model->$operation(@values);
	my @sent = @values;
	my $time_at = $time_argument{$operation};
	$sent[$time_at] = as_timestamp($sent[$time_at]) if $time_at;
	@sent = ([ map { $_->[0] } @{ $sent[0] } ], [ map { $_->[1] } @{ $sent[0] } ], $sent[1]) if $operation eq 'post_journal';

	my $undone = chance(0.03);
	$session->begin_work if $undone;
	my $answered = call($session, $operations{$operation}[0], @sent);
	$session->rollback if $undone;
	# the time of a short hold may have passed on the way
	$expected = $model->$operation(@values) if $operation eq 'place_hold' && ($answered->{sqlstate} // '') eq '22023';

	$outcomes{ $answered->{sqlstate}
		  // ($operation . ($answered->{replayed} ? ' replayed' : '')) }++;
	my $agrees = ($expected->{sqlstate} // '') eq ($answered->{sqlstate} // '');
	my $row = $expected->{row} // {};
	$agrees &&= ($answered->{$_} // '') eq ($row->{$_} // '') foreach keys %$row;
	if ($agrees && !$expected->{sqlstate} && !$undone)
	{
		$expected->{apply}->($answered);
		push @accounts, $answered->{account_id}
		  if $operation eq 'open_account' && !$row->{account_id};
	}

	# a request with a key may come again, whatever came of it
	my $key_at = $key_argument{$operation};
	push @keys, [ $operation, @values ] if defined $key_at && defined $values[$key_at];

	if ($operation eq 'place_hold' && defined $values[3] && $values[3] < (time + 1) * 1e6)
	{
		sleep max(0, $values[3] / 1e6 - time + 0.002);
		$model->{holds}{ $answered->{hold_id} }{due} = 1
		  if $answered->{hold_id} && $model->{holds}{ $answered->{hold_id} };
	}
	disagree("$operation(" . show(\@values) . ')', $answered, $expected->{sqlstate} // $row) if !$agrees;
	return;
}

#
# Batches: items [from, to, amount, key, link]
#

sub some_items
{
	my @items;
	my $link = 0;
	while (@items < int rand 9)
	{
		my $from = some_account();
		my $to = other_account($from);
		my @item = ($from, $to, some_amount($from, $to), some_key(), undef);
		if (chance(0.1) && (my @earlier = grep { $_->[0] eq 'transfer' } @keys))
		{
			@item[ 0 .. 3 ] = @{ one_of(@earlier) }[ 1 .. 4 ];
		}
		@item[ 0 .. 3 ] = @{ one_of(@items) }[ 0 .. 3 ] if @items && chance(0.05);
		$item[3] = one_of(@items)->[3] if @items && chance(0.05);
		$item[ rand 3 ] = undef if chance(0.02);
		$link++ if chance(0.3);
		$item[4] = $link if chance(0.5);
		push @items, \@item;
	}
	return @items;
}

sub perform_batch
{
	my ($session) = @_;
	my $atomic = chance(0.3);
	my @items = some_items();
	my $expected = $model->transfer_batch($atomic, @items);
	my @columns = map { my $column = $_; [ map { $_->[$column] } @items ] } 0 .. 4;

	my $undone = chance(0.03);
	$session->begin_work if $undone;
	my $rows = eval {
		$session->selectall_arrayref(
			q{SELECT b.sqlstate, b.message, b.replayed, b.transfer_id, (extract(epoch FROM t.posted_at) * 1000000)::bigint
			  FROM simplebank.transfer_batch($1, $2, $3, $4, links => $5, atomic => $6) b
				LEFT JOIN simplebank.transfers t ON t.id = b.transfer_id ORDER BY b.item}, undef,
			@columns[ 0 .. 4 ], $atomic ? 't' : 'f');
	};
	my $sqlstate = $rows ? undef : $session->state;
	my $message = $rows ? undef : $session->errstr;
	$session->rollback if $undone;
	$outcomes{ $sqlstate // 'transfer_batch' }++;

	my $answered = $rows ? [ map { $_->[0] // ($_->[2] ? 'replayed' : 'posted') } @$rows ] : $sqlstate;
	my $predicted = $expected->{sqlstate}
	  // [ map { $_->{sqlstate} // ($_->{replayed} ? 'replayed' : 'posted') } @{ $expected->{items} } ];
	my $agrees = show($answered) eq show($predicted);
	$agrees &&= $message =~ /Item $expected->{item}\b/ if $expected->{sqlstate};

	# transfers of this batch are known by now, so that replays can be compared
	if ($rows && $agrees)
	{
		# joined in one statement, what the batch itself has posted is not there yet
		my %posted = map { @$_ } @{
			$session->selectall_arrayref(
				'SELECT id, (extract(epoch FROM posted_at) * 1000000)::bigint FROM simplebank.transfers WHERE id = ANY (?)',
				undef, [ map { $_->[3] } grep { defined $_->[3] } @$rows ])
		} unless $undone;
		my @new = grep { $answered->[$_] eq 'posted' } 0 .. $#$rows;
		if (!$undone)
		{
			$expected->{complete}->(
				map { { transfer_id => $rows->[$_][3], posted => $posted{ $rows->[$_][3] } } } @new);
			foreach my $i (grep { $answered->[$_] eq 'replayed' } 0 .. $#$rows)
			{
				$agrees &&= $rows->[$i][3] eq $expected->{items}[$i]{stored}{transfer_id};
			}
			$outcomes{"item $_"}++ foreach @$answered;
		}
	}
	$expected->{undo}->() if $expected->{undo} && ($undone || !$rows || !$agrees);
	push @keys, map { [ 'transfer', @$_[ 0 .. 3 ], undef ] }
	  grep { defined $_->[3] && 3 == grep { defined } @$_[ 0 .. 2 ] } @items;
	disagree('transfer_batch(' . ($atomic ? 'atomic, ' : '') . show(\@items) . ')', $message // $answered, $predicted)
	  if !$agrees;
	return;
}

#
# The run
#

until (@accounts >= 30)
{
	perform($sessions[0], 'open_account', 'alice', one_of(@currencies), 'liability',
		0, undef, undef, some_key());
}
# What a run is to see: it goes on for it, but not for ever.
my @expected = (
	keys %operations, qw(transfer_batch 22003 22004 22023
	SB001 SB002 SB003 SB004 SB005 SB006 SB007 SB008 SB009 SB010 SB101 SB102 SB103 SB104
	SB201 SB202 SB204 SB206 SB301),
	(map { "$_ replayed" } grep { $_ ne 'open_account' } keys %key_argument),
	map { "item $_" } qw(posted replayed SB001 SB401));
for (my $i = 0; $i < $operations || ($i < 5 * $operations && grep { !$outcomes{$_} } @expected); $i++)
{
	my $operation = chance(0.01) ? 'close_account' : one_of(@mixture);
	my $session = $sessions[ rand 2 ];
	value($session, 'SELECT simplebank.seal()') if chance(0.005);
	if ($operation eq 'again' || $operation eq 'conflict')
	{
		perform($session, earlier_request($operation eq 'conflict')) if @keys;
		next;
	}
	if ($operation eq 'transfer_batch')
	{
		perform_batch($session);
		next;
	}
	perform($session, $operation, $operations{$operation}[1]->());
}
is($wrong, 0, 'all operations as the model says');
note join ', ', map { "$_: $outcomes{$_}" } sort keys %outcomes;
foreach my $expected (@expected)
{
	ok($outcomes{$expected}, "the run has seen $expected");
}

#
# What can be read now
#

my $dbh = $sessions[0];
my @ids = sort { $a <=> $b } keys %{ $model->{accounts} };
my %model_of = %{ $model->{accounts} };

verify_is_sound($dbh);
value($dbh, 'SELECT simplebank.seal()');
is(rows($dbh, 'SELECT * FROM simplebank.verify_seals()'), '', 'its seals prove it');
is(value($dbh, 'SELECT sum(entries) FROM simplebank.seals'), value($dbh, 'SELECT count(*) FROM simplebank.entries'), 'and have all of it');
is(value($dbh, 'SELECT count(*) FROM simplebank.transfers'),
	scalar keys %{ $model->{transfers} }, 'number of transfers');
is( rows($dbh, 'SELECT id, balance, version, status, min_balance, max_balance FROM simplebank.accounts ORDER BY id'),
	join("\n",
		map {
			join '|', map { $_ // '' } $_->{id}, $_->{balance}, scalar @{ $_->{entries} },
			  $_->{status}, $_->{min}, $_->{max}
		} @model_of{@ids}),
	'accounts: balance, version, status, limits');
is( rows($dbh,
		q{SELECT account_id, string_agg(event, ',' ORDER BY id) FROM simplebank.account_events
		  WHERE account_id NOT IN (SELECT id FROM simplebank.accounts WHERE is_system) AND hold_id IS NULL
		  GROUP BY 1 ORDER BY 1}),
	join("\n",
		map { "$_->{id}|" . join ',', @{ $_->{events} } } grep { @{ $_->{events} } } @model_of{@ids}),
	'account_events');
sub held_and_available
{
	return join "\n", map { join '|', $_->{id}, $model->kept($_), $model->available($_) // '' } @model_of{@ids};
}
is( rows($dbh, 'SELECT b.account_id, b.held, b.available FROM simplebank.accounts a, simplebank.balances(a.id) b ORDER BY 1'),
	held_and_available(), 'held and available');
1 while value($dbh, 'SELECT simplebank.expire_holds(7)');
is( rows($dbh, 'SELECT id, held, simplebank.available(id) FROM simplebank.accounts ORDER BY 1'),
	held_and_available(), 'held in the rows, once all that is due has expired');
is( rows($dbh, 'SELECT id, amount, captured, status FROM simplebank.holds ORDER BY id'),
	join("\n",
		map {
			my $hold = $model->{holds}{$_};
			join '|', $_, @$hold{qw(amount captured)},
			  $hold->{due} && $hold->{status} eq 'open' ? 'expired' : $hold->{status}
		} sort { $a <=> $b } keys %{ $model->{holds} }),
	'holds');
is( rows($dbh, 'SELECT currency, kind, accounts, debits, credits FROM simplebank.trial_balance() ORDER BY currency COLLATE "C", kind COLLATE "C"'),
	$model->trial_balance(sub { $_[0]{balance} }),
	'trial_balance now');
is( rows($dbh, 'SELECT count(*) FROM (SELECT currency FROM simplebank.trial_balance() GROUP BY currency HAVING sum(debits) <> sum(credits)) t'),
	0,
	'trial_balance is in balance');

sub statement_rows
{
	my ($id, $from, $to) = @_;
	return $dbh->selectall_arrayref(
		'SELECT line, version, amount, balance FROM simplebank.statement(?, ?, ?)',
		undef, $id, $from, $to);
}

sub as_text
{
	return join "\n", map { join '|', map { $_ // '' } @$_ } @{ $_[0] };
}

my @differing = grep {
	as_text(statement_rows($_, '-infinity', 'infinity')) ne
	  as_text($model->statement($_, -9e18, 9e18))
} @ids;
is("@differing", '', 'every statement, line by line');

#
# What can be read of the past
#

my @posted = sort { $a <=> $b } map { $_->{posted} } map { @{ $_->{entries} } } @model_of{@ids};

# On an entry's time, next to it, or anywhere.
sub some_moment
{
	my ($id, $basis) = @_;
	my $entries = $model_of{$id}{entries};
	return $posted[0] - 1e6 + int(rand($posted[-1] - $posted[0] + 2e6)) if !@$entries || chance(0.3);
	return one_of(@$entries)->{$basis} + one_of(-1, 0, 0, 1);
}

# Also when a day has been closed: in a time zone that has its midnight amid all of this.
foreach my $case (qw(posted effective), 'effective, a day closed', 'posted, a day closed')
{
	my ($basis, $closed) = split /, /, $case;
	my @differences;
	if ($case eq 'effective, a day closed')
	{
		my $midnight = int(one_of(@posted) / 1_000_000);
		my $east = 86_400 - $midnight % 86_400;
		$dbh->do(sprintf q{SET simplebank.time_zone = '<T>-%02d:%02d:%02d'}, int($east / 3600), $east / 60 % 60, $east % 60);
		value($dbh, 'SELECT simplebank.close_day((simplebank.due_date($$24:00$$, to_timestamp(?)))::date)', $midnight);
		is(value($dbh, 'SELECT extract(epoch FROM ends_at)::bigint FROM simplebank.closed_days'), $midnight, 'a day is closed');
		$dbh->do('RESET simplebank.time_zone');
		verify_is_sound($dbh, 'its closing balances too');
	}
	for (1 .. 400)
	{
		my $id = one_of(@ids);
		my $at = some_moment($id, $basis);
		my $answered =
		  call($dbh, 'SELECT simplebank.balance_at(?, ?, ?) AS balance', $id, as_timestamp($at), $basis);
		$answered = $answered->{balance} // $answered->{sqlstate};

		# in another order the balance may not have fit into bigint
		my $expected = $model->balance_at($id, $at, $basis) // '22003';
		push @differences, "balance_at($id, '" . as_timestamp($at) . "', '$basis') is $answered, not $expected"
		  if $answered ne $expected;
	}
	is(scalar @differences, 0, "balance_at, basis $case, at 400 moments");
	diag $_ foreach @differences[ 0 .. min(4, $#differences) ];
}

value($dbh, q{SELECT simplebank.reopen_day(day, 'for the rest') FROM simplebank.closed_days});

@differing = ();
for (1 .. 200)
{
	my $id = one_of(@ids);
	my ($from, $to) = sort { $a <=> $b } some_moment($id, 'posted'), some_moment($id, 'posted');
	push @differing, "$id $from $to"
	  if as_text(statement_rows($id, as_timestamp($from), as_timestamp($to))) ne
	  as_text($model->statement($id, $from, $to));
}
is("@differing", '', 'statements of 200 periods');

# page by page, the last line but one says where to go on
@differing = ();
foreach my $id (@ids)
{
	my ($after, $size, @lines) = (undef, 1 + int(rand 40));
	do
	{
		my $page = $dbh->selectall_arrayref(
			'SELECT line, version, amount, balance FROM simplebank.statement(?, after_version => ?, max_rows => ?)',
			undef, $id, $after, $size);
		push @lines, @$page;
		$after = (grep { defined } map { $_->[1] } @$page)[-1] // $after;
	} until $lines[-1][0] eq 'closing';
	push @differing, $id if as_text(\@lines) ne as_text($model->statement($id, -9e18, 9e18));
}
is("@differing", '', 'statements in pages');

my %created = map { @$_ } @{
	$dbh->selectall_arrayref(
		'SELECT id, (extract(epoch FROM created_at) * 1000000)::bigint FROM simplebank.accounts')
};
@differing = ();
for (1 .. 10)
{
	my $at = some_moment(one_of(@ids), 'posted');
	my $answered = rows($dbh,
		'SELECT currency, kind, accounts, debits, credits FROM simplebank.trial_balance(?) ORDER BY currency COLLATE "C", kind COLLATE "C"',
		as_timestamp($at));
	my $expected = $model->trial_balance(
		sub {
			my ($account) = @_;
			return $created{ $account->{id} } > $at
			  ? undef
			  : $model->balance_at($account->{id}, $at, 'posted');
		});
	push @differing, "at $at:\n$answered\nnot\n$expected\n" if $answered ne $expected;
}
is("@differing", '', 'trial_balance at 10 moments');

#
# Value dates that all lie on the same side of the posting: what was posted an
# hour after its value date counts from that date on, and what takes effect in
# an hour not before.
#
foreach my $hours (-1, 1)
{
	my $id = value($dbh, q{SELECT simplebank.open_account('alice', 'USD')});
	my $side = $hours < 0 ? 'back-dated' : 'forward-dated';
	my @posted = map {
		value($dbh,
			q{SELECT posted_at FROM simplebank.deposit(?, ?, effective_at => clock_timestamp() + ? * interval '1 hour')},
			$id, $_, $hours);
	} 100, 20;
	my $at = sub {
		my ($offset) = @_;
		return value($dbh,
			q{SELECT simplebank.balance_at(?, ?::timestamptz + ?::interval, 'effective')},
			$id, $posted[1], $offset);
	};
	my ($before, $between, $after) =
	  $hours < 0 ? ('-61 min', '-30 min', '1 min') : ('-1 min', '30 min', '61 min');
	is($at->($before), 0, "$side: before the value date");
	is($at->($between), $hours < 0 ? 120 : 0, "$side: between posting and value date");
	is($at->($after), 120, "$side: after both");
}

#
# The ends of bigint: the largest debt and the largest balance can be read.
#
{
	my $deep = value($dbh, q{SELECT simplebank.open_account('alice', 'POINTS', min_balance => NULL)});
	my $high = value($dbh, q{SELECT simplebank.open_account('bob', 'POINTS')});
	my $other = value($dbh, q{SELECT simplebank.open_account('bob', 'POINTS')});
	my $transfer = q{SELECT from_balance, to_balance FROM simplebank.transfer(?, ?, ?)};
	is(call($dbh, $transfer, $deep, $high, $largest)->{to_balance}, $largest, 'the largest balance');
	is(call($dbh, $transfer, $deep, $other, 1)->{from_balance}, $smallest, 'the largest debt');
	is(call($dbh, $transfer, $deep, $other, 1)->{sqlstate}, '22003', 'no larger one');
	is(call($dbh, $transfer, $other, $high, 1)->{sqlstate}, '22003', 'nor a larger balance');
	is(rows($dbh, 'SELECT simplebank.balance(?), simplebank.available(?)', $high, $high),
		"$largest|$largest", 'balance and available of the largest balance');
	is( rows($dbh, q{SELECT simplebank.balance_at(?, 'infinity'), simplebank.balance_at(?, 'infinity', 'effective')}, $deep, $deep),
		"$smallest|$smallest",
		'balance_at of the largest debt');
	is( rows($dbh, q{SELECT sum(debits) - sum(credits) FROM simplebank.trial_balance() WHERE currency = 'POINTS'}),
		0,
		'trial_balance with the largest debt');
	is( rows($dbh, q{SELECT sum(debits) - sum(credits) FROM simplebank.trial_balance('infinity') WHERE currency = 'POINTS'}),
		0,
		'trial_balance of a moment with the largest debt');
	my ($giver, $taker) = map {
		value($dbh, q{SELECT simplebank.open_account('carol', 'POINTS', min_balance => NULL)})
	} 1 .. 2;
	my $later = q{SELECT to_balance FROM
		simplebank.transfer(?, ?, ?, effective_at => clock_timestamp() + interval '1 hour')};
	call($dbh, $later, $giver, $taker, $largest);
	call($dbh, $transfer, $taker, $giver, $largest);
	call($dbh, $later, $giver, $taker, $largest);
	is(rows($dbh, q{SELECT simplebank.balance_at(?, clock_timestamp(), 'effective')}, $taker),
		"-$largest", 'balance_at that fits, though what is not effective yet does not');
	verify_is_sound($dbh, 'sound at the ends of bigint');
}

#
# A key that was used for another request is told before an account that is
# not there; deposit and withdraw, which look for the account's currency first,
# tell that before.
#
my $first = value($dbh, q{SELECT simplebank.open_account('alice', 'USD')});
call($dbh, q{SELECT * FROM simplebank.deposit(?, 10, 'used')}, $first);
foreach my $order (
	[ 'transfer(-5, ?, 10' => 'SB301' ],
	[ 'deposit(?, 11' => 'SB301' ],
	[ 'withdraw(?, 10' => 'SB301' ],
	[ 'deposit(-(?::bigint), 10' => 'SB003' ],
	[ 'withdraw(-(?::bigint), 10' => 'SB003' ])
{
	my ($request, $sqlstate) = @$order;
	is(call($dbh, "SELECT * FROM simplebank.$request, 'used')", $first)->{sqlstate},
		$sqlstate, "a used key: $request) is $sqlstate");
}

# An amount or account that is NULL has the same answer everywhere.
foreach my $null (
	'transfer(NULL, 1, 1)', 'transfer(1, NULL, 1)', 'transfer(1, 2, NULL)', 'deposit(NULL, 1)',
	'deposit(1, NULL)', 'withdraw(NULL, 1)', 'withdraw(1, NULL)', 'close_account(NULL)',
	'set_account_limits(NULL, 0, 0)', 'set_account_status(1, NULL)', 'balance(NULL)')
{
	is(call($dbh, "SELECT simplebank.$null")->{sqlstate}, '22004', $null);
}
foreach my $infinite (qw(infinity -infinity))
{
	is(call($dbh, q{SELECT simplebank.transfer(1, 2, 1, effective_at => ?)}, $infinite)->{sqlstate},
		'22023', "effective at $infinite");
}
verify_is_sound($dbh, 'still sound');

$_->disconnect foreach @sessions;
$node->stop;
done_testing();
