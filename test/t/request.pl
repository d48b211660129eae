# enqueue_transfer: what is enqueued is posted once, in the order of its payer,
# whatever is locked, poisoned, refused, prepared, killed, promoted or restored.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep);

alarm 500;    # rather than wait for ever

my $node = new_bank('request', init => { allows_streaming => 1 }, conf => <<CONF);
restart_after_crash = on
shared_preload_libraries = 'simplebank'
simplebank.tellers = 2
max_prepared_transactions = 10
max_connections = 60
CONF
my $dbh = session($node);
my ($ann, $ben, $cat, $dan) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(ann ben cat dan);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000000)', $_) foreach $ann, $cat;
my $enqueue = 'SELECT simplebank.enqueue_transfer(?, ?, ?, ?, ?)';

sub enqueue
{
	my ($handle, @arguments) = @_;
	return value($handle, $enqueue, @arguments[ 0 .. 4 ]);
}
sub state_of
{
	my ($ticket) = @_;
	return rows($dbh, 'SELECT state, sqlstate FROM simplebank.transfer_of(?)', $ticket);
}
sub ends_as
{
	my ($ticket) = @_;
	return rows($dbh, q{SELECT state, sqlstate FROM simplebank.wait_for(?, '60 s')}, $ticket);
}

# The transfers of a payer, as the tickets that have made them.
sub tickets_in_order
{
	my ($payer) = @_;
	return rows($dbh,
		q{SELECT r.ticket FROM simplebank.requests r JOIN simplebank.transfers t ON t.id = r.transfer_id
		  WHERE r.from_account_id = ? AND NOT r.replayed ORDER BY t.from_version}, $payer);
}
sub in_ticket_order
{
	my ($payer, $name) = @_;
	is( tickets_in_order($payer),
		rows($dbh, q{SELECT ticket FROM simplebank.requests WHERE from_account_id = ? AND state = 'posted' AND NOT replayed ORDER BY ticket}, $payer),
		"$name: in the order of the tickets");
	return;
}
# A retry is not waited for.
sub make_due
{
	$dbh->do($_) foreach 'ALTER TABLE simplebank.requests DISABLE TRIGGER guard',
	  q{UPDATE simplebank.requests SET next_attempt_at = now() WHERE state = 'waiting' AND next_attempt_at IS NOT NULL},
	  'ALTER TABLE simplebank.requests ENABLE ALWAYS TRIGGER guard';
	return;
}

is(ends_as(enqueue($dbh, $ann, $ben, 10, 'first')), 'posted|', 'a teller posts it');
is(ends_as(enqueue($dbh, $ann, $ben, 10, 'first')), 'posted|', 'the same key again');
is( rows($dbh, q{SELECT count(DISTINCT transfer_id), string_agg(replayed::text, ' ' ORDER BY ticket) FROM simplebank.requests WHERE key = 'first'}),
	'1|false true', 'is a replay of it');
is(ends_as(enqueue($dbh, $ann, $ben, 11, 'first')), 'refused|SB301', 'for another amount it is refused');
is(call($dbh, q{SELECT * FROM simplebank.transfer(?, ?, 10, 'first')}, $ann, $ben)->{replayed}, 1, 'transfer knows the key');
is(rows($dbh, q{SELECT kind, object_id, account_id, details ->> 'sqlstate' FROM simplebank.notices WHERE kind = 'request_refused'}),
	"request_refused|3|$ann|SB301", 'what is refused is told of');

# Nothing of what is rolled back; what is prepared, after its commit, of which nobody says.
$dbh->begin_work;
my $undone = enqueue($dbh, $ann, $ben, 1);
is(call($dbh, q{SELECT * FROM simplebank.wait_for(?, '1 s')}, $undone)->{sqlstate}, 'SB504', 'who has not committed cannot wait');
$dbh->rollback;
is(call($dbh, 'SELECT * FROM simplebank.transfer_of(?)', $undone)->{sqlstate}, 'SB503', 'what was rolled back is not there');
$dbh->begin_work;
my $prepared = enqueue($dbh, $ann, $ben, 1);
$dbh->do(q{PREPARE TRANSACTION 'enqueued'});
# DBI thinks that it is still in a transaction
$dbh->commit;
my $later = enqueue($dbh, $ann, $ben, 1);
is(ends_as($later), 'posted|', 'one that was enqueued while an earlier one was not committed does not wait for it');
$dbh->do(q{COMMIT PREPARED 'enqueued'});
is(ends_as($prepared), 'posted|', 'what was prepared is posted after its commit');

#
# Locked accounts: others pass, the payer's own keep their order
#

my $locker = session($node);
$locker->begin_work;
call($locker, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $ann, $dan);
my $blocked = enqueue($dbh, $cat, $dan, 1, 'to the locked one');
my @behind = map { enqueue($dbh, $cat, $ben, 1, "behind $_") } 1 .. 3;
my $other = enqueue($dbh, $ben, $cat, 1, 'of another payer');
is(ends_as($other), 'posted|', 'what is locked holds up no other payer');
is(join(' ', map { state_of($_) } $blocked, @behind), 'waiting| waiting| waiting| waiting|', 'of the payer all wait, keys or not');
$locker->commit;
is(ends_as($_), 'posted|', 'and are posted when it is free') foreach $blocked, @behind;
in_ticket_order($cat, 'locked');

# A key that somebody else has and has not committed.
$locker->begin_work;
call($locker, q{SELECT * FROM simplebank.transfer(?, ?, 1, 'taken')}, $ben, $dan);
my $keyed = enqueue($dbh, $ben, $dan, 1, 'taken');
my $free = enqueue($dbh, $cat, $ann, 1, 'free');
is(ends_as($free), 'posted|', 'a key that is taken holds up no other payer');
is(state_of($keyed), 'waiting|', 'who needs it waits');
$locker->commit;
is(rows($dbh, q{SELECT state, replayed FROM simplebank.wait_for(?, '60 s')}, $keyed), 'posted|1', 'and is a replay then');

#
# An error that is no refusal
#

$dbh->do(<<'SQL');
CREATE FUNCTION public.poison() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.description = TG_NAME THEN RAISE EXCEPTION 'poisoned' USING ERRCODE = '22P06'; END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER poison BEFORE INSERT ON simplebank.transfers FOR EACH ROW EXECUTE FUNCTION public.poison();
CREATE CONSTRAINT TRIGGER late_poison AFTER INSERT ON simplebank.transfers
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.poison();
SQL
foreach my $poison (qw(poison late_poison))
{
	my $bad = enqueue($dbh, $cat, $ben, 1, undef, $poison);
	my $after = enqueue($dbh, $cat, $ben, 1);
	my $beside = enqueue($dbh, $ann, $ben, 1);
	is(ends_as($beside), 'posted|', "$poison: others are posted");
	ok(wait_until(sub { state_of($bad) eq 'waiting|22P06' }), "$poison: it says why it waits");
	is(state_of($after), 'waiting|', "$poison: what comes after it waits");
	ok(wait_until(sub { make_due(); state_of($bad) eq 'refused|22P06' }), "$poison: it is given up, and seen");
	is(value($dbh, 'SELECT attempts FROM simplebank.transfer_of(?)', $bad), 8, "$poison: after eight attempts");
	is(ends_as($after), 'posted|', "$poison: what comes after it is posted then");
	is(value($dbh, 'SELECT count(*) FROM simplebank.notices WHERE object_id = ?', $bad), 1, "$poison: it is told of");
}
$dbh->do($_) foreach 'DROP TRIGGER late_poison ON simplebank.transfers', 'DROP TRIGGER poison ON simplebank.transfers';
in_ticket_order($cat, 'poisoned');

#
# No teller: the job.  A disabled job: nobody.
#

value($dbh, q{SELECT simplebank.set_job('requests', enabled => false)});
my $stopped = enqueue($dbh, $ann, $ben, 1);
sleep 0.3;
is(state_of($stopped), 'waiting|', 'a disabled job is no teller\'s work either');
is(rows($dbh, 'SELECT requests_waiting, oldest_request_seconds > 0.2 FROM simplebank.health()'), '1|1', 'health tells how many wait, and for how long');
is(rows($dbh, q{SELECT name, value > 0 FROM simplebank.metrics() WHERE name LIKE 'simplebank_request%' ORDER BY name}),
	"simplebank_request_delay_seconds|1\nsimplebank_requests_waiting|1", 'and so do metrics');

# A dump takes it along.  Where it is restored no teller posts it: the job does.
my $directory = PostgreSQL::Test::Utils::tempdir();
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$directory/bank", '-d', $node->connstr('postgres') ], 'a dump');
my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init;
$copy->append_conf('postgresql.conf', "shared_preload_libraries = 'simplebank'\nsimplebank.database = 'bank'\n");
$copy->start;
$copy->safe_psql('postgres', 'CREATE DATABASE bank');
$copy->command_ok([ 'pg_restore', '--exit-on-error', '-d', $copy->connstr('bank'), "$directory/bank" ], 'its restore');
my $restored = session($copy, dbname => 'bank');
value($restored, q{SELECT simplebank.set_job('requests', enabled => true)});
my $new = value($restored, $enqueue, $ben, $ann, 1, undef, undef);
is(rows($restored, q{SELECT state FROM simplebank.wait_for(?, '60 s')}, $new), 'posted', 'a teller posts what is new there');
is(rows($restored, 'SELECT state FROM simplebank.transfer_of(?)', $stopped), 'waiting', 'but not what was restored');
my $next = value($restored, $enqueue, $ann, $ben, 1, undef, undef);
sleep 0.2;
is(rows($restored, 'SELECT state FROM simplebank.transfer_of(?)', $next), 'waiting', 'nor what comes after it');
$restored->do(q{CALL simplebank.run_job('requests')});
is(rows($restored, 'SELECT state FROM simplebank.transfer_of(?)', $_), 'posted', 'the job does') foreach $stopped, $next;
verify_is_sound($restored, 'the restored ledger is sound');
$restored->disconnect;
$copy->stop;

value($dbh, q{SELECT simplebank.set_job('requests', enabled => true)});
is(ends_as($stopped), 'posted|', 'once the job is enabled a teller posts it');

#
# Rights are those of the time when it is posted
#

$dbh->do($_) foreach 'SELECT simplebank.create_roles()', 'CREATE ROLE ann LOGIN', 'CREATE ROLE gone LOGIN',
  'GRANT simplebank_customer TO ann', 'GRANT simplebank_teller TO gone';
my ($as_ann, $as_gone) = map { session($node, user => $_) } qw(ann gone);
is(call($as_ann, $enqueue, $ben, $ann, 1, undef, undef)->{sqlstate}, 'SB003', 'a customer pays from its own accounts');
my $own = enqueue($as_ann, $ann, $ben, 5);
is(rows($as_ann, q{SELECT state FROM simplebank.wait_for(?, '60 s')}, $own), 'posted', 'and waits for its own ticket');
is(call($as_gone, 'SELECT * FROM simplebank.transfer_of(?)', $own)->{sqlstate}, 'SB503', 'which others do not see');
is(value($as_gone, 'SELECT count(*) FROM simplebank.requests'), 0, 'nor its row');
value($dbh, q{SELECT simplebank.set_job('requests', enabled => false)});
my ($lost, $dropped) = (enqueue($as_ann, $ann, $ben, 5), enqueue($as_gone, $cat, $ben, 5));
$as_gone->disconnect;
$dbh->do($_) foreach 'DROP OWNED BY gone', 'DROP ROLE gone';
value($dbh, q{SELECT simplebank.set_account_owner(?, 'somebody')}, $ann);
value($dbh, q{SELECT simplebank.set_job('requests', enabled => true)});
is(ends_as($lost), 'refused|SB003', 'an account that has another owner is not there');
is(ends_as($dropped), 'refused|42501', 'a role that is gone may nothing');
$as_ann->disconnect;

#
# Killed under load
#

my $seconds = 12;
my @payers = map { value($dbh, q{SELECT simplebank.open_account('load', 'EUR', min_balance => NULL)}) } 1 .. 6;
my $from = value($dbh, 'SELECT coalesce(max(ticket), 0) FROM simplebank.requests');
my @clients = map {
	my $number = $_;
	in_background(sub {
		my $ends = time + $seconds;
		open my $journal, '>', "$directory/journal.$number" or die;
		$journal->autoflush(1);
		my $handle;
		for (my $n = 0; time < $ends; $n++)
		{
			my $key = "load $number $n";
			my $ok = eval {
				$handle //= session($node);
				my $ticket = $handle->selectrow_array($enqueue, undef, $payers[ rand 3 ], $payers[ 3 + rand 3 ], 1 + int rand 9, $key, undef);
				print $journal "$ticket|$key\n";
				1;
			};
			next if $ok;
			$handle = undef;
			sleep 0.05;
		}
	})
} 1 .. 4;
my $kills = 0;
my $until = time + $seconds;
srand seed_of_test();
while (time < $until)
{
	sleep 0.6 + rand 0.8;
	my $type = ('simplebank teller', 'simplebank teller', 'client backend', 'postmaster')[ rand 4 ];
	if ($type eq 'postmaster' && $kills > 1)
	{
		$node->stop('immediate');
		$node->start;
	}
	else
	{
		my $pid = eval { session($node)->selectrow_array('SELECT pid FROM pg_stat_activity WHERE backend_type = ? AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1', undef, $type) };
		next if !$pid;
		kill 'KILL', $pid;
	}
	$kills++;
}
ok(reap(@clients), "the clients have outlived $kills kills");
ok(wait_until(sub { eval { $dbh = session($node); 1 } }), 'the server is there');
ok(wait_until(sub { value($dbh, q{SELECT count(*) FROM simplebank.requests WHERE state = 'waiting'}) == 0 }), 'all that waits is posted');
my %acknowledged;
foreach my $number (1 .. 4)
{
	/^(\d+)\|(.*)$/ and $acknowledged{$1} = $2 foreach split /\n/, slurp_file("$directory/journal.$number");
}
my %there = map { $_->[0] => $_ } @{ $dbh->selectall_arrayref('SELECT ticket, key, state, transfer_id FROM simplebank.requests WHERE ticket > ?', undef, $from) };
cmp_ok(scalar keys %acknowledged, '>', 100, 'there was load');
is(join(' ', grep { !$there{$_} || $there{$_}[1] ne $acknowledged{$_} } sort keys %acknowledged), '', 'none that was acknowledged is lost');
is(join(' ', grep { $there{$_}[2] ne 'posted' } sort keys %there), '', 'each is posted');
is( rows($dbh, q{SELECT count(*) - count(DISTINCT r.transfer_id), count(*) - count(t.id) FROM simplebank.requests r LEFT JOIN simplebank.transfers t ON t.id = r.transfer_id
		WHERE r.ticket > ?}, $from),
	'0|0', 'as one transfer of its own');
is( value($dbh, 'SELECT count(*) FROM simplebank.transfers WHERE from_account_id = ANY (?)', \@payers),
	scalar keys %there, 'and there are no others');
# A client's next request was enqueued when the one before had been committed.
is( value($dbh, q{SELECT count(*) FROM (
			SELECT t.from_version, lag(t.from_version) OVER (PARTITION BY r.from_account_id, split_part(r.key, ' ', 2) ORDER BY r.ticket) AS before
			FROM simplebank.requests r JOIN simplebank.transfers t ON t.id = r.transfer_id WHERE r.ticket > ?) x WHERE before > from_version}, $from),
	0, 'what was committed before is posted before');
verify_is_sound($dbh, 'the ledger is sound');

#
# A standby that is promoted goes on with what waits
#

value($dbh, q{SELECT simplebank.set_job('requests', enabled => false)});
my @waiting = map { enqueue($dbh, $cat, $ben, 1) } 1 .. 5;
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
my $there = session($standby);
is(rows($there, q{SELECT state FROM simplebank.wait_for(?, '10 ms')}, $waiting[0]), 'waiting', 'a standby tells of a ticket');
is(call($there, $enqueue, $cat, $ben, 1, undef, undef)->{sqlstate}, '25006', 'and takes none');
$node->stop('immediate');
$standby->promote;
$there = session($standby);
value($there, q{SELECT simplebank.set_job('requests', enabled => true)});
is(rows($there, q{SELECT state FROM simplebank.wait_for(?, '60 s')}, $_), 'posted', 'promoted, its tellers post what waits') foreach @waiting;
verify_is_sound($there, 'it is sound');

done_testing();
