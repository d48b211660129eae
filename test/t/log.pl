# The log: whatever commits, late or not, by whomever, has one position in the
# end, and what a reader has seen never changes; within an account positions
# follow versions.  Under load, with workers, sessions and the server killed;
# prepared transactions; a clock that was set back; a standby that is promoted;
# a ledger that is restored elsewhere; a server that has not loaded the library.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep time);

alarm(900);
my $seed = seed_of_test();
srand $seed;
my $directory = PostgreSQL::Test::Utils::tempdir();
my $inside = "$FindBin::RealBin/../inside.sql";

my $positions = <<'SQL';
SELECT s.first_position + u.n - 1 AS position, u.source, u.id
FROM simplebank.log_segments s, LATERAL unnest(s.sources, s.ids) WITH ORDINALITY u(source, id, n)
SQL

# By itself, without verify(): what has no position or several, what stands
# before an earlier version of its account or event of that version, and what
# has a position and is not there.
my $faults = <<"SQL";
WITH log AS MATERIALIZED ($positions), line AS (
	SELECT e.account_id, e.version, 0 AS rank, e.transfer_id AS id, l.position
	FROM simplebank.entries e JOIN log l ON l.source = 't' AND l.id = e.transfer_id
	UNION ALL
	SELECT v.account_id, v.version, 1, v.id, l.position
	FROM simplebank.account_events v JOIN log l ON l.source = 'e' AND l.id = v.id)
SELECT format('%s %s has %s positions', coalesce(c.source, l.source), coalesce(c.id, l.id), count(l.position) FILTER (WHERE c.id IS NOT NULL))
FROM (SELECT 't'::"char" AS source, id FROM simplebank.transfers UNION ALL SELECT 'e', id FROM simplebank.account_events
	  UNION ALL SELECT 'n', id FROM simplebank.notices) c FULL JOIN log l ON l.source = c.source AND l.id = c.id
GROUP BY coalesce(c.source, l.source), coalesce(c.id, l.id) HAVING count(*) FILTER (WHERE c.id IS NOT NULL AND l.id IS NOT NULL) <> 1
UNION ALL
SELECT format('account %s, version %s: position %s is not behind %s', o.account_id, o.version, o.position, o.before)
FROM (SELECT l.*, lag(l.position) OVER w AS before, lag((l.rank, l.id)) OVER w AS last
	  FROM line l WINDOW w AS (PARTITION BY l.account_id ORDER BY l.version, l.rank, l.id)) o
WHERE o.position <= o.before AND (o.rank, o.id) <> o.last
UNION ALL
SELECT format('%s positions up to %s', count(*), max(position)) FROM log HAVING count(*) <> max(position) OR count(DISTINCT position) <> max(position)
LIMIT 10
SQL

# What anybody has seen, of each ledger, must be the same for ever.
my %seen;
my $digest = "SELECT max(position), md5(string_agg(concat_ws(' ', position, source, id), ',' ORDER BY position)) FROM ($positions) p";

sub is_sound
{
	my ($dbh, $name, $ledger) = @_;
	$ledger //= 'ledger';
	is(call($dbh, 'SELECT simplebank.seal()')->{sqlstate}, undef, "$name: the log catches up");
	is(rows($dbh, $faults), '', "$name: each has one position, versions are in order");
	if (my $before = $seen{$ledger})
	{
		my ($end) = split /\|/, $before;
		is(rows($dbh, "$digest WHERE position <= ?", $end), $before, "$name: what had a position has it");
	}
	$seen{$ledger} = rows($dbh, $digest);
	is(rows($dbh, 'SELECT * FROM simplebank.verify() UNION ALL SELECT * FROM simplebank.verify_seals()'), '', "$name: verified");
	return;
}

sub read_on
{
	my ($node, $database) = @_;
	my $dbh = session($node, dbname => $database // 'postgres');
	# a reader, for whom commits wake the worker
	$dbh->do(q{INSERT INTO simplebank.log_consumers (name, role, acknowledged, read_up_to) VALUES ('reader', current_user, 0, 0)});
	return $dbh;
}

my $worker = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank log worker' AND datname = current_database()};

my $node = new_bank('log', init => { allows_streaming => 1 }, conf => <<CONF);
shared_preload_libraries = 'simplebank'
simplebank.tellers = 2
max_prepared_transactions = 20
max_connections = 60
restart_after_crash = on
log_statement = none
CONF
my $dbh = read_on($node);
$node->safe_psql('postgres', "\\i $inside");
my ($hot, $ann, $ben, $shop, @quiet) = map { value($dbh, q{SELECT simplebank.open_account('alice', 'EUR', min_balance => NULL)}) } 1 .. 7;
my $log_end = 'SELECT coalesce(max(last_position), 0) FROM simplebank.log_segments';

#
# What is committed has its position soon, without anybody asking
#

is(value($dbh, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'simplebank log worker'}), 1, 'there is a log worker');
my $transfer = 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)';
my $has_position = "SELECT count(*) FROM ($positions) p WHERE source = 't' AND id = ?";
my $first = value($dbh, $transfer, $hot, $ann);
ok(wait_until(sub { value($dbh, $has_position, $first) }), 'it gives positions without being asked');
$dbh->begin_work;
my $prepared = value($dbh, $transfer, $hot, $ann);
value($dbh, $transfer, $quiet[0], $quiet[1]);
$dbh->do(q{PREPARE TRANSACTION 'one'});
is(value($dbh, $has_position, $prepared), 0, 'what is prepared has none');
$dbh->do(q{COMMIT PREPARED 'one'});
ok(wait_until(sub { value($dbh, $has_position, $prepared) }), 'of what was prepared nobody says that it is committed: the worker looks by itself');
is_sound($dbh, 'quiet');

#
# Under load
#

my ($stop, $pause) = ("$directory/stop", "$directory/pause");
my $gone = qr/^(08...|57P0.|25P02|XX000)$/;
my @kinds = (
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1)', $hot, $ann) },
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1, ?)', $ben, $hot, "load $$ " . rand) },
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1)', @quiet[ 0, 1 ]) },
	sub { call($_[0], 'SELECT * FROM simplebank.transfer(?, ?, 1)', $ann, -1) },
	sub { call($_[0], 'CALL simplebank.submit_transfer(?, ?, 1)', $hot, $ben) },
	sub { call($_[0], 'CALL simplebank.submit_transfer(?, ?, 1)', @quiet[ 1, 2 ]) },
	sub { call($_[0], 'SELECT count(*) FROM simplebank.transfer_batch(array_fill(?::bigint, ARRAY[5]), array_fill(?::bigint, ARRAY[5]), array_fill(1::bigint, ARRAY[5]))', $hot, $quiet[2]) },
	sub { call($_[0], 'SELECT * FROM simplebank.post_journal(ARRAY[?, ?, ?]::bigint[], ARRAY[-2, 1, 1])', $hot, $ann, $hot) },
	sub { call($_[0], 'SELECT * FROM simplebank.set_account_limits(?, NULL, NULL)', $quiet[0]) },
	sub { call($_[0], 'SELECT * FROM simplebank.set_interest(?, 0)', $quiet[1]) },
	sub {
		my $hold = call($_[0], 'SELECT hold_id FROM simplebank.place_hold(?, ?, 2)', $quiet[0], $ben)->{hold_id} // return;
		call($_[0], 'SELECT * FROM simplebank.capture_hold(?, 1)', $hold);
	},
	sub {
		my ($session) = @_;
		$session->begin_work;
		call($session, 'SELECT * FROM simplebank.transfer(?, ?, 1)', @quiet[ 0, 2 ]);
		sleep rand 0.05;
		$session->do('SAVEPOINT s');
		call($session, 'SELECT * FROM simplebank.place_hold(?, ?, 1)', @quiet[ 0, 1 ]);
		call($session, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $hot, $ann);
		$session->do('ROLLBACK TO s') if rand() < 0.5;
		return rand() < 0.7 ? $session->commit : $session->rollback;
	},
	sub {
		my ($session) = @_;
		my $name = "load $$ " . int rand 1e9;
		$session->do('BEGIN');
		call($session, 'SELECT * FROM simplebank.transfer(?, ?, 1)', @quiet[ 1, 2 ]);
		$session->do("PREPARE TRANSACTION '$name'");
		sleep rand 0.2;
		return $session->do((rand() < 0.7 ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$name'");
	},
	sub { call($_[0], 'SELECT simplebank.seal()') });

# The server may be away.
sub connected
{
	my ($database) = @_;
	my $session;
	wait_until(sub { -e $stop || ($session = eval { session($node) }) });
	return $session;
}

sub work
{
	my ($number) = @_;
	srand $seed + $number;
	my $session = connected();
	until (-e $stop || !$session)
	{
		# a transaction of several calls may be deadlocked with another one; the queue and the log worker may be gone for a moment
		my $answer = eval { $kinds[ rand @kinds ]->($session) };
		my $sqlstate = defined $answer ? ref $answer && $answer->{sqlstate} : $session->state;
		die "$sqlstate\n" if $sqlstate && $sqlstate !~ /^(SB003|SB502|SB501|40P01|42704|22000|S8006|S1000|$gone)$/;
		next if $session->ping && eval { $session->rollback unless $session->{AutoCommit}; 1 };
		eval { $session->disconnect };
		$session = connected();
	}
	return;
}

# Reads position after position, and notes down what it has seen.
sub follow
{
	my $session = connected();
	my $cursor = 0;
	open my $out, '>', "$directory/seen" or die;
	my $last = 0;
	until ($last || !$session)
	{
		$last = -e $stop;
		my $rows = eval { $session->selectall_arrayref("$positions WHERE s.first_position > ? ORDER BY 1", undef, $cursor) };
		if (!$rows) { eval { $session->disconnect }; $session = connected(); next }
		print {$out} join(' ', @$_), "\n" foreach @$rows;
		$cursor = $rows->[-1][0] if @$rows;
		sleep 0.02;
	}
	close $out or die;
	return;
}

# One that was there a moment ago.
sub kill_process
{
	my ($sql, $signal) = @_;
	my $session = eval { session($node) } // return 0;
	my $pid = eval { $session->selectrow_array($sql) };
	eval { $session->disconnect };
	return $pid ? kill $signal, $pid : 0;
}

# What was prepared by who is gone keeps its accounts locked.
sub end_prepared
{
	return wait_until(
		sub {
			my $session = eval { session($node) } // return 0;
			my $names = eval { $session->selectcol_arrayref('SELECT gid FROM pg_prepared_xacts') } // return 0;
			eval { $session->do((rand() < 0.5 ? 'COMMIT' : 'ROLLBACK') . " PREPARED '$_'") } foreach @$names;
			return $session->ping && $session->disconnect;
		});
}

$dbh->disconnect;
my $follower = in_background(\&follow);
my @clients = map {
	my $number = $_;
	in_background(sub { work($number) })
} 1 .. 12;
sleep 3;
my $backend = q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1};
my %killed;
foreach my $fault (qw(end worker end backend worker server teller immediate end worker))
{
	sleep 0.5 + rand 1.5;
	if ($fault eq 'end') { $killed{$fault} += kill_process($worker, 'TERM') }
	elsif ($fault eq 'worker') { $killed{$fault} += kill_process($worker, 'KILL') }
	elsif ($fault eq 'backend') { $killed{$fault} += kill_process($backend, 'KILL') }
	elsif ($fault eq 'teller') { $killed{$fault} += kill_process(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank teller' LIMIT 1}, 'KILL') }
	elsif ($fault eq 'immediate') { $node->stop('immediate'); $node->start; $killed{$fault}++ }
	else
	{
		kill_server($node) or die 'the server does not die';
		$node->start;
		$killed{$fault}++;
	}
	end_prepared() or die 'the server does not come back';
}
sleep 2;
append_to_file($stop, '');
end_prepared();
ok(reap(@clients), 'clients at work; killed: ' . join ', ', map { "$_ $killed{$_}" } sort keys %killed);
is(scalar(keys %killed), 6, 'all that was to be killed was there');
ok(reap($follower), 'somebody follows');
$dbh = session($node);
end_prepared();
is_sound($dbh, 'under load');
my @followed = split /\n/, slurp_file("$directory/seen");
cmp_ok(scalar @followed, '>', 500, 'much was followed');
my $now = $dbh->selectall_arrayref("$positions WHERE s.first_position <= ? ORDER BY 1", undef, scalar @followed);
is(scalar(grep { ($followed[$_] // '') ne join ' ', @{ $now->[$_] } } 0 .. $#$now) + @$now - @followed, 0, 'the follower has seen what is there, each once, in order');
ok(wait_until(sub { value($dbh, 'SELECT simplebank.seal()'); !value($dbh, 'SELECT count(*) FROM simplebank.log_gaps') }), 'no gap is left');

#
# Who has locked what the worker needs, and waits for it: is told
#

my $locker = session($node);
$locker->begin_work;
$locker->do('LOCK TABLE simplebank.log_segments');
value($dbh, $transfer, $hot, $ann);
my $refused = call($locker, 'SELECT simplebank.seal()');
is($refused->{sqlstate}, 'SB502', 'who keeps the worker from working is told');
like($refused->{message} // '', qr/the log worker has failed/i, 'and what');
$locker->rollback;
is_sound($dbh, 'after it has let go');

# An old snapshot does not see the positions, and waits for them all the same.
$locker->do('BEGIN ISOLATION LEVEL REPEATABLE READ');
value($locker, 'SELECT 1 FROM simplebank.transfers LIMIT 1');
my $later = value($dbh, $transfer, $hot, $ann);
is(call($locker, q{SELECT simplebank.inside('SELECT simplebank_internal.catch_up_log()')})->{sqlstate}, undef, 'REPEATABLE READ: it waits');
is(value($locker, $has_position, $later), 0, 'REPEATABLE READ: and sees what it saw');
$locker->rollback;
$locker->disconnect;
is_sound($dbh, 'REPEATABLE READ');

#
# A standby is promoted while a transaction is prepared
#

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('log_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$dbh->begin_work;
my $late = value($dbh, $transfer, $quiet[0], $quiet[1]);
$dbh->do(q{PREPARE TRANSACTION 'late'});
value($dbh, $transfer, $hot, $ann);
is_sound($dbh, 'one is prepared');
isnt(rows($dbh, 'SELECT missing FROM simplebank.log_gaps'), '', 'which is a gap');
$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
my $read = session($standby);
is(rows($read, $digest), $seen{ledger}, 'the standby has the log');
is(call($read, 'SELECT simplebank.seal()')->{sqlstate}, '25006', 'and gives no positions');
$read->disconnect;

# the same ledger, as a dump of this moment
command_ok([ 'pg_dump', '-Fc', '-f', "$directory/dump", '-d', $node->connstr('postgres') ], 'pg_dump');
my $at_dump = $seen{ledger};
$dbh->do(q{COMMIT PREPARED 'late'});
is_sound($dbh, 'on the primary it commits', 'primary');
$dbh->disconnect;
$node->stop('immediate');

$standby->promote;
my $promoted = session($standby);
ok(wait_until(sub { value($promoted, 'SELECT NOT pg_is_in_recovery()') }), 'promoted');
my %prepared = map { $_ => 1 } @{ $promoted->selectcol_arrayref('SELECT gid FROM pg_prepared_xacts') };
if ($prepared{late}) { $promoted->do(q{COMMIT PREPARED 'late'}) }
value($promoted, $transfer, $hot, $ann);
ok(wait_until(sub { value($promoted, $has_position, $late) }), 'promoted: the late one has its position');
is_sound($promoted, 'promoted');
$promoted->disconnect;
$standby->stop;

#
# In a server that has not loaded the library, and has had fewer transactions
#

my $plain = PostgreSQL::Test::Cluster->new('log_plain');
$plain->init;
# one of them is the server's own
$plain->append_conf('postgresql.conf', "max_worker_processes = 3\nmax_connections = 40\n");
$plain->start;
$plain->safe_psql('postgres', 'CREATE DATABASE restored');
command_ok([ 'pg_restore', '-d', $plain->connstr('restored'), "$directory/dump" ], 'pg_restore');
my $restored = session($plain, dbname => 'restored');
$seen{restored} = $at_dump;
isnt(rows($restored, 'SELECT missing FROM simplebank.log_gaps'), '', 'restored: with the gap');
is(value($restored, q{SELECT count(*) FROM simplebank.log_gaps WHERE decided_at < pg_snapshot_xmax(pg_current_snapshot())}), 0, 'restored: of transactions that are none here');
value($restored, $transfer, $hot, $ann);
is_sound($restored, 'restored', 'restored');
is(rows($restored, 'SELECT missing FROM simplebank.log_gaps'), '', 'restored: the gap is gone');
is(value($restored, "$has_position AND position = ?", value($restored, $transfer, $hot, $ann), 1), 0, 'it goes on');
is_sound($restored, 'goes on', 'restored');

# several at once, each of whom starts a worker
my @sealers = map {
	my $number = $_;
	in_background(
		sub {
			srand $seed + $number;
			my $session = session($plain, dbname => 'restored');
			foreach (1 .. 30)
			{
				value($session, $transfer, @quiet[ 0, 1 ]);
				my $sqlstate = call($session, 'SELECT simplebank.seal()')->{sqlstate};
				die "$sqlstate\n" if $sqlstate && $sqlstate ne '53400';
			}
		})
} 1 .. 4;
ok(reap(@sealers), 'several start workers');
is_sound($restored, 'several have started workers', 'restored');

$locker = session($plain, dbname => 'restored');
$locker->begin_work;
$locker->do('LOCK TABLE simplebank.log_segments');
value($restored, $transfer, $hot, $ann);
is(call($locker, 'SELECT simplebank.seal()')->{sqlstate}, 'SB502', 'not loaded: who keeps the worker from working is told');
$locker->rollback;
$locker->disconnect;
is_sound($restored, 'not loaded: after it has let go', 'restored');

$restored->disconnect;
$plain->append_conf('postgresql.conf', "max_worker_processes = 1\n");
$plain->restart;
$restored = session($plain, dbname => 'restored');
value($restored, $transfer, $hot, $ann);
$refused = call($restored, 'SELECT simplebank.seal()');
is($refused->{sqlstate}, '53400', 'there is no room for a worker');
is(rows($restored, $digest), $seen{restored}, 'and nothing has a position by that');
is(value($restored, "SELECT count(*) FROM simplebank.verify()"), 0, 'which is no fault');
$restored->disconnect;
$plain->append_conf('postgresql.conf', "max_worker_processes = 8\n");
$plain->restart;
$restored = session($plain, dbname => 'restored');
is_sound($restored, 'there is room', 'restored');
$restored->disconnect;
$plain->stop;

#
# A clock that was set back: the times of some accounts are ahead of it
#

my $back = new_bank('log_back', moves_clock => 1, conf => "shared_preload_libraries = 'simplebank'\n");
my $own = read_on($back);
my ($early, $ahead, $other, $third) = map { value($own, q{SELECT simplebank.open_account('bob', 'EUR', min_balance => NULL)}) } 1 .. 4;
value($own, $transfer, $early, $ahead);
is_sound($own, 'a clock', 'clock');
$own->disconnect;
{
	local @ENV{qw(LD_PRELOAD FAKETIME)} = clock_at(time - 3600);
	$back->restart;
}
$own = session($back);
foreach (1 .. 3)
{
	value($own, $transfer, $other, $third);
	value($own, $transfer, $ahead, $other);
	value($own, 'SELECT hold_id FROM simplebank.place_hold(?, ?, 1)', $ahead, $early);
	value($own, $transfer, $third, $ahead);
	value($own, 'SELECT count(*) FROM simplebank.transfer_batch(ARRAY[?, ?, ?]::bigint[], ARRAY[?, ?, ?]::bigint[], ARRAY[1, 1, 1])',
		$third, $early, $other, $other, $third, $third);
	my $fresh = value($own, q{SELECT simplebank.open_account('eve', 'EUR', min_balance => NULL)});
	value($own, $transfer, $fresh, $ahead);
	value($own, 'SELECT simplebank.set_account_limits(?, NULL, NULL)', $fresh);
	value($own, $transfer, $ahead, $fresh);
}
is(value($own, 'SELECT count(*) - count(DISTINCT (account_id, posted_at)) FROM simplebank.entries e
				WHERE NOT EXISTS (SELECT FROM simplebank.transfers t, simplebank.transfers u WHERE t.id = e.transfer_id AND u.id <> t.id AND u.posted_at = t.posted_at)'),
	0, 'set back: times of an account grow from call to call');
is_sound($own, 'set back', 'clock');
$own->disconnect;
$back->restart;
$own = session($back);
value($own, $transfer, $other, $ahead);
is_sound($own, 'right again', 'clock');

#
# The worker is a session in its database
#

$own->do('CREATE DATABASE served');
$own->disconnect;
$back->append_conf('postgresql.conf', "simplebank.tellers = 0\nsimplebank.database = 'served'\n");
$back->restart;
$own = session($back);
ok(wait_until(sub { value($own, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'simplebank log worker' AND datname = 'served'}) }),
	'it serves another database');
is(call($own, 'DROP DATABASE served')->{sqlstate}, '55006', 'which is not dropped');
value($own, $transfer, $other, $ahead);
is_sound($own, 'another database than the one that it serves', 'clock');
my $log_position = -s $back->logfile;
is(call($own, 'DROP DATABASE served WITH (FORCE)')->{sqlstate}, undef, 'but by force');
ok(wait_until(sub { slurp_file($back->logfile, $log_position) =~ /simplebank has no workers: database "served" does not exist/ }), 'which the log says');
$own->do('CREATE DATABASE served');
ok(wait_until(sub { value($own, q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'simplebank log worker' AND datname = 'served'}) }),
	'it comes back with it');
$own->disconnect;
$back->stop;
done_testing();
