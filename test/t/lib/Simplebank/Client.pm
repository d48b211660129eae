# A client of the bank for tests with faults.  It asks at random for all that
# moves or holds money, and writes a journal that Simplebank::Checker compares
# with the ledger:
#
#   {"n":7,"intent":{"key":"c1-5","operation":"transfer","arguments":[3,4,12]}}
#   {"n":7,"accepted":{"transfer_id":..,"from_balance":..,"to_balance":..,"posted_at":..,"replayed":0}}
#   or {"n":7,"refused":"SB001"} or {"n":7,"lost":"57P02"} or {"n":7,"undone":"SB001"}
#
# n numbers the attempts; the intent is on disk before the call is made.  Some
# requests are sent twice, some keys come again with another request, some
# calls are rolled back (undone).  An attempt whose answer was lost is made
# again, with its key, until it is answered.
#
# A batch is one request whose items have the keys c1-5.1, c1-5.2, ...; its
# answer is a list of items.  An intent about a transfer or a hold that this
# client has been told of is marked as "known"; one that repeats the last
# request as "again", one that has its key for another request as "differs", one
# with a time-out of a few milliseconds by its "limit".

package Simplebank::Client;

use strict;
use warnings;

use IO::Handle;
use JSON::PP;
use List::Util qw(sum);
use POSIX qw(strftime);
use Simplebank::Test;
use Storable qw(dclone);
use Time::HiRes qw(sleep time);

# The call of each operation; its last value is the key, which is also the description.
my %calls = (
	transfer => 'SELECT * FROM simplebank.transfer($1, $2, $3, $4, $4)',
	submit_transfer => 'CALL simplebank.submit_transfer_with_balances($1, $2, $3, $4, $4)',
	deposit => 'SELECT * FROM simplebank.deposit($1, $2, $3, $3)',
	withdraw => 'SELECT * FROM simplebank.withdraw($1, $2, $3, $3)',
	transfer_batch =>
	  q{SELECT json_agg(json_build_object('transfer_id', transfer_id, 'sqlstate', sqlstate, 'replayed', replayed::int)
			ORDER BY item) AS items
		FROM simplebank.transfer_batch($1, $2, $3, links => $4, atomic => $5, keys => $6, descriptions => $6)},
	post_journal => 'SELECT * FROM simplebank.post_journal($1, $2, $3, $3)',
	exchange => 'SELECT * FROM simplebank.exchange($1, $2, $3, $4, $5, $5)',
	reverse_transfer => 'SELECT * FROM simplebank.reverse_transfer($1, $2, $2)',
	place_hold => 'SELECT * FROM simplebank.place_hold($1, $2, $3, $4, $5, $5)',
	capture_hold => 'SELECT * FROM simplebank.capture_hold($1, $2, $3, $4)',
	release_hold => 'SELECT * FROM simplebank.release_hold($1, $2)',
	schedule_transfer =>
	  'SELECT simplebank.schedule_transfer($1, $2, $3, $4, key => $5, description => $5) AS order_id');

# How often each is asked for.
my %shares = (
	transfer => 32, deposit => 8, withdraw => 8, transfer_batch => 12, post_journal => 8, exchange => 6,
	reverse_transfer => 6, place_hold => 9, capture_hold => 5, release_hold => 4, schedule_transfer => 2);

# Where its arguments have an amount; other requests are never the same with another one.
my %amount_at =
  (transfer => 2, deposit => 1, withdraw => 1, exchange => 3, place_hold => 2, schedule_transfer => 2);

sub operations { return sort keys %shares }

# Works until the file named by stop exists or so many requests are settled.
# Options: node (one, or a list: whichever can be written to), dbname, journal
# (a file), name (begins each key), accounts (ids by currency), seed, stop,
# requests, operations (names; all of them), pause (seconds after each, at most), submit (true: half of the
# transfers through tellers), timeouts (true: small ones at times), crossing (a
# file: while it exists, everybody pays between the first two accounts).
sub run
{
	my (%options) = @_;
	srand $options{seed};
	open my $journal, '>>', $options{journal} or die "$options{journal}: $!";
	$journal->autoflush(1);
	my $self = bless {
		%options,
		journal => $journal, attempts => 0, transfers => [], holds => [],
		operations => $options{operations} // [ operations() ],
		currencies => [ sort keys %{ $options{accounts} } ]
	}, __PACKAGE__;

	my $most = $options{requests} // 1_000_000;
	for (my $n = 1; $n <= $most && !(defined $options{stop} && -e $options{stop}); $n++)
	{
		sleep rand $options{pause} if $options{pause};
		my $request = $self->random_request;
		$request->{key} = "$options{name}-$n";
		$self->settle($request);
		$self->settle({ %$request, again => 1 }) if rand() < 0.1;
		$self->settle($self->another_request($request)) if rand() < 0.08;
	}
	close $journal or die "$options{journal}: $!";
	return;
}

#
# Requests
#

sub one_of { return $_[ rand @_ ] }

sub some_amount { return 1 + int(rand 400) }

sub soon { return strftime('%Y-%m-%d %H:%M:%S+00', gmtime(time + 1 + rand 4)) }

# Two different accounts of one currency.
sub pair
{
	my ($self) = @_;
	my @accounts = @{ $self->{accounts}{ one_of(@{ $self->{currencies} }) } };
	@accounts = @{ $self->{accounts}{ $self->{currencies}[0] } }[ 0, 1 ] if $self->crossing;
	my $from = int(rand @accounts);
	return @accounts[ $from, ($from + 1 + int(rand(@accounts - 1))) % @accounts ];
}

sub crossing { return defined $_[0]{crossing} && -e $_[0]{crossing} }

sub random_request
{
	my ($self) = @_;
	my $choice = rand sum(@shares{ @{ $self->{operations} } });
	my $operation;
	foreach (@{ $self->{operations} })
	{
		$operation = $_;
		last if ($choice -= $shares{$_}) < 0;
	}
	$operation = one_of(qw(transfer transfer_batch)) if $self->crossing;
	$operation = 'transfer' if $operation eq 'reverse_transfer' && !@{ $self->{transfers} };
	$operation = 'place_hold' if $operation =~ /^(capture|release)/ && !@{ $self->{holds} };
	my $make = "random_$operation";
	return { operation => $operation, $self->can($make) ? $self->$make : $self->random_payment($operation) };
}

# Those that have one or two accounts and an amount.
sub random_payment
{
	my ($self, $operation) = @_;
	my ($from, $to) = $self->pair;
	return (arguments => [$from, $to, some_amount()]) if $operation eq 'transfer';
	return (arguments => [$from, some_amount()]);
}

sub random_transfer_batch
{
	my ($self) = @_;
	my $count = 1 + int(rand 6);
	my (@from, @to, @links);
	foreach my $i (0 .. $count - 1)
	{
		($from[$i], $to[$i]) = $self->pair;
		$links[$i] = rand() < 0.5 ? int($i / 2) : undef;
	}
	return (
		arguments => [
			\@from, \@to, [ map { some_amount() } @from ],
			rand() < 0.4 ? \@links : undef, rand() < 0.4 ? 1 : 0
		]);
}

sub random_post_journal
{
	my ($self) = @_;
	my @legs;
	for (1 .. 1 + int(rand 3))
	{
		my ($from, $to) = $self->pair;
		my $amount = some_amount();
		push @legs, [ $from, -$amount ], [ $to, $amount ];
	}
	return (arguments => \@legs);
}

sub random_exchange
{
	my ($self) = @_;
	my ($first, $second) = sort { rand() <=> 0.5 } @{ $self->{currencies} };
	return (
		arguments => [
			one_of(@{ $self->{accounts}{$first} }), one_of(@{ $self->{accounts}{$second} }),
			some_amount(), some_amount()
		]);
}

# Mostly one of its own; else one nearby, which may be of another client.
sub random_id
{
	my ($self, @ids) = @_;
	my $id = one_of(@ids);
	return rand() < 0.8 ? ($id, known => 1) : ($id + 1 + int(rand 5));
}

sub random_reverse_transfer
{
	my ($self) = @_;
	my ($id, @known) = $self->random_id(@{ $self->{transfers} });
	return (arguments => [$id], @known);
}

sub random_place_hold
{
	my ($self) = @_;
	return (arguments => [$self->pair, some_amount(), rand() < 0.5 ? soon() : undef]);
}

sub random_capture_hold
{
	my ($self) = @_;
	my ($id, @known) = $self->random_id(@{ $self->{holds} });
	return (arguments => [ $id, rand() < 0.6 ? 1 + int(rand 150) : undef, rand() < 0.5 ? 1 : 0 ], @known);
}

sub random_release_hold
{
	my ($self) = @_;
	my ($id, @known) = $self->random_id(@{ $self->{holds} });
	return (arguments => [$id], @known);
}

sub random_schedule_transfer
{
	my ($self) = @_;
	return (arguments => [$self->pair, some_amount(), soon()]);
}

# Another request with the same key.
sub another_request
{
	my ($self, $request) = @_;
	my $operation = $request->{operation};
	my $other = { %$request, arguments => dclone($request->{arguments}) };
	if (defined $amount_at{$operation})
	{
		$other->{arguments}[ $amount_at{$operation} ] += some_amount();
	}
	elsif ($operation eq 'transfer_batch')
	{
		$other->{arguments}[2][-1] += some_amount();
	}
	elsif ($operation eq 'post_journal')
	{
		my $more = some_amount();
		$other->{arguments}[0][1] -= $more;
		$other->{arguments}[1][1] += $more;
	}
	else
	{
		@{$other}{qw(operation arguments)} = ('deposit', [ ($self->pair)[0], some_amount() ]);
	}
	$other->{differs} = 1;
	return $other;
}

#
# Attempts
#

# Makes an attempt until one is answered.  One that was ended by a fault, and
# so has left nothing, is given up as often as not, unless another was lost.
sub settle
{
	my ($self, $request) = @_;
	my $deadline = time + 300;
	my $is_open = 0;
	while ((my $outcome = $self->attempt($request)) ne 'answered')
	{
		$is_open ||= $outcome eq 'lost';
		last if !$is_open && rand() < 0.5;
		die "no answer for a long time\n" if time > $deadline;
	}
	return;
}

# Alone, or as the one that is kept in a transaction that has undone another,
# or undone as a whole.
sub attempt
{
	my ($self, $request) = @_;
	my $dbh = $self->connected or return 'lost';
	my $block = rand() < 0.1 ? one_of(qw(rollback savepoint)) : '';
	my $call = $request->{operation};
	$call = 'submit_transfer' if $call eq 'transfer' && $self->{submit} && rand() < 0.5;

	my %limit;
	if ($self->{timeouts} && rand() < 0.05)
	{
		%limit = (limit => one_of(qw(statement_timeout lock_timeout)));
		$self->quietly(sprintf 'SET %s = %d', $limit{limit}, 1 + rand 4);
	}
	if ($block && $self->quietly('BEGIN'))
	{
		$self->quietly('SAVEPOINT s') if $block eq 'savepoint';
		my $undone = $self->intend({ %$request, undone => 1 });
		$self->note_down(n => $undone, undone => $self->ask($call, $request)->{sqlstate} // '');
		$self->quietly($block eq 'savepoint' ? 'ROLLBACK TO s' : 'ROLLBACK');
	}
	my $n = $self->intend({ %$request, %limit });
	$self->{warned} = 0;
	my $answer = $self->ask($call, $request);
	if ($block eq 'savepoint')
	{
		my $ended = call($dbh, exists $answer->{sqlstate} ? 'ROLLBACK' : 'COMMIT');
		$answer = $ended if exists $ended->{sqlstate};
	}
	my $outcome = $self->conclude($n, $call, $answer);
	$self->quietly("RESET $limit{limit}") if %limit;
	if ($outcome eq 'lost' || $self->{broken})
	{
		eval { $dbh->disconnect };
		delete @{$self}{qw(dbh broken)};
	}
	$self->remember($request, $answer) if $outcome eq 'answered' && !exists $answer->{sqlstate};
	return $outcome;
}

sub ask
{
	my ($self, $call, $request) = @_;
	my ($key, @arguments) = ($request->{key}, @{ $request->{arguments} });
	@arguments = ([ map { $_->[0] } @arguments ], [ map { $_->[1] } @arguments ]) if $call eq 'post_journal';
	$key = [ map { "$key.$_" } 1 .. @{ $arguments[0] } ] if $call eq 'transfer_batch';
	my $answer = call($self->{dbh}, $calls{$call}, @arguments, $key);
	$answer->{items} = decode_json($answer->{items}) if $answer->{items};
	return $answer;
}

# What an error says of the outcome: a refusal, and what has ended a statement
# of a session that goes on, that there was none; all else says nothing.
sub conclude
{
	my ($self, $n, $call, $answer) = @_;
	my $sqlstate = $answer->{sqlstate};
	if (!defined $sqlstate && !$self->{warned})
	{
		$self->note_down(n => $n, accepted => $answer);
		return 'answered';
	}
	$sqlstate //= '01000';
	if ($sqlstate =~ /^(SB(?!50)|22|23|40)/)
	{
		$self->note_down(n => $n, refused => $sqlstate);
		return 'answered';
	}
	if ($sqlstate =~ /^(57014|55P03|53)/ && $answer->{message} !~ /unknown/
		&& !($call eq 'submit_transfer' && $sqlstate =~ /^53/) && $self->quietly('SELECT'))
	{
		$self->note_down(n => $n, refused => $sqlstate);
		return 'ended';
	}
	$self->note_down(n => $n, lost => $sqlstate);
	return 'lost';
}

sub remember
{
	my ($self, $request, $answer) = @_;
	my $hold = $request->{arguments}[0];
	push @{ $self->{transfers} }, grep { defined } map { $_->{transfer_id} } $answer, @{ $answer->{items} // [] };
	push @{ $self->{holds} }, $answer->{hold_id} if $request->{operation} eq 'place_hold';
	@{ $self->{holds} } = grep { $_ != $hold || rand() < 0.1 } @{ $self->{holds} }
	  if $request->{operation} eq 'release_hold' || $request->{operation} eq 'capture_hold' && rand() < 0.5;
	foreach my $list (@{$self}{qw(transfers holds)})
	{
		splice @$list, 0, @$list - 20 if @$list > 20;
	}
	return;
}

# A statement that is no request; where it fails, the session is given up.
sub quietly
{
	my ($self, $statement) = @_;
	return 1 if !$self->{broken} && eval { $self->{dbh}->do($statement); 1 };
	$self->{broken} = 1;
	return 0;
}

# A session, as soon as the server gives one.  A commit that was not waited
# for, as a standby has not confirmed it, is a warning only.
sub connected
{
	my ($self) = @_;
	return $self->{dbh} if $self->{dbh};
	$self->{dbh} = eval { session($self->{node}, name => 'client', dbname => $self->{dbname}) };
	if (!$self->{dbh})
	{
		sleep 0.05;
		return undef;
	}
	$self->{dbh}{PrintWarn} = 1;
	$SIG{__WARN__} = sub { $_[0] =~ /might not have been replicated/ ? $self->{warned} = 1 : warn $_[0] };
	return $self->{dbh};
}

sub intend
{
	my ($self, $request) = @_;
	my $n = ++$self->{attempts};
	$self->note_down(n => $n, intent => $request);
	return $n;
}

sub note_down
{
	my ($self, %line) = @_;
	print { $self->{journal} } JSON::PP->new->canonical->encode(\%line), "\n"
	  or die "could not write the journal: $!";
	return;
}

1;
