# README's tour says what psql answers: each ```sql block is run in a fresh
# database, in order, and must answer the ```text block below it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use FindBin;

my $readme = slurp_file("$FindBin::RealBin/../../README.md");
my ($tour) = $readme =~ /^## Five minutes\n(.*?)^## /ms or die 'README has no tour';
my @steps = $tour =~ /^```sql\n(.*?)^```\n+```text\n(.*?)^```/msg;
cmp_ok(scalar @steps / 2, '>=', 10, 'the tour has steps');

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->start;

my $script = join '', map { "\\echo STEP\n$steps[ 2 * $_ ]" } 0 .. $#steps / 2;
my $output;
IPC::Run::run [ 'psql', '-X', '-d', $node->connstr('postgres'), '-f', '-' ],
	'<', \$script, '>&', \$output;
$output =~ s/^psql:<stdin>:\d+: //mg;
$output =~ s/[ ]+$//mg;
my (undef, @answers) = split /^STEP\n/m, $output, -1;

for my $i (0 .. $#steps / 2)
{
	my ($command, $expected) = @steps[ 2 * $i, 2 * $i + 1 ];
	my $answer = $answers[$i] // '';
	s/\s+\z// for $answer, $expected;
	is($answer, $expected, $command =~ s/\n//gr);
}
$node->stop;
done_testing();
