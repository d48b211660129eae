# Clients at work while server processes are killed: a backend, a teller, the whole
# server, and "pg_ctl stop -m immediate".  What was acknowledged is there once,
# what was refused is not, what had no answer is settled by a retry with its
# key.  The judge is Simplebank::Checker, which is then itself put to the test
# with damaged ledgers and journals.
#
# SIMPLEBANK_SEED gives the clients the same requests again.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Checker;
use Simplebank::Client;
use Simplebank::Test;
use Storable qw(dclone);
use Test::More;
use Time::HiRes qw(sleep);

my $clients = 4;
my $directory = PostgreSQL::Test::Utils::tempdir();
my $node = new_bank('crash', conf => <<CONF);
restart_after_crash = on
log_statement = none
log_min_messages = fatal
shared_preload_libraries = 'simplebank'
CONF
my $seed = seed_of_test();

# Opens some accounts with money.
sub open_accounts
{
	my ($dbh) = @_;
	my @accounts = map {
		value($dbh, q{SELECT simplebank.open_account('alice', 'USD')})
	} 1 .. 6;
	value($dbh, q{SELECT simplebank.deposit(?, 1000, description => 'setup')}, $_)
	  foreach @accounts;
	return @accounts;
}

my $dbh = session($node);
my @accounts = open_accounts($dbh);
$dbh->disconnect;

my @journals = map { "$directory/journal.$_" } 1 .. $clients;
my @pids = map {
	my $number = $_;
	in_background(
		sub {
			Simplebank::Client::run(
				node => $node,
				name => "c$number",
				journal => $journals[ $number - 1 ],
				accounts => \@accounts,
				submit => 1,
				seed => $seed + $number,
				stop => "$directory/stop",
				pause => 0.006);
		});
} 1 .. $clients;

#
# The faults
#

# A pid of the server's clients, and its teller's, as soon as all of them are at work.
sub working_backend
{
	my @backends;
	my $teller;
	my $found = wait_until(
		sub {
			eval {
				my $session = session($node);
				@backends = @{
					$session->selectcol_arrayref(
						q{SELECT pid FROM pg_stat_activity WHERE application_name = 'client'})
				};
				$teller = value($session, q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank teller'});
				$session->disconnect;
			};
			return @backends == $clients && $teller;
		});
	ok($found, 'all clients are connected');
	sleep 0.5;
	return ($backends[ rand @backends ], $teller);
}

# All processes of the server at once, as when the machine goes down.
sub kill_server
{
	my $postmaster = (split /\n/, slurp_file($node->data_dir . '/postmaster.pid'))[0];
	my @children = split ' ', `ps -o pid= --ppid $postmaster`;
	$node->kill9;
	kill 'KILL', @children;
	ok(wait_until(sub { !grep { lives($_) } $postmaster, @children }), 'the server is dead');

	# where nobody buries it, as in some containers, its pid seems to live
	unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock'
	  unless wait_until(sub { !kill 0, $postmaster }, 5);
	return;
}

sub lives
{
	my ($pid) = @_;
	return `ps -o stat= -p $pid` =~ /^[^Z\s]/;
}

sub start_again
{
	my ($name) = @_;
	return if ok($node->start(fail_ok => 1), "the server starts again after $name");
	kill 'KILL', @pids;
	die "no server after $name";
}

foreach my $n (1 .. 4)
{
	my ($backend, $teller) = working_backend();
	is(kill('KILL', $n % 2 ? $backend : $teller), 1, 'kill -9 of ' . ($n % 2 ? 'a backend' : 'a teller') . ", number $n");
	sleep 0.2;
}
foreach my $n (1 .. 2)
{
	working_backend();
	kill_server();
	start_again("kill -9, number $n");
	working_backend();
	$node->stop('immediate');
	start_again("an immediate stop, number $n");
}
working_backend();
append_to_file("$directory/stop", '');
ok(reap(@pids), 'the clients have settled all their requests');

#
# The judgement
#

$dbh = session($node);
verify_is_sound($dbh);
my $journals = [ map { read_journal($_) } @journals ];
my $ledger = read_ledger($dbh);

my @complaints = judge($journals, $ledger);
is(scalar @complaints, 0, 'journals and ledger agree');
diag $_ foreach @complaints[ 0 .. ($#complaints < 9 ? $#complaints : 9) ];

my @lines = map { @$_ } @$journals;
my %seen;
$seen{accepted} = grep { $_->{accepted} && !$_->{accepted}{replayed} } @lines;
$seen{replayed} = grep { $_->{accepted} && $_->{accepted}{replayed} } @lines;
$seen{lost} = grep { $_->{lost} } @lines;
$seen{$_} = do { my $code = $_; scalar grep { ($_->{refused} // '') eq $code } @lines }
  foreach qw(SB001 SB301);
note join ', ', map { "$_: $seen{$_}" } sort keys %seen;
ok($seen{$_} > 0, "the run has seen $_") foreach sort keys %seen;

#
# The judge is judged, with the ledger of a quiet hour: each damage must be
# reported.
#

$dbh->do('CREATE DATABASE quiet');
$dbh->disconnect;
$dbh = session($node, dbname => 'quiet');
$dbh->do('CREATE EXTENSION simplebank');
@accounts = open_accounts($dbh);
@journals = map { "$directory/quiet.$_" } 1 .. 2;
@pids = map {
	my $number = $_;
	in_background(
		sub {
			Simplebank::Client::run(
				node => $node,
				dbname => 'quiet',
				name => "c$number",
				journal => $journals[ $number - 1 ],
				accounts => \@accounts,
				seed => $seed + $number,
				requests => 250);
		});
} 1 .. 2;
ok(reap(@pids), 'clients without faults');
$journals = [ map { read_journal($_) } @journals ];
$ledger = read_ledger($dbh);
$dbh->disconnect;
$node->stop;
is(join("\n", judge($journals, $ledger)), '', 'nothing to complain about');

srand $seed;

sub any { return $_[ rand @_ ] }

sub line_with
{
	my ($journals, $outcome, $condition) = @_;
	my $journal = any(@$journals);
	my @found = grep {
		$journal->[$_]{$outcome} && (!$condition || $condition->($journal->[$_]))
	} 0 .. $#$journal;
	return ($journal, any(@found));
}

sub first_answer { return !$_[0]{accepted}{replayed} }

sub drop
{
	my ($rows, $condition) = @_;
	my @found = grep { !$condition || $condition->($rows->[$_]) } 0 .. $#$rows;
	splice @$rows, any(@found), 1;
	return;
}

sub by_client { return ($_[0]{description} // '') ne 'setup' }

my @damages = (
	[ 'an entry is missing' => sub { drop($_[1]{entries}) } ],
	[ 'an entry is doubled' => sub { push @{ $_[1]{entries} }, { %{ any(@{ $_[1]{entries} }) } } } ],
	[ 'an entry is added' => sub {
			my ($account) = sort { $b->{version} <=> $a->{version} } @{ $_[1]{accounts} };
			my ($last) = grep {
				$_->{account_id} == $account->{id} && $_->{version} == $account->{version}
			} @{ $_[1]{entries} };
			push @{ $_[1]{entries} }, { %$last, version => $last->{version} + 1 };
		} ],
	[ 'two entries are swapped' => sub {
			my ($first, $second) = grep { $_->{account_id} == $accounts[0] && $_->{version} < 3 }
			  @{ $_[1]{entries} };
			@{$first}{qw(transfer_id amount)} = (@{$second}{qw(transfer_id amount)},
				@{$second}{qw(transfer_id amount)} = @{$first}{qw(transfer_id amount)})[ 0, 1 ];
		} ],
	[ 'an entry has another amount' => sub { any(@{ $_[1]{entries} })->{amount}++ } ],
	[ 'an entry has another balance' => sub { any(@{ $_[1]{entries} })->{balance}-- } ],
	[ 'an entry has another time' => sub { any(@{ $_[1]{entries} })->{posted_at} .= '0' } ],
	[ 'a transfer is missing' => sub { drop($_[1]{transfers}) } ],
	[ 'a transfer is posted twice' => sub {
			my ($last) = sort { $b->{id} <=> $a->{id} } grep { by_client($_) } @{ $_[1]{transfers} };
			my %side = (from => -$last->{amount}, to => $last->{amount});
			my $copy = { %$last, id => $last->{id} + 1 };
			foreach my $side (keys %side)
			{
				my ($account) = grep { $_->{id} == $last->{"${side}_account_id"} } @{ $_[1]{accounts} };
				$account->{balance} += $side{$side};
				$copy->{"${side}_version"} = ++$account->{version};
				push @{ $_[1]{entries} },
				  {
					account_id => $account->{id}, version => $account->{version},
					transfer_id => $copy->{id}, amount => $side{$side},
					balance => $account->{balance}, posted_at => $copy->{posted_at}
				  };
			}
			push @{ $_[1]{transfers} }, $copy;
		} ],
	[ 'a transfer turned round' => sub {
			my $transfer = any(grep { $_->{operation} eq 'transfer' } @{ $_[1]{transfers} });
			@{$transfer}{qw(from_account_id to_account_id from_version to_version)} =
			  @{$transfer}{qw(to_account_id from_account_id to_version from_version)};
		} ],
	[ 'an account has another balance' => sub { any(@{ $_[1]{accounts} })->{balance}++ } ],
	[ 'an account has another version' => sub { any(@{ $_[1]{accounts} })->{version}++ } ],
	[ 'an account is missing' => sub { drop($_[1]{accounts}) } ],
	[ 'a key is missing' => sub { drop($_[1]{keys}) } ],
	[ 'a key is added' => sub {
			push @{ $_[1]{keys} }, { key => 'strange', operation => 'transfer', transfer_id => 1 };
		} ],
	[ 'a key points to another transfer' => sub { any(@{ $_[1]{keys} })->{transfer_id}++ } ],
	[ 'a refused request keeps its key' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', sub { $_[0]{refused} eq 'SB001' });
			my ($intent) = grep { $_->{intent} && $_->{n} == $journal->[$at]{n} } @$journal;
			push @{ $_[1]{keys} },
			  { key => $intent->{intent}{key}, operation => 'transfer', transfer_id => 1 };
		} ],

	[ 'an accepted request is journalled as refused' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', \&first_answer);
			$journal->[$at] = { n => $journal->[$at]{n}, refused => 'SB001' };
		} ],
	[ 'a refused request is journalled as accepted' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', sub { $_[0]{refused} eq 'SB001' });
			my ($other, $other_at) = line_with($_[0], 'accepted', \&first_answer);
			$journal->[$at] =
			  { n => $journal->[$at]{n}, accepted => dclone($other->[$other_at]{accepted}) };
		} ],
	[ 'the last answer is missing' => sub { pop @{ $_[0][0] } } ],
	[ 'a client has lost its journal' => sub { $_[0][0] = [] } ],
	[ 'an intent is missing' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', \&first_answer);
			my ($intent) = grep {
				$journal->[$_]{intent} && $journal->[$_]{n} == $journal->[$at]{n}
			} 0 .. $#$journal;
			splice @$journal, $intent, 1;
		} ],
	[ 'an answer is doubled' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted');
			splice @$journal, $at, 0, $journal->[$at];
		} ],
	[ 'a request was posted for each of two attempts' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', sub { $_[0]{accepted}{replayed} });
			$journal->[$at]{accepted}{replayed} = 0;
		} ],
	[ 'two answers are swapped' => sub {
			my ($first, $at) = line_with($_[0], 'accepted', \&first_answer);
			my ($second, $other_at);
			do { ($second, $other_at) = line_with($_[0], 'accepted', \&first_answer) }
			  until $first->[$at] != $second->[$other_at];
			($first->[$at]{accepted}, $second->[$other_at]{accepted}) =
			  ($second->[$other_at]{accepted}, $first->[$at]{accepted});
		} ],
	[ 'an answer named another transfer' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted');
			$journal->[$at]{accepted}{transfer_id}++;
		} ],
	[ 'an answer had another balance' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted');
			$journal->[$at]{accepted}{to_balance}++;
		} ],
	[ 'a client asked for another amount' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', \&first_answer);
			my ($intent) = grep { $_->{intent} && $_->{n} == $journal->[$at]{n} } @$journal;
			$intent->{intent}{arguments}[-1]++;
		} ],
	[ 'a deadlock' => sub {
			my ($journal, $at) = line_with($_[0], 'refused');
			$journal->[$at]{refused} = '40P01';
		} ]);

foreach my $damage (@damages)
{
	my ($name, $do) = @$damage;
	my ($damaged_journals, $damaged_ledger) = (dclone($journals), dclone($ledger));
	$do->($damaged_journals, $damaged_ledger);
	my @reported = judge($damaged_journals, $damaged_ledger);
	ok(@reported > 0, "the judge reports: $name");
	note "  $reported[0]" if @reported;
}

done_testing();
