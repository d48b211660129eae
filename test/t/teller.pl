# Tellers: transfers of many callers in one transaction, each with its own
# answer; what is locked, poisoned, cancelled or killed harms nobody else; no
# place in the queue is ever lost.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep);

alarm 300;    # rather than wait for ever

my $submit = 'CALL simplebank.submit_transfer_with_balances(?, ?, ?, ?)';
my $node = new_bank('teller', conf => <<CONF);
restart_after_crash = on
shared_preload_libraries = 'simplebank'
simplebank.queue_size = 8
simplebank.queue_share = 100
simplebank.queue_timeout = '200 ms'
max_connections = 60
CONF
my $dbh = session($node);
my ($alice, $bob, $carol, $dave) =
  map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(alice bob carol dave);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000000)', $_) foreach $alice, $carol;
$dbh->do('SELECT simplebank.create_roles()');
$dbh->do($_) foreach 'CREATE ROLE alice', 'GRANT simplebank_customer TO alice',
  'CREATE ROLE app', 'GRANT simplebank_teller TO app';

sub tellers
{
	return @{ $dbh->selectcol_arrayref(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank teller'}) };
}
sub wait_for_teller
{
	my ($not) = @_;
	return wait_until(
		sub {
			my ($pid) = eval { tellers() };
			return $pid && $pid != ($not // 0) && !exists call($dbh, $submit, $alice, $bob, 1, undef)->{sqlstate};
		});
}
ok(wait_for_teller(), 'a teller is there');
my ($teller) = tellers();

#
# Answers
#

my $before = value($dbh, 'SELECT simplebank.balance(?)', $bob);
my $answer = call($dbh, $submit, $alice, $bob, 100, 'first');
is($answer->{to_balance}, $before + 100, 'the answer has the balances');
is($answer->{replayed}, 0, 'and is new');
is( value($dbh, 'CALL simplebank.submit_transfer(?, ?, 100, ?)', $alice, $bob, 'first'),
	$answer->{transfer_id}, 'a retry answers the same transfer');
my $again = call($dbh, $submit, $alice, $bob, 100, 'first');
is_deeply({ %$again, replayed => 0 }, $answer, 'with the same answer');
is($again->{replayed}, 1, 'as a replay');
$again = call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 100, 'first')}, $alice, $bob);
is_deeply({ %$again, replayed => 0 }, $answer, 'the key is the one of transfer()');
is(call($dbh, $submit, $alice, $bob, 101, 'first')->{sqlstate}, 'SB301', 'another request with it is refused');

my $texts = call($dbh, q{CALL simplebank.submit_transfer(?, ?, 5, NULL, 'café', '{"a": [1, 2]}')}, $alice, $bob);
is( rows($dbh, 'SELECT operation, description, metadata FROM simplebank.transfers WHERE id = ?', $texts->{transfer_id}),
	'transfer|café|{"a": [1, 2]}', 'description and metadata are kept');
my $long = 'x' x 10_000;
$texts = call($dbh, 'CALL simplebank.submit_transfer(?, ?, 5, metadata => to_jsonb(?::text))', $alice, $bob, $long);
is(value($dbh, q{SELECT metadata ->> 0 FROM simplebank.transfers WHERE id = ?}, $texts->{transfer_id}), $long, 'also what the queue has no room for');

# Each refusal is that of transfer(), to the letter.
$dbh->{PrintError} = 0;
$dbh->{pg_errorlevel} = 2;
foreach my $arguments ([ $bob, $alice, 10**12 ], [ $alice, 999999, 1 ], [ 999999, $alice, 1 ], [ $alice, $alice, 1 ],
	[ $alice, $bob, 0 ], [ $alice, $bob, undef ], [ $alice, $bob, 9223372036854775807 ])
{
	my @errors = map {
		eval { $dbh->do($_, undef, @$arguments) };
		($dbh->state . $dbh->errstr) =~ s/^CONTEXT:.*//mrs
	} 'SELECT simplebank.transfer(?, ?, ?)', 'CALL simplebank.submit_transfer(?, ?, ?)';
	is($errors[1], $errors[0], 'refused: ' . $dbh->state);
}
$dbh->{pg_errorlevel} = 1;

$dbh->do('SET ROLE alice');
$answer = call($dbh, $submit, $alice, $bob, 1, 'of alice');
ok(defined $answer->{from_balance} && !defined $answer->{to_balance}, q{a customer gets its own balance, not the payee's});
is(call($dbh, $submit, $bob, $alice, 1, undef)->{sqlstate}, 'SB003', 'and debits nobody else');
is(call($dbh, $submit, $alice, $bob, 2, 'first')->{replayed}, 0, 'its keys are its own');
$dbh->do('RESET ROLE');
is( rows($dbh, q{SELECT role FROM simplebank.idempotency_keys WHERE key IN ('of alice', 'first') ORDER BY role COLLATE "C"}),
	join("\n", 'alice', 'alice', value($dbh, 'SELECT current_user')), 'kept under its name');
is(value($dbh, 'SELECT role FROM simplebank.transfers WHERE id = ?', $answer->{transfer_id}), 'alice', 'as is the transfer');

# A hold past its time that a debit needs is marked in the name of who debits.
my $holder = value($dbh, q{SELECT simplebank.open_account('holder', 'EUR')});
call($dbh, 'SELECT * FROM simplebank.deposit(?, 100)', $holder);
place_passed_hold($dbh, $holder, $bob, 100);
is(value($dbh, 'SELECT simplebank.available(?)', $holder), 100, 'a hold has expired');
$dbh->do('SET ROLE app');
ok(!exists call($dbh, $submit, $holder, $bob, 100, undef)->{sqlstate}, 'its money is free');
$dbh->do('RESET ROLE');
is(value($dbh, q{SELECT role FROM simplebank.account_events WHERE event = 'hold_expired'}), 'app', 'which is recorded as the caller\'s');

#
# Many at once
#

my $first = value($dbh, 'SELECT max(id) FROM simplebank.transfers');
my @pids = map {
	my $n = $_;
	in_background(
		sub {
			my $own = session($node);
			$own->do('SET ROLE app') if $n % 2;
			foreach my $i (1 .. 200)
			{
				my @accounts = $i % 2 ? ($alice, $dave) : ($carol, $alice);
				my $key = $i % 3 ? "$n-$i" : undef;
				my $made = call($own, $submit, @accounts, 1, $key);
				die $made->{message} if exists $made->{sqlstate};
				next if !defined $key || $i % 5;
				die 'not replayed' unless call($own, $submit, @accounts, 1, $key)->{transfer_id} == $made->{transfer_id};
			}
		});
} 1 .. 12;
ok(reap(@pids), 'twelve clients at one account');
is(rows($dbh, 'SELECT count(*), sum(amount) FROM simplebank.transfers WHERE id > ?', $first), '2400|2400', 'each transfer is made once');
cmp_ok(value($dbh, 'SELECT count(DISTINCT xmin::text) FROM simplebank.transfers WHERE id > ?', $first),
	'<', 2000, 'several in one transaction');

#
# What one is stopped by, the others are not
#

# by a lock of an account, or of a key
foreach my $case (
	[ 'an account', "SELECT simplebank.transfer($carol, $dave, 1)", [ $carol, $dave, 1, undef ] ],
	[ 'a key', "SELECT simplebank.transfer($carol, $dave, 1, 'slow')", [ $alice, $bob, 1, 'slow' ] ])
{
	my ($name, $holds, $waits) = @$case;
	my ($holder, $waiter) = map { session($node) } 1 .. 2;
	$holder->begin_work;
	$holder->do($holds);
	my $pid = $waiter->{pg_pid};
	my $call = begin_call($waiter, $submit, @$waits);
	ok(wait_for_lock($dbh, $pid), "who needs $name that somebody has locked waits");
	ok(!exists call($dbh, $submit, $alice, $bob, 1, undef)->{sqlstate}, 'the others do not');
	ok(!exists call($dbh, $submit, $alice, $bob, 1, "beside $name")->{sqlstate}, 'also with a key');
	$holder->rollback;
	ok(!exists end_call($waiter, $call)->{sqlstate}, 'until it is free');
}

# by an error
$dbh->do(<<SQL);
CREATE FUNCTION public.poison() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
	IF NEW.description = ''poison'' THEN RAISE EXCEPTION ''poisoned'' USING ERRCODE = ''22P06''; END IF;
	IF NEW.description = ''slow'' THEN PERFORM pg_sleep(1); END IF;
	RETURN NEW;
END';
SQL
$dbh->do('CREATE TRIGGER poison BEFORE INSERT ON simplebank.transfers FOR EACH ROW EXECUTE FUNCTION public.poison()');
kill 'STOP', $teller;
my @sessions = map { session($node) } 1 .. 5;
my @calls = map { begin_call($sessions[$_], 'CALL simplebank.submit_transfer(?, ?, 1, NULL, ?)', $alice, $bob, $_ == 2 ? 'poison' : 'good') } 0 .. 4;
sub waiting
{
	return value($dbh, q{SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'Extension' AND query LIKE 'CALL simplebank.submit%'});
}
ok(wait_until(sub { waiting() == 5 }), 'five wait together');
kill 'CONT', $teller;
is( join(' ', map { end_call($sessions[$_], $calls[$_])->{sqlstate} // 'made' } 0 .. 4),
	'made made 22P06 made made', 'the poisonous one has its error, the others are made');

# by a key that several have in one batch
kill 'STOP', $teller;
@calls = ();    # or their end would wait for what comes next
@calls = map { begin_call($sessions[$_], $submit, $alice, $bob, $_ == 4 ? 2 : 1, 'shared') } 0 .. 4;
wait_until(sub { waiting() == 5 });
kill 'CONT', $teller;
my @shared = map { end_call($sessions[$_], $calls[$_]) } 0 .. 4;
my @same = grep { !exists $_->{sqlstate} } @shared;
is(scalar(grep { !$_->{replayed} } @same), 1, 'a key that several use at once is used once');
is(scalar(keys %{ { map { $_->{transfer_id} => 1 } @same } }), 1, 'the same requests have the same answer');
is(join(' ', map { $_->{sqlstate} // () } @shared), @same == 4 ? 'SB301' : join(' ', ('SB301') x 4), 'another one is refused');

# by a reference that several have in one batch
kill 'STOP', $teller;
@calls = ();
my $with_reference = 'CALL simplebank.submit_transfer_with_balances(?, ?, 1, reference => ?)';
@calls = map { begin_call($sessions[$_], $with_reference, $alice, $bob, $_ == 2 ? undef : 'shared') } 0 .. 4;
wait_until(sub { waiting() == 5 });
kill 'CONT', $teller;
@shared = map { end_call($sessions[$_], $calls[$_]) } 0 .. 4;
is(join(' ', sort map { $_->{sqlstate} // 'made' } @shared), 'SB302 SB302 SB302 made made', 'a reference that several use at once is used once, and costs the others nothing');
is(rows($dbh, q{SELECT count(*) FROM simplebank.transfers WHERE reference = 'shared'}), '1', 'by one transfer');

# by a reference of a transaction that goes on
my $slow_one = session($node);
$slow_one->begin_work;
call($slow_one, q{SELECT * FROM simplebank.transfer(?, ?, 1, reference => 'in flight')}, map { value($dbh, 'SELECT simplebank.open_account(?, ?, min_balance => NULL)', $_, 'USD') } qw(x y));
kill 'STOP', $teller;
@calls = ();
@calls = map { begin_call($sessions[$_], $with_reference, $alice, $bob, $_ == 3 ? 'in flight' : "of $_") } 0 .. 4;
wait_until(sub { waiting() == 5 });
kill 'CONT', $teller;
is(join(' ', map { end_call($sessions[$_], $calls[$_])->{sqlstate} // 'made' } 0 .. 2, 4), 'made made made made', 'those who wait for no reference are not kept');
$slow_one->commit;
is(end_call($sessions[3], $calls[3])->{sqlstate}, 'SB302', 'who waits is refused once that has committed');

# an account that gets another owner while its owner's request waits in the queue
$dbh->do('CREATE ROLE seller LOGIN IN ROLE simplebank_customer');
my $sold = value($dbh, q{SELECT simplebank.open_account('seller', 'USD')});
call($dbh, 'SELECT * FROM simplebank.deposit(?, 10)', $sold);
$sessions[0]->do('SET ROLE seller');
kill 'STOP', $teller;
@calls = ();
@calls = (begin_call($sessions[0], $submit, $sold, $bob, 1, undef));
wait_until(sub { waiting() == 1 });
$dbh->do(q{SELECT simplebank.set_account_owner(?, 'buyer')}, undef, $sold);
kill 'CONT', $teller;
is(end_call($sessions[0], $calls[0])->{sqlstate}, 'SB003', 'a teller asks whose the account is, too');
is(value($dbh, 'SELECT simplebank.balance(?)', $sold), 10, 'and takes nothing from it');
$sessions[0]->do('RESET ROLE');

#
# Cancelled, timed out, gone
#

# while it waits: nothing happens
my $slow = session($node);
my $count = value($dbh, 'SELECT count(*) FROM simplebank.transfers');
kill 'STOP', $teller;
@calls = ();
@calls = map { begin_call($sessions[$_], $submit, $alice, $bob, 1, "gone $_") } 0 .. 2;
wait_until(sub { waiting() == 3 });
value($dbh, 'SELECT pg_cancel_backend(?)', $sessions[0]->{pg_pid});
$answer = end_call($sessions[0], $calls[0]);
is($answer->{sqlstate}, '57014', 'who is cancelled while it waits, gets the usual error');
unlike($answer->{message}, qr/unknown/, 'and nothing is unknown');
value($dbh, 'SELECT pg_terminate_backend(?)', $sessions[1]->{pg_pid});
like(end_call($sessions[1], $calls[1])->{sqlstate}, qr/^08/, 'another one is terminated');
$slow->do('SET statement_timeout = 20');
is(call($slow, $submit, $alice, $bob, 1, 'gone 3')->{sqlstate}, '57014', 'a third one times out');
kill 'CONT', $teller;
is(end_call($sessions[2], $calls[2])->{sqlstate}, undef, 'the one that stays is served');
is(value($dbh, 'SELECT count(*) FROM simplebank.transfers'), $count + 1, 'and no other');

# while a teller works on it: the outcome is open, and a retry tells
$slow->do('SET statement_timeout = 200');
$answer = call($slow, 'CALL simplebank.submit_transfer(?, ?, 1, ?, ?)', $alice, $bob, 'open', 'slow');
is($answer->{sqlstate}, '57014', 'cancelled while a teller works on it');
like($answer->{message}, qr/unknown.*retry with the same key/s, 'the error says what to do');
$slow->do('SET statement_timeout = 0');
$answer = call($slow, $submit, $alice, $bob, 1, 'open');
is($answer->{replayed}, 1, 'the retry finds that it was made');

# a session that ends meanwhile is warned, as its error can say no more
my $unknown = qr/WARNING:  the session ends before the answer has come\n.*DETAIL:  A teller was working on it/;
unlike(slurp_file($node->logfile), $unknown, 'who has withdrawn its request is not warned');
@calls = (begin_call($sessions[1] = session($node), 'CALL simplebank.submit_transfer(?, ?, 1, ?, ?)', $alice, $bob, 'ended', 'slow'));
ok(wait_until(sub { value($dbh, q{SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = ?}, $teller) }), 'a teller works on it');
value($dbh, 'SELECT pg_terminate_backend(?)', $sessions[1]->{pg_pid});
like(end_call($sessions[1], $calls[0])->{sqlstate}, qr/^08/, 'its session is terminated');
like(slurp_file($node->logfile), $unknown, 'after a warning that the outcome is unknown');
is(call($slow, $submit, $alice, $bob, 1, 'ended')->{replayed}, 1, 'it was made');

# a teller that ends within its commit has not committed: the caller does it
$dbh->do(<<SQL);
CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
	IF NEW.description = ''late'' AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = pg_backend_pid() AND backend_type = ''simplebank teller'')
	THEN PERFORM pg_sleep(60); END IF;
	RETURN NULL;
END';
CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON simplebank.transfers DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.dawdle();
SQL
my $logged = -s $node->logfile;
@calls = (begin_call($slow, 'CALL simplebank.submit_transfer_with_balances(?, ?, 1, ?, ?)', $alice, $bob, 'late', 'late'));
ok(wait_until(sub { value($dbh, q{SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = ?}, $teller) }), 'a teller commits');
value($dbh, 'SELECT pg_terminate_backend(?)', $teller);
is(end_call($slow, $calls[0])->{replayed}, 0, 'it is terminated, and the caller makes the transfer');
unlike(slurp_file($node->logfile, $logged), qr/TRAP|terminated by signal/, 'nothing has crashed');
$dbh->do('DROP TRIGGER dawdle ON simplebank.transfers');
wait_for_teller($teller);
($teller) = tellers();

# ten thousand times
kill 'STOP', $teller;
@pids = map {
	in_background(
		sub {
			my $own = session($node);
			$own->do('SET statement_timeout = 1');
			foreach my $i (1 .. 2500)
			{
				die 'not cancelled' if (call($own, $submit, $alice, $bob, 1, undef)->{sqlstate} // '') ne '57014';
			}
		});
} 1 .. 4;
ok(reap(@pids), 'ten thousand cancels');
kill 'CONT', $teller;
@pids = map {
	in_background(
		sub {
			my $own = session($node);
			foreach my $i (1 .. 300)
			{
				eval { $own->do(sprintf 'SET statement_timeout = %d', 1 + rand 3) };
				my $made = call($own, $submit, $alice, $bob, 1, undef)->{sqlstate} // '57014';
				die $made if $made ne '57014';
			}
		});
} 1 .. 4;
ok(reap(@pids), 'and some while the teller works');
$dbh->do('DROP TRIGGER poison ON simplebank.transfers');

#
# A full queue
#

kill 'STOP', $teller;
@sessions = map { session($node) } 1 .. 8;
@calls = ();
@calls = map { begin_call($_, $submit, $alice, $bob, 1, undef) } @sessions;
ok(wait_until(sub { waiting() == 8 }), 'no place of the queue is lost: eight can wait');
is(call($dbh, $submit, $alice, $bob, 1, undef)->{sqlstate}, 'SB501', 'not nine');
kill 'CONT', $teller;
is(scalar(grep { !exists end_call($sessions[$_], $calls[$_])->{sqlstate} } 0 .. 7), 8, 'all eight are served');

$node->append_conf('postgresql.conf', 'simplebank.queue_share = 50');
$node->reload;
ok(wait_until(sub { value($dbh, 'SHOW simplebank.queue_share') == 50 }), 'a role has half of the queue');
kill 'STOP', $teller;
@sessions = map { session($node) } 1 .. 6;
$_->do('SET ROLE app') foreach @sessions;
@calls = ();
@calls = map { begin_call($_, $submit, $alice, $bob, 1, undef) } @sessions[ 0 .. 3 ];
wait_until(sub { waiting() == 4 });
is(call($sessions[4], $submit, $alice, $bob, 1, undef)->{sqlstate}, 'SB501', 'a flooder gets no more');
push @calls, begin_call($sessions[5], $submit, $alice, $bob, 1, undef);
$sessions[4]->do('RESET ROLE');
my $other = begin_call($sessions[4], $submit, $alice, $bob, 1, undef);
kill 'CONT', $teller;
ok(!exists end_call($sessions[4], $other)->{sqlstate}, 'others are served');
end_call($sessions[$_], $calls[$_]) foreach 0 .. 3;
end_call($sessions[5], $calls[4]);

#
# A teller goes
#

kill 'STOP', $teller;
@sessions = map { session($node) } 1 .. 3;
@calls = ();
@calls = map { begin_call($_, $submit, $alice, $bob, 1, undef) } @sessions;
wait_until(sub { waiting() == 3 });
value($dbh, 'SELECT pg_terminate_backend(?)', $teller);
kill 'CONT', $teller;
is(scalar(grep { !exists end_call($sessions[$_], $calls[$_])->{sqlstate} } 0 .. 2), 3, 'a teller is terminated: who waits is served all the same');
ok(wait_for_teller($teller), 'and another one comes');
($teller) = tellers();
value($dbh, 'SELECT pg_cancel_backend(?)', $teller);
sleep 0.1;
ok(!exists call($dbh, $submit, $alice, $bob, 1, undef)->{sqlstate}, 'a cancelled teller goes on');
is((tellers())[0], $teller, 'the same one');
verify_is_sound($dbh);
$_->disconnect foreach $slow, @sessions, $dbh;

#
# Several tellers; none; another database
#

$node->append_conf('postgresql.conf', "simplebank.tellers = 3\nmax_worker_processes = 12");
my $log_position = -s $node->logfile;
$node->restart;
$dbh = session($node);
ok(wait_until(sub { tellers() == 3 }), 'three tellers');
unlike(slurp_file($node->logfile, $log_position), qr/FATAL:  cannot read/, 'whose launcher needs no session before it');
wait_for_teller();
$first = value($dbh, 'SELECT max(id) FROM simplebank.transfers');
@pids = map {
	my $n = $_;
	in_background(
		sub {
			my $own = session($node);
			my @accounts = ($alice, $bob, $carol, $dave);
			foreach my $i (1 .. 200)
			{
				my @two = @accounts[ ($n + $i) % 4, ($n + $i + 1 + $i % 3) % 4 ];
				my $made = call($own, $submit, @two, 1, undef);
				die $made->{message} if exists $made->{sqlstate};
			}
		});
} 1 .. 8;
ok(reap(@pids), 'eight clients criss-cross');
is(value($dbh, 'SELECT count(*) FROM simplebank.transfers WHERE id > ?', $first), 1600, 'each transfer is made once');
verify_is_sound($dbh);

# A launcher that is terminated comes back, and starts no second teller for a number.
sub launcher { return value($dbh, q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank launcher'}) // 0 }
my $numbered = q{SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE backend_type = 'simplebank teller'};
my ($launcher, $running) = (launcher(), value($dbh, $numbered));
sub terminate_launcher
{
	my ($old) = @_;
	value($dbh, 'SELECT pg_terminate_backend(?)', $old);
	return wait_until(sub { my $pid = launcher(); $pid && $pid != $old });
}
ok(terminate_launcher($launcher), 'the launcher comes back');
sleep 2.5;
is(value($dbh, $numbered), $running, 'and adopts the tellers that run');
foreach my $both (0, 1)
{
	my @old = tellers();
	my $old = launcher();
	value($dbh, 'SELECT pg_terminate_backend(?)', $_) foreach @old;
	ok(terminate_launcher($old), 'the launcher goes with its tellers') if $both;
	ok( wait_until(
			sub {
				my %old = map { $_ => 1 } @old;
				3 == grep { !$old{$_} } tellers();
			}),
		'other tellers come');
	sleep 2.5;
	is(scalar tellers(), 3, 'three in all');
	is(join(',', map { call($dbh, $submit, @$_, 1, undef)->{sqlstate} // '' } [ $alice, $bob ], [ $bob, $carol ], [ $carol, $dave ]),
		',,', 'and none has closed the place of another');
}

$dbh->do('CREATE DATABASE other');
my $elsewhere = session($node, dbname => 'other');
$elsewhere->do('CREATE EXTENSION simplebank');
$elsewhere->do(q{SELECT simplebank.open_account(o, 'EUR', min_balance => NULL) FROM unnest(ARRAY['a', 'b']) o});
is(call($elsewhere, 'CALL simplebank.submit_transfer(1, 2, 1)')->{sqlstate}, 'SB502', 'the tellers work for one database');
is(call($elsewhere, 'SELECT * FROM simplebank.transfer(1, 2, 1)')->{sqlstate}, undef, 'transfer() works in all');
$_->disconnect foreach $dbh, $elsewhere;

$node->append_conf('postgresql.conf', 'simplebank.tellers = 0');
$node->restart;
$dbh = session($node);
is(call($dbh, $submit, $alice, $bob, 1, undef)->{sqlstate}, 'SB502', 'without tellers the call is refused');
ok(wait_until(sub { rows($dbh, q{SELECT backend_type FROM pg_stat_activity WHERE backend_type LIKE 'simplebank%' ORDER BY 1}) eq "simplebank launcher\nsimplebank log worker" }),
	'and no process is there for them, but the log worker');
is(rows($dbh, 'SELECT tellers, queue_depth FROM simplebank.stats'), '0|0', 'which the statistics say');
$dbh->disconnect;

$node->append_conf('postgresql.conf', "simplebank.tellers = 2\nsimplebank.database = 'other'");
$node->restart;
$dbh = session($node);
$elsewhere = session($node, dbname => 'other');
ok(wait_until(sub { !exists call($elsewhere, 'CALL simplebank.submit_transfer(1, 2, 1)')->{sqlstate} }), 'which may be another one');

# A copy is a ledger of its own; but tellers are sessions as any other.
$elsewhere->disconnect;
is(call($dbh, 'CREATE DATABASE copy TEMPLATE other')->{sqlstate}, '55006', 'the database of tellers is not copied');
$dbh->do('CREATE DATABASE original');
$elsewhere = session($node, dbname => 'original');
$elsewhere->do('CREATE EXTENSION simplebank');
$elsewhere->do(q{SELECT simplebank.open_account(o, 'EUR', min_balance => NULL) FROM unnest(ARRAY['a', 'b']) o});
my $first_of_both = call($elsewhere, q{SELECT * FROM simplebank.transfer(1, 2, 7, 'both')});
$elsewhere->disconnect;
ok(wait_until(sub { !exists call($dbh, 'CREATE DATABASE copy TEMPLATE original')->{sqlstate} }), 'one that is not, is');
$elsewhere = session($node, dbname => 'copy');
verify_is_sound($elsewhere, 'the copy is sound');
is_deeply(call($elsewhere, q{SELECT * FROM simplebank.transfer(1, 2, 7, 'both')}), { %$first_of_both, replayed => 1 }, 'its keys replay');
is(call($elsewhere, 'SELECT * FROM simplebank.transfer(1, 2, 1)')->{to_balance}, 8, 'it goes on');
$elsewhere->disconnect;
$elsewhere = session($node, dbname => 'original');
is(value($elsewhere, 'SELECT simplebank.balance(2)'), 7, 'without the original');
$elsewhere->disconnect;

# Dropped under clients, of tellers and others
$log_position = -s $node->logfile;
@pids = map {
	my $n = $_;
	in_background(
		sub {
			my $own = session($node, dbname => 'other', name => 'client');
			my $sqlstate;
			my $call = $n == 1 ? q{CALL simplebank.run_job('standing_orders')}
			  : $n == 2 ? 'SELECT * FROM simplebank.transfer(1, 2, 1)' : 'CALL simplebank.submit_transfer(1, 2, 1)';
			until ($sqlstate) { $sqlstate = call($own, $call)->{sqlstate} }
			die $sqlstate if $sqlstate !~ /^(57P01|08)/;
		});
} 1 .. 4;
ok(wait_until(sub { value($dbh, q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'}) == 4 }), 'four clients work');
sleep 0.5;
my $started = value($dbh, 'SELECT pg_postmaster_start_time()');
is(call($dbh, 'DROP DATABASE other WITH (FORCE)')->{sqlstate}, undef, 'their database is dropped');
ok(reap(@pids), 'which ends their sessions');
sleep 2.5;
is(value($dbh, 'SELECT pg_postmaster_start_time()'), $started, 'and no other');
unlike(slurp_file($node->logfile, $log_position), qr/PANIC|terminated by signal/, 'no process has crashed');
is(scalar tellers(), 0, 'whose tellers stay away once it is dropped');
my $log = slurp_file($node->logfile, $log_position);
is(scalar(() = $log =~ /simplebank has no workers: database "other" does not exist/g), 1, 'which the log says once');
$dbh->do('CREATE DATABASE other');
ok(wait_until(sub { tellers() == 2 }), 'and come back with it');
$dbh->disconnect;
$node->stop;
done_testing();
