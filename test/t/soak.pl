# A short soak: clients that ask for everything while each fault is injected
# once (Simplebank::Soak).  What was acknowledged is there once, what was
# refused or rolled back is not, what had no answer is settled by a retry with
# its key.  The judge is Simplebank::Checker, which is then itself put to the
# test with damaged ledgers and journals.
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
use Simplebank::Soak;
use Simplebank::Test;
use Storable qw(dclone);
use Test::More;

my $seed = seed_of_test();
my $report = soak(
	seed => $seed, clients => 4, duration => 0, faults => [ all_faults() ],
	small => $ENV{SIMPLEBANK_SMALL_DISK}, say => sub { diag $_[0] });
note $_ foreach describe($report);
is(scalar @{ $report->{violations} }, 0, 'journals and ledger agree');
cmp_ok($report->{seals}, '>', 20, 'seals were made back to back');
foreach my $fault (all_faults())
{
  SKIP:
	{
		skip $report->{skipped}{$fault}, 1 if $report->{skipped}{$fault};
		ok($report->{faults}{$fault}, "there was a fault: $fault");
	}
}
foreach my $seen (
	(map { [ answers => $_ ] } qw(accepted replayed refused unknown), 'rolled back'),
	(map { [ refused => $_ ] } qw(SB001 SB102 SB202 SB301 SB401 57014)),
	(map { [ again => $_ ] } 'sent twice', 'key used for another request'),
	(map { [ attempts => $_ ] } Simplebank::Client::operations()))
{
	my ($kind, $name) = @$seen;
	ok($report->{$kind}{$name}, "the run has seen: $name");
}

#
# The judge is judged, with the ledger of a quiet hour: each damage must be
# reported.
#

my $directory = PostgreSQL::Test::Utils::tempdir();
my $node = new_bank('quiet', conf => "log_statement = none\nshared_preload_libraries = 'simplebank'\n");
my $dbh = session($node);
my $accounts = open_accounts($dbh);
my @journals = map { "$directory/quiet.$_" } 1 .. 2;
my @pids = map {
	my $number = $_;
	in_background(
		sub {
			Simplebank::Client::run(
				node => $node,
				name => "c$number",
				journal => $journals[ $number - 1 ],
				accounts => $accounts,
				seed => $seed + $number,
				requests => 300);
		});
} 1 .. 2;
ok(reap(@pids), 'clients without faults');
$dbh->do(q{SELECT pg_sleep(5)});
$dbh->do("CALL simplebank.run_job('$_')") foreach qw(standing_orders expire_holds);
verify_is_sound($dbh);
my $journals = [ map { read_journal($_) } @journals ];
my $ledger = read_ledger($dbh);
$dbh->disconnect;
$node->stop;
is(join("\n", judge($journals, $ledger)), '', 'nothing to complain about');

# A crash that no fault has caused is found in the server's log.
foreach my $case (
	[ 1, 'TRAP: FailedAssertion("is_sound", File: "post.c", Line: 1, PID: 7)', 'server process (PID 7) was terminated by signal 6: Aborted' ],
	[ 1, 'server process (PID 7) was terminated by signal 11: Segmentation fault' ],
	[ 1, 'PANIC:  stuck spinlock detected', 'background worker "simplebank teller 1" (PID 7) was terminated by signal 6: Aborted' ],
	[ 0, 'server process (PID 7) was terminated by signal 9: Killed' ],
	[ 0, 'PANIC:  could not write to file "pg_wal/xlogtemp.7": No space left on device', 'server process (PID 7) was terminated by signal 6: Aborted' ])
{
	my ($crashes, @lines) = @$case;
	my $log = "$directory/crash.log";
	unlink $log;
	append_to_file($log, join '', map { "2026-01-01 00:00:00 UTC [1] LOG:  $_\n" } @lines);
	is(scalar(my @found = find_crashes($log)), $crashes, "crashes found: $crashes: $lines[0]");
}

srand $seed;

sub any { return $_[ rand @_ ] }

# The journal and the place in it of a line with this outcome; the condition
# is given the line and its intent.
sub line_with
{
	my ($journals, $outcome, $condition) = @_;
	my @found;
	foreach my $journal (@$journals)
	{
		my %intent = map { $_->{n} => $_->{intent} } grep { $_->{intent} } @$journal;
		push @found, map { [ $journal, $_ ] } grep {
			my $line = $journal->[$_];
			$line->{$outcome} && (!$condition || $condition->($line, $intent{ $line->{n} }))
		} 0 .. $#$journal;
	}
	return @{ any(@found) };
}

sub intent_of
{
	my ($journal, $at) = @_;
	my ($intent) = grep { $_->{intent} && $_->{n} == $journal->[$at]{n} } @$journal;
	return $intent->{intent};
}

# Of one that is a transfer of its own.
sub first_answer
{
	return defined $_[0]{accepted}{transfer_id} && !$_[0]{accepted}{replayed};
}

sub first_transfer { return first_answer($_[0]) && defined $_[0]{accepted}{to_balance} }

sub no_funds { return $_[0]{refused} eq 'SB001' }

sub drop
{
	my ($rows, $condition) = @_;
	my @found = grep { !$condition || $condition->($rows->[$_]) } 0 .. $#$rows;
	splice @$rows, any(@found), 1;
	return;
}

sub one_with
{
	my ($rows, %wanted) = @_;
	return any(
		grep {
			my $row = $_;
			!grep { ($row->{$_} // '') !~ $wanted{$_} } keys %wanted
		} @$rows);
}

sub row_of
{
	my ($rows, $id) = @_;
	my ($row) = grep { $_->{id} == $id } @$rows;
	return $row;
}

# A copy of a transfer of two legs, posted as the next one, with entries.
sub post_again
{
	my ($ledger, $first, %columns) = @_;
	my ($last) = sort { $b->{id} <=> $a->{id} } @{ $ledger->{transfers} };
	my $copy = { %$first, id => $last->{id} + 1, %columns };
	my %side = (from => -$copy->{amount}, to => $copy->{amount});
	foreach my $side (keys %side)
	{
		my $account = row_of($ledger->{accounts}, $copy->{"${side}_account_id"});
		$account->{balance} += $side{$side};
		$copy->{"${side}_version"} = ++$account->{version};
		push @{ $ledger->{entries} },
		  {
			account_id => $account->{id}, version => $account->{version}, transfer_id => $copy->{id},
			amount => $side{$side}, balance => $account->{balance}, posted_at => $copy->{posted_at}
		  };
	}
	push @{ $ledger->{transfers} }, $copy;
	return $copy;
}

# The entry of a leg, posted once more.
sub add_entry
{
	my ($ledger, $entry, %columns) = @_;
	my $account = row_of($ledger->{accounts}, $entry->{account_id});
	$account->{balance} += $entry->{amount};
	push @{ $ledger->{entries} },
	  { %$entry, version => ++$account->{version}, balance => $account->{balance}, %columns };
	return;
}

# What was damaged, and how: given journals and ledger.
my @damages = (
	[ 'an entry is missing' => sub { drop($_[1]{entries}) } ],
	[ 'an entry is doubled' => sub { push @{ $_[1]{entries} }, { %{ any(@{ $_[1]{entries} }) } } } ],
	[ 'an entry is added' => sub {
			my $account = any(grep { $_->{version} } @{ $_[1]{accounts} });
			my ($last) = grep {
				$_->{account_id} == $account->{id} && $_->{version} == $account->{version}
			} @{ $_[1]{entries} };
			push @{ $_[1]{entries} }, { %$last, version => $last->{version} + 1 };
		} ],
	[ 'two entries are swapped' => sub {
			my ($first, $second) = grep { $_->{account_id} == $accounts->{USD}[0] && $_->{version} < 3 }
			  @{ $_[1]{entries} };
			@{$first}{qw(transfer_id amount)} = (@{$second}{qw(transfer_id amount)},
				@{$second}{qw(transfer_id amount)} = @{$first}{qw(transfer_id amount)})[ 0, 1 ];
		} ],
	[ 'an entry has another amount' => sub { any(@{ $_[1]{entries} })->{amount}++ } ],
	[ 'an entry has another balance' => sub { any(@{ $_[1]{entries} })->{balance}-- } ],
	[ 'an entry has another time' => sub { any(@{ $_[1]{entries} })->{posted_at} .= '0' } ],
	[ 'a transfer is missing' => sub { drop($_[1]{transfers}) } ],
	[ 'a transfer is posted twice' => sub {
			post_again($_[1], one_with($_[1]{transfers}, operation => qr/transfer|deposit|withdraw/, description => qr/^c/));
		} ],
	[ 'a transfer turned round' => sub {
			my $transfer = one_with($_[1]{transfers}, operation => qr/^transfer/);
			@{$transfer}{qw(from_account_id to_account_id from_version to_version)} =
			  @{$transfer}{qw(to_account_id from_account_id to_version from_version)};
		} ],
	[ 'an account has another balance' => sub { any(@{ $_[1]{accounts} })->{balance}++ } ],
	[ 'an account has another version' => sub { any(@{ $_[1]{accounts} })->{version}++ } ],
	[ 'an account is missing' => sub { drop($_[1]{accounts}, sub { $_[0]{version} }) } ],
	[ 'a key is missing' => sub { drop($_[1]{keys}) } ],
	[ 'a key is added' => sub {
			push @{ $_[1]{keys} }, { key => 'strange', operation => 'transfer', transfer_id => 1 };
		} ],
	[ 'a key points to another transfer' => sub { one_with($_[1]{keys}, transfer_id => qr/./)->{transfer_id}++ } ],
	[ 'a refused request keeps its key' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', \&no_funds);
			my $key = intent_of($journal, $at)->{key};
			push @{ $_[1]{keys} }, { key => $key, operation => 'transfer', transfer_id => 1 };
		} ],

	[ 'a leg of a journal is doubled' => sub {
			add_entry($_[1], one_with($_[1]{entries}, leg => qr/./));
		} ],
	[ 'a leg of a journal is doubled, with a number of its own' => sub {
			my $entry = one_with($_[1]{entries}, leg => qr/./);
			my $legs = grep { $_->{transfer_id} == $entry->{transfer_id} } @{ $_[1]{entries} };
			add_entry($_[1], $entry, leg => $legs + 1);
		} ],
	[ 'both sides of a journal are doubled' => sub {
			my $journal = one_with($_[1]{transfers}, operation => qr/journal/, from_account_id => qr/^$/);
			my @legs = sort { $a->{leg} <=> $b->{leg} } grep { $_->{transfer_id} == $journal->{id} } @{ $_[1]{entries} };
			add_entry($_[1], $legs[$_], leg => @legs + 1 + $_) foreach 0, 1;
		} ],
	[ 'two legs of a journal have changed places' => sub {
			my $journal = one_with($_[1]{transfers}, operation => qr/journal/, from_account_id => qr/^$/);
			$_->{leg} = 3 - $_->{leg} foreach grep { $_->{transfer_id} == $journal->{id} && $_->{leg} < 3 } @{ $_[1]{entries} };
		} ],
	[ 'an exchange at another rate' => sub { one_with($_[1]{transfers}, operation => qr/exchange/)->{to_amount}++ } ],
	[ 'a reversal is done twice' => sub {
			post_again($_[1], one_with($_[1]{transfers}, operation => qr/reversal/, from_account_id => qr/./));
		} ],
	[ 'a reversal is done twice, with a key of its own' => sub {
			my $reversal = one_with($_[1]{transfers}, operation => qr/reversal/, from_account_id => qr/./);
			my ($journal, $at) = line_with($_[0], 'refused', \&no_funds);
			my $intent = intent_of($journal, $at);
			my $copy = post_again($_[1], $reversal, description => $intent->{key});
			push @{ $_[1]{keys} }, { key => $intent->{key}, operation => 'reversal', transfer_id => $copy->{id} };
			@{$intent}{qw(operation arguments)} = ('reverse_transfer', [ $reversal->{reverses} ]);
			$journal->[$at] = { n => $journal->[$at]{n},
				accepted => { replayed => 0, transfer_id => $copy->{id}, posted_at => $copy->{posted_at} } };
		} ],
	[ 'a reversal of another transfer' => sub { one_with($_[1]{transfers}, operation => qr/reversal/)->{reverses}-- } ],
	[ 'a reversal that is none' => sub { one_with($_[1]{transfers}, operation => qr/reversal/)->{reverses} = undef } ],

	[ 'a hold is missing' => sub { drop($_[1]{holds}) } ],
	[ 'a hold is doubled' => sub {
			my ($last) = sort { $b->{id} <=> $a->{id} } @{ $_[1]{holds} };
			push @{ $_[1]{holds} }, { %{ one_with($_[1]{holds}, status => qr/released/) }, id => $last->{id} + 1 };
		} ],
	[ 'a hold has another amount' => sub { any(@{ $_[1]{holds} })->{amount}++ } ],
	[ 'a hold has another account' => sub {
			my $hold = any(@{ $_[1]{holds} });
			@{$hold}{qw(from_account_id to_account_id)} = @{$hold}{qw(to_account_id from_account_id)};
		} ],
	[ 'a hold says that more was captured' => sub { one_with($_[1]{holds}, status => qr/released|captured/)->{captured}++ } ],
	[ 'a hold was captured beyond its amount' => sub {
			my $capture = one_with($_[1]{transfers}, operation => qr/capture/);
			my $hold = row_of($_[1]{holds}, $capture->{hold_id});
			my $copy = post_again($_[1], $capture, amount => $hold->{amount});
			$hold->{captured} += $copy->{amount};
		} ],
	[ 'a released hold is open again' => sub { one_with($_[1]{holds}, status => qr/released/)->{status} = 'open' } ],
	[ 'a captured hold was released' => sub { one_with($_[1]{holds}, status => qr/captured/)->{status} = 'released' } ],
	[ 'an open hold was released' => sub {
			my $hold = one_with($_[1]{holds}, status => qr/open/);
			$hold->{status} = 'released';
			row_of($_[1]{accounts}, $hold->{from_account_id})->{held} -= $hold->{amount} - $hold->{captured};
		} ],
	[ 'a hold without end has expired' => sub {
			my $hold = one_with($_[1]{holds}, status => qr/open/, expires_at => qr/^$/);
			$hold->{status} = 'expired';
			row_of($_[1]{accounts}, $hold->{from_account_id})->{held} -= $hold->{amount} - $hold->{captured};
		} ],
	[ 'an account holds less' => sub { one_with($_[1]{accounts}, held => qr/[1-9]/)->{held}-- } ],
	[ 'a release is journalled as a capture' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted',
				sub { $_[1]{operation} eq 'release_hold' && !$_[0]{accepted}{replayed} });
			my $intent = intent_of($journal, $at);
			@{$intent}{qw(operation arguments)} = ('capture_hold', [ $intent->{arguments}[0], undef, 1 ]);
			$journal->[$at]{accepted}{transfer_id} = 1;
		} ],

	[ 'an order is missing' => sub { drop($_[1]{orders}) } ],
	[ 'an order pays another amount' => sub {
			my $execution = one_with($_[1]{executions}, status => qr/paid/);
			row_of($_[1]{orders}, $execution->{order_id})->{amount}++;
		} ],
	[ 'an order is executed twice' => sub {
			my $execution = one_with($_[1]{executions}, status => qr/paid/);
			my $copy = post_again($_[1], row_of($_[1]{transfers}, $execution->{transfer_id}));
			push @{ $_[1]{executions} }, { %$execution, occurrence => 2, transfer_id => $copy->{id} };
		} ],
	[ 'an order is paid without an execution' => sub { drop($_[1]{executions}, sub { $_[0]{status} eq 'paid' }) } ],

	[ 'an accepted request is journalled as refused' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', \&first_answer);
			$journal->[$at] = { n => $journal->[$at]{n}, refused => 'SB001' };
		} ],
	[ 'a refused request is journalled as accepted' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', \&no_funds);
			my ($other, $other_at) = line_with($_[0], 'accepted', \&first_answer);
			$journal->[$at] =
			  { n => $journal->[$at]{n}, accepted => dclone($other->[$other_at]{accepted}) };
		} ],
	[ 'an accepted request is journalled as rolled back' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', \&first_answer);
			$journal->[$at] = { n => $journal->[$at]{n}, undone => '' };
		} ],
	[ 'a refused hold is journalled as accepted' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', \&no_funds);
			my ($other, $other_at) = line_with($_[0], 'accepted', sub { $_[1]{operation} eq 'place_hold' });
			intent_of($journal, $at)->{operation} = 'place_hold';
			$journal->[$at] = { n => $journal->[$at]{n}, accepted => dclone($other->[$other_at]{accepted}) };
		} ],
	[ 'an item of a batch is journalled as refused' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', sub { grep { !$_->{replayed} && $_->{transfer_id} } @{ $_[0]{accepted}{items} // [] } });
			any(grep { $_->{transfer_id} } @{ $journal->[$at]{accepted}{items} })->{sqlstate} = 'SB001';
		} ],
	[ 'items that belong together were accepted and refused' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', sub {
					my @items = @{ $_[0]{accepted}{items} // [] };
					return (grep { $_->{sqlstate} } @items) && grep { $_->{transfer_id} && !$_->{replayed} } @items;
				});
			intent_of($journal, $at)->{arguments}[3] = [ map { 0 } @{ $journal->[$at]{accepted}{items} } ];
		} ],
	[ 'a hold that was there is journalled as not found' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', sub { $_[0]{refused} eq 'SB102' });
			$journal->[$at]{refused} = 'SB101';
			intent_of($journal, $at)->{known} = 1;
		} ],
	[ 'a transfer that was not reversed is journalled as reversed before' => sub {
			my ($journal, $at) = line_with($_[0], 'refused', \&no_funds);
			my $transfer = one_with($_[1]{transfers}, description => qr/setup/, id => qr/^[1-3]$/);
			@{ $_[1]{transfers} } = grep { ($_->{reverses} // 0) != $transfer->{id} } @{ $_[1]{transfers} };
			@{ intent_of($journal, $at) }{qw(operation arguments)} = ('reverse_transfer', [ $transfer->{id} ]);
			$journal->[$at]{refused} = 'SB202';
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
	[ 'a request was done for each of two attempts' => sub {
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
			my ($journal, $at) = line_with($_[0], 'accepted', sub { defined $_[0]{accepted}{transfer_id} });
			$journal->[$at]{accepted}{transfer_id}++;
		} ],
	[ 'an answer named another hold' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', sub { $_[1]{operation} eq 'place_hold' });
			$journal->[$at]{accepted}{hold_id}++;
		} ],
	[ 'an answer had another balance' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted', \&first_transfer);
			$journal->[$at]{accepted}{to_balance}++;
		} ],
	[ 'a client asked for another amount' => sub {
			my ($journal, $at) = line_with($_[0], 'accepted',
				sub { first_transfer($_[0]) && $_[1]{operation} =~ /^(transfer|deposit|withdraw)$/ });
			intent_of($journal, $at)->{arguments}[-1]++;
		} ],
	[ 'a deadlock' => sub {
			my ($journal, $at) = line_with($_[0], 'refused');
			$journal->[$at]{refused} = '40P01';
		} ],
	[ 'a deadlock, then a rollback' => sub {
			my ($journal, $at) = line_with($_[0], 'undone', sub { $_[0]{undone} =~ /SB/ });
			$journal->[$at]{undone} = '40P01';
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
