# Erased texts: in no table, no dump, and, once the job wipe_erased has run and
# a checkpoint was made, in no file of the data directory but the WAL, on a
# standby neither.  Rows of each kind, at the places in a page where bytes are
# left: the last row, a row that has moved, a long value.

use strict;
use warnings;

use File::Find;
use FindBin;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $node = new_bank('erasure', init => { allows_streaming => 1 }, conf => "autovacuum = off\nwal_keep_size = '1GB'\n");
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('erasure_standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
my $dbh = session($node);

# so that what is long is there to be found, as it is
$dbh->do("ALTER TABLE simplebank.$_ ALTER COLUMN metadata SET STORAGE EXTERNAL") foreach qw(transfers holds accounts);

# The files of a data directory, but WAL, that have a text.
sub files_with
{
	my ($server, $text) = @_;
	my @found;
	find(
		{
			no_chdir => 1,
			wanted => sub {
				return $File::Find::prune = 1 if $File::Find::name =~ m{/pg_wal$};
				return unless -f $File::Find::name && open my $file, '<:raw', $File::Find::name;
				local $/ = undef;
				my $content = <$file> // '';
				push @found, $File::Find::name =~ s{.*/(?=base|global|pg_)}{}r if index($content, $text) >= 0;
			}
		},
		$server->data_dir);
	return join ' ', sort @found;
}

sub everywhere
{
	my ($text) = @_;
	my $there = files_with($node, $text);
	$node->wait_for_catchup($standby, 'replay', $node->lsn('flush'));
	$standby->safe_psql('postgres', 'CHECKPOINT');
	my $standby_has = files_with($standby, $text);
	return $there || $standby_has ? "primary: $there; standby: $standby_has" : '';
}

# A tick sees as the last one what was committed before the one before it.
sub tick
{
	$dbh->do(q{CALL simplebank.run_job('wipe_erased')}) foreach 1 .. 2;
	$dbh->do('CHECKPOINT');
	return;
}

#
# A ledger whose texts are all to be found
#

my $number = 0;
my %texts;

sub text
{
	my ($what) = @_;
	return $texts{$what} = sprintf 'Secret-%04d-%s', ++$number, $what =~ s/ /-/gr;
}

my ($ann, $ben) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR', min_balance => NULL)}, $_) } qw(ann ben);
my $transfer = sub {
	my ($description, $metadata) = @_;
	return value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1, description => ?, metadata => ?::jsonb)', $ann, $ben, $description, $metadata);
};
my %erase;

$erase{'a short text'} = [ transfer_id => $transfer->(text('a short text')) ];
$transfer->('of no interest') foreach 1 .. 3;
my $fill = sub {
	my ($page) = @_;
	my $id;
	do { $id = $transfer->('of no interest' x 5) }
	  until value($dbh, 'SELECT (ctid::text::point)[0] >= ? FROM simplebank.transfers WHERE id = ?', $page, $id);
	return;
};
# the last row of a full page: its new version is elsewhere
$fill->(1);
my $last = value($dbh, q{SELECT id FROM simplebank.transfers WHERE (ctid::text::point)[0] = 0 ORDER BY ctid DESC LIMIT 1});
$texts{'the last row of a page'} = 'of no interest' . 'Secret-last-row-of-a-page-';
{
	# it takes its place: as long as the one that is there, written before anybody reads it
	my $long = $texts{'the last row of a page'};
	my $id;
	do { $id = $transfer->($long . $number++) } until value($dbh, 'SELECT (ctid::text::point)[0] >= 2 FROM simplebank.transfers WHERE id = ?', $id);
	my $ids = $dbh->selectcol_arrayref('SELECT id FROM simplebank.transfers WHERE description LIKE ? ORDER BY id', undef, "$long%");
	$erase{"row $_ of full pages"} = [ transfer_id => $_ ] foreach @$ids;
}
my $noise = join '', map { chr(97 + int rand 26) } 1 .. 5000;
$erase{'long metadata'} = [ transfer_id => $transfer->(undef, sprintf '{"a": "%s %s %s"}', $noise, text('long metadata'), $noise) ];
$erase{'a long description'} = [ transfer_id => $transfer->(substr($noise, 0, 400) . text('a long description') . substr($noise, 0, 500)) ];
$transfer->('of no interest');

# rows that move
my $cyd = value($dbh, q{SELECT simplebank.open_account('cyd', 'EUR', name => ?, metadata => ?::jsonb, key => 'cyd', min_balance => -100000)},
	text('name of an account'), sprintf('{"phone": "%s"}', text('metadata of an account')));
value($dbh, 'SELECT simplebank.set_account_status(?, ?, ?)', $cyd, 'active', text('reason of an event'));
$erase{'an account'} = [ account_id => $cyd ];
my $hold = value($dbh, 'SELECT hold_id FROM simplebank.place_hold(?, ?, 50, description => ?, metadata => ?::jsonb)',
	$cyd, $ben, text('description of a hold'), sprintf('{"long": "%s %s"}', $noise, text('metadata of a hold')));
$erase{'a hold'} = [ hold_id => $hold ];
my $order = value($dbh, q{SELECT simplebank.schedule_transfer(?, ?, 1, run_at => now() - interval '3 days', every => interval '1 day', description => ?)},
	$cyd, $ben, text('description of an order'));
$erase{'an order'} = [ order_id => $order ];
$dbh->do(q{CALL simplebank.run_job('standing_orders')});
my @tickets = map { value($dbh, 'SELECT simplebank.enqueue_transfer(?, ?, 1, description => ?, metadata => ?::jsonb)', $cyd, $ben, @$_) }
  [ text('description of a request'), undef ], [ undef, sprintf '{"long": "%s %s %s"}', $noise, text('metadata of a request'), $noise ];
$dbh->do(q{CALL simplebank.run_job('requests')});
$erase{"request $_"} = [ transfer_id => value($dbh, 'SELECT transfer_id FROM simplebank.transfer_of(?)', $_) ] foreach @tickets;
foreach my $n (1 .. 60)
{
	# other accounts of the same pages, and rounds of vacuum that leave bytes behind
	call($dbh, 'SELECT * FROM simplebank.capture_hold(?, 1, false)', $hold) if $n % 3 == 0;
	value($dbh, 'SELECT transfer_id FROM simplebank.transfer(?, ?, 1)', $cyd, $ben);
	value($dbh, q{SELECT simplebank.open_account('other', 'EUR')});
	$dbh->do('VACUUM simplebank.accounts, simplebank.holds, simplebank.standing_orders, simplebank.requests') if $n % 20 == 0;
}
value($dbh, 'SELECT simplebank.seal()');
my $pins = value($dbh, q{SELECT jsonb_object_agg(id, encode(root, 'hex')) FROM simplebank.seals});
$dbh->do('ANALYZE');
$dbh->do('CHECKPOINT');
isnt(files_with($node, $texts{$_}), '', "there is $_") foreach sort keys %texts;
is(rows($dbh, q{SELECT s.starelid::regclass, a.attname FROM pg_statistic s JOIN pg_attribute a ON (a.attrelid, a.attnum) = (s.starelid, s.staattnum)
	WHERE concat_ws(' ', s.stavalues1::text, s.stavalues2::text, s.stavalues3::text, s.stavalues4::text, s.stavalues5::text) LIKE '%Secret%'}),
	'', 'statistics of columns have no text');

#
# Who still sees a row keeps it
#

my $old = session($node);
$old->begin_work;
$old->do('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
value($old, 'SELECT count(*) FROM simplebank.transfers');
foreach my $what (sort keys %erase)
{
	my ($argument, $id) = @{ $erase{$what} };
	ok(value($dbh, "SELECT count(*) FROM simplebank.erase_texts($argument => ?, reason => 'asked for')", $id) > 0, "erased: $what");
	is(value($dbh, "SELECT count(*) FROM simplebank.erase_texts($argument => ?, reason => 'once more')", $id), 0, 'and nothing is left');
}
tick();
like(value($old, 'SELECT description FROM simplebank.transfers WHERE id = ?', $erase{'a short text'}[1]), qr/Secret/, 'who began before sees it still');
ok(value($dbh, 'SELECT count(*) FROM simplebank.erased_pages') > 0, 'so that it waits');
$old->commit;

#
# In no table, no file, no dump
#

foreach my $table (map { $_->[0] } @{ $dbh->selectall_arrayref(q{SELECT relname FROM pg_class WHERE relnamespace = 'simplebank'::regnamespace AND relkind = 'r'}) })
{
	is(rows($dbh, qq{SELECT t::text FROM simplebank."$table" t WHERE t::text LIKE '%Secret%'}), '', "no text in $table");
}
$dbh->do('VACUUM');
tick();
is(value($dbh, 'SELECT count(*) FROM simplebank.erased_pages'), 0, 'all pages are done');
is(everywhere($texts{$_}), '', "in no file: $_") foreach sort keys %texts;
is(everywhere('Secret-'), '', 'nor a part of any');
is(rows($dbh, 'SELECT * FROM simplebank.verify_seals(?::jsonb)', $pins), '', 'seals from before prove what is there');
verify_is_sound($dbh);
is(rows(session($standby), 'SELECT * FROM simplebank.verify_seals()'), '', 'on the standby too');

# without VACUUM, and in a transaction of its own
$erase{later} = [ transfer_id => $transfer->(text('later')) ];
$dbh->do('CHECKPOINT');
isnt(files_with($node, $texts{later}), '', 'a later one is there');
$dbh->begin_work;
$dbh->do('SAVEPOINT s');
value($dbh, q{SELECT count(*) FROM simplebank.erase_texts(?, 'asked for')}, $erase{later}[1]);
$dbh->do('ROLLBACK TO s');
is(value($dbh, 'SELECT description FROM simplebank.transfers WHERE id = ?', $erase{later}[1]), $texts{later}, 'what is rolled back is there');
$dbh->do('SAVEPOINT t');
value($dbh, q{SELECT count(*) FROM simplebank.erase_texts(?, 'asked for')}, $erase{later}[1]);
$dbh->do('RELEASE t');
$dbh->commit;
tick();
is(everywhere($texts{later}), '', 'and gone without VACUUM');

# A dump has none of it; what is restored is proved by the same roots.
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok([ 'pg_dump', '--no-sync', '--file', $dump, 'postgres' ], 'a dump');
unlike(slurp_file($dump), qr/Secret/, 'has no text');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], 'and is restored');
my $restored = session($node, dbname => 'restored');
is(rows($restored, 'SELECT * FROM simplebank.verify_seals(?::jsonb)', $pins), '', 'the same roots prove it');
verify_is_sound($restored, 'it is sound');
is(value($restored, 'SELECT count(*) FROM simplebank.erasures'), value($dbh, 'SELECT count(*) FROM simplebank.erasures'), 'it knows what was erased');
is(value($restored, 'SELECT count(*) FROM simplebank.erased_pages'), 0, 'and has no pages to wipe');
like(value($restored, 'SELECT texts FROM simplebank.prove_entry(?, 1)', $ann), qr/erased on \d{4}-/, 'and says it');

done_testing();
