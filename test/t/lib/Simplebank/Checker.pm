# Judges a ledger by the journals of its clients (see Simplebank::Client).
#
#   my @journals = map { read_journal($_) } @files;
#   my @complaints = judge(\@journals, read_ledger($dbh));
#
# What it proves, by its own arithmetic, where there is no complaint:
#
# - each request that was answered as accepted is in the ledger exactly once,
#   with the transfer id, time and balances of the answer, and each repetition
#   had the same answer;
# - each request that was refused left nothing;
# - each attempt without an answer was settled by a later one;
# - nothing is in the ledger that no client has asked for;
# - each account's entries are its transfers in the order of their versions,
#   without gaps, with running balances, never below zero for a customer;
# - one order of all transfers explains every account, and a client's later
#   request comes later in it.
#
# A request is known by its key, which is also its transfer's description, so
# that a posting without a key's row is seen.  Transfers described as "setup"
# belong to the test.

package Simplebank::Checker;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP;

our @EXPORT = qw(judge read_journal read_ledger);

# What a business refusal of these clients may be.
my %refusals = map { $_ => 1 } qw(SB001 SB301);

# The attempts of one client in their order.
sub read_journal
{
	my ($file) = @_;
	open my $handle, '<', $file or die "$file: $!";
	return [ map { decode_json($_) } <$handle> ];
}

# All rows that matter, on one snapshot.
sub read_ledger
{
	my ($dbh) = @_;
	my $rows = sub { return $dbh->selectall_arrayref($_[0], { Slice => {} }) };
	$dbh->begin_work;
	$dbh->do('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
	my $ledger = {
		accounts => $rows->('SELECT id, balance, version, min_balance FROM simplebank.accounts'),
		transfers => $rows->(
			q{SELECT id, from_account_id, to_account_id, amount, from_version, to_version,
				posted_at, operation, description
			  FROM simplebank.transfers}),
		entries => $rows->(
			'SELECT account_id, version, transfer_id, amount, balance, posted_at FROM simplebank.entries'
		),
		keys => $rows->('SELECT key, operation, transfer_id FROM simplebank.idempotency_keys'),
	};
	$dbh->commit;
	return $ledger;
}

sub judge
{
	my ($journals, $ledger) = @_;
	my $self = bless { complaints => [] }, __PACKAGE__;

	$self->index_ledger($ledger);
	my %requests = map { %{ $self->requests_of($_) } } @$journals;
	$self->judge_request($_, $requests{$_}) foreach sort keys %requests;
	$self->judge_strangers(\%requests);
	$self->judge_accounts($ledger);
	$self->judge_order;
	$self->judge_client_order($_) foreach @$journals;
	return @{ $self->{complaints} };
}

sub complain
{
	my ($self, @words) = @_;
	push @{ $self->{complaints} }, join ' ', @words;
	return;
}

sub index_ledger
{
	my ($self, $ledger) = @_;
	foreach my $transfer (@{ $ledger->{transfers} })
	{
		$self->complain("transfer $transfer->{id} is there twice")
		  if $self->{transfer}{ $transfer->{id} };
		$self->{transfer}{ $transfer->{id} } = $transfer;
		push @{ $self->{described}{ $transfer->{description} // '' } }, $transfer;
	}
	foreach my $entry (@{ $ledger->{entries} })
	{
		my $place = \$self->{entry}{ $entry->{account_id} }{ $entry->{version} };
		$self->complain("entry $entry->{version} of account $entry->{account_id} is there twice")
		  if $$place;
		$$place = $entry;
	}
	foreach my $key (@{ $ledger->{keys} })
	{
		$self->complain("key $key->{key} is there twice") if $self->{key}{ $key->{key} };
		$self->{key}{ $key->{key} } = $key;
	}
	return;
}

# The attempts of a journal by their key, in order; an attempt has its request
# and one of accepted, refused, lost.
sub requests_of
{
	my ($self, $journal) = @_;
	my (%by_number, %requests);
	foreach my $line (@$journal)
	{
		my $n = $line->{n};
		if ($line->{intent})
		{
			$self->complain("attempt $n is there twice") if $by_number{$n};
			$by_number{$n} = { %{ $line->{intent} }, n => $n };
			push @{ $requests{ $line->{intent}{key} } }, $by_number{$n};
			next;
		}
		my ($outcome) = grep { exists $line->{$_} } qw(accepted refused lost);
		my $attempt = $by_number{$n};
		if (!$attempt)
		{
			$self->complain("an answer without intent: attempt $n");
			next;
		}
		$self->complain("attempt $n of $attempt->{key} has two answers") if $attempt->{outcome};
		$attempt->{outcome} = $outcome;
		$attempt->{$outcome} = $line->{$outcome};
	}
	return \%requests;
}

sub request_text
{
	my ($attempt) = @_;
	return "$attempt->{operation}(" . join(', ', @{ $attempt->{arguments} }) . ')';
}

sub judge_request
{
	my ($self, $key, $attempts) = @_;
	my ($first_accepted, $lost_before);

	foreach my $attempt (@$attempts)
	{
		my $outcome = $attempt->{outcome} // 'lost';
		if ($outcome eq 'lost')
		{
			$lost_before = 1;
		}
		elsif ($outcome eq 'refused')
		{
			$self->judge_refusal($key, $attempt, $first_accepted);
		}
		elsif (!$first_accepted)
		{
			$first_accepted = $attempt;
			$self->complain("$key: replayed, but never posted before")
			  if $attempt->{accepted}{replayed} && !$lost_before;
		}
		else
		{
			$self->judge_repetition($key, $attempt, $first_accepted);
		}
	}
	$self->complain("$key: its last attempt has no answer")
	  if ($attempts->[-1]{outcome} // 'lost') eq 'lost';

	return $self->judge_accepted($key, $first_accepted) if $first_accepted;
	$self->complain("$key: refused, but the key is kept") if $self->{key}{$key};
	$self->complain("$key: refused, but posted as transfer $_->{id}")
	  foreach @{ $self->{described}{$key} // [] };
	return;
}

sub judge_refusal
{
	my ($self, $key, $attempt, $first_accepted) = @_;
	my $sqlstate = $attempt->{refused};
	$self->complain("$key: refused with $sqlstate") unless $refusals{$sqlstate};
	my $same = $first_accepted && request_text($attempt) eq request_text($first_accepted);
	$self->complain("$key: refused with $sqlstate after it was accepted") if $same;
	$self->complain("$key: another request with this key had $sqlstate, not SB301")
	  if $first_accepted && !$same && $sqlstate ne 'SB301';
	$self->complain("$key: SB301 for a key that was not used")
	  if !$first_accepted && $sqlstate eq 'SB301';
	return;
}

sub judge_repetition
{
	my ($self, $key, $attempt, $first_accepted) = @_;
	$self->complain("$key: accepted for two requests")
	  if request_text($attempt) ne request_text($first_accepted);
	$self->complain("$key: posted a second time") unless $attempt->{accepted}{replayed};
	foreach my $column (qw(transfer_id from_balance to_balance posted_at))
	{
		$self->complain("$key: repeated with another $column")
		  if $attempt->{accepted}{$column} ne $first_accepted->{accepted}{$column};
	}
	return;
}

# Once in the ledger, as it was answered and as it was asked.
sub judge_accepted
{
	my ($self, $key, $attempt) = @_;
	my $answer = $attempt->{accepted};
	my @posted = @{ $self->{described}{$key} // [] };
	my $kept = $self->{key}{$key};

	$self->complain("$key: accepted, but posted ${\scalar @posted} times") if @posted != 1;
	$self->complain("$key: accepted, but the key is not kept") unless $kept;
	$self->complain("$key: the key is kept for another transfer")
	  if $kept && $kept->{transfer_id} != $answer->{transfer_id};
	my $transfer = $self->{transfer}{ $answer->{transfer_id} };
	if (!$transfer)
	{
		$self->complain("$key: transfer $answer->{transfer_id} is missing");
		return;
	}

	my @asked = @{ $attempt->{arguments} };
	my %wanted = (operation => $attempt->{operation}, amount => $asked[-1],
		posted_at => $answer->{posted_at});
	$wanted{from_account_id} = $asked[0] if $attempt->{operation} ne 'deposit';
	$wanted{to_account_id} = $asked[-2] if $attempt->{operation} ne 'withdraw';
	foreach my $column (sort keys %wanted)
	{
		$self->complain("$key: $column of transfer $transfer->{id} is",
			"$transfer->{$column}, not $wanted{$column}")
		  if $transfer->{$column} ne $wanted{$column};
	}
	foreach my $side (qw(from to))
	{
		my $entry = $self->entry_of($transfer, $side);
		my $balance = $entry ? $entry->{balance} : 'missing';
		$self->complain("$key: the entry of its ${side}_account is $balance,",
			"not $answer->{\"${side}_balance\"}")
		  if $balance ne $answer->{"${side}_balance"};
	}
	return;
}

sub entry_of
{
	my ($self, $transfer, $side) = @_;
	return $self->{entry}{ $transfer->{"${side}_account_id"} }{ $transfer->{"${side}_version"} };
}

# Nothing but what was asked for.
sub judge_strangers
{
	my ($self, $requests) = @_;
	foreach my $transfer (values %{ $self->{transfer} })
	{
		my $description = $transfer->{description} // '';
		$self->complain("transfer $transfer->{id} was asked for by nobody")
		  unless $description eq 'setup' || $requests->{$description};
	}
	foreach my $key (keys %{ $self->{key} })
	{
		$self->complain("key $key was used by nobody") unless $requests->{$key};
	}
	return;
}

# What the accounts must be, from the transfers alone.
sub judge_accounts
{
	my ($self, $ledger) = @_;
	my (%history, %known);
	foreach my $transfer (values %{ $self->{transfer} })
	{
		foreach my $leg ([ 'from', -$transfer->{amount} ], [ 'to', $transfer->{amount} ])
		{
			my ($side, $change) = @$leg;
			my ($id, $version) = @{$transfer}{ "${side}_account_id", "${side}_version" };
			my $place = \$history{$id}{$version};
			$self->complain("account $id: version $version belongs to two transfers") if $$place;
			$$place = { transfer => $transfer, amount => $change };
		}
	}

	foreach my $account (@{ $ledger->{accounts} })
	{
		my $id = $account->{id};
		my $versions = delete $history{$id} // {};
		my $balance = 0;
		$known{$id} = 1;
		foreach my $version (1 .. keys %$versions)
		{
			my $posted = $versions->{$version};
			if (!$posted)
			{
				$self->complain("account $id: version $version is missing");
				next;
			}
			$balance += $posted->{amount};
			$self->complain("account $id: $balance at version $version is below its limit")
			  if $posted->{amount} < 0
			  && defined $account->{min_balance}
			  && $balance < $account->{min_balance};
			$self->judge_entry($id, $version, $posted, $balance);
		}
		my $entries = keys %{ $self->{entry}{$id} // {} };
		$self->complain("account $id: $entries entries, ${\scalar keys %$versions} transfers")
		  if $entries != keys %$versions;
		$self->complain("account $id: version is $account->{version}, not $entries")
		  if $account->{version} != $entries;
		$self->complain("account $id: balance is $account->{balance}, not $balance")
		  if $account->{balance} != $balance;
		$self->{history}{$id} = $versions;
	}
	$self->complain("transfers of account $_, which is not there") foreach keys %history;
	$self->complain("entries of account $_, which is not there")
	  foreach grep { !$known{$_} } keys %{ $self->{entry} };
	return;
}

sub judge_entry
{
	my ($self, $id, $version, $posted, $balance) = @_;
	my $entry = $self->{entry}{$id}{$version};
	if (!$entry)
	{
		$self->complain("account $id: entry $version is missing");
		return;
	}
	my %wanted = (
		transfer_id => $posted->{transfer}{id},
		amount => $posted->{amount},
		balance => $balance,
		posted_at => $posted->{transfer}{posted_at});
	foreach my $column (sort keys %wanted)
	{
		$self->complain("account $id: $column of entry $version is",
			"$entry->{$column}, not $wanted{$column}")
		  if $entry->{$column} ne $wanted{$column};
	}
	return;
}

# Takes transfers away that come first in all their accounts, until none is
# left; those that cannot be taken contradict each other.
sub judge_order
{
	my ($self) = @_;
	my %next = map { $_ => 1 } keys %{ $self->{history} };
	my @queue = keys %next;
	my $left = keys %{ $self->{transfer} };

	while (@queue)
	{
		my $id = shift @queue;
		my $posted = $self->{history}{$id}{ $next{$id} } or next;
		my $transfer = $posted->{transfer};
		next if grep { ($next{ $transfer->{"${_}_account_id"} } // 0) != $transfer->{"${_}_version"} }
		  qw(from to);
		foreach my $account (@{$transfer}{qw(from_account_id to_account_id)})
		{
			$next{$account}++;
			push @queue, $account;
		}
		$left--;
	}
	$self->complain("$left transfers have no order that fits all accounts") if $left;
	return;
}

# What a client asked for after an answer was posted after it.
sub judge_client_order
{
	my ($self, $journal) = @_;
	my (%latest, %intent);
	foreach my $line (@$journal)
	{
		if ($line->{intent})
		{
			$intent{ $line->{n} } = { %latest };
			next;
		}
		next if !$line->{accepted} || $line->{accepted}{replayed};
		my $transfer = $self->{transfer}{ $line->{accepted}{transfer_id} } or next;
		foreach my $side (qw(from to))
		{
			my ($id, $version) = @{$transfer}{ "${side}_account_id", "${side}_version" };
			$self->complain("account $id: version $version was asked for after",
				"$intent{ $line->{n} }{$id} had been answered")
			  if $version <= ($intent{ $line->{n} }{$id} // 0);
			$latest{$id} = $version;
		}
	}
	return;
}

1;
