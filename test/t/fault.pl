# Each fault point of src/fault.h, each way to fail there: an error, no memory,
# an end of the session, a crash of the server, a sleep in which the others go
# on, an error that is rolled back to a savepoint.  A request that failed has
# left no trace, one whose answer was lost is there once, and a retry settles
# it: in the end the ledger has changed exactly as without the fault.
#
# The points are in builds with -DSIMPLEBANK_FAULTS only; so the test makes an
# installation of its own beside the one that everything else tests.  Which
# points an operation passes, and how often, it asks the library; one that no
# operation passes is a failed test.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

alarm 500;    # rather than wait for ever

my @actions = qw(error memory exit crash sleep savepoint);
my %failure = (
	error => qr/^58000$/,
	savepoint => qr/^58000$/,
	memory => qr/^53200$/,
	exit => qr/^(08...|57P01)$/,
	crash => qr/^(08...|57P02)$/,
	sleep => qr/^57014$/);

#
# The installation
#

# PostgreSQL finds its files relative to its program: a copy of that, links to
# the rest, and the library of our build make another installation.
sub install
{
	my $directory = PostgreSQL::Test::Utils::tempdir();
	my $source = dirname(dirname($FindBin::RealBin));
	my %path = map { $_ => qx(pg_config --$_) =~ s/\n//r } qw(bindir pkglibdir sharedir);

	run_log([ 'cp', '-r', (map { "$source/$_" } qw(Makefile simplebank.control sql src)), $directory ]) or die;
	system_or_bail("find $directory -name '*.o' -delete");
	system_or_bail("make -s -j2 -C $directory COPT='-Werror -DSIMPLEBANK_FAULTS' with_llvm=no install DESTDIR=$directory/root >/dev/null");
	system_or_bail("mkdir -p $directory/root$_ && cp -rsn $_/. $directory/root$_") foreach @path{qw(pkglibdir sharedir)};
	system_or_bail("mkdir -p $directory/root$path{bindir} && cp -rL $path{bindir}/. $directory/root$path{bindir}");
	return ("$directory/root", %path);
}

my ($root, %path) = install();
my ($tested, $installed) = map { slurp_file("$_$path{pkglibdir}/simplebank.so") } $root, '';
like($tested, qr/simplebank\.fault.*sb_fault/s, 'this build has fault points');
unlike($installed, qr/simplebank\.fault|sb_fault/, 'the one that is installed has none');

my $node = PostgreSQL::Test::Cluster->new('fault', install_path => dirname("$root$path{bindir}"));
$node->init;
$node->append_conf('postgresql.conf', <<CONF);
shared_preload_libraries = 'simplebank'
restart_after_crash = on
autovacuum = off
CONF
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION simplebank');

# What the server's setting is does not matter to these.
sub connected
{
	my $session;
	wait_until(sub { $session = eval { session($node) } }) or die 'the server does not come back';
	$session->do(q{SET simplebank.fault = ''});
	return $session;
}

my ($dbh, $own, $other) = map { connected() } 1 .. 3;
my @points = split ' ', value($dbh, 'SHOW simplebank.fault_points');
cmp_ok(scalar @points, '>', 40, 'the list of points');
foreach my $wrong ('no_such_point:crash', 'posted:faint', 'posted')
{
	is(call($dbh, "SET simplebank.fault = '$wrong'")->{sqlstate}, '22023', "no fault \"$wrong\"");
}

sub log_position { return -s $node->logfile }

# What the log says since then, of one process where given.
sub log_lines
{
	my ($position, $pattern, $pid) = @_;
	my $of = defined $pid ? qr/\[$pid\]/ : qr/\[\d+\]/;
	return slurp_file($node->logfile, $position) =~ /^[^\[\n]*$of.*?LOG:  $pattern$/mg;
}

#
# The ledger: whatever it holds, and how much
#

my @tables = @{ $dbh->selectcol_arrayref(q{SELECT tablename FROM pg_tables WHERE schemaname = 'simplebank' ORDER BY 1}) };
my $everything = join ' UNION ALL ',
  map { qq{SELECT '$_', md5(string_agg(t::text, ' ' ORDER BY t::text COLLATE "C")) FROM simplebank.$_ t} } @tables;
# attempts of a job may be many
my $sums = join ' UNION ALL ',
  (map { "SELECT '$_', count(*) FROM simplebank.$_" } grep { $_ ne 'job_runs' } @tables),
  map { "SELECT '$_ of ' || a.owner || ' ' || a.currency, sum(a.$_) FROM simplebank.accounts a GROUP BY a.owner, a.currency" } qw(balance held version);

sub contents { return rows($dbh, $everything) }

sub amounts
{
	return { map { @$_ } @{ $dbh->selectall_arrayref($sums) } };
}

sub change
{
	my ($before, $after) = @_;
	my %change = map { $_ => ($after->{$_} // 0) - ($before->{$_} // 0) } keys %$before, keys %$after;
	return join ', ', map { "$_ $change{$_}" } grep { $change{$_} } sort keys %change;
}

#
# The operations
#

$dbh->do(q{SELECT simplebank.set_stripes(simplebank.system_account('cash', 'EUR'), 4)});
my ($alice, $bob, $dave) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(alice bob dave);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 1000000)', $_) foreach $alice, $bob;

my $serial = 0;
my @operations;

# name; call: SQL of a key and what prepare has answered.  keyed: a repetition
# answers the same, as its column replayed says where there is one.
sub operation
{
	my ($name, %operation) = @_;
	push @operations, { name => $name, %operation };
	return;
}

operation('transfer', keyed => 1, call => sub { "SELECT * FROM simplebank.transfer($alice, $bob, 7, key => '$_[0]')" });
operation('replay', keyed => 1, replays => 1,
	prepare => sub { call($dbh, "SELECT * FROM simplebank.transfer($alice, $bob, 7, key => ?)", $_[0]) },
	call => sub { "SELECT * FROM simplebank.transfer($alice, $bob, 7, key => '$_[0]')" });
operation('place_hold', keyed => 1,
	call => sub { "SELECT * FROM simplebank.place_hold($alice, $bob, 5, key => '$_[0]')" });
sub hold { return value($dbh, 'SELECT hold_id FROM simplebank.place_hold(?, ?, 5)', $alice, $bob) }
operation('capture_hold', keyed => 1, prepare => \&hold,
	call => sub { "SELECT * FROM simplebank.capture_hold($_[1], 3, key => '$_[0]')" });
operation('release_hold', keyed => 1, prepare => \&hold,
	call => sub { "SELECT * FROM simplebank.release_hold($_[1], key => '$_[0]')" });
operation('transfer of money whose hold expires', keyed => 1,
	prepare => sub {
		call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, 5)', $alice, $dave);
		call($dbh, q{SELECT * FROM simplebank.place_hold(?, ?, 5, clock_timestamp() + interval '1 ms'), pg_sleep(0.002)}, $dave, $alice);
	},
	call => sub { "SELECT * FROM simplebank.transfer($dave, $alice, 5, key => '$_[0]')" });

#
# The cases
#

my @complaints;

sub expect
{
	my ($what, $got, $wanted) = @_;
	my $fits = ref $wanted eq 'Regexp' ? $got =~ $wanted : $got eq $wanted;
	push @complaints, "$what: got \"$got\", not \"$wanted\"" unless $fits;
	return;
}

# refused or lost: its SQLSTATE
sub outcome { return $_[0]{sqlstate} // 'done' }

sub run
{
	my ($session, $operation, $case) = @_;
	return call($session, $operation->{call}->($case->{key}, $case->{id}));
}

sub new_case
{
	my ($operation) = @_;
	my $case = { key => 'key ' . ++$serial };
	$case->{id} = $operation->{prepare}->($case->{key}) if $operation->{prepare};
	$case->{contents} = contents();
	$case->{amounts} = amounts();
	return $case;
}

# Without a fault: what it changes, and the points that it passes, in order.
sub try_out
{
	my ($operation) = @_;
	my $case = new_case($operation);
	my $position = log_position();
	$own->do(q{SET simplebank.fault = 'trace'});
	expect('answer', outcome(run($own, $operation, $case)), 'done');
	$own->do(q{SET simplebank.fault = ''});
	$operation->{passed} = [ log_lines($position, qr/fault point (\w+)/, $own->{pg_pid}) ];
	$operation->{change} = change($case->{amounts}, amounts());
	return;
}

# What the caller is to see of it, and whether it is there then.
sub expectation
{
	my ($point, $action) = @_;
	return ('done', 1) if $point eq 'committed' && $action eq 'sleep';
	return ($failure{$action}, $point eq 'committed' ? 1 : 0);
}

sub fail_once
{
	my ($operation, $case, $point, $action, $nth) = @_;
	my $fault = $action eq 'savepoint' ? 'error' : $action;
	my $position = log_position();
	my $answer;

	$own->do("SET simplebank.fault = '$point:$fault:$nth'");
	if ($action eq 'sleep')
	{
		$answer = fall_asleep($operation, $case, $point, $position);
	}
	else
	{
		$own->begin_work if $action eq 'savepoint';
		$own->pg_savepoint('s') if $action eq 'savepoint';
		$answer = run($own, $operation, $case);
		$own->pg_rollback_to('s') if $action eq 'savepoint';
	}
	expect('the fault', join(' ', log_lines($position, qr/fault (\w+:\w+)/)), "$point:$fault");
	($dbh, $other) = map { connected() } 1 .. 2 if $action eq 'crash';
	$own = connected() if $action =~ /exit|crash/;
	return $answer;
}

# Others see nothing of it; one that asks for the same does it, or waits.
sub fall_asleep
{
	my ($operation, $case, $point, $position) = @_;
	my $pid = $own->{pg_pid};
	my $sleeper = begin_call($own, $operation->{call}->($case->{key}, $case->{id}));
	expect('asleep', wait_until(sub { log_lines($position, qr/fault (\w+:sleep)/) }), 1);
	my $there = (expectation($point, 'sleep'))[1];
	expect('others see it', contents() ne $case->{contents} ? 1 : 0, $operation->{replays} ? 0 : $there);
	my $second = $operation->{keyed} ? begin_call($other, $operation->{call}->($case->{key}, $case->{id})) : undef;
	$dbh->do('SELECT pg_cancel_backend(?)', undef, $pid);
	my $answer = end_call($own, $sleeper);
	$case->{second} = end_call($other, $second) if $second;
	return $answer;
}

sub replayed { return exists $_[0]{replayed} ? $_[0]{replayed} : $_[1] }

sub answer_text
{
	my ($answer) = @_;
	return join ', ', map { "$_ " . ($answer->{$_} // 'NULL') } grep { $_ ne 'replayed' } sort keys %$answer;
}

# One case; afterwards @complaints has what is wrong.
sub judge
{
	my ($operation, $point, $action, $nth) = @_;
	my $case = new_case($operation);
	my $answer = fail_once($operation, $case, $point, $action, $nth);
	my ($wanted, $there) = expectation($point, $action);
	$there = 0 if $operation->{replays};
	expect('answer', outcome($answer), $wanted);
	if ($case->{second})
	{
		expect('the second one', outcome($case->{second}), 'done');
		$there = 1;
	}
	elsif ($action ne 'savepoint')
	{
		expect('it is there', contents() ne $case->{contents} ? 1 : 0, $there);
	}
	settle($operation, $case, $there) if $operation->{keyed} || !$there;
	$own->commit if $action eq 'savepoint';
	expect('change', change($case->{amounts}, amounts()), $operation->{change});
	expect('verify()', rows($dbh, 'SELECT * FROM simplebank.verify()'), '');
	return;
}

# A retry, and one more.
sub settle
{
	my ($operation, $case, $there) = @_;
	my $answer = run($own, $operation, $case);
	expect('retry', outcome($answer), 'done');
	return unless $operation->{keyed};
	$there = 1 if $operation->{replays};
	expect('replayed', replayed($answer, $there), $there);
	my $again = run($own, $operation, $case);
	expect('replayed again', replayed($again, 1), 1);
	expect('another answer', answer_text($again), answer_text($answer));
	return;
}

sub test_case
{
	my ($name, @case) = @_;
	@complaints = ();
	judge(@case);
	return if ok(!@complaints, $name);
	diag "  $_" foreach @complaints;
	return;
}

# Every point in each way with the first operation that passes it; with those
# that follow an error, each time that they pass it.
my %tested;
foreach my $operation (@operations)
{
	my %passes;
	@complaints = ();
	try_out($operation);
	is("@complaints", '', "$operation->{name} without a fault");
	note "$operation->{name}: @{ $operation->{passed} }; $operation->{change}";
	foreach my $point (@{ $operation->{passed} })
	{
		my $nth = ++$passes{$point};
		my $name = "$operation->{name}, $point" . ($nth > 1 ? " number $nth" : '');
		foreach my $action ($tested{$point} ? 'error' : @actions)
		{
			next if $action eq 'savepoint' && $point =~ /commit/;
			if ($point eq 'committed' && $action !~ /crash|sleep/)
			{
				is(call($own, "SET simplebank.fault = 'committed:$action'")->{sqlstate}, '22023', "$name: $action") unless $tested{$point};
				next;
			}
			test_case("$name: $action", $operation, $point, $action, $nth);
		}
		$tested{$point} = 1;
	}
}

is(join(' ', grep { !$tested{$_} } @points), '', 'every point is passed by some operation');
$_->disconnect foreach $dbh, $own, $other;
$node->stop;
done_testing();
