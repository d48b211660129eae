# Consumers under load, each at its own speed: nothing is missing, nothing
# comes out of order, whoever is killed.  What was not acknowledged comes
# again.  On a standby and after a restore their positions are what they were.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = new_bank('consumer', init => { allows_streaming => 1 }, conf => <<CONF);
shared_preload_libraries = 'simplebank'
simplebank.tellers = 1
max_connections = 50
max_prepared_transactions = 5
restart_after_crash = on
log_statement = none
CONF
my $dbh = session($node);
my @accounts = map { value($dbh, q{SELECT simplebank.open_account('a', 'EUR', min_balance => NULL)}) } 1 .. 6;
my $striped = value($dbh, q{SELECT simplebank.open_account('s', 'EUR', 'equity', min_balance => NULL, stripes => 3)});

sub pay
{
	my ($session) = @_;
	my ($from, $to) = @accounts[ int rand @accounts, int rand @accounts ];
	$to = $striped if $from == $to;
	return value($session, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', $from, $to);
}

# Pays until it is told to stop; now and then two in one transaction, or rolled back.
sub post_until
{
	my ($file) = @_;
	return in_background(sub {
		srand($$);
		my $session = session($node);
		until (-e $file)
		{
			my $kind = rand;
			eval {
				$session->begin_work if $kind < 0.2;
				pay($session);
				sleep 0.05 if $kind < 0.02;
				pay($session) if $kind < 0.2;
				if ($kind < 0.05) { $session->rollback } elsif ($kind < 0.2) { $session->commit }
				1;
			} or do {
				eval { $session->rollback };
				$session = eval { session($node) } unless $session && $session->ping;
				sleep 0.05 until $session ||= eval { session($node) };
			};
		}
	});
}

my $folder = PostgreSQL::Test::Utils::tempdir();

# Follows the log until it is told to stop and there is nothing left; writes
# each event down before it acknowledges it, as somebody does who must not lose
# one.  In a file: positions, kinds, ids, and the entries' rows and versions.
sub follow
{
	my ($consumer, $page, $pause, $stop) = @_;
	return in_background(sub {
		open my $out, '>>', "$folder/$consumer" or die $!;
		$out->autoflush(1);
		my ($session, $done);
		while (1)
		{
			my $stops = -e $stop;
			my $events = eval {
				$session ||= session($node, name => "follows_$consumer");
				$session->selectall_arrayref(q{SELECT position, kind, id, (SELECT string_agg(coalesce(x->>'row', x->>'account') || ':' || (x->>'version') || ':' || (x->>'balance'), ' ' ORDER BY n)
					FROM jsonb_array_elements(event->'entries') WITH ORDINALITY e(x, n)) FROM simplebank.read_events(?, ?)}, undef, $consumer, $page);
			};
			if (!$events) { undef $session; sleep 0.1; next }
			print $out join("\t", map { $_ // '' } @$_), "\n" foreach @$events;
			eval { value($session, 'SELECT acknowledged FROM simplebank.ack_events(?, ?)', $consumer, $events->[-1][0]); 1 } or undef $session if @$events;
			last if !@$events && $stops && $session && value($session, 'SELECT lag_positions FROM simplebank.consumers WHERE name = ?', $consumer) == 0;
			sleep $pause if $pause || !@$events;
		}
	});
}

# What it has written down; of what came again only the first time, where it must be the same.
sub written
{
	my ($consumer) = @_;
	my (%at, @events);
	my ($doubled, $differs, $backwards) = (0, 0, 0);
	open my $in, '<', "$folder/$consumer" or die $!;
	while (<$in>)
	{
		chomp;
		my ($position) = /^(\d+)/;
		if (exists $at{$position}) { $doubled++; $differs++ if $at{$position} ne $_; next }
		$backwards++ if @events && $position < $events[-1][0];
		$at{$position} = $_;
		push @events, [ split /\t/, $_, -1 ];
	}
	return { events => \@events, doubled => $doubled, differs => $differs, backwards => $backwards };
}

sub all_is_there
{
	my ($consumer, $only_transfers) = @_;
	my $seen = written($consumer);
	my $ids = join "\n", sort { $a <=> $b } map { $_->[2] } grep { $_->[1] eq 'transfer' } @{ $seen->{events} };
	is($ids, rows($dbh, 'SELECT id FROM simplebank.transfers ORDER BY id'), "$consumer: every transfer, once");
	is($seen->{differs}, 0, "$consumer: what came again was the same");
	is($seen->{backwards}, 0, "$consumer: positions ascend");
	is(scalar(grep { $seen->{events}[$_][0] != $_ + 1 } 0 .. $#{ $seen->{events} }), 0, "$consumer: without a gap") unless $only_transfers;
	my (%version, $wrong);
	foreach my $event (@{ $seen->{events} })
	{
		foreach (split / /, $event->[3] // '')
		{
			my ($row, $version) = split /:/;
			$wrong++ if $version != ($version{$row} // 0) + 1;
			$version{$row} = $version;
		}
	}
	is($wrong // 0, 0, "$consumer: versions follow each other");
	is(join(' ', map { "$_:$version{$_}" } sort { $a <=> $b } keys %version),
		value($dbh, q{SELECT string_agg(id || ':' || version, ' ' ORDER BY id) FROM simplebank.accounts WHERE version > 0}), "$consumer: up to the last one");
	return $seen->{doubled};
}

value($dbh, q{SELECT simplebank.create_consumer(?, ?, 0) IS NULL}, @$_)
  foreach [ 'fast', undef ], [ 'slow', undef ], [ 'transfers', '{transfer}' ], [ 'idle', undef ];

#
# Under load: reading sessions are killed, then the whole server
#

my @posters = map { post_until("$folder/enough") } 1 .. 4;
my @readers = (follow('fast', 500, 0, "$folder/stop"), follow('slow', 7, 0.02, "$folder/stop"), follow('transfers', 50, 0, "$folder/stop"));
foreach my $round (1 .. 6)
{
	sleep 0.5;
	my $pids = $dbh->selectcol_arrayref(q{SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'follows%' ORDER BY random() LIMIT 2});
	if ($round % 3 == 0)
	{
		kill KILL => $pids->[0] if @$pids; # all sessions end, and the server recovers
		sleep 0.2;
		ok(wait_until(sub { $dbh = eval { session($node) }; $dbh && eval { value($dbh, 'SELECT 1') } }), "the server is back ($round)");
	}
	else
	{
		value($dbh, 'SELECT pg_terminate_backend(?)', $_) foreach @$pids;
	}
}
$node->stop('immediate');
$node->start;
$dbh = session($node);
sleep 1;
append_to_file("$folder/enough", '');
ok(reap(@posters), 'all have paid');
append_to_file("$folder/stop", '');
ok(reap(@readers), 'all have read');
my $doubled = all_is_there('fast') + all_is_there('slow') + all_is_there('transfers', 1);
cmp_ok(value($dbh, 'SELECT count(*) FROM simplebank.transfers'), '>', 200, 'there was something to read');
note("$doubled events came twice");
is(value($dbh, q{SELECT lag_positions = (SELECT last_position FROM simplebank.log_segments ORDER BY 1 DESC LIMIT 1) AND lag_seconds > 0
	FROM simplebank.consumers WHERE name = 'idle'}), 1, 'who reads nothing is behind by all of it');
verify_is_sound($dbh);

#
# One reader
#

my ($one, $two) = map { session($node) } 1 .. 2;
my $read = q{SELECT string_agg(position::text, ' ' ORDER BY position) FROM simplebank.read_events('idle', 3)};
is(value($one, $read), '1 2 3', 'one session has a page');
is(value($two, $read), undef, 'another one gets none of it');
kill STOP => $one->{pg_pid};
is(value($two, $read), undef, 'nor while the first one does not answer');
kill CONT => $one->{pg_pid};
$one->disconnect;
ok(wait_until(sub { defined value($two, $read) }), 'but when it is gone');
is(value($two, $read), '1 2 3', 'the same page');
is(value($dbh, q{SELECT reader FROM simplebank.consumers WHERE name = 'idle'}), $two->{pg_pid}, 'which is known');
# another process with the pid of one that has ended is not that one
$dbh->do('ALTER TABLE simplebank.log_consumers DISABLE TRIGGER guard');
$dbh->do(q{UPDATE simplebank.log_consumers SET reader_started = reader_started - interval '1 s' WHERE name = 'idle'});
is(value($dbh, $read), '1 2 3', 'a pid comes again');
$dbh->do('ALTER TABLE simplebank.log_consumers ENABLE ALWAYS TRIGGER guard');

# killed between reading and acknowledging, in one transaction: nothing has moved
$two->begin_work;
value($two, q{SELECT simplebank.seek_consumer('idle', 0) IS NULL});
value($two, $read);
value($two, q{SELECT simplebank.ack_events('idle', 3) IS NULL});
$node->stop('immediate');
$node->start;
$dbh = session($node);
is(value($dbh, q{SELECT acknowledged FROM simplebank.consumers WHERE name = 'idle'}), 0, 'after a crash it is where it was');
is(value($dbh, $read), '1 2 3', 'and the page comes again');
value($dbh, q{SELECT simplebank.ack_events('idle', 3) IS NULL});
$node->stop('immediate');
$node->start;
$dbh = session($node);
is(value($dbh, q{SELECT acknowledged FROM simplebank.consumers WHERE name = 'idle'}), 3, 'what is acknowledged stays so');

# what is prepared comes when it is committed, and those behind it come before
value($dbh, q{SELECT simplebank.create_consumer('late') IS NULL});
$dbh->begin_work;
my $prepared = pay($dbh);
$dbh->do(q{PREPARE TRANSACTION 'p'});
my $later = value(session($node), 'SELECT transfer_id FROM simplebank.deposit(?, 1)', $striped);
my $get = q{SELECT string_agg(id::text, ' ') FROM simplebank.read_events('late') WHERE kind = 'transfer'};
$dbh->disconnect;
$dbh = session($node);
is(value($dbh, $get), $later, 'while it is prepared, it is not read');
$dbh->do(q{COMMIT PREPARED 'p'});
is(value($dbh, $get), "$later $prepared", 'then it is, behind the later one');

# whoever listens is told
my $listener = session($node);
$listener->do('LISTEN simplebank_events');
my $id = pay($dbh);
my $told;
ok(wait_until(sub { $told = $listener->func('pg_notifies') }), 'a listener is told');
cmp_ok($told->[2], '>=', 4, 'up to which position');

#
# A standby: what writes is refused, and after promotion it goes on
#

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
my $beside = session($standby);
foreach my $sql (q{read_events('idle')}, q{ack_events('idle', 3)}, q{seek_consumer('idle', 0)}, q{create_consumer('new')}, q{drop_consumer('idle')})
{
	is(call($beside, "SELECT * FROM simplebank.$sql")->{sqlstate}, '25006', "a standby: $sql");
}
is(value($beside, q{SELECT acknowledged FROM simplebank.consumers WHERE name = 'idle'}), 3, 'it knows how far each is');
my $expected = rows($dbh, q{SELECT position, kind, id, event FROM simplebank.read_events('idle', 10000)});
$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
eval { $_->disconnect } foreach $listener, $dbh, $one, $two;
$node->stop('immediate');
$standby->promote;
$beside = session($standby);
is(rows($beside, q{SELECT position, kind, id, event FROM simplebank.read_events('idle', 10000)}), $expected, 'after promotion the same events');
pay($beside);
cmp_ok(value($beside, q{SELECT count(*) FROM simplebank.read_events('idle', 10000)}), '>', scalar(split /\n/, $expected), 'and new ones behind them');
verify_is_sound($beside);

#
# A restore
#

my $file = "$folder/dump";
$standby->command_ok([ 'pg_dump', '-Fc', '-f', $file, $standby->connstr('postgres') ], 'pg_dump');
$standby->safe_psql('postgres', 'CREATE DATABASE restored');
$standby->command_ok([ 'pg_restore', '-d', $standby->connstr('restored'), $file ], 'pg_restore');
my $restored = session($standby, dbname => 'restored');
is(rows($restored, 'SELECT name, role, kinds::text, acknowledged FROM simplebank.consumers ORDER BY name'),
	rows($beside, 'SELECT name, role, kinds::text, acknowledged FROM simplebank.consumers ORDER BY name'), 'consumers are where they were');
my $all = q{SELECT position, kind, id, event FROM simplebank.read_events('idle', 10000)};
my $theirs = rows($restored, $all); # although their reader lives in another database
is($theirs, rows($beside, $all), 'and read the same');
value($restored, q{SELECT simplebank.ack_events(name, read_up_to) IS NULL FROM simplebank.consumers WHERE name = 'idle'});
is(value($restored, q{SELECT count(*) FROM simplebank.read_events('idle', 10000)}), 0, 'no more');
my $new = pay($restored);
is(value($restored, q{SELECT string_agg(id::text, ' ') FROM simplebank.read_events('idle', 10000) WHERE kind = 'transfer'}), $new, 'new ones follow');
verify_is_sound($restored);

$_->disconnect foreach $restored, $beside;
$standby->stop;
done_testing();
