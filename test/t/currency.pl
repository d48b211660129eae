# The built-in currencies of currency_data.sql.
#
# Two independent witnesses: the lists in this file, written from ISO 4217
# itself, and the JSON file of Debian's package iso-codes, which has codes,
# numbers and names, but no exponents.  A difference from iso-codes must be in
# the lists of withdrawn and introduced codes below, each with date and reason.
# The only writes are those of CREATE EXTENSION.

use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Unicode::Normalize qw(NFKD);

my $iso_codes_file = $ENV{ISO_4217_JSON}
  // '/usr/share/iso-codes/json/iso_4217.json';

# List One of 2026-09-17: number of codes, and every code whose minor unit is
# not 2 ('none' is the list's "N.A.").
my $number_of_codes = 178;
my %codes_by_exponent = (
	0 => [
		qw(BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF
		  XPF)
	],
	3 => [qw(BHD IQD JOD KWD LYD OMR TND)],
	4 => [qw(CLF UYW)],
	none => [qw(XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX)]);

# One row per line in full: each exponent class, a number with leading zeros,
# the funds codes, and the codes that changed last.
my @spot_rows = (
	[ 'ALL', '008', 2, 'Lek' ],
	[ 'BHD', '048', 3, 'Bahraini Dinar' ],
	[ 'BOV', '984', 2, 'Mvdol' ],
	[ 'CHE', '947', 2, 'WIR Euro' ],
	[ 'CHW', '948', 2, 'WIR Franc' ],
	[ 'CLF', '990', 4, 'Unidad de Fomento' ],
	[ 'COU', '970', 2, 'Unidad de Valor Real' ],
	[ 'EUR', '978', 2, 'Euro' ],
	[ 'JPY', '392', 0, 'Yen' ],
	[ 'KWD', '414', 3, 'Kuwaiti Dinar' ],
	[ 'MGA', '969', 2, 'Malagasy Ariary' ],
	[ 'MRU', '929', 2, 'Ouguiya' ],
	[ 'MXV', '979', 2, 'Mexican Unidad de Inversion (UDI)' ],
	[ 'SLE', '925', 2, 'Leone' ],
	[ 'TOP', '776', 2, "Pa'anga" ],
	[ 'USD', '840', 2, 'US Dollar' ],
	[ 'USN', '997', 2, 'US Dollar (Next day)' ],
	[ 'UYI', '940', 0, 'Uruguay Peso en Unidades Indexadas (UI)' ],
	[ 'UYW', '927', 4, 'Unidad Previsional' ],
	[ 'VED', '926', 2, 'Bolivar Soberano' ],
	[ 'VES', '928', 2, 'Bolivar Soberano' ],
	[ 'XAD', '396', 2, 'Arab Accounting Dinar' ],
	[ 'XAU', '959', undef, 'Gold' ],
	[ 'XCG', '532', 2, 'Caribbean Guilder' ],
	[ 'XDR', '960', undef, 'SDR (Special Drawing Right)' ],
	[
		'XTS', '963', undef, 'Codes specifically reserved for testing purposes'
	],
	[ 'ZWG', '924', 2, 'Zimbabwe Gold' ]);

# Changes since iso-codes 4.15.  A newer iso-codes has some of them, too.
my %withdrawn = (
	ANG => '2025-03-31: the Caribbean Guilder, XCG, took its place and number',
	BGN => '2026-01-01: Bulgaria adopted the euro',
	CUC => '2021-06: Cuba withdrew the convertible peso; listed as historic in 2025',
	HRK => '2023-01-01: Croatia adopted the euro',
	SLL => '2024-01-01: redenominated, SLE since 2022-04-01',
	ZWL => '2024-09-01: replaced by ZWG');
my %introduced = (
	XAD => '2025-05-12: fund code of the Arab Monetary Fund',
	XCG => '2025-03-31: Curacao and Sint Maarten, for ANG',
	ZWG => '2024-06-25: Zimbabwe Gold, for ZWL');

my $node = PostgreSQL::Test::Cluster->new('currency');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION simplebank');

my $rows = decode_json(
	$node->safe_psql(
		'postgres',
		'SELECT pg_catalog.json_agg(c) FROM simplebank.currencies AS c'));
my %currency = map { $_->{code} => $_ } @$rows;

is(scalar @$rows, $number_of_codes, 'number of currencies');
is_deeply([ grep { !$currency{$_}{is_builtin} } sort keys %currency ],
	[], 'all of them are built in');
is_deeply([ grep { !/^[A-Z]{3}$/ } sort keys %currency ],
	[], 'all codes have three letters');
is_deeply(
	[ grep { $currency{$_}{name} !~ /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/ }
		  sort keys %currency ],
	[],
	'all names are ASCII, with single spaces');

my %codes_of_number;
push @{ $codes_of_number{ $currency{$_}{numeric_code} // 'none' } }, $_
  foreach sort keys %currency;
is_deeply(
	[ grep { @$_ > 1 } values %codes_of_number ],
	[], 'no two currencies have the same number');
ok(!exists $codes_of_number{none}, 'each currency has a number');

my %found_by_exponent;
push @{ $found_by_exponent{ $currency{$_}{exponent} // 'none' } }, $_
  foreach sort keys %currency;
my $with_cents = delete $found_by_exponent{2};
is_deeply(\%found_by_exponent, \%codes_by_exponent,
	'exactly these currencies have another exponent than 2');
is(scalar @{ $with_cents // [] }, 139, 'number of currencies of exponent 2');

foreach my $spot (@spot_rows)
{
	my $found = $currency{ $spot->[0] } // {};

	is_deeply([ @$found{qw(code numeric_code exponent name)} ],
		$spot, "row of $spot->[0]");
}

is_deeply([ grep { exists $currency{$_} } sort keys %withdrawn ],
	[], 'withdrawn codes are absent');
is_deeply([ grep { !exists $currency{$_} } sort keys %introduced ],
	[], 'introduced codes are present');

# Names compare without accents, case, spaces and punctuation.
sub normalized
{
	my $name = lc NFKD(shift);

	$name =~ s/[^a-z0-9]//g;
	return $name;
}

SKIP:
{
	skip "no file $iso_codes_file (Debian package iso-codes)", 5
	  unless -e $iso_codes_file;

	my $list = decode_json(slurp_file($iso_codes_file))->{4217};
	my %iso_codes = map { $_->{alpha_3} => $_ } @$list;
	my @common = grep { exists $iso_codes{$_} } sort keys %currency;

	cmp_ok(scalar @common, '>=', 170, 'iso-codes knows most currencies');
	is_deeply(
		{ map { $_ => $currency{$_}{numeric_code} } @common },
		{ map { $_ => $iso_codes{$_}{numeric} } @common },
		'numbers are those of iso-codes');
	is_deeply(
		{ map { $_ => normalized($currency{$_}{name}) } @common },
		{ map { $_ => normalized($iso_codes{$_}{name}) } @common },
		'names are those of iso-codes');

	my @only_theirs = grep { !exists $currency{$_} } sort keys %iso_codes;
	my @only_ours = grep { !exists $iso_codes{$_} } sort keys %currency;

	note "only in iso-codes: $_, $withdrawn{$_}"
	  foreach grep { exists $withdrawn{$_} } @only_theirs;
	note "not in iso-codes: $_, $introduced{$_}"
	  foreach grep { exists $introduced{$_} } @only_ours;
	is_deeply([ grep { !exists $withdrawn{$_} } @only_theirs ],
		[], 'each code that only iso-codes has was withdrawn since');
	is_deeply([ grep { !exists $introduced{$_} } @only_ours ],
		[], 'each code that iso-codes lacks was introduced since');
}

$node->stop;
done_testing();
