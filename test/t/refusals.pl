# Each refusal that an item of a batch can get, at each place: alone, in an
# atomic batch, in a group of linked items.  Its neighbours come out as they
# should, and of what has fallen nothing is left.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $items = 5;
my @group = (2 .. 4);
my $largest = '9223372036854775807';

my $node = new_bank('refusals');
my $dbh = session($node);

sub account
{
	my ($balance, %options) = @_;
	my $id = value($dbh, q{SELECT simplebank.open_account('somebody', ?, min_balance => NULL)},
		$options{currency} // 'USD');
	my $source = value($dbh, q{SELECT simplebank.system_account('source ' || ?, ?)},
		$id, $options{currency} // 'USD');
	value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, ?)', $source, $id, $balance) if $balance;
	value($dbh, 'SELECT simplebank.set_account_limits(?, 0, ?)', $id, $options{max});
	value($dbh, 'SELECT simplebank.set_account_status(?, ?)', $id, $options{status}) if $options{status};
	value($dbh, 'SELECT simplebank.close_account(?)', $id) if $options{closed};
	return $id;
}

my $payer = account(1_000_000);
my $payee = account(0);
my $nobody = 1_000_000_000;
my %blocked = map { $_ => account(10, status => $_) } qw(debit_blocked credit_blocked frozen);
$blocked{closed} = account(0, closed => 1);
call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 1, 'used')}, $payer, $payee);

# What an item asks for, and what it is told.
my @refusals = (
	[ 'insufficient funds', 'SB001', account(5), $payee, 6 ],
	[ 'balance limit', 'SB002', $payer, account(5, max => 9), 5 ],
	[ 'no account to debit', 'SB003', $nobody, $payee, 1 ],
	[ 'no account to credit', 'SB003', $payer, $nobody, 1 ],
	(map { [ "debit of a $_ account", 'SB004', $blocked{$_}, $payee, 1 ] } qw(debit_blocked frozen closed)),
	(map { [ "credit of a $_ account", 'SB004', $payer, $blocked{$_}, 1 ] } qw(credit_blocked frozen closed)),
	[ 'another currency', 'SB005', $payer, account(0, currency => 'EUR'), 1 ],
	[ 'one account', 'SB006', $payer, $payer, 1 ],
	[ 'amount 0', 'SB007', $payer, $payee, 0 ],
	[ 'amount -1', 'SB007', $payer, $payee, -1 ],
	[ 'key of another request', 'SB301', $payer, $payee, 2, 'used' ],
	[ 'key of another item', 'SB301', $payer, $payee, 2, 'first of the batch' ],
	[ 'out of range', '22003', $payer, account($largest), 1 ],
	[ 'NULL to debit', '22004', undef, $payee, 1 ],
	[ 'NULL to credit', '22004', $payer, undef, 1 ],
	[ 'NULL amount', '22004', $payer, $payee, undef ],
	[ 'empty key', '22023', $payer, $payee, 1, '' ],
	[ 'long key', '22023', $payer, $payee, 1, 'x' x 256 ]);

my $batch = q{SELECT item, coalesce(sqlstate, 'done') AS sqlstate, replayed
	FROM simplebank.transfer_batch(?, ?, ?, ?, links => ?, atomic => ?)};
my $batches = 0;

# The arguments of a batch of payments of 1 with keys, one of them this request.
sub batch_with
{
	my ($request, $position, @linked) = @_;
	my (undef, undef, @asked) = @$request;
	$batches++;
	my @rows = map { [ $payer, $payee, 1, "$batches.$_" ] } 1 .. $items;
	$asked[3] //= "$batches.refused";
	# the first item has that key then, or whichever comes first
	$rows[ $position == 1 ? $items - 1 : 0 ][3] = $asked[3] = "$batches.shared" if $asked[3] eq 'first of the batch';
	$rows[ $position - 1 ] = \@asked;
	my %is_linked = map { $_ => 7 } @linked;
	return ((map { my $column = $_; [ map { $_->[$column] } @rows ] } 0 .. 3),
		@linked ? [ map { $is_linked{$_} } 1 .. $items ] : undef);
}

sub state_of_ledger
{
	return rows($dbh,
		q{SELECT (SELECT count(*) FROM simplebank.transfers), (SELECT count(*) FROM simplebank.idempotency_keys),
			(SELECT sum(version) FROM simplebank.accounts), (SELECT sum(balance::numeric * id) FROM simplebank.accounts)});
}

# How many transfers and keys more, after as many accepted items.
sub grown_by
{
	my ($before, $count) = @_;
	my ($transfers, $keys, $versions) = split /\|/, $before;
	return join '|', $transfers + $count, $keys + $count, $versions + 2 * $count;
}

foreach my $refusal (@refusals)
{
	my ($name, $sqlstate) = @$refusal;
	my $shared = ($refusal->[5] // '') eq 'first of the batch';
	my @wrong;

	foreach my $position (1, 3, $items)
	{
		# who comes second is refused, where it is not the one that was meant
		my $culprit = $shared && $position == 1 ? $items : $position;

		my $before = state_of_ledger();
		my $answer = call($dbh, $batch, batch_with($refusal, $position), 't');
		push @wrong, "atomic, item $position: $answer->{sqlstate}, $answer->{message}"
		  if $answer->{sqlstate} ne $sqlstate || $answer->{message} !~ /DETAIL:  Item $culprit\b/;
		push @wrong, "atomic, item $position: something is left" if state_of_ledger() ne $before;

		my $got = rows($dbh, $batch, batch_with($refusal, $position), 'f');
		my $expected = join "\n", map { "$_|" . ($_ == $culprit ? $sqlstate : 'done') . '|0' } 1 .. $items;
		push @wrong, "item $position: $got" if $got ne $expected;
		push @wrong, "item $position: not just the others are there"
		  if state_of_ledger() !~ /^\Q${\grown_by($before, $items - 1)}\E\|/;
	}
	foreach my $position (@group)
	{
		my $before = state_of_ledger();
		my $got = rows($dbh, $batch, batch_with($refusal, $position, @group), 'f');
		my %fallen = map { $_ => 'SB401' } @group;
		$fallen{$position} = $sqlstate;
		my $expected = join "\n", map { "$_|" . ($fallen{$_} // 'done') . '|0' } 1 .. $items;
		push @wrong, "item $position of a group: $got" if $got ne $expected;
		push @wrong, "item $position of a group: not just the others are there"
		  if state_of_ledger() !~ /^\Q${\grown_by($before, $items - @group)}\E\|/;
		my $keys = value($dbh, q{SELECT count(*) FROM simplebank.idempotency_keys WHERE key ~ ('^' || ? || '\.[234]$')},
			$batches);
		push @wrong, "item $position of a group: keys are kept" if $keys != 0;
	}
	is(join("\n", @wrong), '', "$sqlstate: $name");
}
verify_is_sound($dbh);

# What falls is free again: the same items, without the culprit, go through.
{
	my @arguments = batch_with($refusals[0], 3, @group);
	call($dbh, $batch, @arguments, 'f');
	splice @$_, 2, 1 foreach @arguments;
	is(rows($dbh, $batch, @arguments, 't'), "1|done|1\n2|done|0\n3|done|0\n4|done|1",
		'the group without its culprit; the others replay');
}

# Arrays as such
my $columns = 'SELECT count(*) FROM simplebank.transfer_batch';
my $pay = "ARRAY[$payer], ARRAY[$payee]";
foreach my $arrays (
	[ "('{}', '{}', '{}')", 0, 'no item' ],
	[ "($pay, '{1}')", 1, 'one item' ],
	[ "('[5:6]={$payer,$payer}', '[-1:0]={$payee,$payee}', '{1,1}')", 2, 'other lower bounds' ],
	[ "('{{$payer}}', '{{$payee}}', '{{1}}')", '22023', 'two dimensions' ],
	[ "($pay, '{1,1}')", '22023', 'another length' ],
	[ "($pay, '{1}', keys => '{}')", '22023', 'no keys for one item' ],
	[ "($pay, '{1}', keys => '{NULL}', descriptions => '{NULL}', links => '{NULL}')", 1, 'NULL in all that may be' ],
	[ "(NULL, ARRAY[$payee], '{1}')", '22004', 'no array' ],
	[ "($pay, '{1}', atomic => NULL)", '22004', 'atomic or not' ])
{
	my ($call, $expected, $name) = @$arrays;
	my $answer = call($dbh, $columns . $call);
	is($answer->{sqlstate} // $answer->{count}, $expected, $name);
}
$dbh->do('SET simplebank.max_batch = 2');
is(call($dbh, $columns . "(array_fill(${payer}::bigint, '{3}'), array_fill(${payee}::bigint, '{3}'), '{1,1,1}')")->{sqlstate},
	'22023', 'more than max_batch');
is(call($dbh, $columns . "(array_fill(${payer}::bigint, '{2}'), array_fill(${payee}::bigint, '{2}'), '{1,1}')")->{count},
	2, 'as many as max_batch');
verify_is_sound($dbh, 'still sound');

$dbh->disconnect;
$node->stop;
done_testing();
