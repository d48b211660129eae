# A private PostgreSQL, in which a test may install what it likes.  A server
# finds its libraries and extensions relative to its own program, so that a copy
# of the programs, with links to all the rest, is an installation of its own:
#
#   my $installation = Simplebank::Installation->new($directory);
#   my $node = new_bank('name', install_path => $installation->path);
#   $installation->install($tree);

package Simplebank::Installation;

use strict;
use warnings;

use File::Basename qw(dirname);
use PostgreSQL::Test::Utils;

sub new
{
	my ($class, $root) = @_;
	my %directory;
	foreach my $name (qw(bindir pkglibdir sharedir))
	{
		$directory{$name} = `pg_config --$name`;
		chomp $directory{$name};
		system_or_bail('mkdir', '-p', $root . dirname($directory{$name}));
		system_or_bail('cp', ($name eq 'bindir' ? '-rL' : '-rs'), $directory{$name}, $root . $directory{$name});
	}
	return bless { root => $root, %directory }, $class;
}

# What PostgreSQL::Test::Cluster wants to know.
sub path
{
	my ($self) = @_;
	return $self->{root} . dirname($self->{bindir});
}

sub library
{
	my ($self) = @_;
	return "$self->{root}$self->{pkglibdir}/simplebank.so";
}

# Options are those of make.
sub install
{
	my ($self, $tree, @options) = @_;
	system_or_bail('make', '-s', '-C', $tree, "DESTDIR=$self->{root}", 'with_llvm=no', @options, 'install');
	return;
}

1;
