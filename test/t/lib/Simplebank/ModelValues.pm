# What the modules of Simplebank::Model share: amounts, which are integers of 64
# bits, checked as such, refusals, and what arguments must be like by themselves.

package Simplebank::ModelValues;

use strict;
use warnings;

use Exporter qw(import);
use Math::BigInt;

our @EXPORT = qw($lowest $highest sum compare refused bad_text bad_expect);
our $lowest = Math::BigInt->new('-9223372036854775808');
our $highest = Math::BigInt->new('9223372036854775807');

# The exact sum, or undef where it is no bigint.
sub sum
{
	my @terms = @_;
	my $sum = Math::BigInt->new(0);
	$sum->badd("$_") foreach @terms;
	return undef if $sum->bcmp($lowest) < 0 || $sum->bcmp($highest) > 0;
	return $sum->bstr;
}

# As bigints: -1, 0, 1.
sub compare
{
	my ($left, $right) = @_;
	return Math::BigInt->new("$left")->bcmp("$right");
}

sub refused { return { sqlstate => $_[0] } }

# Is one of these neither NULL nor of 1 to 255 bytes?
sub bad_text { return 0 != grep { defined $_ && (length $_ < 1 || length $_ > 255) } @_ }

# Is it neither NULL nor something that can be expected of accounts of these names?
sub bad_expect
{
	my ($expect, @names) = @_;
	return 0 if !defined $expect;
	return 1 if !%$expect;
	foreach my $name (keys %$expect)
	{
		my ($version, $least, $most) = @{ $expect->{$name} }{qw(version balance_at_least balance_at_most)};
		return 1 if !grep { $_ eq $name } @names;
		return 1 if defined $version && compare($version, 0) < 0;
		return 1 if defined $least && defined $most && compare($least, $most) > 0;
	}
	return 0;
}

1;
