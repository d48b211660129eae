# What has a lower id than others and commits later: it waits in front of a
# busy account, in a transaction of several calls, or prepared, while seals are
# made one after the other, and is in one of them at the end, once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = new_bank('late', conf => <<CONF);
shared_preload_libraries = 'simplebank'
max_prepared_transactions = 10
max_connections = 50
log_statement = none
CONF
my $dbh = session($node);
my ($hot, $ann, $ben, @quiet) = map { value($dbh, q{SELECT simplebank.open_account('alice', 'EUR', min_balance => NULL)}) } 1 .. 6;

# Later transfers than all that wait, each of which a seal follows.
my $passing = session($node);

sub seals_pass
{
	my ($times) = @_;
	foreach (1 .. $times)
	{
		value($passing, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', @quiet[ 0, 1 ]);
		value($passing, 'SELECT simplebank.seal()');
	}
	return;
}

# Every entry is in one seal, and no proof complains.
sub all_is_sealed
{
	my ($name) = @_;
	value($dbh, 'SELECT simplebank.seal()');
	is(rows($dbh, q{SELECT e.transfer_id, count(x.transfer_id)
			FROM (SELECT DISTINCT account_id, version, transfer_id FROM simplebank.entries) e
				LEFT JOIN (SELECT unnest(account_ids) AS account_id, unnest(versions) AS version, unnest(transfer_ids) AS transfer_id
						   FROM simplebank.sealed_entries) x USING (account_id, version, transfer_id)
			GROUP BY e.account_id, e.version, e.transfer_id HAVING count(x.transfer_id) <> 1}),
		'', "$name: each entry is in one seal");
	is(rows($dbh, 'SELECT * FROM simplebank.verify_seals()'), '', "$name: all seals are proved");
	return;
}

# Somebody has the hot account locked, somebody else has it next, and a call
# waits behind both, with an id that is lower than those of the transfers that
# pass it by.  One seal comes while the first has the account, two while the
# second has it: nobody who has locked something lasts as long as the call
# waits.
sub call_waits
{
	my ($sql, @values) = @_;
	my $pay = 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)';
	my ($first, $second, $caller) = map { session($node) } 1 .. 3;
	$_->begin_work foreach $first, $second;
	value($first, $pay, $hot, $ann);
	my $turn = begin_call($second, $pay, $hot, $ann);
	ok(wait_for_lock($dbh, $second->{pg_pid}), "somebody is before $sql");
	my $call = begin_call($caller, $sql, @values);
	ok(wait_for_lock($dbh, $caller->{pg_pid}), 'it waits');
	seals_pass(1);
	$first->commit;
	is(end_call($second, $turn)->{sqlstate}, undef, 'the one before has its turn');
	seals_pass(2);
	$second->commit;
	is(end_call($caller, $call)->{sqlstate}, undef, 'it goes on');
	$_->disconnect foreach $first, $second, $caller;
	return all_is_sealed('then');
}

my $hold = value($dbh, 'SELECT hold_id FROM simplebank.place_hold(?, ?, 7)', $hot, $ben);
call_waits(@$_) foreach
	[ 'SELECT * FROM simplebank.transfer(?, ?, 1)', $hot, $ben ],
	[ 'SELECT * FROM simplebank.transfer(?, ?, 1)', $ben, $hot ],
	[ q{SELECT * FROM simplebank.transfer(?, ?, 1, 'key')}, $hot, $ben ],
	[ 'SELECT * FROM simplebank.transfer_batch(ARRAY[?, ?]::bigint[], ARRAY[?, ?]::bigint[], ARRAY[1, 1])', $hot, $ann, $ben, $hot ],
	[ 'SELECT * FROM simplebank.post_journal(ARRAY[?, ?, ?]::bigint[], ARRAY[-2, 1, 1])', $hot, $ann, $ben ],
	[ 'SELECT * FROM simplebank.place_hold(?, ?, 1)', $hot, $ben ],
	[ 'SELECT * FROM simplebank.capture_hold(?, 1, final => false)', $hold ],
	[ 'SELECT * FROM simplebank.deposit(?, 1)', $hot ],
	[ 'CALL simplebank.submit_transfer(?, ?, 1)', $hot, $ben ];

#
# A transaction of several calls, some of them taken back, over several seals;
# and one that is prepared, over a restart too.
#

my $long = session($node);
$long->begin_work;
value($long, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', $hot, $ann);
seals_pass(1);
$long->do('SAVEPOINT s');
value($long, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', $hot, $ann);
seals_pass(2);
$long->do('ROLLBACK TO s');
value($long, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', $hot, $ann);
seals_pass(2);
$long->commit;
all_is_sealed('a transaction of three calls');

$long->do('BEGIN');
value($long, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', $hot, $ann);
value($long, 'SELECT count(*) FROM simplebank.transfer_batch(array_fill(?::bigint, ARRAY[30]), array_fill(?::bigint, ARRAY[30]), array_fill(1::bigint, ARRAY[30]))',
	$hot, $ann);
foreach (1 .. 3)
{
	value($long, 'SELECT transfer_id FROM simplebank.post_journal(ARRAY[?, ?, ?]::bigint[], ARRAY[-2, 1, 1])', $hot, $ann, $ben);
}
$long->do(q{PREPARE TRANSACTION 'late'});
seals_pass(3);
all_is_sealed('prepared');
$_->disconnect foreach $dbh, $passing, $long;
$node->restart;
$dbh = session($node);
$passing = session($node);
seals_pass(2);
all_is_sealed('prepared, after a restart');
$dbh->do(q{COMMIT PREPARED 'late'});

# so many late ones that one seal does not take them all
$node->safe_psql('postgres', "\\i $FindBin::RealBin/../inside.sql");
value($dbh, q{SELECT simplebank.inside('SELECT simplebank_internal.catch_up_log()')});
my @portions;
foreach (1 .. 6)
{
	push @portions, value($dbh, q{SELECT simplebank.inside('SELECT entries, more FROM simplebank_internal.seal_portion(20, 4)')});
}
is("@portions", '(40,t) (25,t) (3,t) (3,f) (0,f) (0,f)', 'late ones are taken by portions');
all_is_sealed('committed');

#
# Under load, with seals back to back: one hot account, some that are quiet,
# calls that are refused or rolled back, and transactions that take their time.
#

my $stop = PostgreSQL::Test::Utils::tempdir() . '/stop';
my $seed = seed_of_test();
my @kinds = (
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1)', $hot, $ann) },
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1, ?)', $ben, $hot, "load $$ " . rand) },
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1)', @quiet[ 0, 1 ]) },
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1)', $ann, -1) },
	sub { call($_[0], 'CALL simplebank.submit_transfer(?, ?, 1)', $hot, $ben) },
	sub { call($_[0], 'SELECT count(*) FROM simplebank.transfer_batch(array_fill(?::bigint, ARRAY[5]), array_fill(?::bigint, ARRAY[5]), array_fill(1::bigint, ARRAY[5]))', $hot, $quiet[2]) },
	sub { call($_[0], 'SELECT * FROM simplebank.place_hold(?, ?, 1)', $hot, $ben) },
	sub {
		my ($session) = @_;
		$session->begin_work;
		call($session, 'SELECT * FROM simplebank.transfer(?, ?, 1)', @quiet[ 0, 2 ]);
		sleep rand 0.02;
		call($session, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $hot, $ann);
		return rand() < 0.5 ? $session->commit : $session->rollback;
	});
my @clients = map {
	my $number = $_;
	in_background(
		sub {
			srand $seed + $number;
			my $session = session($node);
			until (-e $stop)
			{
				my $answer = $kinds[ rand @kinds ]->($session);
				die "$answer->{message}\n" if ref $answer && ($answer->{sqlstate} // 'SB003') ne 'SB003';
			}
			$session->disconnect;
		});
} 1 .. 16;
my $deadline = time + 15;
my $seals = 0;
while (time < $deadline)
{
	$seals++ if defined value($dbh, 'SELECT simplebank.seal()');
}
append_to_file($stop, '');
ok(reap(@clients), "clients at work while $seals seals were made");
cmp_ok($seals, '>', 20, 'seals back to back');
all_is_sealed('under load');
ok(wait_until(sub { value($dbh, 'SELECT simplebank.seal()'); !value($dbh, 'SELECT count(*) FROM simplebank.log_gaps') }),
	'no gap is left');
verify_is_sound($dbh);

$_->disconnect foreach $dbh, $passing;
$node->stop;
done_testing();
