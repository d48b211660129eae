# Judges a ledger by the journals of its clients (see Simplebank::Client).
#
#   my @journals = map { read_journal($_) } @files;
#   my @complaints = judge(\@journals, read_ledger($dbh));
#
# What it proves, by its own arithmetic, where there is no complaint:
#
# - each request that was answered as accepted is in the ledger exactly once,
#   with the ids, time, entries and balances of the answer, and each
#   repetition had the same answer;
# - each request that was refused or rolled back left nothing, and there was a
#   reason for the refusal;
# - each attempt without an answer was settled by a later one;
# - items of a batch that belong together were accepted or refused together;
# - nothing is in the ledger that no client has asked for;
# - no transfer is reversed twice, no hold captured beyond its amount or ended
#   twice, no order executed twice, and an account holds what its open holds do;
# - each account's entries are its transfers in the order of their versions,
#   without gaps, with running balances, never below zero for a customer;
# - one order of all transfers explains every account, and a client's later
#   request comes later in it.
#
# A request is known by its key, which is also its description, so that a
# posting without a key's row is seen.  Captures are known by their holds and
# keys, transfers of standing orders by their executions.  Transfers described as
# "setup" belong to the test.

package Simplebank::Checker;

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP;
use List::Util qw(max min sum0);

our @EXPORT = qw(judge read_journal read_ledger);

# What refuses a request whatever it asks for: no funds, a used key, a fault.
my %refusals = map { $_ => 1 } qw(SB001 SB301 57014 55P03 53100);

# What a transfer's row says of what it was asked for.
my %operation_of = (
	transfer => 'transfer',
	deposit => 'deposit',
	withdraw => 'withdraw',
	post_journal => 'journal',
	exchange => 'exchange',
	reverse_transfer => 'reversal',
	capture_hold => 'capture');

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
	my %columns = (
		accounts => 'id, balance, held, version, min_balance, currency, is_system',
		transfers => 'id, from_account_id, to_account_id, amount, from_version, to_version, posted_at,
			operation, reverses, from_amount, to_amount, hold_id, description',
		entries => 'account_id, version, transfer_id, amount, balance, posted_at, leg',
		keys => 'key, operation, transfer_id, hold_id, order_id',
		holds => 'id, from_account_id, to_account_id, amount, captured, status, expires_at, description',
		orders => 'id, from_account_id, to_account_id, amount, status, description',
		executions => 'order_id, occurrence, status, transfer_id');
	my %tables = (keys => 'idempotency_keys', orders => 'standing_orders', executions => 'order_executions');
	$dbh->begin_work;
	$dbh->do('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
	my %ledger = map {
		my $table = $tables{$_} // $_;
		$_ => $dbh->selectall_arrayref("SELECT $columns{$_} FROM simplebank.$table", { Slice => {} })
	} keys %columns;
	$dbh->commit;
	return \%ledger;
}

sub judge
{
	my ($journals, $ledger) = @_;
	my $self = bless { complaints => [], runs => [] }, __PACKAGE__;

	$self->index_ledger($ledger);
	my %requests = map { %{ $self->requests_of($_) } } @$journals;
	$self->judge_request($_, $requests{$_}) foreach sort keys %requests;
	$self->judge_run($_) foreach @{ $self->{runs} };
	$self->judge_strangers(\%requests);
	$self->judge_transfers;
	$self->judge_holds;
	$self->judge_orders($ledger);
	$self->judge_accounts($ledger);
	$self->judge_order_of_all;
	$self->judge_client_order($_) foreach @$journals;
	return @{ $self->{complaints} };
}

sub complain
{
	my ($self, @words) = @_;
	push @{ $self->{complaints} }, join ' ', @words;
	return;
}

sub text { return $_[0] // 'nothing' }

#
# The ledger by its keys
#

sub index_ledger
{
	my ($self, $ledger) = @_;
	$self->index_rows($ledger, account => 'accounts', 'id');
	$self->index_rows($ledger, transfer => 'transfers', 'id');
	$self->index_rows($ledger, key => 'keys', 'key');
	$self->index_rows($ledger, hold => 'holds', 'id');
	$self->index_rows($ledger, order => 'orders', 'id');
	foreach my $entry (@{ $ledger->{entries} })
	{
		my $place = \$self->{entry}{ $entry->{account_id} }{ $entry->{version} };
		$self->complain("entry $entry->{version} of account $entry->{account_id} is there twice")
		  if $$place;
		$$place = $entry;
		push @{ $self->{numbered}{ $entry->{transfer_id} } }, $entry if defined $entry->{leg};
	}
	foreach my $transfer (values %{ $self->{transfer} })
	{
		$self->index_legs($transfer);
		push @{ $self->{reversals}{ $transfer->{reverses} } }, $transfer if defined $transfer->{reverses};
		push @{ $self->{captures}{ $transfer->{hold_id} } }, $transfer if defined $transfer->{hold_id};
		push @{ $self->{described}{ text($transfer->{description}) } }, $transfer
		  unless $transfer->{operation} =~ /^(capture|standing_order)$/;
	}
	foreach my $key (values %{ $self->{key} })
	{
		push @{ $self->{transfer_keys}{ $key->{transfer_id} } }, $key if defined $key->{transfer_id};
	}
	push @{ $self->{described_hold}{ text($_->{description}) } }, $_ foreach values %{ $self->{hold} };
	push @{ $self->{described_order}{ text($_->{description}) } }, $_ foreach values %{ $self->{order} };
	return;
}

sub index_rows
{
	my ($self, $ledger, $name, $rows, $column) = @_;
	$self->{$name} = {};
	foreach my $row (@{ $ledger->{$rows} })
	{
		$self->complain("$name $row->{$column} is there twice") if $self->{$name}{ $row->{$column} };
		$self->{$name}{ $row->{$column} } = $row;
	}
	return;
}

# What a transfer does to which accounts: its row says it of two accounts, its
# entries, which are numbered then, of more.
sub index_legs
{
	my ($self, $transfer) = @_;
	if (defined $transfer->{from_version})
	{
		$transfer->{legs} = [
			map {
				my ($side, $amount) = @$_;
				{
					account => $transfer->{"${side}_account_id"},
					version => $transfer->{"${side}_version"},
					amount => $amount
				}
			} [ from => -$transfer->{amount} ],
			[ to => $transfer->{amount} ]
		];
		return;
	}
	my @entries = sort { $a->{leg} <=> $b->{leg} } @{ $self->{numbered}{ $transfer->{id} } // [] };
	$self->complain("transfer $transfer->{id}: its legs are", join(',', map { $_->{leg} } @entries))
	  if @entries < 3 || grep { $entries[$_]{leg} != $_ + 1 } 0 .. $#entries;
	$transfer->{legs} =
	  [ map { { account => $_->{account_id}, version => $_->{version}, amount => $_->{amount} } } @entries ];
	return;
}

#
# The journals by their keys
#

# The attempts of a journal by their key, in order; an attempt has its request
# and one of accepted, refused, lost, undone.
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
			$by_number{$n} = [ map { { %$_, n => $n } } items_of($line->{intent}) ];
			push @{ $requests{ $_->{key} } }, $_ foreach @{ $by_number{$n} };
			next;
		}
		my ($outcome) = grep { exists $line->{$_} } qw(accepted refused lost undone);
		my $attempts = $by_number{$n};
		if (!$attempts)
		{
			$self->complain("an answer without intent: attempt $n");
			next;
		}
		$self->complain("attempt $n of $attempts->[0]{key} has two answers") if $attempts->[0]{outcome};
		$self->take_answer($_, $outcome, $line->{$outcome}) foreach @$attempts;
		$self->keep_runs(@$attempts) if $outcome eq 'accepted' && defined $attempts->[0]{item};
	}
	return \%requests;
}

# The items of a batch are requests of their own; run says which fall together.
sub items_of
{
	my ($intent) = @_;
	return $intent if $intent->{operation} ne 'transfer_batch';
	my ($from, $to, $amounts, $links, $is_atomic) = @{ $intent->{arguments} };
	return map {
		{
			%$intent,
			key => "$intent->{key}." . ($_ + 1),
			operation => 'transfer',
			arguments => [ $from->[$_], $to->[$_], $amounts->[$_] ],
			item => $_,
			run => $is_atomic ? 'all' : $links && defined $links->[$_] ? $links->[$_] : "alone $_"
		}
	} 0 .. $#$from;
}

# An item has an outcome of its own, unless the call as a whole has none.
sub take_answer
{
	my ($self, $attempt, $outcome, $answer) = @_;
	if ($outcome eq 'accepted' && defined $attempt->{item})
	{
		my $item = $answer->{items}[ $attempt->{item} ];
		$outcome = 'refused' if defined $item->{sqlstate};
		$answer = $item->{sqlstate} // $item;
	}
	$attempt->{is_whole} = $outcome eq 'refused' && ref $answer eq '' && defined $attempt->{item} && $attempt->{run} eq 'all';
	$attempt->{outcome} = $outcome;
	$attempt->{$outcome} = $answer;
	return;
}

sub keep_runs
{
	my ($self, @attempts) = @_;
	my %runs;
	push @{ $runs{ $_->{run} } }, $_ foreach @attempts;
	push @{ $self->{runs} }, grep { @$_ > 1 } values %runs;
	return;
}

# All accepted or all refused; all now or all before.  Beside an item whose key
# was used for another request, the others may still be repeated.
sub judge_run
{
	my ($self, $run) = @_;
	my %seen;
	foreach my $item (@$run)
	{
		my $is_repeated = $item->{outcome} eq 'accepted' ? $item->{accepted}{replayed} : $item->{refused} eq 'SB301';
		$seen{ $is_repeated ? 'done before' : $item->{outcome} } = 1;
	}
	$self->complain("$run->[0]{key}: items that belong together were", join(' and ', sort keys %seen))
	  if keys %seen > 1;
	return;
}

sub request_text
{
	my ($attempt) = @_;
	return $attempt->{operation} . JSON::PP->new->canonical->encode($attempt->{arguments}) =~ s/"//gr;
}

#
# Requests
#

sub judge_request
{
	my ($self, $key, $attempts) = @_;
	my ($first_accepted, $is_open);

	foreach my $attempt (@$attempts)
	{
		my $outcome = $attempt->{outcome} // 'lost';
		if ($outcome eq 'undone')
		{
			$self->complain("$key: refused with $attempt->{undone}") if $attempt->{undone} =~ /^40/;
		}
		elsif ($outcome eq 'lost')
		{
			$is_open = 1;
		}
		elsif ($outcome eq 'refused')
		{
			$self->judge_refusal($key, $attempt, $first_accepted);
			$is_open = 0 if $attempt->{refused} =~ /^(SB|22)/;
		}
		elsif (!$first_accepted)
		{
			$first_accepted = $attempt;
			$self->complain("$key: replayed, but never posted before")
			  if $attempt->{accepted}{replayed} && !$is_open;
			$is_open = 0;
		}
		else
		{
			$self->judge_repetition($key, $attempt, $first_accepted);
			$is_open = 0;
		}
	}
	$self->complain("$key: an attempt had no answer, and no later one has settled it") if $is_open;

	if ($first_accepted)
	{
		$self->judge_accepted($key, $first_accepted);
		return;
	}
	$self->complain("$key: refused, but the key is kept") if $self->{key}{$key};
	$self->complain("$key: refused, but posted as transfer $_->{id}")
	  foreach @{ $self->{described}{$key} // [] };
	$self->complain("$key: refused, but there is hold $_->{id}")
	  foreach @{ $self->{described_hold}{$key} // [] };
	$self->complain("$key: refused, but there is order $_->{id}")
	  foreach @{ $self->{described_order}{$key} // [] };
	return;
}

sub judge_refusal
{
	my ($self, $key, $attempt, $first_accepted) = @_;
	my $sqlstate = $attempt->{refused};
	$self->complain("$key: refused with $sqlstate") unless $self->has_reason($attempt);

	# where another item has failed, that says nothing of this one's key
	return if $attempt->{is_whole} || $sqlstate !~ /^(SB|22)/ || $sqlstate eq 'SB401';
	my $same = $first_accepted && request_text($attempt) eq request_text($first_accepted);
	$self->complain("$key: refused with $sqlstate after it was accepted") if $same;
	$self->complain("$key: another request with this key had $sqlstate, not SB301")
	  if $first_accepted && !$same && $sqlstate ne 'SB301';
	$self->complain("$key: SB301 for a key that was not used")
	  if !$first_accepted && $sqlstate eq 'SB301';
	return;
}

# Refusals that depend on what there is, by what is there at the end.
sub has_reason
{
	my ($self, $attempt) = @_;
	my ($sqlstate, $operation) = @{$attempt}{qw(refused operation)};
	return 1 if $refusals{$sqlstate};
	return defined $attempt->{item} && $attempt->{run} !~ /^al/ if $sqlstate eq 'SB401';

	my ($id, $amount) = @{ $attempt->{arguments} };
	if ($operation eq 'reverse_transfer')
	{
		my $transfer = $self->{transfer}{$id};
		return !$attempt->{known} if $sqlstate eq 'SB201';
		return $transfer && @{ $self->{reversals}{$id} // [] } > 0 if $sqlstate eq 'SB202';
		return $transfer && $transfer->{operation} eq 'reversal' if $sqlstate eq 'SB204';
	}
	if ($operation eq 'capture_hold' || $operation eq 'release_hold')
	{
		my $hold = $self->{hold}{$id};
		return !$attempt->{known} if $sqlstate eq 'SB101';
		return $hold && $hold->{status} =~ /^(captured|released)$/ if $sqlstate eq 'SB102';
		return $hold && defined $hold->{expires_at} if $sqlstate eq 'SB103';
		return $hold && defined $amount && $amount > $hold->{amount} - $hold->{captured} if $sqlstate eq 'SB104';
	}
	# a retry came when its time was over
	return $operation eq 'place_hold' && defined $attempt->{arguments}[3] if $sqlstate eq '22023';
	return 0;
}

sub judge_repetition
{
	my ($self, $key, $attempt, $first_accepted) = @_;
	$self->complain("$key: accepted for two requests")
	  if request_text($attempt) ne request_text($first_accepted);
	my ($answer, $first) = ($attempt->{accepted}, $first_accepted->{accepted});
	$self->complain("$key: done a second time") if exists $answer->{replayed} && !$answer->{replayed};
	# a transfer may be asked for alone and in a batch, which answers less
	foreach my $column (grep { $_ ne 'replayed' && exists $first->{$_} } keys %$answer)
	{
		$self->complain("$key: repeated with another $column")
		  if text($answer->{$column}) ne text($first->{$column});
	}
	return;
}

# Once in the ledger, as it was answered and as it was asked.
sub judge_accepted
{
	my ($self, $key, $attempt) = @_;
	my $operation = $attempt->{operation};
	my $judge =
	    $operation eq 'place_hold' ? 'judge_placed'
	  : $operation eq 'release_hold' ? 'judge_released'
	  : $operation eq 'schedule_transfer' ? 'judge_ordered'
	  : 'judge_posted';
	my $kept = $self->{key}{$key};
	$self->complain("$key: accepted, but the key is not kept") unless $kept;
	$self->$judge($key, $attempt, $kept // {});
	return;
}

sub compare
{
	my ($self, $name, $row, %wanted) = @_;
	foreach my $column (sort keys %wanted)
	{
		$self->complain("$name is ${\text($row->{$column})}, not ${\text($wanted{$column})}: $column")
		  if text($row->{$column}) ne text($wanted{$column});
	}
	return;
}

sub judge_placed
{
	my ($self, $key, $attempt, $kept) = @_;
	my $id = $attempt->{accepted}{hold_id};
	my @placed = @{ $self->{described_hold}{$key} // [] };
	$self->complain("$key: accepted, but ${\scalar @placed} holds are there") if @placed != 1;
	$self->compare("$key: its key", $kept, hold_id => $id);
	my $hold = $self->{hold}{$id};
	if (!$hold)
	{
		$self->complain("$key: hold $id is missing");
		return;
	}
	my ($from, $to, $amount) = @{ $attempt->{arguments} };
	$self->compare("$key: hold $id", $hold, from_account_id => $from, to_account_id => $to, amount => $amount,
		expires_at => $attempt->{accepted}{expires_at});
	return;
}

sub judge_released
{
	my ($self, $key, $attempt, $kept) = @_;
	my $id = $attempt->{arguments}[0];
	$self->compare("$key: its key", $kept, hold_id => $id);
	push @{ $self->{ends}{$id} }, 'released';
	return;
}

sub judge_ordered
{
	my ($self, $key, $attempt, $kept) = @_;
	my $id = $attempt->{accepted}{order_id};
	my @ordered = @{ $self->{described_order}{$key} // [] };
	$self->complain("$key: accepted, but ${\scalar @ordered} orders are there") if @ordered != 1;
	$self->compare("$key: its key", $kept, order_id => $id);
	my ($from, $to, $amount) = @{ $attempt->{arguments} };
	$self->compare("$key: order $id", $self->{order}{$id} // {}, from_account_id => $from, to_account_id => $to, amount => $amount);
	return;
}

sub judge_posted
{
	my ($self, $key, $attempt, $kept) = @_;
	my $answer = $attempt->{accepted};
	my $operation = $operation_of{ $attempt->{operation} };
	if ($operation ne 'capture')
	{
		my @posted = @{ $self->{described}{$key} // [] };
		$self->complain("$key: accepted, but posted ${\scalar @posted} times") if @posted != 1;
	}
	$self->compare("$key: its key", $kept, transfer_id => $answer->{transfer_id});
	my $transfer = $self->{transfer}{ $answer->{transfer_id} };
	if (!$transfer)
	{
		$self->complain("$key: transfer $answer->{transfer_id} is missing");
		return;
	}
	my %wanted = (operation => $operation);
	$wanted{posted_at} = $answer->{posted_at} if exists $answer->{posted_at};
	$wanted{reverses} = $attempt->{arguments}[0] if $operation eq 'reversal';
	$wanted{hold_id} = $attempt->{arguments}[0] if $operation eq 'capture';
	@wanted{qw(from_amount to_amount)} = @{ $attempt->{arguments} }[ 2, 3 ] if $operation eq 'exchange';
	$self->compare("$key: transfer $transfer->{id}", $transfer, %wanted);
	$self->judge_legs($key, $attempt, $transfer);
	$self->judge_balances($key, $answer, $transfer);
	push @{ $self->{ends}{ $attempt->{arguments}[0] } }, 'captured'
	  if $operation eq 'capture' && $attempt->{arguments}[2];
	return;
}

# All that was asked for, of a journal in its order; what else there is, are
# the bank's own accounts.
sub judge_legs
{
	my ($self, $key, $attempt, $transfer) = @_;
	my @wanted = $self->wanted_legs($attempt, $transfer);
	my @legs = map { "$_->{account} $_->{amount}" } @{ $transfer->{legs} };
	$self->complain("$key: the legs of transfer $transfer->{id} are not in their order")
	  if $transfer->{operation} eq 'journal' && @legs > 2 && "@legs" ne join ' ', map { @$_ } @wanted;
	my %left;
	$left{$_}++ foreach @legs;
	foreach my $leg (@wanted)
	{
		$self->complain("$key: transfer $transfer->{id} has no leg $leg->[0] $leg->[1]")
		  if --$left{"$leg->[0] $leg->[1]"} < 0;
	}
	foreach my $leg (grep { $left{$_} > 0 } keys %left)
	{
		my ($account) = split ' ', $leg;
		$self->complain("$key: transfer $transfer->{id} has a leg $leg, which nobody asked for")
		  unless $attempt->{operation} =~ /^(deposit|withdraw|exchange)$/ && ($self->{account}{$account} // {})->{is_system};
	}
	return;
}

sub wanted_legs
{
	my ($self, $attempt, $transfer) = @_;
	my $operation = $attempt->{operation};
	my @asked = @{ $attempt->{arguments} };
	return @asked if $operation eq 'post_journal';
	return [ $asked[0], $asked[1] ] if $operation eq 'deposit';
	return [ $asked[0], -$asked[1] ] if $operation eq 'withdraw';
	return ([ $asked[0], -$asked[2] ], [ $asked[1], $asked[2] ]) if $operation eq 'transfer';
	return ([ $asked[0], -$asked[2] ], [ $asked[1], $asked[3] ]) if $operation eq 'exchange';
	if ($operation eq 'reverse_transfer')
	{
		my $reversed = $self->{transfer}{ $asked[0] } // { legs => [] };
		return map { [ $_->{account}, -$_->{amount} ] } @{ $reversed->{legs} };
	}
	my $hold = $self->{hold}{ $asked[0] } // { from_account_id => 0, to_account_id => 0 };
	my $amount = $asked[1] // $transfer->{amount};
	return ([ $hold->{from_account_id}, -$amount ], [ $hold->{to_account_id}, $amount ]);
}

sub judge_balances
{
	my ($self, $key, $answer, $transfer) = @_;
	foreach my $side (grep { defined $answer->{"${_}_balance"} } qw(from to))
	{
		my $account = $transfer->{"${side}_account_id"};
		my @balances = map { $self->{entry}{ $_->{account} }{ $_->{version} }{balance} // 'missing' }
		  grep { !defined $account || $_->{account} == $account } @{ $transfer->{legs} };
		$self->complain("$key: the entry of its ${side}_account is @balances,",
			"not $answer->{\"${side}_balance\"}")
		  unless grep { $_ eq $answer->{"${side}_balance"} } @balances;
	}
	return;
}

# Nothing but what was asked for.
sub judge_strangers
{
	my ($self, $requests) = @_;
	foreach my $kind (qw(transfer hold order))
	{
		foreach my $row (values %{ $self->{$kind} })
		{
			my $description = text($row->{description});
			$self->complain("$kind $row->{id} was asked for by nobody")
			  unless $description eq 'setup' || $requests->{$description};
		}
	}
	foreach my $key (keys %{ $self->{key} })
	{
		$self->complain("key $key was used by nobody") unless $requests->{$key};
	}
	return;
}

#
# Transfers, holds and orders among themselves
#

sub judge_transfers
{
	my ($self) = @_;
	foreach my $transfer (values %{ $self->{transfer} })
	{
		my $id = $transfer->{id};
		my %sum;
		$sum{ text(($self->{account}{ $_->{account} } // {})->{currency}) } += $_->{amount} foreach @{ $transfer->{legs} };
		$self->complain("transfer $id sums to $sum{$_} $_") foreach grep { $sum{$_} } keys %sum;
		my $keys = @{ $self->{transfer_keys}{$id} // [] };
		$self->complain("transfer $id has $keys keys")
		  if $keys != ($transfer->{operation} eq 'standing_order' || text($transfer->{description}) eq 'setup' ? 0 : 1);
		$self->complain("transfer $id is a $transfer->{operation} and reverses ${\text($transfer->{reverses})}")
		  if defined $transfer->{reverses} xor $transfer->{operation} eq 'reversal';
		$self->complain("transfer $id is a $transfer->{operation} of hold ${\text($transfer->{hold_id})}")
		  if defined $transfer->{hold_id} xor $transfer->{operation} eq 'capture';
	}
	foreach my $id (keys %{ $self->{reversals} })
	{
		my @reversals = @{ $self->{reversals}{$id} };
		$self->complain("transfer $id is reversed by", join(' and ', map { $_->{id} } @reversals)) if @reversals != 1;
		my $reversed = $self->{transfer}{$id};
		$self->complain("transfer $id is reversed, but", $reversed ? 'a reversal itself' : 'missing')
		  if !$reversed || $reversed->{operation} eq 'reversal';
	}
	return;
}

# One end at most, which its status says; captures within its amount.
sub judge_holds
{
	my ($self) = @_;
	my %held;
	foreach my $hold (values %{ $self->{hold} })
	{
		my $id = $hold->{id};
		my $captured = sum0(map { $_->{amount} } @{ $self->{captures}{$id} // [] });
		my @ends = @{ $self->{ends}{$id} // [] };
		push @ends, 'captured' if !@ends && $captured == $hold->{amount};
		push @ends, 'expired' if !@ends && $hold->{status} eq 'expired' && defined $hold->{expires_at};
		$self->complain("hold $id was ended as", join(' and ', @ends)) if @ends > 1;
		$self->compare("hold $id", $hold, captured => $captured, status => $ends[0] // 'open');
		$self->complain("hold $id of $hold->{amount}: captured $captured") if $captured > $hold->{amount};
		$held{ $hold->{from_account_id} } += $hold->{amount} - $hold->{captured} if $hold->{status} eq 'open';
	}
	$self->complain("captures of hold $_, which is not there") foreach grep { !$self->{hold}{$_} } keys %{ $self->{captures} };
	$self->compare("account $_->{id}", $_, held => $held{ $_->{id} } // 0) foreach values %{ $self->{account} };
	return;
}

# Clients order one transfer at a time: one execution, and one transfer if it is paid.
sub judge_orders
{
	my ($self, $ledger) = @_;
	my (%paid, %done);
	foreach my $execution (@{ $ledger->{executions} })
	{
		my $order = $self->{order}{ $execution->{order_id} };
		my $name = "occurrence $execution->{occurrence} of order $execution->{order_id}";
		$self->complain("$name is of no order") unless $order;
		$self->complain("$name is there twice") if $done{$name}++;
		$self->complain("$name: the order was for once") if $execution->{occurrence} > 1;
		$self->complain("$name: the order goes on") if $order && $order->{status} eq 'active';
		next unless defined $execution->{transfer_id};
		$self->complain("$name was paid by transfer $execution->{transfer_id}, as was another") if $paid{ $execution->{transfer_id} }++;
		$self->compare("$name: its transfer", $self->{transfer}{ $execution->{transfer_id} } // {},
			operation => 'standing_order', map { $_ => $order->{$_} } qw(from_account_id to_account_id amount description));
	}
	foreach my $transfer (grep { $_->{operation} eq 'standing_order' } values %{ $self->{transfer} })
	{
		$self->complain("transfer $transfer->{id} is of no occurrence of an order") unless $paid{ $transfer->{id} };
	}
	foreach my $order (grep { $_->{status} ne 'active' } values %{ $self->{order} })
	{
		$self->complain("order $order->{id} has ended without an execution") unless $done{"occurrence 1 of order $order->{id}"};
	}
	return;
}

#
# Accounts
#

# What the accounts must be, from the transfers alone.
sub judge_accounts
{
	my ($self, $ledger) = @_;
	my (%history, %known);
	foreach my $transfer (values %{ $self->{transfer} })
	{
		foreach my $leg (@{ $transfer->{legs} })
		{
			my $place = \$history{ $leg->{account} }{ $leg->{version} };
			$self->complain("account $leg->{account}: version $leg->{version} belongs to two transfers") if $$place;
			$$place = { transfer => $transfer, amount => $leg->{amount} };
		}
	}

	foreach my $account (@{ $ledger->{accounts} })
	{
		my $id = $account->{id};
		my $versions = delete $history{$id} // {};
		$known{$id} = 1;
		$self->judge_history($account, $versions);
		$self->{history}{$id} = $versions;
	}
	$self->complain("transfers of account $_, which is not there") foreach keys %history;
	$self->complain("entries of account $_, which is not there")
	  foreach grep { !$known{$_} } keys %{ $self->{entry} };
	return;
}

sub judge_history
{
	my ($self, $account, $versions) = @_;
	my $id = $account->{id};
	my $balance = 0;
	foreach my $version (1 .. keys %$versions)
	{
		my $posted = $versions->{$version};
		if (!$posted)
		{
			$self->complain("account $id: version $version is missing");
			next;
		}
		$balance += $posted->{amount};

		# a journal's limits are judged on the net effect
		my $next = $versions->{ $version + 1 };
		my $is_last = !$next || $next->{transfer} != $posted->{transfer};
		$self->complain("account $id: $balance at version $version is below its limit")
		  if $is_last
		  && defined $account->{min_balance}
		  && $balance < $account->{min_balance};
		$self->judge_entry($id, $version, $posted, $balance);
	}
	my $entries = keys %{ $self->{entry}{$id} // {} };
	$self->complain("account $id: $entries entries, ${\scalar keys %$versions} legs of transfers")
	  if $entries != keys %$versions;
	$self->compare("account $id", $account, version => $entries, balance => $balance);
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
	$self->compare(
		"account $id: entry $version", $entry,
		transfer_id => $posted->{transfer}{id},
		amount => $posted->{amount},
		balance => $balance,
		posted_at => $posted->{transfer}{posted_at});
	return;
}

# The first and the last version of each account of a transfer.
sub spans
{
	my ($transfer) = @_;
	my %versions;
	push @{ $versions{ $_->{account} } }, $_->{version} foreach @{ $transfer->{legs} };
	return map { $_ => [ min(@{ $versions{$_} }), max(@{ $versions{$_} }) ] } keys %versions;
}

# Takes transfers away that come first in all their accounts, until none is
# left; those that cannot be taken contradict each other.
sub judge_order_of_all
{
	my ($self) = @_;
	my %next = map { $_ => 1 } keys %{ $self->{history} };
	my @queue = keys %next;
	my $left = keys %{ $self->{transfer} };

	while (@queue)
	{
		my $id = shift @queue;
		my $posted = $self->{history}{$id}{ $next{$id} } or next;
		my %spans = spans($posted->{transfer});
		next if grep { ($next{$_} // 0) != $spans{$_}[0] } keys %spans;
		foreach my $account (keys %spans)
		{
			$next{$account} = $spans{$account}[1] + 1;
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
	my (%latest, %before);
	foreach my $line (@$journal)
	{
		if ($line->{intent})
		{
			$before{ $line->{n} } = {%latest};
			next;
		}
		next if !$line->{accepted};
		foreach my $answer ($line->{accepted}, @{ $line->{accepted}{items} // [] })
		{
			next if $answer->{replayed} || !defined $answer->{transfer_id};
			my $transfer = $self->{transfer}{ $answer->{transfer_id} } or next;
			my %spans = spans($transfer);
			foreach my $id (keys %spans)
			{
				$self->complain("account $id: version $spans{$id}[0] was asked for after",
					"$before{ $line->{n} }{$id} had been answered")
				  if $spans{$id}[0] <= ($before{ $line->{n} }{$id} // 0);
				$latest{$id} = max($latest{$id} // 0, $spans{$id}[1]);
			}
		}
	}
	return;
}

1;
