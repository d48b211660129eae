# A preview says what the call would answer, and changes nothing: at random,
# each call is previewed, then made, and both have to say the same.  Before and
# after the preview every row of the ledger, with its place and its transaction,
# and every sequence are the same.
#
# SIMPLEBANK_SEED repeats a run.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use List::Util qw(sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

srand seed_of_test();
my $steps = $ENV{SIMPLEBANK_STEPS} // 1000;

my $node = new_bank('preview');
my $admin = session($node);
$admin->do('SELECT simplebank.create_roles()');
# ann reads all, but pays as a customer, and is told what that one is
$admin->do("CREATE ROLE $_->[0] LOGIN IN ROLE $_->[1]")
  foreach [qw(ann simplebank_customer,simplebank_auditor)], [qw(ben simplebank_customer)], [qw(tess simplebank_teller)];
my %sessions = map { $_ => session($node, user => $_) } qw(ann ben tess);
$admin->do(<<'SQL');
CREATE FUNCTION fingerprint() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	r record;
	part text;
	whole text = '';
BEGIN
	FOR r IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
			 WHERE c.relnamespace = 'simplebank'::regnamespace AND c.relkind IN ('r', 'S') ORDER BY c.relname LOOP
		EXECUTE CASE r.relkind WHEN 'S' THEN format('SELECT concat_ws('' '', last_value, log_cnt, is_called) FROM %s', r.name)
			ELSE format('SELECT md5(string_agg(concat_ws('' '', t.ctid, t.xmin, t.xmax, t::text), '' '' ORDER BY t.ctid)) FROM %s t', r.name) END INTO part;
		whole := concat_ws(E'\n', whole, r.name || ' ' || coalesce(part, 'empty'));
	END LOOP;
	RETURN whole;
END $$;
SQL

sub one_of { return $_[ rand @_ ] }
sub chance { return rand() < $_[0] }

# Of all kinds; the cash account of EUR is opened by the first deposit that is made, that of USD by none before.
my @accounts = map { value($admin, "SELECT simplebank.open_account($_)") } (
	q{'ann', 'EUR'}, q{'ann', 'EUR', min_balance => -200}, q{'ben', 'EUR'}, q{'ben', 'EUR', max_balance => 900},
	q{'corp', 'EUR', min_balance => NULL}, q{'corp', 'USD', min_balance => NULL}, q{'ann', 'USD'},
	q{'wide', 'EUR', min_balance => NULL, stripes => 3}, q{'corp', 'EUR', min_balance => NULL, max_balance => 9223372036854775807},
	q{'ben', 'EUR', min_balance => 50});
push @accounts, value($admin, q{SELECT simplebank.system_account('fees', 'EUR')});
$admin->do('SELECT simplebank.close_day(?)', undef, '2024-06-30');

sub account
{
	return one_of(0, -1, 999, 9223372036854775807, -256 * $accounts[7]) if chance(0.03);
	return chance(0.2) ? $accounts[4] : one_of(@accounts);
}

sub amount
{
	return one_of(0, -1, 9223372036854775807, 9223372036854775000) if chance(0.04);
	return 1 + int(rand(chance(0.2) ? 1000 : 120));
}

sub key { return chance(0.4) ? 'k' . int(rand 40) : undef }
sub effective_at { return chance(0.2) ? one_of('2024-06-30 12:00+00', '2024-07-01 00:00+00', '2025-01-01 00:00+00') : undef }
sub reference { return chance(0.15) ? 'r' . int(rand 60) : undef }

sub expect
{
	my (@names) = @_;
	return if chance(0.75);
	my $id = one_of(@accounts);
	my ($version, $balance) = $admin->selectrow_array('SELECT version, balance FROM simplebank.accounts WHERE id = ?', undef, $id);
	my $member = one_of(
		qq{"version": @{[ chance(0.5) ? $version : int(rand 10) ]}}, qq{"balance_at_least": @{[ int(rand 300) - 100 ]}},
		qq{"balance_at_most": "@{[ int(rand 1000) ]}"}, '');
	return sprintf '{"%s": {%s}}', one_of(@names), $member;
}

# The arguments of a call, as [ type, value ]
sub array { my ($type, @values) = @_; return [ $type, \@values ] }

sub items
{
	my $count = 1 + int(rand 6);
	my @links = map { chance(0.5) ? 1 + int(rand 2) : undef } 1 .. $count;
	return (
		array('bigint[]', map { chance(0.02) ? undef : account() } 1 .. $count), array('bigint[]', map { account() } 1 .. $count),
		array('bigint[]', map { amount() } 1 .. $count), array('text[]', map { key() } 1 .. $count), [ 'text[]', undef ], [ 'jsonb[]', undef ],
		array('int[]', sort { ($a // 0) <=> ($b // 0) } @links), [ 'boolean', one_of('t', 'f') ],
		array('text[]', map { reference() } 1 .. $count));
}

sub legs
{
	my $count = 2 + int(rand 3);
	my @amounts = map { amount() * one_of(1, -1) } 2 .. $count;
	push @amounts, chance(0.05) ? amount() : -sum0(@amounts);
	return (array('bigint[]', map { account() } 1 .. $count), array('bigint[]', map { sprintf '%d', abs $_ < 9e18 ? $_ : 7 } @amounts));
}

sub extras { return ([ 'text', key() ], [ 'text', 'words' ], [ 'jsonb', '{"a": 1}' ], [ 'timestamptz', effective_at() ], [ 'text', reference() ]) }

my %calls = (
	transfer => sub { return ([ 'bigint', account() ], [ 'bigint', account() ], [ 'bigint', amount() ], extras(), [ 'jsonb', expect('from', 'to') ]) },
	deposit => sub { return ([ 'bigint', account() ], [ 'bigint', amount() ], extras(), [ 'jsonb', expect('account') ]) },
	withdraw => sub { return ([ 'bigint', account() ], [ 'bigint', amount() ], extras(), [ 'jsonb', expect('account') ]) },
	place_hold => sub {
		return ([ 'bigint', account() ], [ 'bigint', account() ], [ 'bigint', amount() ],
			[ 'timestamptz', one_of(undef, '2299-01-01 00:00+00', '2024-01-01 00:00+00') ],
			[ 'text', key() ], [ 'text', undef ], [ 'jsonb', undef ], [ 'text', reference() ], [ 'jsonb', expect('from', 'to') ]);
	},
	post_journal => sub { return (legs(), extras()) },
	transfer_batch => \&items);
my %preview_of = (
	transfer => 'preview_transfer', deposit => 'preview_deposit', withdraw => 'preview_withdraw',
	place_hold => 'preview_hold', post_journal => 'preview_journal', transfer_batch => 'preview_batch');

sub statement
{
	my ($function, @arguments) = @_;
	return sprintf 'SELECT * FROM simplebank.%s(%s)', $function, join ', ', map { "?::$_->[0]" } @arguments;
}

# All rows, each a hash; or the refusal, with all that a client reads of it.
sub outcome
{
	my ($dbh, $function, @arguments) = @_;
	my $rows = eval { $dbh->selectall_arrayref(statement($function, @arguments), { Slice => {} }, map { $_->[1] } @arguments) };
	return ($rows, undef) if $rows;
	my %refusal = (sqlstate => $dbh->state, message => $dbh->pg_error_field('message_primary'),
		detail => $dbh->pg_error_field('message_detail'), hint => $dbh->pg_error_field('message_hint'));
	return (undef, \%refusal);
}

sub said { my ($row, @columns) = @_; return join ' | ', map { "$_: " . ($row->{$_} // 'NULL') } @columns }

my @texts = qw(sqlstate message detail hint);
my %seen;
my $differences = 0;

sub same
{
	my ($got, $expected, $what) = @_;
	return if $got eq $expected;
	diag("$what\n  preview: $got\n  call:    $expected");
	$differences++;
	return;
}

# A transfer of the same batch has no id yet: its name is not told.
sub without_ids { my ($detail) = @_; return ($detail // '') =~ /^(Transfer|Hold) \d+ has/ ? undef : $detail }

sub compare
{
	my ($function, $what, $preview, $refused_preview, $answer, $refusal) = @_;
	if ($refused_preview)
	{
		# of the call as a whole; only the function's name differs
		s/preview_\w+/$function/ foreach grep { defined } values %$refused_preview;
		same(said($refused_preview, @texts), $refusal ? said($refusal, @texts) : 'made', $what);
		$seen{"raised $refused_preview->{sqlstate}"}++;
		return;
	}
	if ($function eq 'transfer_batch')
	{
		if ($refusal)
		{
			my @reasons = grep { defined $_->{sqlstate} && $_->{sqlstate} ne 'SB401' } @$preview;
			my %reason = %{ $reasons[0] // {} };
			$reason{detail} = join ' ', grep { defined } 'Item ' . ($reason{item} // 0) . '.', $reason{detail};
			same(@reasons . ' ' . said(\%reason, @texts), '1 ' . said($refusal, @texts), $what);
			$seen{"batch $refusal->{sqlstate}"}++;
			return;
		}
		foreach my $n (0 .. $#$answer)
		{
			my ($got, $expected) = ($preview->[$n], $answer->[$n]);
			$_->{detail} = without_ids($_->{detail}) foreach $got, $expected;
			same(said($got, 'item', 'name', @texts, 'replayed'), said($expected, 'item', 'name', @texts, 'replayed'), "$what, item " . ($n + 1));
			same($got->{transfer_id}, $expected->{transfer_id}, "$what, id of item " . ($n + 1)) if defined $got->{transfer_id};
			if (!defined $expected->{sqlstate} && !$expected->{replayed})
			{
				my ($from, $to) = $admin->selectrow_array(<<'SQL', undef, $expected->{transfer_id});
SELECT f.balance, c.balance FROM simplebank.transfers t
	JOIN simplebank.entries f ON f.account_id = t.from_account_id AND f.version = t.from_version
	JOIN simplebank.entries c ON c.account_id = t.to_account_id AND c.version = t.to_version
WHERE t.id = ?
SQL
				same($got->{from_balance}, $from, "$what, from_balance") if defined $got->{from_balance};
				same($got->{to_balance}, $to, "$what, to_balance") if defined $got->{to_balance};
			}
			$seen{ 'item ' . ($expected->{sqlstate} // ($expected->{replayed} ? 'replayed' : 'posted')) }++;
		}
		same(scalar @$preview, scalar @$answer, "$what, items");
		return;
	}
	my $got = $preview->[0];
	same(said($got, @texts), $refusal ? said($refusal, @texts) : said({}, @texts), $what);
	$seen{ "$function " . ($refusal ? $refusal->{sqlstate} : $answer->[0]{replayed} ? 'replayed' : 'made') }++;
	return if $refusal;
	my $expected = $answer->[0];
	my @columns = grep { !/^(transfer_id|hold_id|posted_at)$/ || $expected->{replayed} } sort keys %$expected;
	same(said($got, @columns), said($expected, @columns), $what);
	return;
}

#
# The ledger moves on between the calls
#

sub disturb
{
	my $id = one_of(@accounts[ 0 .. 9 ]);
	return one_of(
		sub { $admin->do('SELECT simplebank.set_account_status(?, ?)', undef, $id, one_of(qw(active active active active active active active debit_blocked credit_blocked frozen))) },
		sub { call($admin, 'SELECT simplebank.set_account_limits(?, ?, ?)', $id, one_of(undef, 0, -300, 20), one_of(undef, undef, 700)) if $id != $accounts[7] },
		# what is held is past its time, and nobody has noticed
		sub {
			call($admin, q{SELECT simplebank.place_hold(?, ?, ?, '2299-01-01')}, $id, one_of(@accounts), amount());
			$admin->do('ALTER TABLE simplebank.holds DISABLE TRIGGER USER');
			$admin->do(q{UPDATE simplebank.holds SET expires_at = created_at + interval '1 us' WHERE status = 'open' AND id % 2 = 0});
			$admin->do('ALTER TABLE simplebank.holds ENABLE TRIGGER USER');
		},
		sub { call($admin, 'SELECT simplebank.transfer(?, ?, ?)', $accounts[4], $id, 1 + int(rand 300)) })->();
}

my $changes = 0;
my @earlier;
my $wrong_available = 0;
foreach my $step (1 .. $steps)
{
	disturb() if chance(0.4);
	my ($who, $function) = (one_of(qw(ann ben tess tess tess)), one_of(sort keys %calls));
	my @arguments = $calls{$function}->();
	# a retry, for its key
	($who, $function, @arguments) = @{ one_of(@earlier) } if @earlier && chance(0.2);
	my $dbh = $sessions{$who};
	my $what = "step $step, $who: $function(" . join(', ', map { ref $_->[1] ? '{' . join(',', map { $_ // 'NULL' } @{ $_->[1] }) . '}' : $_->[1] // 'NULL' } @arguments) . ')';
	my $before = value($admin, 'SELECT fingerprint()');
	my ($preview, $refused_preview) = outcome($dbh, $preview_of{$function}, @arguments);
	my $after = value($admin, 'SELECT fingerprint()');
	if ($before ne $after)
	{
		diag("$what: the preview has changed something");
		$changes++;
	}
	my ($answer, $refusal) = outcome($dbh, $function, @arguments);
	push @earlier, [ $who, $function, @arguments ] if !$refusal && grep { $_->[0] =~ /^text/ && defined $_->[1] } @arguments;
	compare($function, $what, $preview, $refused_preview, $answer, $refusal);
	if ($function =~ /^(transfer|withdraw)$/ && !$refusal && !$answer->[0]{replayed} && defined $preview->[0]{from_available})
	{
		my $available = value($admin, 'SELECT simplebank.available(?)', $arguments[0][1]);
		$wrong_available++ if $available != $preview->[0]{from_available};
	}
}
is($differences, 0, 'previews say what the calls answer');
is($changes, 0, 'and change nothing');
is($wrong_available, 0, 'what is available afterwards is what the preview has said');
note join ', ', map { "$_ $seen{$_}" } sort keys %seen;
foreach my $wanted (
	'transfer made', 'transfer SB001', 'transfer SB003', 'transfer replayed', 'place_hold replayed', 'item replayed', 'transfer SB302', 'deposit made', 'withdraw made', 'withdraw SB001', 'place_hold made', 'place_hold SB001',
	'post_journal made', 'batch SB001', 'item posted', 'item SB401', 'item SB001', 'raised 42501')
{
	ok($seen{$wanted}, "there has been: $wanted");
}
verify_is_sound($admin);
$_->disconnect foreach $admin, values %sessions;
$node->stop;
done_testing();
