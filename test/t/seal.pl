# What the database proves, checked by somebody else: by a few lines of Perl
# that know RFC 9162 and the roots that were published, nothing more.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Digest::SHA qw(sha256 sha256_hex);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $node = new_bank('seal');
my $dbh = session($node);
my @accounts = map { value($dbh, q{SELECT simplebank.open_account('alice', 'EUR')}) } 1 .. 3;
value($dbh, q{SELECT simplebank.set_account_limits(?, NULL, NULL)}, $_) foreach @accounts;

# The tree that an auditor's proof leads to (RFC 9162, 2.1.3.2); undef where
# the proof has the wrong length.
sub root_of_proof
{
	my ($leaf, $index, $leaves, @path) = @_;
	my ($fn, $sn) = ($index, $leaves - 1);
	my $hash = sha256("\0$leaf");
	foreach my $other (@path)
	{
		return undef if $sn == 0;
		if ($fn & 1 || $fn == $sn)
		{
			$hash = sha256("\1$other$hash");
			if (!($fn & 1))
			{
				while ($fn && !($fn & 1)) { $fn >>= 1; $sn >>= 1 }
			}
		}
		else { $hash = sha256("\1$hash$other") }
		$fn >>= 1;
		$sn >>= 1;
	}
	return $sn == 0 ? $hash : undef;
}

# Another way to the same: the tree of all leaves, as section 2.1.1 defines it.
sub root_of_leaves
{
	my (@leaves) = @_;
	return sha256("\0$leaves[0]") if @leaves == 1;
	my $k = 1;
	$k *= 2 while $k * 2 < @leaves;
	return sha256("\1" . root_of_leaves(@leaves[ 0 .. $k - 1 ]) . root_of_leaves(@leaves[ $k .. $#leaves ]));
}

sub proof
{
	my ($account, $version) = @_;
	my $row = $dbh->selectrow_hashref('SELECT * FROM simplebank.prove_entry(?, ?)', undef, $account, $version);
	utf8::encode($row->{leaf});
	$_ = pack 'H*', substr $_, 2 foreach @{ $row->{path} };
	return $row;
}

# Seals with 1 to 17 transfers, each of two entries; and one with a journal more.
foreach my $size (1 .. 17)
{
	foreach my $n (1 .. $size)
	{
		value($dbh, q{SELECT simplebank.deposit(?, ?, description => ?)}, $accounts[ $n % 3 ], $n,
			"Zahlung \x{20ac}\t$n\\");
	}
	value($dbh, q{SELECT simplebank.post_journal(ARRAY[?, ?, ?]::bigint[], '{-1, -1, 2}')}, @accounts)
	  if $size % 2 == 0;
	is(value($dbh, 'SELECT simplebank.seal()'), $size, "seal $size");
}

# As they were published: a file with a line per seal.
my %published = map { split / / } split /\n/, $node->safe_psql('postgres',
	q{COPY (SELECT id, encode(root, 'hex') FROM simplebank.seals) TO STDOUT DELIMITER ' '});
is(scalar keys %published, 17, 'all roots are published');

my (%leaves, $wrong, $last_root);
my $entries = $dbh->selectall_arrayref('SELECT account_id, version, transfer_id, amount, balance FROM simplebank.entries');
foreach my $entry (@$entries)
{
	my $proof = proof(@$entry[ 0, 1 ]);
	my $tree = root_of_proof(@$proof{qw(leaf leaf_index leaves)}, @{ $proof->{path} });
	my @line = split / /, $proof->{seal};
	my @columns = split /\t/, $proof->{leaf};
	$leaves{ $proof->{seal_id} }[ $proof->{leaf_index} ] = $proof->{leaf};
	next
	  if defined $tree
	  && unpack('H*', $tree) eq $line[4]
	  && sha256_hex($proof->{seal}) eq $published{ $line[0] }
	  && "@columns[0 .. 4]" eq "@$entry";
	$wrong++;
	diag "not proved: @$entry";
}
is($wrong, undef, scalar(@$entries) . ' entries are proved');

foreach my $id (sort { $a <=> $b } keys %leaves)
{
	my $line = value($dbh, q{SELECT simplebank.seal_line(s, (SELECT root FROM simplebank.seals WHERE id = s.id - 1))
		FROM simplebank.seals s WHERE id = ?}, $id);
	is($line, join(' ', $id, (split / /, $line)[ 1, 2 ], scalar @{ $leaves{$id} },
			unpack('H*', root_of_leaves(@{ $leaves{$id} })), $last_root // ()),
		"the root of seal $id is made of the tree of all its leaves and of the root before");
	$last_root = $published{$id};
	is(sha256_hex($line), $last_root, 'and is the one that was published');
}

# A proof of something else is none.
my $proof = proof($accounts[0], 1);
my $tree = (split / /, $proof->{seal})[4];
my @right = (@$proof{qw(leaf leaf_index leaves)}, @{ $proof->{path} });
foreach my $other (
	[ 'another entry', sub { $_[0][0] =~ s/^\d+/7/ } ],
	[ 'another place', sub { $_[0][1] ^= 1 } ],
	[ 'a path that is too short', sub { pop @{ $_[0] } } ],
	[ 'a path that is too long', sub { push @{ $_[0] }, $_[0][-1] } ],
	[ 'another path', sub { $_[0][-1] ^= "\0" x 31 . "\1" } ])
{
	my ($name, $change) = @$other;
	my @changed = @right;
	$change->(\@changed);
	isnt(unpack('H*', root_of_proof(@changed) // ''), $tree, "$name is not proved");
}

$dbh->disconnect;
$node->stop;
done_testing();
