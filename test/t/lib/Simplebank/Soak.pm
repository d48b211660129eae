# The bank at work while faults are injected, judged afterwards: clients of
# Simplebank::Client, judged by Simplebank::Checker.
#
#   my $report = soak(seed => 1, clients => 4, duration => 600, faults => [ all_faults() ], ...);
#
# Whatever faults are asked for, each is injected once in a round, in random
# order, and rounds follow each other until the time is over; one is made in any
# case.  The disk has a server of its own, and its turn after the others.

package Simplebank::Soak;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(shuffle sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Checker;
use Simplebank::Client;
use Simplebank::Test;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(all_faults describe_faults open_accounts soak describe find_crashes);

my @faults = (
	backend => 'kill -9 of a session at work',
	teller => 'kill -9 of a teller',
	job => 'kill -9 of a session that runs a job',
	cancel => 'pg_cancel_backend, of many',
	terminate => 'pg_terminate_backend, of some',
	timeouts => 'statement_timeout and lock_timeout of a few milliseconds, all the time',
	crossing => 'all clients pay to and fro between two accounts',
	server => 'kill -9 of all processes of the server',
	immediate => 'pg_ctl stop -m immediate',
	failover => 'kill -9 of a primary with a synchronous standby, which is promoted',
	disk => 'no space left on a small file system');
my %description_of = @faults;

# Those that last as long as the clients, and the one that comes after.
my %is_no_event = map { $_ => 1 } qw(timeouts disk);

sub all_faults { return grep { $description_of{$_} } @faults }

sub describe_faults { return join '', map { sprintf "  %-10s %s\n", $_, $description_of{$_} } all_faults() }

# Accounts with money, by currency.
sub open_accounts
{
	my ($dbh) = @_;
	my %accounts;
	foreach my $currency (qw(USD USD USD USD USD USD EUR EUR EUR))
	{
		my $id = value($dbh, q{SELECT simplebank.open_account('alice', ?)}, $currency);
		value($dbh, q{SELECT simplebank.deposit(?, 1000, description => 'setup')}, $id);
		push @{ $accounts{$currency} }, $id;
	}
	return \%accounts;
}

# Options: seed, clients, duration (seconds), faults (names), small (a directory
# on a small file system, or nothing), say (prints a line).  Answers a report
# for describe().
sub soak
{
	my (%options) = @_;
	my $self = bless {
		say => sub { }, %options,
		directory => PostgreSQL::Test::Utils::tempdir(),
		faults => { map { $_ => 1 } @{ $options{faults} } },
		report => { violations => [], faults => {}, began => time },
		groups => 0
	}, __PACKAGE__;
	srand $self->{seed};
	$self->work_with_faults if grep { $_ ne 'disk' } keys %{ $self->{faults} };
	$self->work_on_small_disk if $self->{faults}{disk};
	$self->{report}{seconds} = time - $self->{report}{began};
	return $self->{report};
}

sub complain
{
	my ($self, @complaints) = @_;
	push @{ $self->{report}{violations} }, @complaints;
	$self->{say}->("violation: $_") foreach @complaints;
	return;
}

# A process of the server that has died by something else than the test's
# kill -9 has crashed, also where clients have noticed no more than that.  A
# disk without space may stop the server by a PANIC that says so.
sub find_crashes
{
	my (@logs) = @_;
	my @crashes;
	foreach my $log (@logs)
	{
		my $reason = q{};
		foreach my $line (split /\n/, slurp_file($log))
		{
			$reason = $line if $line =~ /PANIC: |TRAP: /;
			next unless $line =~ /was terminated by signal (\d+)/;
			push @crashes, "$line ($reason)" if $1 != 9 && $reason !~ /PANIC: .*No space left on device/;
			$reason = '';
		}
	}
	return @crashes;
}

sub count
{
	my ($self, $fault) = @_;
	$self->{report}{faults}{$fault}++;
	return;
}

sub settings
{
	my ($self) = @_;
	return <<CONF . 'max_connections = ' . ($self->{clients} + 21) . "\n";
restart_after_crash = on
log_statement = none
log_min_messages = log
deadlock_timeout = 100ms
wal_retrieve_retry_interval = 100ms
shared_preload_libraries = 'simplebank'
CONF
}

#
# Clients
#

# Journals of a group of clients that have one ledger.
sub start_clients
{
	my ($self, $accounts, @nodes) = @_;
	my $group = ++$self->{groups};
	my $stop = "$self->{directory}/stop.$group";
	$self->{crossing} = "$self->{directory}/crossing.$group";
	$self->{journals} = [ map { "$self->{directory}/journal.$group.$_" } 1 .. $self->{clients} ];
	$self->{stop} = $stop;
	$self->{pids} = [
		map {
			my $number = $_;
			in_background(
				sub {
					Simplebank::Client::run(
						node => \@nodes,
						name => "c$number",
						journal => $self->{journals}[ $number - 1 ],
						accounts => $accounts,
						submit => 1,
						timeouts => $self->{faults}{timeouts},
						crossing => $self->{crossing},
						seed => $self->{seed} + 100 * $group + $number,
						stop => $stop,
						pause => 0.02);
				});
		} 1 .. $self->{clients} ];
	push @{ $self->{pids} }, map { my $work = $_; in_background(sub { $work->($stop, \@nodes) }) } \&run_jobs, \&seal_on;
	return;
}

# What pg_cron's ticks do, without waiting for the minute.
sub run_jobs
{
	my ($stop, $nodes) = @_;
	$SIG{__WARN__} = sub { };
	until (-e $stop)
	{
		sleep 0.2;
		my $dbh = eval { session($nodes, name => 'job') } or next;
		while (!-e $stop)
		{
			last if grep { exists call($dbh, "CALL simplebank.run_job('$_')")->{sqlstate} } qw(standing_orders expire_holds);
			sleep 0.2;
		}
		eval { $dbh->disconnect };
	}
	return;
}

# Seals back to back, so that many pass whatever waits, or is rolled back.
sub seal_on
{
	my ($stop, $nodes) = @_;
	$SIG{__WARN__} = sub { };
	until (-e $stop)
	{
		sleep 0.2;
		my $dbh = eval { session($nodes, name => 'job') } or next;
		until (-e $stop) { last if exists call($dbh, 'SELECT simplebank.seal()')->{sqlstate} }
		eval { $dbh->disconnect };
	}
	return;
}

# The end of a group, and its judgement.
sub stop_clients
{
	my ($self, $node) = @_;
	append_to_file($self->{stop}, '');
	$self->complain('a client could not settle all its requests') unless reap(@{ $self->{pids} });
	$self->{pids} = [];
	my $dbh = session($node);
	# what is due
	$dbh->do("CALL simplebank.run_job('$_')") foreach qw(standing_orders expire_holds);
	$self->verify($dbh, 'at the end');
	my $journals = [ map { read_journal($_) } @{ $self->{journals} } ];
	my $ledger = read_ledger($dbh);
	$self->{report}{seals} += value($dbh, 'SELECT count(*) FROM simplebank.seals');
	$dbh->disconnect;
	$self->complain(judge($journals, $ledger));
	$self->add_figures($journals, $ledger);
	return;
}

sub verify
{
	my ($self, $dbh, $when) = @_;
	$self->{report}{verifications}++;
	foreach my $proof (qw(verify verify_seals))
	{
		$self->complain("$proof() $when: $_") foreach split /\n/, rows($dbh, "SELECT * FROM simplebank.$proof()");
	}
	return;
}

#
# Faults
#

sub work_with_faults
{
	my ($self) = @_;
	my @nodes = (new_bank('one', init => { allows_streaming => $self->{faults}{failover} }, conf => $self->settings));
	push @nodes, PostgreSQL::Test::Cluster->new('two') if $self->{faults}{failover};
	@{$self}{qw(primary standby)} = @nodes;
	$self->{primary}->append_conf('postgresql.conf',
		sprintf "shared_preload_libraries = 'simplebank, pg_cron'\ncron.host = '%s'\n", $self->{primary}->host);
	$self->{primary}->restart;
	$self->{primary}->safe_psql('postgres', 'CREATE EXTENSION pg_cron; SELECT simplebank.schedule_jobs()');
	my $dbh = session($self->{primary});
	$self->{accounts} = open_accounts($dbh);
	$dbh->disconnect;
	if ($self->{standby})
	{
		rmdir $self->{standby}->basedir;
		$self->build_standby;
		foreach my $node (@nodes)
		{
			$node->append_conf('postgresql.conf', "synchronous_standby_names = '*'\n");
			$node->reload;
		}
	}

	$self->start_clients($self->{accounts}, @nodes);
	my @events = grep { $self->{faults}{$_} && !$is_no_event{$_} } all_faults();
	my $deadline = time + $self->{duration};
	do
	{
		foreach my $fault (shuffle(@events))
		{
			$self->wait_for_work;
			sleep 0.3 + rand 0.7;
			my $inject = "fault_$fault";
			$self->$inject;
		}
		sleep 0.1;
	} while (time < $deadline);
	$self->wait_for_work;
	$self->stop_clients($self->{primary});
	my $ticks = session($self->{primary});
	$self->{report}{ticks} = value($ticks, 'SELECT count(*) FROM cron.job_run_details');
	$ticks->disconnect;
	$_->stop foreach grep { defined } @{$self}{qw(standby primary)};
	$self->complain(map { "a crash: $_" } find_crashes(grep { -e } map { $_->logfile } @nodes));
	return;
}

# What of the server's processes, as soon as all are at work.
sub wait_for_work
{
	my ($self) = @_;
	my %found;
	my $is_working = wait_until(
		sub {
			my $dbh = eval { session($self->{primary}) } or return 0;
			%found = (client => [], job => [], teller => []);
			my $processes = eval {
				$dbh->selectall_arrayref(
					q{SELECT CASE WHEN backend_type = 'simplebank teller' THEN 'teller'
							WHEN query LIKE 'CALL simplebank.run_job%' THEN 'job' ELSE application_name END, pid
					  FROM pg_stat_activity WHERE application_name IN ('client', 'job') OR backend_type = 'simplebank teller'
						OR query LIKE 'CALL simplebank.run_job%'})
			} // [];
			push @{ $found{ $_->[0] } }, $_->[1] foreach @$processes;
			eval { $dbh->disconnect };
			return @{ $found{client} } == $self->{clients} && @{ $found{job} } && @{ $found{teller} };
		},
		60);
	$self->give_up('the clients do not find their way back') unless $is_working;
	return \%found;
}

sub give_up
{
	my ($self, $reason) = @_;
	kill 'KILL', @{ $self->{pids} };
	die "$reason\n";
}

sub kill_one
{
	my ($self, $what, $fault) = @_;
	my @pids = @{ $self->wait_for_work->{$what} };
	$self->count($fault) if kill 'KILL', $pids[ rand @pids ];
	sleep 0.2;
	return;
}

sub fault_backend { return $_[0]->kill_one(client => 'backend') }
sub fault_teller { return $_[0]->kill_one(teller => 'teller') }
sub fault_job { return $_[0]->kill_one(job => 'job') }

# Sessions that are at work at this moment.
sub signal_some
{
	my ($self, $function, $fault, $times) = @_;
	my $dbh = session($self->{primary});
	for (1 .. $times)
	{
		my $is_sent = sub {
			value($dbh, qq{SELECT $function(pid) FROM pg_stat_activity
				WHERE application_name IN ('client', 'job') AND state = 'active' ORDER BY random() LIMIT 1});
		};
		wait_until($is_sent, 10) or $self->give_up('nobody is at work');
		$self->count($fault);
		sleep rand 0.02;
	}
	$dbh->disconnect;
	return;
}

sub fault_cancel { return $_[0]->signal_some('pg_cancel_backend', 'cancel', 20) }
sub fault_terminate { return $_[0]->signal_some('pg_terminate_backend', 'terminate', 3) }

sub fault_crossing
{
	my ($self) = @_;
	append_to_file($self->{crossing}, '');
	sleep 1;
	unlink $self->{crossing};
	$self->count('crossing');
	return;
}

sub start_again
{
	my ($self, $node, $fault) = @_;
	$node->start(fail_ok => 1) or $self->give_up("the server does not start after $fault");
	$self->count($fault);
	my $dbh = session($node);
	$self->verify($dbh, "after $fault");
	$dbh->disconnect;
	return;
}

sub fault_server
{
	my ($self) = @_;
	kill_server($self->{primary}) or $self->give_up('the server does not die');
	$self->start_again($self->{primary}, 'server');
	return;
}

sub fault_immediate
{
	my ($self) = @_;
	$self->{primary}->stop('immediate');
	$self->start_again($self->{primary}, 'immediate');
	return;
}

#
# Failover
#

# The standby, from a backup of the primary, in whose place it will be.
sub build_standby
{
	my ($self) = @_;
	my ($primary, $standby) = @{$self}{qw(primary standby)};
	my $name = 'backup' . $self->{backups}++;
	mkdir $standby->basedir;
	$primary->backup($name);
	$standby->init_from_backup($primary, $name, has_streaming => 1);
	$standby->start;
	return;
}

sub fault_failover
{
	my ($self) = @_;
	my ($primary, $standby) = @{$self}{qw(primary standby)};
	my $dbh = session($primary);
	wait_until(sub { value($dbh, q{SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'}) })
	  or $self->give_up('the standby does not follow');
	$dbh->disconnect;
	$self->read_standby;
	kill_server($primary) or $self->give_up('the server does not die');
	$standby->promote;
	$self->count('failover');

	@{$self}{qw(primary standby)} = ($standby, $primary);
	$primary->clean_node;
	$self->build_standby;
	$dbh = session($standby);
	$self->verify($dbh, 'after failover');
	$dbh->disconnect;
	return;
}

# A standby is there to be read.
sub read_standby
{
	my ($self) = @_;
	my $dbh = session($self->{standby});
	my ($from, $to) = @{ $self->{accounts}{USD} };
	foreach my $query ("balance($from)", "statement($from, max_rows => 10)", 'trial_balance()')
	{
		my $answer = call($dbh, "SELECT * FROM simplebank.$query");
		$self->complain("a standby answers $query with $answer->{sqlstate}") if exists $answer->{sqlstate};
	}
	my $sqlstate = call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 1)', $from, $to)->{sqlstate} // 'no error';
	$self->complain("a standby answers a transfer with $sqlstate") if $sqlstate ne '25006';
	$self->verify($dbh, 'on a standby');
	$dbh->disconnect;
	return;
}

#
# The disk
#

sub work_on_small_disk
{
	my ($self) = @_;
	my $small = $self->{small};
	if (!defined $small)
	{
		$self->{report}{skipped}{disk} = 'no small file system could be mounted';
		return;
	}
	my $node = PostgreSQL::Test::Cluster->new('small');
	rmdir $node->basedir;
	symlink $small, $node->basedir or die "could not make a symlink: $!";
	$node->init(extra => ['--wal-segsize=1']);
	$node->append_conf('postgresql.conf',
		$self->settings . "min_wal_size = 2MB\nmax_wal_size = 8MB\n");
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION simplebank');
	my $dbh = session($node);
	$self->{accounts} = open_accounts($dbh);
	$dbh->disconnect;
	$self->{primary} = $node;

	$self->start_clients($self->{accounts}, $node);
	foreach my $n (0 .. $self->{duration} / 60)
	{
		$self->wait_for_work;
		sleep 0.3 + rand 0.7;
		$self->fill("$small/ballast", 1.5);
		$self->count('disk');
		next if eval { session($node)->disconnect; 1 } || wait_until(sub { eval { session($node)->disconnect; 1 } }, 5);
		# it was too full to recover
		$node->{_pid} = undef;
		$self->start_again($node, 'no space to recover');
	}
	$self->wait_for_work;
	$self->stop_clients($node);
	$node->stop;
	$self->complain(map { "a crash: $_" } find_crashes($node->logfile));
	return;
}

# Takes all the room there is, again and again, and gives it back.
sub fill
{
	my ($self, $ballast, $seconds) = @_;
	my $deadline = time + $seconds;
	open my $handle, '>', $ballast or die "$ballast: $!";
	while (time < $deadline)
	{
		foreach my $size (65536, 4096)
		{
			while (syswrite $handle, "\0" x $size) { }
		}
		sleep 0.02;
	}
	close $handle;
	unlink $ballast;
	return;
}

#
# Figures
#

sub add_figures
{
	my ($self, $journals, $ledger) = @_;
	my $report = $self->{report};
	foreach my $line (map { @$_ } @$journals)
	{
		if (my $intent = $line->{intent})
		{
			$report->{attempts}{ $intent->{operation} }++;
			$report->{faults}{timeouts}++ if $intent->{limit};
			$report->{again}{ $_->[0] }++ foreach grep { $intent->{ $_->[1] } } [ 'sent twice' => 'again' ], [ 'key used for another request' => 'differs' ];
		}
		elsif (my $answer = $line->{accepted})
		{
			foreach my $item ($answer->{items} ? @{ $answer->{items} } : $answer)
			{
				$report->{answers}{ defined $item->{sqlstate} ? 'refused' : $item->{replayed} ? 'replayed' : 'accepted' }++;
				$report->{refused}{ $item->{sqlstate} }++ if defined $item->{sqlstate};
			}
		}
		elsif (defined $line->{undone}) { $report->{answers}{'rolled back'}++ }
		elsif (defined $line->{lost}) { $report->{lost}{ $line->{lost} }++; $report->{answers}{unknown}++ }
		else { $report->{refused}{ $line->{refused} }++; $report->{answers}{refused}++ }
	}
	$report->{rows}{$_} += @{ $ledger->{$_} } foreach keys %$ledger;
	return;
}

# For a person to read.
sub describe
{
	my ($report) = @_;
	my $list = sub {
		my ($counts) = @_;
		return join(', ', map { "$_ $counts->{$_}" } sort { $counts->{$b} <=> $counts->{$a} || $a cmp $b } keys %$counts) || 'none';
	};
	my @lines = (
		[ attempts => sum0(values %{ $report->{attempts} }) . ': ' . $list->($report->{attempts}) ],
		[ answers => $list->($report->{answers}) ],
		[ repetitions => $list->($report->{again}) ],
		[ refused => $list->($report->{refused}) ],
		[ unknown => $list->($report->{lost}) ],
		[ ledger => $list->($report->{rows}) ],
		[ faults => $list->($report->{faults}) ],
		[ verify => sprintf '%d times; %d seals; %d ticks of pg_cron', $report->{verifications} // 0, $report->{seals} // 0, $report->{ticks} // 0 ],
		(map { [ skipped => "$_: $report->{skipped}{$_}" ] } sort keys %{ $report->{skipped} // {} }),
		[ violations => scalar @{ $report->{violations} } ]);
	return map { sprintf '%-12s %s', @$_ } @lines;
}

1;
