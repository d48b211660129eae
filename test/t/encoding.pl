# Databases of other encodings than UTF8: what is sealed there is proved there,
# and in a database of another encoding that it was restored into.  What UTF-8
# cannot have is refused before anything is posted; so is the ledger where
# nobody knows what its texts are.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Digest::SHA qw(sha256 sha256_hex);
use Encode qw(encode_utf8);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $node = new_bank('encoding');
my $dbh;

sub database
{
	my ($name, $encoding) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	$dbh = session($node, dbname => $name);
	return if $encoding =~ /SQL_ASCII|MULE_INTERNAL/;
	$dbh->do(q{SET client_encoding = 'UTF8'});
	$dbh->{pg_enable_utf8} = 1;
	return;
}

sub is_proved
{
	my ($name, $pins) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is(rows($dbh, 'SELECT * FROM simplebank.verify_seals(?::jsonb)', $pins), '', "$name: all seals are proved");
	verify_is_sound($dbh, "$name: the ledger is sound");
	return;
}

# The same ledger in a database of another encoding; in UTF8 in between, as not
# every encoding can be converted to every other one.
sub restore
{
	my ($from, $to, $encoding) = @_;
	$dbh->disconnect;
	command_ok([ 'pg_dump', '-p', $node->port, '-h', $node->host, '-E', 'UTF8', '-f', "$directory/$from.sql", $from ], "$from is dumped");
	database($to, $encoding);
	command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-p', $node->port, '-h', $node->host, '-f', "$directory/$from.sql", $to ],
		"and restored into $encoding");
	return;
}

# Texts of all kinds.  In LATIN1 "é" is a shorter key than "zz", in UTF8 it is
# none.
my %metadata = (
	'keys' => '{"é": 1, "zz": 2, "a": [true, null, "ü\\\\\"\n\t", -1.50, {"ß": {}, "aa": [], "ä": "x"}]}',
	'a string' => '"größer"',
	'an array' => '["é", {"ö": "ó", "oo": 0}]',
	'ASCII' => '{"b": "c", "aa": 1e3}');

sub make_ledger
{
	my ($encoding) = @_;
	$dbh->do('CREATE EXTENSION simplebank');
	my ($ann, $ben) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR', min_balance => NULL)}, $_) } 'Änne', 'ben';
	foreach my $name (sort keys %metadata)
	{
		ok(value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 5, key => ?, description => ?, metadata => ?::jsonb)',
				$ann, $ben, $name, "für \t\\ $name", $metadata{$name}), "$encoding: $name");
	}
	ok(value($dbh, 'SELECT transfer_id FROM simplebank.post_journal(ARRAY[?, ?, ?]::bigint[], ARRAY[-2, 1, 1], description => ?)', $ann, $ben, $ben, 'Löhne'),
		"$encoding: a journal");
	value($dbh, 'SELECT simplebank.seal()');
	return $ann;
}

my %metadata_of;
foreach my $encoding (qw(UTF8 LATIN1 WIN1252 LATIN9))
{
	my $name = lc $encoding;
	database($name, $encoding);
	my $ann = make_ledger($encoding);
	is_proved($encoding);

	# an auditor who has the leaf hashes it in UTF-8
	foreach my $version (1 .. 5)
	{
		my $proof = $dbh->selectrow_hashref('SELECT * FROM simplebank.prove_entry(?, ?)', undef, $ann, $version);
		my $hash = value($dbh, q{SELECT substring(hashes FROM ? * 32 + 1 FOR 32) FROM simplebank.sealed_entries}, $proof->{leaf_index});
		is(unpack('H*', sha256("\0" . encode_utf8($proof->{leaf}))), unpack('H*', $hash), "$encoding: the leaf of entry $version");
		# of texts it has digests, made of the same UTF-8 in all encodings
		my ($salt, $description, $metadata) = $dbh->selectrow_array(
			q{SELECT encode(t.salt, 'hex'), t.description, t.metadata::text FROM simplebank.entries e JOIN simplebank.transfers t ON t.id = e.transfer_id
			  WHERE e.account_id = ? AND e.version = ?}, undef, $ann, $version);
		$metadata = $metadata_of{$version} //= $metadata;
		my @expected = map { defined $_->[1] ? sha256_hex(pack('H*', $salt) . "$_->[0]\0" . encode_utf8($_->[1])) : '\N' }
		  ([ description => $description ], [ metadata => $metadata ]);
		is(join(' ', (split /\t/, $proof->{leaf})[ 23, 24 ]), "@expected", 'has the digests of its texts');
	}
	my $pins = value($dbh, q{SELECT jsonb_object_agg(id, encode(root, 'hex')) FROM simplebank.seals});
	foreach my $other (grep { $_ ne $encoding } qw(UTF8 LATIN1))
	{
		restore($name, "${name}_in_" . lc $other, $other);
		is_proved("$encoding in $other", $pins);
		is(value($dbh, 'SELECT replayed FROM simplebank.transfer(?, ?, 5, key => ?)', $ann, $ann + 1, 'keys'), 1, 'a key is known');
		value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 5, description => ?)', $ann, $ann + 1, 'später');
		value($dbh, 'SELECT simplebank.seal()');
		is_proved('and goes on', $pins);
	}
	$dbh->disconnect;
}

# A byte that is no character, as a client of the same encoding may send it.
$dbh = session($node, dbname => 'win1252');
my $entries = value($dbh, 'SELECT count(*) FROM simplebank.entries');
foreach my $refused (
	q{simplebank.transfer(1, 2, 1, description => 'a' || :bad)},
	q{simplebank.transfer(1, 2, 1, metadata => jsonb_build_object('a', ARRAY['b', :bad]))},
	q{simplebank.transfer(1, 2, 1, metadata => jsonb_build_object(:bad, 1))},
	q{simplebank.transfer_batch('{1}', '{2}', '{1}', descriptions => ARRAY['a' || :bad])},
	q{simplebank.place_hold(1, 2, 1, description => 'a' || :bad)},
	q{simplebank.schedule_transfer(1, 2, 1, description => 'a' || :bad)},
	q{simplebank.enqueue_transfer(1, 2, 1, description => 'a' || :bad)},
	q{simplebank.create_settlement_group('a' || :bad, 'EUR')})
{
	my $sql = $refused =~ s/:bad/convert_from('\\x81', 'WIN1252')/r;
	my $answer = call($dbh, "SELECT * FROM $sql");
	is($answer->{sqlstate}, '22023', "refused: $refused");
	like($answer->{message}, qr/Byte [12], 0x81, begins no character that encoding WIN1252 has in common with UTF8/, 'and says why');
}
is(value($dbh, 'SELECT count(*) FROM simplebank.entries'), $entries, 'nothing was posted');

# Roles are those of all databases: one that was made where its name is right.
$node->safe_psql('postgres', q{CREATE ROLE U&"\00c1da" SUPERUSER});
$dbh->do(q{SELECT set_config('role', (SELECT rolname::text FROM pg_roles WHERE rolname::text LIKE '%da' AND rolsuper), false) IS NOT NULL});
is(call($dbh, 'SELECT * FROM simplebank.transfer(1, 2, 1)')->{sqlstate}, '22021', 'a role whose name is none here posts nothing');
is(call($dbh, 'SELECT simplebank.balance(1)')->{sqlstate}, undef, 'but reads');
$dbh->disconnect;

# Where bytes are no characters, or cannot be converted, there is no ledger.
foreach my $encoding (qw(SQL_ASCII MULE_INTERNAL))
{
	database(lc $encoding, $encoding);
	my $answer = call($dbh, 'CREATE EXTENSION simplebank');
	is($answer->{sqlstate}, '0A000', "$encoding is refused");
	like($answer->{message}, qr/encoding $encoding.*HINT: .*ENCODING 'UTF8'/s, 'and says what to do');
	is(value($dbh, q{SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'simplebank%'}), 0, 'nothing is left');
	$dbh->disconnect;
}

#
# Settings of a session that change how literals are read and bytes are written.
#

$node->safe_psql('postgres', 'CREATE DATABASE odd');
$node->safe_psql('postgres', "ALTER DATABASE odd SET $_")
  foreach 'standard_conforming_strings = off', 'backslash_quote = off', 'bytea_output = escape', 'array_nulls = off',
  'transform_null_equals = on', q{intervalstyle = 'sql_standard'}, q{datestyle = 'Postgres, DMY'}, 'extra_float_digits = -15';
$dbh = session($node, dbname => 'odd');
my $ann = make_ledger('odd settings');
is_proved('odd settings');
ok(value($dbh, 'SELECT seal_id FROM simplebank.prove_entry(?, 1)', $ann), 'odd settings: an entry is proved');
$dbh->do("CALL simplebank.run_job('$_')") foreach qw(seal verify_ledger expire_holds standing_orders interest close_day settlement statements purge_keys);
is(rows($dbh, q{SELECT job, last_error FROM simplebank.job_status WHERE last_error IS NOT NULL}), '', 'odd settings: all jobs run');
my $comments = q{SELECT objoid::regprocedure, description FROM pg_description WHERE classoid = 'pg_proc'::regclass
	AND objoid::regprocedure::text LIKE 'simplebank.%' ORDER BY 1::text};
my $odd = rows($dbh, $comments);
$dbh->disconnect;
$dbh = session($node);
is($odd, rows($dbh, $comments), 'odd settings: the manual is the same');

$dbh->disconnect;
$node->stop;
done_testing();
