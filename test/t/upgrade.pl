# Upgrades, while clients are at work, from each released version (while there
# is none, from the present one as if it were), and from the present one to a
# next one that the test makes: afterwards there are the same objects,
# comments, privileges and built-in rows as in a fresh installation, and the
# ledger is what it was.  A library and SQL objects of two versions answer with
# an error and do not crash.  pg_upgrade takes all along.
#
# The comparison is itself put to the test: each kind of difference is seen.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Catalog;
use Simplebank::Checker;
use Simplebank::Client;
use Simplebank::Installation;
use Simplebank::Sample;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $tree = dirname(dirname($FindBin::RealBin));
my $directory = PostgreSQL::Test::Utils::tempdir();
my $installation = Simplebank::Installation->new("$directory/installation");
my $node = new_bank('upgrade', install_path => $installation->path, conf => "log_statement = none\n");
my $seed = seed_of_test();
my $dbh = session($node);
my $present = value($dbh, q{SELECT extversion FROM pg_extension WHERE extname = 'simplebank'});
$dbh->do('SELECT simplebank.create_roles()');

#
# Tools
#

# A session in a new database.
sub new_database
{
	my ($name, $version) = @_;
	$dbh->do(qq{CREATE DATABASE "$name"});
	my $session = session($node, dbname => $name);
	$session->do(q{CREATE EXTENSION simplebank} . ($version ? qq{ VERSION '$version'} : ''));
	return $session;
}

sub update { return $_[0]->do('ALTER EXTENSION simplebank UPDATE') }

sub same_ok
{
	my ($found, $expected, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @lines = differences($found, $expected);
	is(scalar @lines, 0, $name);
	diag s/\n.*//sr foreach @lines[ 0 .. ($#lines < 9 ? $#lines : 9) ];
	return;
}

# The columns that there are now, and what is in them: but for the balances
# of the clients' accounts, and jobs that may run meanwhile.
sub contents
{
	my ($session, $columns) = @_;
	my %rows;
	$columns //= {
		map { @$_ } @{
			$session->selectall_arrayref(
				q{SELECT attrelid::regclass::text, string_agg(format('%I', attname), ', ' ORDER BY attnum)
				  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
				  WHERE relnamespace = 'simplebank'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('ticked_at', 'booted_at', 'boot_id')
				  GROUP BY attrelid})
		}
	};
	foreach my $table (sort keys %$columns)
	{
		my $condition = $table =~ /accounts$/ && $columns->{$table} =~ /\bowner\b/ ? q{WHERE currency <> 'EUR'} : '';
		$rows{"$table: $_"} = 1
		  foreach @{ $session->selectcol_arrayref("SELECT ROW($columns->{$table})::text FROM $table $condition") };
	}
	return (\%rows, $columns);
}

# What was there before is there still.
sub kept_ok
{
	my ($session, $before, $columns, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($after) = contents($session, $columns);
	my @lost = grep { !$after->{$_} } sort keys %$before;
	is(scalar @lost, 0, "$name: every row is there as it was");
	diag "lost: $_" foreach @lost[ 0 .. ($#lost < 4 ? $#lost : 4) ];
	return;
}

# The requests of fill_ledger(), sent again.
sub replays_ok
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($alice, $bob) = map {
		value($session, q{SELECT id FROM simplebank.accounts WHERE owner = ? AND currency = 'USD'}, $_)
	} qw(alice bob);
	is(value($session, q{SELECT simplebank.open_account('alice', 'USD', key => 'open alice')}), $alice, "$name: an old account's key replays");
	my $posted = call($session, q{SELECT id, posted_at FROM simplebank.transfers WHERE description = 'rent'});
	my $again = call($session,
		q{SELECT * FROM simplebank.transfer(?, ?, 300, 'pay', effective_at => '2024-02-29 13:00+01')}, $alice, $bob);
	is_deeply([ @{$again}{qw(transfer_id posted_at from_balance to_balance replayed)} ],
		[ @{$posted}{qw(id posted_at)}, 700, 300, 1 ], "$name: an old transfer's key replays");
	is(call($session, q{SELECT * FROM simplebank.transfer(?, ?, 299, 'pay')}, $alice, $bob)->{sqlstate}, 'SB301', "$name: and is used for nothing else");
	is(call($session, q{SELECT * FROM simplebank.place_hold(?, ?, 40, '2999-01-01 00:00+00', 'hold')}, $alice, $bob)->{replayed}, 1, "$name: an old hold's");
	is( value($session,
			q{SELECT simplebank.schedule_transfer(?, ?, 2, every => '1 month', until => '2999-01-31 00:00+00', key => 'order')}, $alice, $bob),
		value($session, q{SELECT min(id) FROM simplebank.standing_orders}), "$name: an old order's");
	return;
}

# Clients at work and a job, in a database that fill_ledger() has filled.
my $load_number = 0;

sub start_load
{
	my ($session, %options) = @_;
	my $load = { name => 'load' . ++$load_number, dbname => $session->{pg_db} };
	my @accounts = @{ $session->selectcol_arrayref(q{SELECT id FROM simplebank.accounts WHERE owner = 'load' ORDER BY id}) };
	$load->{stop} = "$directory/$load->{name}.stop";
	$load->{journals} = [ map { "$directory/$load->{name}.$_" } 1 .. 3 ];
	append_to_file($_, '') foreach @{ $load->{journals} };
	$load->{pids} = [
		map {
			my $number = $_;
			in_background(
				sub {
					Simplebank::Client::run(
						node => $node,
						dbname => $load->{dbname},
						name => "load$number",
						journal => $load->{journals}[ $number - 1 ],
						accounts => { EUR => \@accounts },
						operations => [qw(transfer deposit withdraw)],
						submit => $options{submit},
						seed => $seed + 10 * $load_number + $number,
						stop => $load->{stop},
						pause => 0.004);
				});
		} 1 .. 3
	];
	push @{ $load->{pids} }, in_background(sub { run_jobs($load) });
	return $load;
}

# As pg_cron would, but in one session as long as that goes well.
sub run_jobs
{
	my ($load) = @_;
	my ($session, $last);
	until (-e $load->{stop})
	{
		$session //= eval { session($node, name => 'jobs', dbname => $load->{dbname}) };
		$last = $session ? call($session, q{CALL simplebank.run_job('standing_orders')}) : { sqlstate => '08006' };
		undef $session if exists $last->{sqlstate};
		sleep 0.02;
	}
	die "the job ends with $last->{sqlstate}: $last->{message}\n" if exists $last->{sqlstate};
	return;
}

# Waits until each client has had so many more answers of a kind.
sub answers_ok
{
	my ($load, $kind, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $count = sub {
		return map { my $journal = slurp_file($_); scalar(() = $journal =~ /"$kind":/g) } @{ $load->{journals} };
	};
	my @before = $count->();
	return ok(
		wait_until(
			sub {
				my @now = $count->();
				return !grep { $now[$_] < $before[$_] + 10 } 0 .. $#now;
			}),
		$name);
}

sub end_load
{
	my ($load, $session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	append_to_file($load->{stop}, '');
	ok(reap(@{ $load->{pids} }), "$name: the clients have settled all their requests, and the job works");

	my $ledger = read_ledger($session);
	my %mine = map { $_ => 1 } @{ $session->selectcol_arrayref(q{SELECT id FROM simplebank.accounts WHERE currency = 'EUR'}) };
	$ledger->{accounts} = [ grep { $mine{ $_->{id} } } @{ $ledger->{accounts} } ];
	$ledger->{entries} = [ grep { $mine{ $_->{account_id} } } @{ $ledger->{entries} } ];
	$ledger->{transfers} = [ grep { $mine{ $_->{from_account_id} // 0 } } @{ $ledger->{transfers} } ];
	$ledger->{keys} = [ grep { $_->{key} =~ /^load/ } @{ $ledger->{keys} } ];
	@$ledger{qw(holds orders executions)} = ([], [], []);
	my @complaints = judge([ map { read_journal($_) } @{ $load->{journals} } ], $ledger);
	is(scalar @complaints, 0, "$name: journals and ledger agree");
	diag $_ foreach @complaints[ 0 .. ($#complaints < 9 ? $#complaints : 9) ];
	sound_ok($session, $name);
	return;
}

# Also by the seals from before.
sub sound_ok
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	verify_is_sound($session, "$name: the ledger is sound");
	return is(rows($session, 'SELECT * FROM simplebank.verify_seals()'), '', "$name: so say its seals");
}

# An order that the job has to make.
sub job_works_ok
{
	my ($session, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my ($heidi, $ivan) = map { value($session, q{SELECT simplebank.open_account(?, 'NOK')}, $_) } qw(heidi ivan);
	call($session, 'SELECT * FROM simplebank.deposit(?, 5)', $heidi);
	value($session, 'SELECT simplebank.schedule_transfer(?, ?, 5, clock_timestamp())', $heidi, $ivan);
	return ok(wait_until(sub { value($session, 'SELECT simplebank.balance(?)', $ivan) == 5 }), "$name: the job makes what is ordered");
}

#
# From each released version to the present one
#

my @released = map { /simplebank--(.*)\.sql$/ && $1 !~ /--/ ? $1 : () } glob "$tree/sql/simplebank--*.sql";
my %data = map { $_ => slurp_file("$tree/test/released/$_.sql") } @released;
if (!@released)
{
	note 'no version is released yet: the present one as it would be';
	@released = $present;
	my $frozen = new_database('frozen');
	fill_ledger($frozen);
	$data{$present} = frozen_data($frozen);
	$frozen->disconnect;
}
note "released: @released";
my $fresh = new_database('fresh');
my ($fresh_objects, $fresh_rows, $fresh_symbols) = (describe($fresh), built_in_rows($fresh), symbols($fresh));
$fresh->do('SELECT simplebank.create_roles()');

foreach my $version (@released)
{
	my $name = "from $version";
	my $empty = new_database("empty_$version", $version);
	# a symbol that has another signature would read what it was not given
	my $old_symbols = symbols($empty);
	my %still = map { exists $fresh_symbols->{$_} ? ($_ => $fresh_symbols->{$_}) : () } keys %$old_symbols;
	same_ok({ map { $_ => $old_symbols->{$_} } keys %still }, \%still, "$name: a symbol of the library has the same signature");
	update($empty);
	same_ok(describe($empty), $fresh_objects, "$name: the same objects");
	same_ok(built_in_rows($empty), $fresh_rows, "$name: the same built-in rows");
	$empty->disconnect;

	my $session = new_database("released_$version", $version);
	$session->do('SELECT simplebank.create_roles()');
	is($node->psql("released_$version", $data{$version}, on_error_die => 1), 0, "$name: its data");
	my ($before, $columns) = contents($session);
	my $load = start_load($session);
	answers_ok($load, $version eq $present ? 'accepted' : 'lost', "$name: clients are at work");
	update($session);
	answers_ok($load, 'accepted', "$name: and work on");
	$session->disconnect;
	$session = session($node, dbname => "released_$version");
	job_works_ok($session, $name);
	end_load($load, $session, $name);
	kept_ok($session, $before, $columns, $name);
	replays_ok($session, $name);
	$session->do('SELECT simplebank.create_roles()');
	same_ok(describe($session), describe($fresh), "$name: the same objects in use");
	$session->disconnect;
}

#
# A next version, as a developer would write it
#

# Changes a part of the install script, or another file, in one place.
sub change
{
	my ($file, $from, $to) = @_;
	my $text = slurp_file($file);
	my $places = () = $text =~ /\Q$from\E/g;
	die "$places times in $file: $from\n" if $places != 1;
	$text =~ s/\Q$from\E/$to/;
	open my $handle, '>', $file or die "$file: $!";
	print $handle $text;
	close $handle or die "$file: $!";
	return $text;
}

my $next = "$directory/next";
mkdir $next or die "$next: $!";
system_or_bail('cp', '-a', (map { "$tree/$_" } qw(Makefile simplebank.control src sql)), $next);
change("$next/simplebank.control", "default_version = '$present'", q{default_version = 'next'});

my $additions = <<'SQL';

CREATE TABLE simplebank.branches (
	id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	name text COLLATE "C" NOT NULL UNIQUE CHECK (name <> ''),
	opened date NOT NULL DEFAULT '2000-01-01'
) WITH (fillfactor = 80);
COMMENT ON TABLE simplebank.branches IS 'Where the bank has its counters.';
COMMENT ON COLUMN simplebank.branches.opened IS 'the first business date';
CREATE INDEX branches_opened_idx ON simplebank.branches (opened) WHERE opened > '2000-01-01';
ALTER TABLE simplebank.branches ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON simplebank.branches FOR SELECT USING (name = current_user);
CREATE TRIGGER guard BEFORE UPDATE OR DELETE OR TRUNCATE ON simplebank.branches
	FOR EACH STATEMENT EXECUTE FUNCTION simplebank_internal.guard();
INSERT INTO simplebank.branches (name) VALUES ('main');
SELECT pg_extension_config_dump('simplebank.branches', '');
SELECT pg_extension_config_dump('simplebank.branches_id_seq', '');

CREATE DOMAIN simplebank.branch_code AS text CHECK (VALUE ~ '^[A-Z]{3}$');
COMMENT ON DOMAIN simplebank.branch_code IS 'Three letters.';
CREATE TYPE simplebank.branch_place AS (street text, town text);
COMMENT ON TYPE simplebank.branch_place IS 'Where it is.';
CREATE VIEW simplebank.old_branches WITH (security_invoker = true) AS
	SELECT b.id, b.name FROM simplebank.branches b WHERE b.opened < '2010-01-01';
COMMENT ON VIEW simplebank.old_branches IS 'Those with a history.';
CREATE FUNCTION simplebank.branch_of(account_id bigint) RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER COST 200
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT a.branch FROM simplebank.accounts a WHERE a.id = account_id;
END;
COMMENT ON FUNCTION simplebank.branch_of IS 'The branch of an account.';
SQL
my $column_comment = "COMMENT ON COLUMN simplebank.accounts.branch IS 'see branches';\n";
my $table = 'COMMENT ON TABLE simplebank.accounts IS';

change("$next/sql/account.sql", "\n) WITH (fillfactor = 50);", ",\n\tbranch int NOT NULL DEFAULT 1\n) WITH (fillfactor = 50);");
change("$next/sql/account.sql", $table, $column_comment . $table);
change("$next/sql/currency_data.sql", "('XXX',", "('XNX', '998', 3, 'Next'),\n\t('XXX',");
change("$next/sql/job.sql", 'CREATE INDEX job_runs_latest_idx', <<'SQL' . 'CREATE INDEX job_runs_latest_idx');
CREATE INDEX job_runs_runner_idx ON simplebank.job_runs (runner);
SQL
my ($purge) = change("$next/sql/idempotency.sql", q{portion CONSTANT int = 1000}, q{portion CONSTANT int = 2000}) =~
  /^CREATE (FUNCTION simplebank_internal\.purge_keys_step\(.*?^END \$\$;\n)/ms;
my $ending = "\n/*\n * To the owner goes everything";
my ($give_to_owner) = change("$next/sql/privilege.sql", $ending, $additions . $ending) =~ /(\Q$ending\E.*)/s;
append_to_file("$next/sql/simplebank--$present--next.sql", <<SQL);
\\echo Use "ALTER EXTENSION simplebank UPDATE" to load this file. \\quit

ALTER TABLE simplebank.accounts ADD COLUMN branch int NOT NULL DEFAULT 1;
$column_comment
INSERT INTO simplebank.currencies (code, numeric_code, exponent, name, is_builtin) VALUES ('XNX', '998', 3, 'Next', true);
CREATE INDEX job_runs_runner_idx ON simplebank.job_runs (runner);
CREATE OR REPLACE $purge
$additions
$give_to_owner
SQL

# Of the library only this file knows its version.
sub install_next
{
	$installation->install($next, '-W', 'src/store/owner.c', '-o', 'simplebank.control');
	return;
}

my $empty = new_database('empty');
my $filled = new_database('filled');
my $old_sql = new_database('old_sql');
my $tellers = new_database('tellers');
my $served = new_database('served');
foreach my $session ($filled, $old_sql, $tellers, $served)
{
	$session->do('SELECT simplebank.create_roles()');
	fill_ledger($session);
}
my ($before, $columns) = contents($filled);
my @pair = @{ $filled->selectcol_arrayref(q{SELECT id FROM simplebank.accounts WHERE owner = 'load' ORDER BY id LIMIT 2}) };
my @transfer = (q{SELECT * FROM simplebank.transfer(?, ?, 1, description => 'setup')}, @pair);
my $load = start_load($filled);
answers_ok($load, 'accepted', 'next: clients are at work');
is(call($filled, @transfer)->{sqlstate}, undef, 'next: so is a session of old');

install_next();
answers_ok($load, 'accepted', 'next: sessions work on with the old library and SQL objects');
is(call($filled, @transfer)->{sqlstate}, undef, 'next: this one too');

#
# A new library, SQL objects of old
#

# Each function in C, with arguments of a kind, in a session of its own.
{
	my %example = (
		bigint => '1', integer => '1', numeric => '1', boolean => 'true', interval => '1 minute', date => '2020-01-01',
		'timestamp with time zone' => '2020-01-01', 'timestamp with time zone[]' => '{2020-01-01}', text => 'x', bytea => 'x', jsonb => '{}', 'bigint[]' => '{1}', 'integer[]' => '{1}',
		'text[]' => '{x}', 'jsonb[]' => '{"{}"}', oid => '1', xid8 => '1', tid => '(0,1)', uuid => '00000000-0000-0000-0000-000000000001', 'time without time zone' => '10:00',
		'simplebank.seals' => '(1,2020-01-01,x,1,1,"\\\\x00","\\\\x00",0)');
	my ($rows, $old_columns) = contents($old_sql);
	my $session = session($node, dbname => 'old_sql');
	my $functions = $session->selectall_arrayref(
		q{SELECT p.oid::regproc::text, p.prokind,
			ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u(t, n) ORDER BY n)
		  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
		  WHERE p.pronamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace) AND l.lanname = 'c' AND p.prorettype <> 'trigger'::regtype});
	my %answers;
	foreach my $function (@$functions)
	{
		my ($name, $kind, $types) = @$function;
		foreach my $values ([ map { undef } @$types ], [ map { $example{$_} // die "no example of $_\n" } @$types ])
		{
			my $arguments = join ', ', map { "?::$_" } @$types;
			my $answer = call($session, ($kind eq 'p' ? 'CALL' : 'SELECT') . " $name($arguments)", @$values);
			$answers{ $answer->{sqlstate} // 'an answer' }++;
			next if ($answer->{sqlstate} // '') !~ /^(?:08|57|unknown)/;
			fail("$name(" . join(', ', map { $_ // 'NULL' } @$values) . ") answers $answer->{sqlstate}");
			$session = session($node, dbname => 'old_sql');
		}
	}
	note join ', ', map { "$_: $answers{$_}" } sort keys %answers;
	cmp_ok($answers{55000} // 0, '>', 20, 'functions refuse to work on SQL objects of another version');
	my ($now) = contents($old_sql, $old_columns);
	is_deeply($now, $rows, 'and have changed nothing');
	my $answer = call($session, @transfer);
	is($answer->{message}, <<TEXT =~ s/\n$//r, 'which they say');
ERROR:  extension simplebank has version $present, its library next
HINT:  Install the library of the newer version, run ALTER EXTENSION simplebank UPDATE, and reconnect; restart a server that has preloaded the older one.
TEXT
	# guards are triggers
	is(call($session, "UPDATE simplebank.accounts SET balance = 1")->{sqlstate}, '42501', 'a guard does its work');
	update($session);
	is(call($session, @transfer)->{sqlstate}, undef, 'after the update the same session works');
	$session->disconnect;
}

#
# The update, under load
#

my $prepared = $filled->prepare('SELECT simplebank.balance(?)');
$prepared->execute($pair[0]);
$prepared->finish;
{
	my $session = session($node, dbname => 'filled');
	update($session);
	is(call($session, @transfer)->{sqlstate}, undef, 'next: a session of the new library works at once');
	$session->disconnect;
}
my $answer = call($filled, @transfer);
like($answer->{message}, qr/version next, its library \Q$present\E$/m, 'next: a session of old says that it is');
is($answer->{sqlstate}, '55000', 'next: with 55000');
ok(!eval { $prepared->execute($pair[0]) } && $filled->state eq '55000', 'next: also by a prepared statement');
is(call($filled, q{SELECT simplebank.business_day('2026-12-25')})->{sqlstate}, '55000', 'next: also what has its body in SQL');
$filled->disconnect;
$filled = session($node, dbname => 'filled');
answers_ok($load, 'accepted', 'next: clients work on');
job_works_ok($filled, 'next');
end_load($load, $filled, 'next');
kept_ok($filled, $before, $columns, 'next');
replays_ok($filled, 'next');

my $new = new_database('new');
update($empty);
same_ok(describe($empty), describe($new), 'next: the same objects');
same_ok(built_in_rows($empty), built_in_rows($new), 'next: the same built-in rows');
same_ok(symbols($empty), $fresh_symbols, 'next: the same symbols');
$_->do('SELECT simplebank.create_roles()') foreach $filled, $new;
same_ok(describe($filled), describe($new), 'next: the same objects in use');
$empty->disconnect;

#
# The comparison sees each kind of difference
#

my $expected = describe($new);
foreach my $damage (
	[ 'a comment' => 'COMMENT ON TABLE simplebank.branches IS NULL' ],
	[ 'a comment on a column' => q{COMMENT ON COLUMN simplebank.accounts.branch IS 'other'} ],
	[ 'a comment on a function' => 'COMMENT ON FUNCTION simplebank.branch_of IS NULL' ],
	[ 'a comment on a trigger' => q{COMMENT ON TRIGGER guard ON simplebank.branches IS 'new'} ],
	[ 'a comment on an index' => q{COMMENT ON INDEX simplebank.branches_opened_idx IS 'new'} ],
	[ 'a grant' => 'REVOKE EXECUTE ON FUNCTION simplebank.transfer FROM simplebank_teller' ],
	[ 'a grant too many' => 'GRANT SELECT ON simplebank.branches TO public' ],
	[ 'a grant option' => 'GRANT SELECT ON simplebank.accounts TO simplebank_teller WITH GRANT OPTION' ],
	[ 'a grant on a column' => 'GRANT UPDATE (name) ON simplebank.branches TO simplebank_teller' ],
	[ 'a grant on a type' => 'GRANT USAGE ON TYPE simplebank.branch_place TO simplebank_teller' ],
	[ 'a grant on the schema' => 'GRANT CREATE ON SCHEMA simplebank TO simplebank_teller' ],
	[ 'default privileges' => 'ALTER DEFAULT PRIVILEGES IN SCHEMA simplebank GRANT SELECT ON TABLES TO simplebank_teller' ],
	[ 'an initial privilege' => q{UPDATE pg_init_privs SET initprivs = '{simplebank_teller=r/simplebank_owner}' WHERE objoid = 'simplebank.branches'::regclass} ],
	[ 'the owner of a table' => 'ALTER TABLE simplebank.branches OWNER TO simplebank_admin' ],
	[ 'the owner of a function' => 'ALTER FUNCTION simplebank.branch_of OWNER TO simplebank_admin' ],
	[ 'the owner of a domain' => 'ALTER DOMAIN simplebank.branch_code OWNER TO simplebank_admin' ],
	[ 'a column' => 'ALTER TABLE simplebank.accounts DROP COLUMN metadata' ],
	[ 'a column too many' => 'ALTER TABLE simplebank.branches ADD COLUMN more int' ],
	[ 'the order of columns' => 'ALTER TABLE simplebank.accounts DROP COLUMN metadata, ADD COLUMN metadata jsonb' ],
	[ 'a type' => 'ALTER TABLE simplebank.day_events ALTER COLUMN reason TYPE varchar(100)' ],
	[ 'a default' => 'ALTER TABLE simplebank.accounts ALTER COLUMN branch SET DEFAULT 2' ],
	[ 'NOT NULL' => 'ALTER TABLE simplebank.accounts ALTER COLUMN branch DROP NOT NULL' ],
	[ 'a collation' => 'ALTER TABLE simplebank.account_events ALTER COLUMN reason TYPE text COLLATE "C"' ],
	[ 'storage' => 'ALTER TABLE simplebank.accounts ALTER COLUMN metadata SET STORAGE EXTERNAL' ],
	[ 'an option of a column' => 'ALTER TABLE simplebank.accounts ALTER COLUMN owner SET (n_distinct = 5)' ],
	[ 'a parameter of a table' => 'ALTER TABLE simplebank.branches RESET (fillfactor)' ],
	[ 'a parameter of its toast' => 'ALTER TABLE simplebank.branches SET (toast.autovacuum_enabled = false)' ],
	[ 'an identity' => 'ALTER TABLE simplebank.branches ALTER COLUMN id SET GENERATED ALWAYS' ],
	[ 'a sequence' => 'ALTER SEQUENCE simplebank.branches_id_seq INCREMENT 2' ],
	[ 'a check' => 'ALTER TABLE simplebank.branches DROP CONSTRAINT branches_name_check' ],
	[ 'a check not valid' => 'ALTER TABLE simplebank.branches DROP CONSTRAINT branches_name_check, ADD CONSTRAINT branches_name_check CHECK (name <> \'\') NOT VALID' ],
	[ 'an index' => 'DROP INDEX simplebank.job_runs_runner_idx' ],
	[ 'another index' => 'DROP INDEX simplebank.branches_opened_idx; CREATE INDEX branches_opened_idx ON simplebank.branches (opened)' ],
	[ 'a trigger' => 'DROP TRIGGER guard ON simplebank.branches' ],
	[ 'a trigger that sleeps' => 'ALTER TABLE simplebank.branches DISABLE TRIGGER guard' ],
	[ 'another trigger' => 'CREATE OR REPLACE TRIGGER guard BEFORE UPDATE ON simplebank.branches FOR EACH STATEMENT EXECUTE FUNCTION simplebank_internal.guard()' ],
	[ 'a policy' => 'DROP POLICY own ON simplebank.branches' ],
	[ 'another policy' => 'ALTER POLICY own ON simplebank.branches USING (true)' ],
	[ 'a policy for others' => 'ALTER POLICY own ON simplebank.branches TO simplebank_teller' ],
	[ 'row-level security' => 'ALTER TABLE simplebank.branches DISABLE ROW LEVEL SECURITY' ],
	[ 'a view' => q{CREATE OR REPLACE VIEW simplebank.old_branches WITH (security_invoker = true) AS SELECT b.id, b.name FROM simplebank.branches b} ],
	[ 'an option of a view' => 'ALTER VIEW simplebank.old_branches RESET (security_invoker)' ],
	[ 'a rule' => 'CREATE RULE nothing AS ON INSERT TO simplebank.branches DO INSTEAD NOTHING' ],
	[ 'a domain' => q{ALTER DOMAIN simplebank.branch_code DROP CONSTRAINT branch_code_check} ],
	[ 'the default of a domain' => q{ALTER DOMAIN simplebank.branch_code SET DEFAULT 'AAA'} ],
	[ 'a composite type' => 'ALTER TYPE simplebank.branch_place ADD ATTRIBUTE note text' ],
	[ 'a body' => q{CREATE OR REPLACE } . ($purge =~ s/2000/3000/r) ],
	[ 'an SQL body' => q{CREATE OR REPLACE FUNCTION simplebank.branch_of(account_id bigint) RETURNS int LANGUAGE sql STABLE PARALLEL SAFE
		SECURITY DEFINER COST 200 SET search_path = pg_catalog, pg_temp BEGIN ATOMIC SELECT 1; END} ],
	[ 'the symbol of a function' => q{CREATE OR REPLACE FUNCTION simplebank.available(account_id bigint) RETURNS bigint AS '$libdir/simplebank', 'simplebank_balance' LANGUAGE c STABLE} ],
	[ 'a default of an argument' => q{UPDATE pg_proc SET proargdefaults = (SELECT proargdefaults FROM pg_proc WHERE proname = 'capture_hold'), pronargdefaults = 1 WHERE proname = 'branch_of'} ],
	[ 'volatility' => 'ALTER FUNCTION simplebank.branch_of VOLATILE' ],
	[ 'parallel safety' => 'ALTER FUNCTION simplebank.branch_of PARALLEL UNSAFE' ],
	[ 'strictness' => 'ALTER FUNCTION simplebank.branch_of STRICT' ],
	[ 'SECURITY DEFINER' => 'ALTER FUNCTION simplebank.branch_of SECURITY INVOKER' ],
	[ 'SET' => 'ALTER FUNCTION simplebank.branch_of RESET search_path' ],
	[ 'cost' => 'ALTER FUNCTION simplebank.branch_of COST 100' ],
	[ 'a function' => 'ALTER EXTENSION simplebank DROP FUNCTION simplebank.branch_of; DROP FUNCTION simplebank.branch_of' ],
	[ 'a member' => 'ALTER EXTENSION simplebank DROP FUNCTION simplebank.branch_of' ],
	[ 'a cast' => 'CREATE CAST (simplebank.branch_place AS jsonb) WITH INOUT; ALTER EXTENSION simplebank ADD CAST (simplebank.branch_place AS jsonb)' ],
	[ 'what is dumped' => q{UPDATE pg_extension SET extconfig = extconfig[2:], extcondition = extcondition[2:] WHERE extname = 'simplebank'} ],
	[ 'which rows are dumped' => q{UPDATE pg_extension SET extcondition[1] = 'WHERE true' WHERE extname = 'simplebank'} ])
{
	my ($name, $statement) = @$damage;
	$new->begin_work;
	my @lines = eval { $new->do($statement); differences(describe($new), $expected) };
	diag $@ if $@;
	$new->rollback;
	ok(@lines > 0, "the comparison sees: $name");
	note '  ' . $lines[0] =~ s/\n.*//sr if @lines;
}
same_ok(describe($new), $expected, 'and nothing where there is nothing');
{
	my $rows = built_in_rows($new);
	$new->begin_work;
	$new->do('ALTER TABLE simplebank.jobs DISABLE TRIGGER guard');
	$new->do(q{UPDATE simplebank.jobs SET due_time = '02:01' WHERE name = 'purge_keys'});
	$new->do(q{CREATE FUNCTION simplebank.balance_of(a text) RETURNS bigint AS '$libdir/simplebank', 'simplebank_balance' LANGUAGE c});
	$new->do('ALTER EXTENSION simplebank ADD FUNCTION simplebank.balance_of');
	cmp_ok(scalar differences(built_in_rows($new), $rows), '==', 2, 'the comparison sees: a built-in row');
	cmp_ok(scalar differences(symbols($new), $fresh_symbols), '==', 1, 'the comparison sees: the signature of a symbol');
	$new->rollback;
}

#
# Tellers: the server has preloaded the library
#

sub tellers
{
	return scalar @{ $dbh->selectcol_arrayref(q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'simplebank teller'}) };
}

sub restart
{
	$node->restart;
	$dbh = session($node);
	return ok(wait_until(sub { tellers() == 1 }), 'a teller is there');
}

sub teller_items { return value($_[0], 'SELECT teller_items FROM simplebank.stats') }

# the server's memory keeps the old library; the order of the manual is the other way round
$_->disconnect foreach $new, $filled, $fresh, $old_sql, $tellers, $served;
$installation->install($tree);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'simplebank'\nsimplebank.database = 'tellers'\n");
restart();
$tellers = session($node, dbname => 'tellers');
($before, $columns) = contents($tellers);
$load = start_load($tellers, submit => 1);
answers_ok($load, 'accepted', 'tellers: clients are at work');
install_next();
answers_ok($load, 'accepted', 'tellers: and work on with the old library');
cmp_ok(teller_items($tellers), '>', 0, 'tellers: through the teller');
update($tellers);
answers_ok($load, 'lost', 'tellers: after the update the old library refuses');
like(call($tellers, 'SELECT simplebank.balance(1)')->{message}, qr/version next, its library \Q$present\E$/m, 'tellers: and says why');
restart();
$tellers = session($node, dbname => 'tellers');
answers_ok($load, 'accepted', 'tellers: after a restart clients work on');
cmp_ok(teller_items($tellers), '>', 0, 'tellers: through the teller');
job_works_ok($tellers, 'tellers');
end_load($load, $tellers, 'tellers');
kept_ok($tellers, $before, $columns, 'tellers');
replays_ok($tellers, 'tellers');

# as the manual says: the new library, a restart, the update
$node->append_conf('postgresql.conf', "simplebank.database = 'served'\n");
restart();
($tellers, $served) = map { session($node, dbname => $_) } qw(tellers served);
my @submit = ('CALL simplebank.submit_transfer(?, ?, 1)', @pair);
is(call($served, @submit)->{sqlstate}, '55000', 'served: a new library refuses SQL objects of old');
update($served);
is(call($served, @submit)->{sqlstate}, undef, 'served: after the update it works');
cmp_ok(teller_items($served), '==', 1, 'served: through the teller');
sound_ok($served, 'served');

#
# pg_upgrade
#

# A dump spells SQL bodies and some conditions in another way, and leaves out
# privileges that are the owner's by default.
sub as_dumped
{
	my ($objects) = @_;
	my %dumped = map { $_ => $objects->{$_} =~ s/\nBEGIN ATOMIC\n.*//sr }
	  grep { !/: initial privilege \w+ of simplebank_owner by simplebank_owner$/ } keys %$objects;
	$dumped{$_} =~ tr/()//d foreach grep { /constraint .*: definition$/ } keys %dumped;
	return \%dumped;
}

my %objects = map { $_->{pg_db} => as_dumped(describe($_)) } $tellers, $served;
my %kept = map { $_->{pg_db} => [ contents($_) ] } $tellers, $served;
$_->disconnect foreach $tellers, $served;
$dbh->do(qq{DROP DATABASE "$_"})
  foreach @{ $dbh->selectcol_arrayref(q{SELECT datname FROM pg_database WHERE NOT datistemplate AND datname NOT IN ('postgres', 'tellers', 'served')}) };
$dbh->disconnect;
$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC: |was terminated by signal/, 'no process of the server has crashed');

my $upgraded = PostgreSQL::Test::Cluster->new('upgraded', install_path => $installation->path);
$upgraded->init;
$upgraded->append_conf('postgresql.conf', "shared_preload_libraries = 'simplebank'\nsimplebank.database = 'served'\n");
chdir $directory or die "$directory: $!";
my $programs = $installation->path . '/bin';
command_ok(
	[
		"$programs/pg_upgrade", '--no-sync', '--retain',
		'-b', $programs, '-B', $programs, '-d', $node->data_dir, '-D', $upgraded->data_dir,
		'-s', $upgraded->host, '-p', $node->port, '-P', $upgraded->port
	],
	'pg_upgrade');
my @logs = split /\n/, `find '@{[ $upgraded->data_dir ]}/pg_upgrade_output.d' -name 'pg_upgrade_server*.log'`;
cmp_ok(scalar @logs, '>', 0, 'pg_upgrade: its servers have left a log');
is(join("\n", grep { /simplebank (?:launcher|teller|has no)/ } map { split /\n/, slurp_file($_) } @logs),
	'', 'pg_upgrade: no worker came up meanwhile');
$upgraded->start;
foreach my $name (sort keys %objects)
{
	my $session = session($upgraded, dbname => $name);
	same_ok(as_dumped(describe($session)), $objects{$name}, "pg_upgrade, $name: the same objects");
	kept_ok($session, @{ $kept{$name} }, "pg_upgrade, $name");
	replays_ok($session, "pg_upgrade, $name");
	sound_ok($session, "pg_upgrade, $name");
	$session->disconnect;
}
$upgraded->stop;
done_testing();
