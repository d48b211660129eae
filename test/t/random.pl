# Random operations against a second bank written in Perl (Simplebank::Model):
# it predicts of each call whether it is accepted, with which balances, or
# refused, with which SQLSTATE.  All that moves or holds money is mixed, alone
# and in batches, in three ledgers; two sessions that have all of them and one of
# each take turns, some calls are rolled back, and many are wrong on purpose.
# Now and then and at the end everything that can be read agrees with the model,
# at the end at moments of the past too.
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
use Simplebank::RandomCalls;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $operations = $ENV{SIMPLEBANK_OPERATIONS} // 10_000;

my $node = new_bank('random', conf => "autovacuum_naptime = 1s\n");
my $dbh = session($node);
my $seed = seed_of_test();
srand $seed;

my $model = Simplebank::Model->new(\@ledgers, qw(USD EUR JPY BHD POINTS));
my @accounts;
my @keys;
my %outcomes;
my $wrong = 0;
Simplebank::RandomCalls::begin($model, \@accounts, \@keys);

value($dbh, q{SELECT simplebank.add_currency('POINTS', 0)});
value($dbh, 'SELECT simplebank.create_roles()');
foreach my $ledger (@ledgers)
{
	value($dbh, 'SELECT (simplebank.create_ledger(?)).id', $ledger) if $ledger ne 'default';
	$dbh->do("CREATE ROLE teller_$ledger LOGIN IN ROLE simplebank_teller, simplebank_auditor");
	value($dbh, 'SELECT (simplebank.grant_ledger(?, ?)).role', "teller_$ledger", $ledger);
	foreach my $currency (qw(USD EUR JPY BHD POINTS))
	{
		foreach my $bank ([ 'cash', 'asset' ], [ 'fx', 'equity' ])
		{
			my ($name, $kind) = @$bank;
			my $id = value($dbh, q{SELECT simplebank.system_account(?, ?, ?)}, $name, $currency, $ledger);
			$model->bank_account($id, $name, $currency, $kind, $ledger);
		}
	}
}

# By the only ledger that it has, '' for all.
my %sessions = ('' => [ $dbh, session($node) ], map { $_ => [ session($node, user => "teller_$_") ] } @ledgers);
$_->do(q{SET TIME ZONE 'Europe/Berlin'}) foreach $sessions{''}[1], $sessions{north}[0];
my %is_for_administrators = map { $_ => 1 } qw(set_account_limits set_account_status close_account);

# One that has this ledger only, undef for all; the model is told.
sub session_of
{
	my ($only) = @_;
	$model->only($only);
	return one_of(@{ $sessions{ $only // '' } });
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
	my @sent = as_sent($operation, @values);

	my $undone = chance(0.03);
	$session->begin_work if $undone;
	my $answered = call($session, $statements{$operation}, @sent);
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
	my $key_at = $place_of{key}{$operation};
	push @keys, [ $model->{only}, $operation, @values ] if defined $key_at && defined $values[$key_at];

	if ($operation eq 'place_hold' && defined $values[3] && $values[3] < (time + 1) * 1e6)
	{
		sleep max(0, $values[3] / 1e6 - time + 0.002);
		$model->{holds}{ $answered->{hold_id} }{due} = 1
		  if $answered->{hold_id} && $model->{holds}{ $answered->{hold_id} };
	}
	disagree(($model->{only} // '') . " $operation(" . show(\@values) . ')', $answered, $expected->{sqlstate} // $row) if !$agrees;
	return;
}

sub perform_batch
{
	my ($session) = @_;
	my $atomic = chance(0.3);
	my @items = some_items();
	my $expected = $model->transfer_batch($atomic, @items);
	my @columns = map { my $column = $_; [ map { $_->[$column] } @items ] } 0 .. 5;

	my $undone = chance(0.03);
	$session->begin_work if $undone;
	my $rows = eval {
		$session->selectall_arrayref(
			q{SELECT b.sqlstate, b.message, b.replayed, b.transfer_id, (extract(epoch FROM t.posted_at) * 1000000)::bigint
			  FROM simplebank.transfer_batch($1, $2, $3, $4, links => $5, "references" => $6, atomic => $7) b
				LEFT JOIN simplebank.transfers t ON t.id = b.transfer_id ORDER BY b.item}, undef,
			@columns, $atomic ? 't' : 'f');
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
	push @keys, map { [ $model->{only}, 'transfer', @$_[ 0 .. 3 ], undef, $_->[5], undef ] }
	  grep { defined $_->[3] && 3 == grep { defined } @$_[ 0 .. 2 ] } @items;
	disagree(($model->{only} // '') . ' transfer_batch(' . ($atomic ? 'atomic, ' : '') . show(\@items) . ')', $message // $answered, $predicted)
	  if !$agrees;
	return;
}

#
# Searches, each as whoever asks sees it, in pages, the newest or the oldest first
#

sub search
{
	my ($session, $what, $size, %filter) = @_;
	my $newest_first = chance(0.5) ? 't' : 'f';
	my @names = sort keys %filter;
	my ($page, $after, @ids);
	do
	{
		my $sql = "SELECT id, cursor FROM simplebank.$what(" . join(', ', map { "$_ => ?" } @names, qw(newest_first max_rows after)) . ')';
		$page = eval { $session->selectall_arrayref($sql, undef, @filter{@names}, $newest_first, $size, $after) } // return $session->errstr;
		push @ids, map { $_->[0] } @$page;
		$after = $page->[-1][1] if @$page;
	} while (@$page == $size);
	return join ' ', $newest_first eq 't' ? reverse @ids : @ids;
}

# Some that find something, for one at least.
sub some_filter
{
	my ($what) = @_;
	my $of = { find_transfers => 'transfers', find_holds => 'holds', find_accounts => 'accounts' }->{$what};
	my $id = one_of(keys %{ $model->{$of} }) // return;
	my $thing = $model->{$of}{$id};
	my $account = one_of($of eq 'transfers' ? map { $_->[0] } @{ $thing->{legs} } : @$thing{qw(from to)});
	my %filter = map { defined $thing->{$_} && chance(0.5) ? ($_ => $thing->{$_}) : () }
	  qw(reference code), $of eq 'transfers' ? 'operation' : $of eq 'accounts' ? qw(owner currency status) : ();
	$filter{account_id} = $account if defined $account && chance(0.6);
	return %filter;
}

# Whoever it is sees what the model says, of that many searches.
sub compare_reading
{
	my ($when, $searches) = @_;
	my @differing;
	foreach my $only (undef, @ledgers)
	{
		my $session = session_of($only);
		foreach my $what (qw(find_transfers find_holds find_accounts))
		{
			foreach my $number (0 .. $searches)
			{
				my %filter = $number == 0 ? () : some_filter($what);
				my $answered = search($session, $what, $number == 0 ? 1000 : 1 + int rand 50, %filter);
				my $expected = join ' ', $model->$what(%filter);
				push @differing, ($only // 'all') . " $what(" . show(\%filter) . "): $answered\nnot $expected\n" if $answered ne $expected;
			}
		}
		foreach my $ledger ($only // @ledgers)
		{
			my $answered = trial_balance($session, undef, chance(0.5) && $only ? undef : $ledger);
			my $expected = $model->trial_balance($ledger, sub { $_[0]{balance} });
			push @differing, ($only // 'all') . " trial_balance of $ledger:\n$answered\nnot\n$expected\n" if $answered ne $expected;
		}
	}
	session_of(undef);
	is(scalar @differing, 0, "$when: searches and trial balances by all, and by who has one ledger");
	diag $_ foreach @differing[ 0 .. min(4, $#differing) ];
	return verify_is_sound($dbh, "$when: sound");
}

sub trial_balance
{
	my ($session, $at, $ledger) = @_;
	return rows($session,
		'SELECT currency, kind, accounts, debits, credits FROM simplebank.trial_balance(?, ?) ORDER BY currency COLLATE "C", kind COLLATE "C"',
		$at, $ledger);
}

#
# The run
#

until (@accounts >= 45)
{
	perform($dbh, 'open_account', 'alice', one_of(@currencies), 'liability',
		0, undef, undef, some_key(), some_code(), one_of(@ledgers));
}
# What a run is to see: it goes on for it, but not for ever.
my @expected = (
	keys %statements, qw(transfer_batch 22003 22004 22023
	SB001 SB002 SB003 SB004 SB005 SB006 SB007 SB008 SB009 SB010 SB011 SB012 SB013 SB101 SB102 SB103 SB104
	SB201 SB202 SB204 SB206 SB301 SB302 SB303 42501),
	(map { "$_ replayed" } grep { $_ ne 'open_account' } keys %{ $place_of{key} }),
	map { "item $_" } qw(posted replayed SB001 SB011 SB302 SB401));
for (my $i = 0; $i < $operations || ($i < 5 * $operations && grep { !$outcomes{$_} } @expected); $i++)
{
	value($dbh, 'SELECT simplebank.seal()') if chance(0.005);
	compare_reading("after $i operations", 10) if $i > 0 && $i % int($operations / 4) == 0;
	my $operation = chance(0.01) ? 'close_account' : one_of(@mixture);
	my $session = session_of(chance(0.2) && !$is_for_administrators{$operation} ? one_of(@ledgers) : undef);
	if ($operation eq 'again' || $operation eq 'conflict')
	{
		my $earlier = one_of(@keys);
		$session = session_of($earlier->[0]) if chance(0.9);
		perform($session, earlier_request($earlier, $operation eq 'conflict'));
		next;
	}
	if ($operation eq 'transfer_batch')
	{
		perform_batch($session);
		next;
	}
	perform($session, $operation, some_request($operation));
}
compare_reading('in the end', 30);
is($wrong, 0, 'all operations as the model says');
note join ', ', map { "$_: $outcomes{$_}" } sort keys %outcomes;
foreach my $expected (@expected)
{
	ok($outcomes{$expected}, "the run has seen $expected");
}

#
# What can be read now
#

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
	my $ledger = one_of(@ledgers);
	my $answered = trial_balance($dbh, as_timestamp($at), $ledger);
	my $expected = $model->trial_balance($ledger,
		sub {
			my ($account) = @_;
			return $created{ $account->{id} } > $at
			  ? undef
			  : $model->balance_at($account->{id}, $at, 'posted');
		});
	push @differing, "at $at:\n$answered\nnot\n$expected\n" if $answered ne $expected;
}
is("@differing", '', 'trial_balance at 10 moments');

$_->disconnect foreach map { @$_ } values %sessions;
$node->stop;
done_testing();
