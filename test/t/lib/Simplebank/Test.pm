# What the TAP tests of the bank share: a cluster with the extension, DBI
# sessions, calls whose refusal is a value, and processes that run beside the
# test.

package Simplebank::Test;

use strict;
use warnings;

use DBI;
use DBD::Pg qw(:async);
use Exporter qw(import);
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(
  new_bank session call begin_call end_call value rows verify_is_sound
  place_passed_hold wait_until wait_for_lock avoid_midnight clock_at in_background reap seed_of_test kill_server);

# A started server whose database postgres has the extension.  moves_clock: its
# clock will be set by clock_at().
sub new_bank
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => $options{install_path});
	$node->init(%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', $options{conf} // '');
	$node->append_conf('postgresql.conf', "simplebank.max_clock_jump = '36500d'\n") if $options{moves_clock};
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION simplebank');
	return $node;
}

# A DBI session; errors die.  A session that a child process inherits is the
# parent's alone.  Of several servers it is the one that can be written to.
sub session
{
	my ($node, %options) = @_;
	my $database = $options{dbname} // 'postgres';
	my @nodes = ref $node eq 'ARRAY' ? @$node : $node;
	return DBI->connect(
		sprintf('dbi:Pg:dbname=%s;host=%s;port=%s;application_name=%s;target_session_attrs=%s',
			$database, join(',', map { $_->host } @nodes), join(',', map { $_->port } @nodes),
			$options{name} // 'test', @nodes > 1 ? 'read-write' : 'any'),
		$options{user} // '',
		'',
		{
			AutoCommit => 1,
			AutoInactiveDestroy => 1,
			PrintError => 0,
			PrintWarn => 0,
			RaiseError => 1,
		});
}

# One call: a hash of the columns of its first row, or { sqlstate, message }
# where it was refused.
sub call
{
	my ($dbh, $sql, @values) = @_;
	my $row = eval {
		my $statement = $dbh->prepare_cached($sql, undef, 3);
		$statement->execute(@values);
		my $first = $statement->{NUM_OF_FIELDS} ? $statement->fetchrow_hashref : undef;
		$statement->finish;
		$first // {};
	};
	return $row unless $@;
	return failure($dbh);
}

# DBD::Pg says 22000 of an answer that never came.
sub failure
{
	my ($dbh) = @_;
	my $sqlstate = $dbh->state || 'unknown';
	$sqlstate = '08006' if $sqlstate eq '22000';
	return { sqlstate => $sqlstate, message => $dbh->errstr // $@ };
}

# The same in two halves, so that the test goes on while the server works.
sub begin_call
{
	my ($dbh, $sql, @values) = @_;
	my $statement = $dbh->prepare($sql, { pg_async => PG_ASYNC });
	$statement->execute(@values);
	return $statement;
}

sub end_call
{
	my ($dbh, $statement) = @_;
	my $row = eval { $dbh->pg_result; $statement->{NUM_OF_FIELDS} ? $statement->fetchrow_hashref : undef };
	return failure($dbh) if $@;
	$statement->finish;
	return $row // {};
}

sub value
{
	my ($dbh, $sql, @values) = @_;
	return $dbh->selectrow_array($sql, undef, @values);
}

# All rows as text, to be compared: columns separated by |, rows by line ends.
# An error is a text too, but never the same one twice.
my $errors = 0;

sub rows
{
	my ($dbh, $sql, @values) = @_;
	my $rows = eval { $dbh->selectall_arrayref($sql, undef, @values) }
	  // return ($dbh->errstr // $@) . "\n(error " . ++$errors . ' of this test)';
	return join "\n", map { join '|', map { $_ // '' } @$_ } @$rows;
}

sub verify_is_sound
{
	my ($dbh, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(rows($dbh, 'SELECT * FROM simplebank.verify()'), '', $name // 'the ledger is sound');
}

# Waits for something that must come true; false after some time.
sub wait_until
{
	my ($condition, $seconds) = @_;
	my $deadline = time + ($seconds // $PostgreSQL::Test::Utils::timeout_default);
	until ($condition->())
	{
		return 0 if time > $deadline;
		sleep 0.01;
	}
	return 1;
}

# Waits until a server process waits for a lock.
sub wait_for_lock
{
	my ($dbh, $pid) = @_;
	return wait_until(
		sub {
			value($dbh,
				q{SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = ?}, $pid);
		});
}

# A hold whose time has passed, which nobody has marked yet.  On a slow machine
# a time may be over before the hold is placed; then a longer one is given.
sub place_passed_hold
{
	my ($dbh, $from, $to, $amount) = @_;
	my ($seconds, $hold) = (1);
	do
	{
		$hold = call($dbh, 'SELECT * FROM simplebank.place_hold(?, ?, ?, clock_timestamp() + ? * interval $$1 s$$)',
			$from, $to, $amount, $seconds);
		$seconds *= 2;
	} while (($hold->{sqlstate} // '') eq '22023');
	die "no hold: $hold->{message}\n" if $hold->{sqlstate};
	value($dbh, 'SELECT pg_sleep_until(?)', $hold->{expires_at});
	return $hold;
}

# For a test that needs so many seconds of one day, by UTC.
sub avoid_midnight
{
	my ($seconds) = @_;
	my $rest = 86400 - time % 86400;
	sleep $rest + 0.1 if $rest < $seconds;
	return;
}

# The environment of a server whose clock shall stand at a moment, in seconds
# since 1970: local @ENV{qw(LD_PRELOAD FAKETIME)} = clock_at($moment).  The
# clock of the test itself may be set (see test/kinds/dates.sh).
sub clock_at
{
	my ($moment) = @_;
	my ($library) = glob '/usr/lib/*/faketime/libfaketime.so.1';
	die "libfaketime is missing\n" unless $library;
	return ($library, sprintf '%+d', $moment - time + ($ENV{FAKETIME} // 0));
}

# Runs code in a child process, which leaves without the parent's clean-up.
sub in_background
{
	my ($code) = @_;
	my $pid = fork // die "could not fork: $!";
	return $pid if $pid;
	my $ok = eval { $code->(); 1 };
	print STDERR "a child process failed: $@" unless $ok;
	POSIX::_exit($ok ? 0 : 1);
}

# True if all of them ended well.
sub reap
{
	my $failed = 0;
	foreach my $pid (@_)
	{
		waitpid $pid, 0;
		$failed++ if $? != 0;
	}
	return !$failed;
}

# All processes of a server at once, as when the machine goes down; true if it
# can be started again.
sub kill_server
{
	my ($node) = @_;
	my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	my @children = split ' ', `ps -o pid= --ppid $postmaster`;
	$node->kill9;
	kill 'KILL', @children;
	return 0 unless wait_until(sub { !grep { lives($_) } $postmaster, @children });

	# where nobody buries it, as in some containers, its pid seems to live
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock'
	  unless wait_until(sub { !kill 0, $postmaster }, 5);
	return 1;
}

sub lives
{
	my ($pid) = @_;
	return `ps -o stat= -p $pid` =~ /^[^Z\s]/;
}

# The seed of a random test: SIMPLEBANK_SEED repeats a run.
sub seed_of_test
{
	my $seed = $ENV{SIMPLEBANK_SEED} // int(rand(2**31));
	diag("SIMPLEBANK_SEED=$seed");
	return $seed;
}

1;
