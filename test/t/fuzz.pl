# Every function of the schema, as it stands in the catalog, with arguments that
# exist and arguments that nobody should send, by every kind of caller: alone,
# in transactions, under savepoints, through cursors and prepared statements,
# beside somebody who holds locks.  The server must not crash, no answer may be
# an error that is not expected below, the ledger stays sound, and customers
# neither debit nor read what is not theirs.
#
# SIMPLEBANK_FUZZ_SECONDS says how long; SIMPLEBANK_SEED repeats a run: the same
# statements, as long as the clock changes no outcome.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use IO::Handle;
use List::Util qw(any shuffle sum0);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(time);

my $seconds = $ENV{SIMPLEBANK_FUZZ_SECONDS} // 40;
my $secret = 'known to carla alone';

# What a call may be answered, beside a result: "SQLSTATE function", and why.
my %expected = (
	qr/^SB[0-9]{3} / => 'a refusal of the catalogue',
	qr/^22/ => 'a bad value',
	qr/^54/ => 'too long, too deep',
	qr/^53/ => 'out of something',
	qr/^25(000|001|006|P02) / => 'isolation level; in a transaction block; read only; after an error',
	qr/^0A000 / => 'a trigger function, or a set, where it cannot be',
	qr/^2D000 / => 'a procedure that commits, in a transaction block',
	qr/^39P01 simplebank_internal\.(guard|replace_job) / => 'called without a trigger',
	qr/^40001 / => 'at REPEATABLE READ',
	qr/^(3F000|42P01) simplebank(_internal)?\.(check|import)_simple_bank / => 'where there is no Simple Bank',
	qr/^42501 / => 'no right',
	qr/^55P03 / => 'lock_timeout',
	qr/^57014 / => 'statement_timeout');

#
# Choices
#

sub one_of { return $_[ rand @_ ] }

sub chance { return rand() < $_[0] }

sub literal
{
	my ($value) = @_;
	return 'NULL' if !defined $value;
	$value =~ s/'/''/g;
	$value =~ s/\\/\\\\/g;
	return "E'$value'";
}

my $seed = seed_of_test();
srand $seed;

#
# A bank with callers
#

my $node = new_bank('fuzz', conf => <<CONF);
shared_preload_libraries = 'simplebank'
log_min_messages = warning
log_min_error_statement = fatal
autovacuum_naptime = 1s
CONF
my $super = session($node);
$super->do(<<SQL);
SELECT simplebank.create_roles();
CREATE ROLE fuzz_admin LOGIN IN ROLE simplebank_admin;
CREATE ROLE fuzz_teller LOGIN IN ROLE simplebank_teller;
CREATE ROLE fuzz_auditor LOGIN IN ROLE simplebank_auditor;
CREATE ROLE ada LOGIN IN ROLE simplebank_customer;
CREATE ROLE bob LOGIN IN ROLE simplebank_customer;
CREATE ROLE fuzz_gate LOGIN IN ROLE simplebank_gateway;
CREATE ROLE fuzz_granted LOGIN;
-- by mistake also what not even an administrator may call
GRANT USAGE ON SCHEMA simplebank, simplebank_internal TO fuzz_granted;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA simplebank, simplebank_internal TO fuzz_granted;
CREATE ROLE fuzz_nobody LOGIN;
GRANT USAGE ON SCHEMA simplebank TO fuzz_nobody;
SQL
my @customers = qw(ada bob);
my @callers = (qw(fuzz_admin fuzz_teller fuzz_auditor fuzz_gate fuzz_granted), @customers);
my %session = (
	super => session($node),
	locker => session($node, user => 'fuzz_teller'),
	map { $_ => session($node, user => $_) } @callers, 'fuzz_nobody');
$_->do('SET client_min_messages = error') foreach values %session;
# else it would wait for another session of this test
$session{locker}->do(q{SET lock_timeout = '20ms'});

# Each function by its signature; of its arguments names and types, and how
# many have no default.
my %functions;
foreach my $row (@{ $super->selectall_arrayref(<<'SQL', { Slice => {} }) })
	SELECT p.oid::regprocedure::text AS signature, p.oid::regproc::text AS name, p.prokind = 'p' AS is_procedure,
		p.prorettype = 'trigger'::regtype AS is_trigger,
		/* a body raises what its entry point names */
		(SELECT string_agg(obj_description(e.oid), ' ') FROM pg_proc e
		 WHERE e.proname = p.proname AND e.proargtypes = p.proargtypes AND e.pronamespace IN ('simplebank'::regnamespace, p.pronamespace)) AS comment,
		i.names, i.types, p.pronargs - p.pronargdefaults AS required,
		p.pronamespace = 'simplebank'::regnamespace
			AND (has_function_privilege('simplebank_teller', p.oid, 'EXECUTE')
				 OR has_function_privilege('simplebank_auditor', p.oid, 'EXECUTE')) AS is_public
	FROM pg_proc p,
		LATERAL (SELECT array_agg(coalesce(p.proargnames[n], '') ORDER BY n) AS names,
						array_agg(format_type(type, NULL) ORDER BY n) AS types
				 FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a(type, n)
				 WHERE coalesce(p.proargmodes[n], 'i') IN ('i', 'b', 'v')) i
	WHERE p.pronamespace IN ('simplebank'::regnamespace, 'simplebank_internal'::regnamespace)
SQL
{
	$functions{ $row->{signature} } = $row;
}
my @signatures = sort keys %functions;

# Composite types: names and types of their columns
my %columns;
push @{ $columns{ $_->[0] } }, [ @$_[ 1, 2 ] ] foreach @{ $super->selectall_arrayref(<<'SQL') };
	SELECT format_type(t.oid, NULL), a.attname, format_type(a.atttypid, NULL)
	FROM pg_type t JOIN pg_attribute a ON a.attrelid = t.typrelid
	WHERE t.typnamespace = 'simplebank'::regnamespace AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY t.oid, a.attnum
SQL

# those of arguments
my %used = map { s/\[\]$//r => 1 } map { @{ $_->{types} // [] } } values %functions;
my @row_types = grep { $columns{$_} } sort keys %used;

#
# Values that exist
#

my %pool;

sub refresh_pools
{
	my $column = sub { return $super->selectcol_arrayref($_[0]) };
	my $newest = sub { return $column->("SELECT $_[0] FROM simplebank.$_[1] ORDER BY $_[2] DESC LIMIT 30") };
	%pool = (
		account => $newest->('id', 'accounts', 'id'),
		(map { $_ => $column->("SELECT id FROM simplebank.accounts WHERE owner = '$_' ORDER BY id DESC LIMIT 8") } @customers),
		hold => $column->(q{SELECT id FROM simplebank.holds ORDER BY status = 'open' DESC, id DESC LIMIT 20}),
		transfer => $newest->('id', 'transfers', 'id'),
		order => $newest->('id', 'standing_orders', 'id'),
		ticket => $newest->('ticket', 'requests', 'ticket'),
		run => $newest->('id', 'job_runs', 'id'),
		key => $newest->('key', 'idempotency_keys', 'created_at'),
		group => $column->('SELECT name FROM simplebank.settlement_groups ORDER BY 1 LIMIT 20'),
		member => $column->('SELECT member FROM simplebank.settlement_members ORDER BY 1 LIMIT 20'),
		code => $newest->('code', 'account_codes', 'account_id'),
		consumer => $column->(q{SELECT name FROM simplebank.log_consumers ORDER BY role = 'fuzz_teller' DESC, name LIMIT 10}),
		read => $column->('SELECT read_up_to FROM simplebank.log_consumers ORDER BY read_up_to LIMIT 10'),
		job => $column->('SELECT name FROM simplebank.jobs ORDER BY 1'));
	foreach my $type (@row_types)
	{
		# it may be of no table
		$pool{$type} = eval { $column->("SELECT t::text FROM $type t LIMIT 20") } // [];
	}
	return;
}

my $new_key = 0;

# For an argument or column of this name, as text; the first pattern decides.
my @known = (
	qr/account|^row_id$/ => sub {
		my ($caller) = @_;
		my $own = $pool{$caller};
		return one_of(@{ $own && chance(0.6) ? $own : $pool{account} });
	},
	qr/^hold_id$/ => sub { return one_of(@{ $pool{hold} }) },
	qr/^transfer_id$/ => sub { return one_of(@{ $pool{transfer} }) },
	qr/^order_id$/ => sub { return one_of(@{ $pool{order} }) },
	qr/^ticket$/ => sub { return one_of(@{ $pool{ticket} }) },
	qr/^timeout$/ => sub { return one_of('0', '2 ms', '20 ms') },
	qr/^run$/ => sub { return one_of(@{ $pool{run} }) },
	qr/^version$/ => sub { return 1 + int(rand 3) },
	qr/^references?$/ => sub { return chance(0.3) ? 'reference ' . int(rand 20) : 'reference ' . ++$new_key },
	qr/^keys?$/ => sub { return chance(0.3) ? one_of(@{ $pool{key} }) : 'key ' . ++$new_key },
	qr/group/ => sub { return one_of(@{ $pool{group} }) },
	qr/^consumer$/ => sub { return one_of(@{ $pool{consumer} }) },
	qr/^up_to$/ => sub { return one_of(@{ $pool{read} }) },
	qr/^(from_)?position$/ => sub { return int(rand 100) },
	qr/^member$/ => sub { return chance(0.3) ? 'member ' . int(rand 1000) : one_of(@{ $pool{member} }) },
	qr/^name$/ => sub {
		return one_of(one_of(@{ $pool{job} }), one_of(@{ $pool{job} }), one_of(@{ $pool{group} }), one_of(qw(cash fees time_zone)),
			'name ' . int(rand 50));
	},
	qr/^schema/ => sub { return 'simple_bank' },
	qr/^code$/ => sub { return one_of(@{ $pool{code} }) if chance(0.5); return join '', map { one_of('A' .. 'Z') } 1 .. 4 },
	qr/currency/ => sub { return one_of(qw(USD USD USD EUR JPY)) },
	qr/^owner$/ => sub { return one_of(@customers, 'carla', 'dora') },
	qr/^operation$/ => sub { return one_of(qw(transfer transfer place_hold balance statement open_account idempotency_check seal)) },
	qr/^arguments$/ => sub {
		return one_of(
			sprintf('{"from_account": %d, "to_account": "%d", "amount": %d}', rand 20, rand 20, 1 + rand 100),
			sprintf('{"account_id": %d}', rand 20), '{"key": "k"}', '{"owner": "ada", "currency": "USD"}', '{"owner": ["ada"], "amount": 1e400}'); },
	qr/^kind$/ => sub { return one_of(qw(asset liability equity income expense)) },
	qr/^status$/ => sub { return one_of(qw(active active debit_blocked credit_blocked frozen open)) },
	qr/^basis$/ => sub { return one_of(qw(posted effective)) },
	qr/^format$/ => sub { return one_of(qw(text csv)) },
	qr/^day_count$/ => sub { return one_of('ACT/365F', 'ACT/360', '30E/360', 'ACT/ACT') },
	qr/^expect\b/ => sub { return sprintf '{"%s": {"version": %d, "balance_at_least": %d}}', one_of('from', 'to', 'account'), rand 3, rand 10 },
	qr/^(sql)?state$/ => sub { return one_of(qw(SB601 SB605 SB606)) },
	qr/amount|balance|keep/ => sub { return 1 + int(rand(chance(0.1) ? 100_000 : 100)) },
	qr/rate$/ => sub { return sprintf '%.4f', rand 0.2 },
	qr/^links?$/ => sub { return 1 + int(rand 2) },
	qr/version/ => sub { return 1 + int(rand 3) },
	qr/^stripes$/ => sub { return 1 + int(rand 4) },
	qr/^exponent$/ => sub { return int(rand 4) },
	qr/^period_start$/ => sub { return value($super, q{SELECT date_trunc('month', now() - interval '1 month')::date}) },
	qr/^until$|expires|run_at/ => sub { return value($super, q{SELECT now() + interval '1 hour' * ?}, int(rand(100)) - 5) });

# Else of its type
my %plain = (
	'bigint' => sub { return int(rand 20) },
	'integer' => sub { return 1 + int(rand 20) },
	'oid' => sub { return value($super, q{SELECT one_of::oid FROM unnest(ARRAY['simplebank.accounts', 'pg_class']::regclass[]) one_of ORDER BY random() LIMIT 1}) },
	'boolean' => sub { return one_of('t', 'f') },
	'xid8' => sub { return int(rand 100_000) },
	'tid' => sub { return sprintf '(%d,%d)', rand 3, 1 + rand 9 },
	'text' => sub { return one_of('word', 'two words', 'O\'Neil', 'Grüße') },
	'name' => sub { return 'word' },
	'jsonb' => sub { return one_of('{}', '{"a": [1, null, "x"]}') },
	'numeric' => sub { return one_of(0, 1, '12.34', rand(1000)) },
	'date' => sub { return value($super, q{SELECT current_date - ?::int}, int(rand 20)) },
	'timestamp with time zone' => sub { return value($super, q{SELECT now() - interval '1 minute' * ?}, int(rand 5000)) },
	'time without time zone' => sub { return one_of('00:00', '18:00', '24:00') },
	'interval' => sub { return one_of('1 minute', '1 hour', '1 day', '1 month') },
	'bytea' => sub { return '\x' . join '', map { sprintf '%02x', rand 256 } 1 .. 32 * (1 + int(rand 8)) },
	'uuid' => sub { return value($super, 'SELECT gen_random_uuid()') });

# An expression
sub sane
{
	my ($type, $name, $caller, $length) = @_;
	if ($type =~ /^(.*)\[\]$/)
	{
		my $element = $1;
		return 'ARRAY[' . join(', ', map { sane($element, $name, $caller) } 1 .. $length) . "]::$type";
	}
	if ($columns{$type})
	{
		return literal(one_of(@{ $pool{$type} })) . "::$type" if @{ $pool{$type} };
		return 'ROW(' . join(', ', map { sane(@$_[ 1, 0 ], $caller, 2) } @{ $columns{$type} }) . ")::$type";
	}
	my $text;
	for (my $i = 0; $i < @known && !defined $text; $i += 2)
	{
		next if $name eq 'up_to' && $type ne 'bigint';
		$text = $known[ $i + 1 ]->($caller) if $name =~ $known[$i] && ($type !~ /^(bigint|integer)$/ || $known[$i] !~ /name|group/);
	}
	$text //= ($plain{ base_type($type) } // die "no values of type $type: add some\n")->();
	return literal($text) . "::$type";
}

sub base_type
{
	my ($type) = @_;
	return $type eq 'simplebank.hold_status' ? 'text' : $type;
}

#
# Values that nobody should send, as expressions
#

my $injected = q{'); DELETE FROM simplebank.entries; --};
my @texts = (
	q{''}, q{' '}, q{repeat('x', 255)}, q{repeat('x', 256)}, q{repeat('é', 200)}, q{repeat('x', 1048576)},
	literal($injected), literal('"; DROP SCHEMA simplebank CASCADE; --'), q{E'\\\\'}, q{'%s%n%d%1$s'}, q{E'\u0001\n\r\t'}, q{E'\xff'},
	q{'😀'}, q{'{}'}, q{'NULL'}, q{'$1'}, q{'simplebank.accounts'}, q{'simplebank_owner'}, q{'pg_temp'});
my %hostile = (
	'bigint' => [ 0, -1, 1, q{'-9223372036854775808'}, q{'-9223372036854775807'}, '9223372036854775807', '9223372036854775806', '4294967296' ],
	'integer' => [ 0, -1, q{'-2147483648'}, '2147483647', '2147483646' ],
	'oid' => [ 0, 1, '4294967295' ],
	'boolean' => [qw(true false)],
	'text' => \@texts,
	'name' => \@texts,
	'jsonb' => [
		q{'null'}, q{'[]'}, q{'"x"'}, q{'1e1000'}, q{repeat('[', 5000) || repeat(']', 5000)}, q{repeat('[', 1000000)},
		q{repeat('{"a":', 2000) || '1' || repeat('}', 2000)}, q{'"' || repeat('x', 1048576) || '"'}, literal("{\"'); --\": \"'); --\"}"), q{'{"from": {"version": 1e1000}}'}, q{'{"account": null, "to": []}'} ],
	'numeric' => [
		qw('NaN' 'Infinity' '-Infinity' 0 -1 0.5 9223372036854775807 9223372036854775808 -9223372036854775809 1e131071 1e-16383),
		q{repeat('9', 100000)} ],
	'date' => [qw('infinity' '-infinity' '5874897-12-31' '4713-01-01BC' '1970-01-01' '9999-12-31' '2024-02-29')],
	'timestamp with time zone' => [qw('infinity' '-infinity' 'epoch' '294276-12-31' '9999-12-31'), q{'4713-01-01 00:00:00+00 BC'}],
	'time without time zone' => [qw('00:00' '24:00' '23:59:59.999999')],
	'interval' => [
		q{'0'}, q{'-1 day'}, q{'1 microsecond'}, q{'178000000 years'}, q{'-178000000 years'}, q{'2147483647 days'},
		q{'1 month -30 days'}, q{'-1 month 31 days'} ],
	'bytea' => [ q{''}, q{'\x00'}, q{'\xdeadbeef'}, q{decode(repeat('00', 1048576), 'hex')}, q{decode(repeat('ff', 33), 'hex')} ],
	'xid8' => [ q{'0'}, q{'18446744073709551615'} ],
	'tid' => [ q{'(0,0)'}, q{'(4294967295,65535)'} ],
	'uuid' => [q{'00000000-0000-0000-0000-000000000000'}]);

sub hostile
{
	my ($type, $name, $caller, $length) = @_;
	return "NULL::$type" if chance(0.15);
	if ($type =~ /^(.*)\[\]$/)
	{
		my $element = $1;
		my @elements = map { chance(0.5) ? hostile($element, $name, $caller) : sane($element, $name, $caller) } 1 .. 1 + int(rand 4);
		return one_of(
			"'{}'::$type", "array_fill(NULL::$element, ARRAY[$length])", "array_fill($elements[0], ARRAY[$length], ARRAY[5])",
			"array_fill($elements[0], ARRAY[2, 2])", "array_fill($elements[0], ARRAY[20000])",
			'ARRAY[' . join(', ', @elements) . "]::$type");
	}
	if ($columns{$type})
	{
		return 'ROW(' . join(', ', map { any_value(@$_[ 1, 0 ], $caller, 2, 0.3) } @{ $columns{$type} }) . ")::$type";
	}
	my $values = $hostile{ base_type($type) } // die "no hostile values of type $type: add some\n";
	return '(' . one_of(@$values) . ")::$type";
}

sub any_value
{
	my ($type, $name, $caller, $length, $hostility) = @_;
	return chance($hostility) ? hostile($type, $name, $caller, $length) : sane($type, $name, $caller, $length);
}

#
# Calls
#

# The amounts of a journal
sub balanced
{
	my ($count) = @_;
	my @amounts = map { 1 + int(rand 20) } 2 .. $count;
	return "'{" . join(', ', @amounts, -sum0(@amounts)) . "}'::bigint[]";
}

# name(arguments), with some of those that have a default
sub invocation
{
	my ($function, $caller, $hostility) = @_;
	my @types = @{ $function->{types} // [] };
	my @names = @{ $function->{names} // [] };
	my $length = 1 + int(rand 4);
	my $more = rand;
	my @arguments;
	foreach my $i (0 .. $#types)
	{
		next if $i >= $function->{required} && !($names[$i] && chance($more));
		my $value = any_value($types[$i], $names[$i], $caller, $length, $hostility);
		$value = balanced($length) if $names[$i] eq 'amounts' && $names[0] eq 'account_ids' && !chance($hostility);
		# whoever is to see nothing of an account must not be given it
		$value = q{'dora'} if $names[$i] eq 'owner' && $function->{name} =~ /\bset_account_owner$/;
		push @arguments, $i < $function->{required} || !$names[$i] ? $value : qq{"$names[$i]" => $value};
	}
	return "$function->{name}(" . join(', ', @arguments) . ')';
}

# The statements of one call, in one of many forms
sub statements
{
	my ($function, $invocation) = @_;
	return ("CALL $invocation") if $function->{is_procedure};
	return ("SELECT $invocation") if $function->{is_trigger};
	return ("SELECT * FROM $invocation") if chance(0.5);
	return @{
		one_of(
			["SELECT $invocation"],
			["SELECT $invocation FROM generate_series(1, 3)"],
			["SELECT * FROM generate_series(1, 2), LATERAL $invocation f LIMIT 3"],
			["SELECT count(*) FROM $invocation"],
			["SELECT 1 WHERE ($invocation) IS NOT NULL"],
			["EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM $invocation"],
			["DO \$fuzz\$ BEGIN PERFORM $invocation; EXCEPTION WHEN OTHERS THEN RAISE; END \$fuzz\$"],
			["PREPARE p AS SELECT * FROM $invocation", ('EXECUTE p') x 3],
			[
				"DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT * FROM $invocation",
				'FETCH 1 FROM c', 'FETCH ALL FROM c', 'FETCH BACKWARD 2 FROM c', 'CLOSE c'
			],
			[ 'BEGIN', "DECLARE c NO SCROLL CURSOR FOR SELECT $invocation", 'FETCH 1 FROM c', 'CLOSE c', 'COMMIT' ]) };
}

my (%outcomes, %called, %succeeded, %unexpected, @leaks);
my $rounds = 0;
open my $script, '>', "$PostgreSQL::Test::Utils::log_path/fuzz.sql" or die "fuzz.sql: $!";
$script->autoflush(1);

# Runs one statement, of the call of a function; answers the SQLSTATE or nothing.
sub run_statement
{
	my ($caller, $sql, $function) = @_;
	my $dbh = $session{$caller};
	print $script "/* $caller */ $sql;\n";
	my $text = eval {
		my $statement = $dbh->prepare($sql, { pg_direct => 1 });
		$statement->execute;
		my $rows = $statement->{NUM_OF_FIELDS} ? $statement->fetchall_arrayref : [];
		join "\n", map { map { ref $_ ? @$_ : $_ // '' } @$_ } @$rows;
	};
	my $failed = !defined $text;
	$text //= $dbh->errstr;
	push @leaks, "$caller: $sql" if $text =~ /$secret/ && any { $_ eq $caller } @customers;
	return if !$failed;
	my $sqlstate = $dbh->state;
	my $name = $function ? $function->{name} : '';
	$unexpected{"$sqlstate $name"} //= "in round $rounds $caller: $sql\n$text" unless is_expected($sqlstate, $function);
	return $sqlstate;
}

sub is_expected
{
	my ($sqlstate, $function) = @_;
	return 1 if any { "$sqlstate $function->{name} " =~ $_ } keys %expected;
	# a part of another function checks little
	return 1 if $function->{comment} =~ /^Part of / && $sqlstate =~ /^(20000|23...|P0002)$/;
	# and what the manual says
	return $function->{comment} =~ /\b$sqlstate\b/;
}

sub quietly
{
	my ($caller, $sql) = @_;
	eval { $session{$caller}->do($sql) };
	return;
}

# One call, in a transaction under a savepoint
sub make_call
{
	my ($caller, $signature, $hostility, $in_transaction) = @_;
	my $function = $functions{$signature};
	my @statements = statements($function, invocation($function, $caller, $hostility));
	@statements = grep { !/^(BEGIN|COMMIT)$/ } @statements if $in_transaction;
	run_statement($caller, 'SAVEPOINT s') if $in_transaction;
	my $sqlstate;
	foreach my $sql (@statements)
	{
		last if $sqlstate = run_statement($caller, $sql, $function);
	}
	if ($in_transaction)
	{
		# what a superuser has a part of a job do, no other call shall meet
		quietly($caller, 'ROLLBACK TO s') if $sqlstate || $caller eq 'super' || chance(0.3);
		quietly($caller, 'RELEASE s');
	}
	elsif ($statements[0] eq 'BEGIN')
	{
		quietly($caller, 'ROLLBACK');
	}
	quietly($caller, 'CLOSE ALL; DEALLOCATE ALL');
	$called{$signature}++;
	$succeeded{$signature}++ unless $sqlstate;
	$outcomes{ $sqlstate // 'done' }++;
	return $sqlstate;
}

# New accounts and what belongs to them, so that those which calls have closed,
# frozen or emptied are not all there is.
sub refresh_bank
{
	my $open = sub {
		my ($owner, $currency) = @_;
		my $id = value($super, 'SELECT simplebank.open_account(?, ?, code => ?)', $owner, $currency, 'account ' . ++$new_key);
		value($super, 'SELECT transfer_id FROM simplebank.deposit(?, 10000, description => ?, metadata => ?)',
			$id, $owner eq 'carla' ? ($secret, qq{{"a": "$secret"}}) : ('wages', undef));
		return $id;
	};
	# what an administrator may have taken away
	$super->do('ALTER TABLE simplebank.jobs DISABLE TRIGGER guard');
	$super->do('UPDATE simplebank.jobs SET enabled = true');
	$super->do('ALTER TABLE simplebank.jobs ENABLE ALWAYS TRIGGER guard');
	$super->do(q{SELECT simplebank.set_account_status(id, 'active'), simplebank.set_account_limits(id, NULL, NULL)
		FROM simplebank.accounts WHERE is_system AND name = 'cash' AND id > 0});
	my %id = map { $_ => $open->($_, 'USD') } @customers, 'carla';
	$open->('dora', one_of(qw(EUR JPY)));
	value($super, q{SELECT simplebank.open_account('dora', 'USD', min_balance => NULL)});
	foreach my $pair ([ 'ada', 'bob' ], [ 'bob', 'ada' ], [ 'carla', 'ada' ])
	{
		value($super, q{SELECT hold_id FROM simplebank.place_hold(?, ?, 50)}, map { $id{$_} } @$pair);
		value($super, q{SELECT simplebank.schedule_transfer(?, ?, 5, every => '1 day')}, map { $id{$_} } @$pair);
	}
	$super->do(q{SELECT simplebank.add_settlement_member(group_name, member, simplebank.open_account(member, 'USD', min_balance => NULL))
		FROM simplebank.settlement_members WHERE left_at IS NOT NULL});
	value($super, q{SELECT simplebank.assign_member(?, 'sepa', ?)}, $id{ada}, 'North');
	$super->do(q{SELECT simplebank.create_consumer('of tellers ' || n, from_position => 0, role => 'fuzz_teller') FROM generate_series(1, 3) n
		WHERE NOT EXISTS (SELECT FROM simplebank.log_consumers c WHERE c.name = 'of tellers ' || n)});
	value($super, q{SELECT simplebank.assign_member(?, 'sepa', ?)}, $id{bob}, 'South');
	value($super, 'SELECT simplebank.set_interest(?, 0.05)', $id{ada});
	value($super, 'SELECT simplebank.seal()');
	# which the job would write at the end of the month
	$super->do(<<'SQL', undef, $id{ada});
		INSERT INTO simplebank.statements (account_id, period_start, period_end, starts_at, ends_at, opening, debits, credits, closing, entries, time_zone)
		SELECT ?, p, (p + interval '1 month - 1 day')::date, p::timestamptz, p + interval '1 month', 0, 0, 0, 0, 0, 'UTC'
		FROM (VALUES ((date_trunc('month', now()) - interval '1 month')::date)) v(p)
SQL
	refresh_pools();
	return;
}

my @settings = (
	q{SET force_parallel_mode = on}, q{SET work_mem = '64kB'}, q{SET search_path = pg_temp, public}, q{SET plan_cache_mode = force_generic_plan},
	q{SET row_security = off}, q{SET synchronous_commit = off}, q{SET TimeZone = 'Asia/Kathmandu'}, q{SET DateStyle = 'German'},
	q{SET enable_indexscan = off}, q{SET enable_seqscan = off}, q{SET default_transaction_read_only = on}, q{SET IntervalStyle = 'sql_standard'},
	q{SET default_transaction_isolation = serializable});
my $slowest = '120s';	# a call that takes longer hangs

# Some calls of one caller, under settings of their own, with somebody beside it.
sub run_round
{
	my ($caller, $signatures) = @_;
	$rounds++;
	srand $seed + $rounds;
	refresh_bank() if $rounds % 5 == 1;
	refresh_pools();
	my $before = value($super, 'SELECT coalesce(max(id), 0) FROM simplebank.transfers');

	# a superuser may break the ledger from within: what it does is undone
	my $in_transaction = $caller =~ /^(super|fuzz_gate)$/ || chance(0.4);
	my $kind = one_of('', '', 'ISOLATION LEVEL REPEATABLE READ', 'ISOLATION LEVEL SERIALIZABLE', 'READ ONLY');
	my $locks = chance(0.2);
	my $hurry = chance(0.2);
	quietly($caller, one_of(@settings)) if chance(0.5);
	quietly($caller, 'SET statement_timeout = ' . ($hurry ? 1 + int(rand 30) . q{} : $locks ? q{'2s'} : "'$slowest'"));
	quietly($caller, q{SET lock_timeout = '20ms'});
	if ($locks)
	{
		run_statement('locker', 'BEGIN');
		make_call('locker', 'simplebank.transfer(bigint,bigint,bigint,text,text,jsonb,timestamp with time zone,text,jsonb)', 0, 1) foreach 1 .. 3;
	}
	run_statement($caller, "BEGIN $kind") if $in_transaction;
	run_statement($caller, sprintf q{SELECT simplebank.act_for('%s')}, one_of(@customers)) if $caller eq 'fuzz_gate' && chance(0.9);
	foreach my $signature (@$signatures)
	{
		make_call($caller, $signature, one_of(0, 0, 0.15, 0.5, 1), $in_transaction);
		# so that a snapshot grows old
		run_statement('locker', "SELECT simplebank.deposit($pool{ada}[0], 1, description => 'beside')")
		  if $kind =~ /ISOLATION/ && chance(0.3);
	}
	run_statement($caller, $caller ne 'super' && chance(0.5) ? 'COMMIT' : 'ROLLBACK') if $in_transaction;
	run_statement('locker', 'ROLLBACK') if $locks;
	quietly($caller, 'DISCARD ALL; SET client_min_messages = error');
	judge_customer($caller, $before) if any { $_ eq $caller } @customers, 'fuzz_gate';
	return;
}

# Since then nobody's money has gone but the customer's own, and what was held
# in its favour.
my @debited;

sub judge_customer
{
	my ($caller, $before) = @_;
	push @debited, map { "round $rounds, $caller: $_" } grep { $_ ne '' } rows($super, <<SQL, $before, ($caller) x 4);
		SELECT t.id, t.operation, a.id, a.owner FROM simplebank.transfers t
			JOIN simplebank.entries e ON (e.account_id, e.version) = (t.from_account_id, t.from_version)
			JOIN simplebank.accounts a ON a.id = e.account_id
		WHERE t.id > ? AND a.owner <> CASE WHEN t.gateway = ? THEN t.role ELSE ? END AND t.description IS DISTINCT FROM 'beside'
		  AND NOT EXISTS (SELECT FROM simplebank.holds h JOIN simplebank.accounts f ON f.id = h.to_account_id
						  WHERE h.id = t.hold_id AND f.owner = CASE WHEN t.gateway = ? THEN t.role ELSE ? END)
SQL
	return;
}

# A trigger function where it belongs, and where it does not.
sub try_trigger
{
	my ($function) = @_;
	run_statement('super', 'BEGIN');
	run_statement('super', 'CREATE TABLE public.t AS SELECT 1 AS a');
	foreach my $event ('INSERT OR UPDATE OR DELETE', 'INSERT OR UPDATE OR DELETE OR TRUNCATE')
	{
		my $level = $event =~ /TRUNCATE/ ? 'STATEMENT' : 'ROW';
		foreach my $time (qw(BEFORE AFTER))
		{
			run_statement('super', "CREATE TRIGGER t$time$level $time $event ON public.t FOR EACH $level EXECUTE FUNCTION $function->{name}()");
			foreach my $sql ('INSERT INTO public.t VALUES (2)', 'UPDATE public.t SET a = 3', 'DELETE FROM public.t', 'TRUNCATE public.t')
			{
				run_statement('super', 'SAVEPOINT s');
				run_statement('super', $sql, $function);
				run_statement('super', 'ROLLBACK TO s');
			}
		}
	}
	run_statement('super', 'ROLLBACK');
	return;
}

#
# The run
#

$super->do(<<SQL);
CREATE SCHEMA simple_bank;
CREATE TABLE simple_bank.users (username varchar PRIMARY KEY, full_name varchar);
CREATE TABLE simple_bank.accounts (id bigserial PRIMARY KEY, owner varchar NOT NULL, balance bigint NOT NULL, currency varchar NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE simple_bank.entries (id bigserial PRIMARY KEY, account_id bigint NOT NULL, amount bigint NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE simple_bank.transfers (id bigserial PRIMARY KEY, from_account_id bigint NOT NULL, to_account_id bigint NOT NULL,
	amount bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
INSERT INTO simple_bank.users VALUES ('old', 'Old');
INSERT INTO simple_bank.accounts (owner, balance, currency) VALUES ('old', 100, 'USD');
SELECT simplebank.create_settlement_group('sepa', 'USD', '12:00');
SELECT simplebank.add_settlement_member('sepa', member, simplebank.open_account(member, 'USD', min_balance => NULL))
	FROM unnest('{North,South}'::text[]) member;
SQL
refresh_bank();
# so that each table has rows
$super->do("CALL simplebank.run_job('$_')") foreach qw(standing_orders settlement interest close_day statements);
refresh_pools();

# 0A000: a form of call that is none
my @allowed = grep { (make_call('fuzz_nobody', $_, 0) // '') !~ /^(42501|0A000)$/ } @signatures;
is("@allowed", '', 'who was granted nothing may call nothing');

# Each function in good faith, until it has succeeded
foreach my $signature (@signatures)
{
	my @left = (qw(fuzz_teller ada fuzz_auditor fuzz_admin), 'super');
	for (my $try = 1; $try <= 100 && !$succeeded{$signature}; $try++)
	{
		refresh_bank() if $try % 20 == 0;
		my $caller = shift @left;
		run_statement('super', 'BEGIN') if $caller eq 'super';
		my $sqlstate = make_call($caller, $signature, 0, $caller eq 'super') // '';
		run_statement('super', 'ROLLBACK') if $caller eq 'super';
		push @left, $caller unless $sqlstate eq '42501' && $caller ne 'super';
	}
	try_trigger($functions{$signature}) if $functions{$signature}{is_trigger};
	refresh_pools() if chance(0.2);
}

# Each by each caller; from then on those that it may call
my %open;
foreach my $caller (@callers, 'super')
{
	my @all = shuffle @signatures;
	$open{$caller} = [ grep { value($super, 'SELECT has_function_privilege(?, ?, $$EXECUTE$$)', $caller eq 'super' ? 'postgres' : $caller, $_) } @signatures ];
	run_round($caller, [ splice @all, 0, 10 ]) while @all;
}
my $deadline = time + $seconds;
while (time < $deadline)
{
	my $caller = one_of(@callers, 'super');
	run_round($caller, [ map { one_of(@{ $open{$caller} }) } 1 .. 1 + int(rand 15) ]);
}
close $script;

note(join "\n", "$rounds rounds", map { "$_: $outcomes{$_}" } sort keys %outcomes);
is(join("\n\n", map { "$_, $unexpected{$_}" } sort keys %unexpected), '', 'no error but those that are expected');
is(join("\n", @debited), '', 'customers have not debited the accounts of others');
is(join("\n", @leaks), '', 'nor read what is not theirs');
is(join("\n", grep { !$called{$_} } @signatures), '', 'every function was called');
my @never = grep { !$succeeded{$_} } @signatures;
diag("never succeeded: $_") foreach @never;
is(join("\n", grep { $functions{$_}{is_public} } @never), '', 'each that a role other than the administrator may call succeeded');
verify_is_sound($super);
is(rows($super, 'SELECT * FROM simplebank.verify_seals()'), '', 'its seals prove it');

# What PL/pgSQL has caught on behalf of jobs and orders
my @kept = grep { my $error = $_; !any { "$error " =~ $_ } keys %expected } map { @$_ } @{ $super->selectall_arrayref(<<'SQL') };
	SELECT DISTINCT left(error, 5) FROM simplebank.job_runs WHERE error ~ '^[0-9A-Z]{5}: '
	UNION SELECT sqlstate FROM simplebank.standing_orders WHERE sqlstate IS NOT NULL
	UNION SELECT sqlstate FROM simplebank.order_executions WHERE sqlstate IS NOT NULL
SQL
is("@kept", '', 'nor in the records of jobs and orders');

# what a superuser may have a part of a job say, among it
my $noise = qr/there is no transaction in progress|terminating background worker "parallel worker"|job ".*" gave up: |the ledger is not sound: /;
my @complaints = grep { /PANIC|FATAL|WARNING|TRAP|terminated by signal|runtime error|Sanitizer/ && !/$noise/ } split /\n/, slurp_file($node->logfile);
is(join("\n", @complaints), '', 'nothing in the server log');

$_->disconnect foreach values %session;
$super->disconnect;
$node->stop;
done_testing();
