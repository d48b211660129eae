# The relay, and a broker of RabbitMQ: both are killed again and again under
# load, with commits that come late.  Every event reaches the broker; what comes
# twice has the same position; of each account versions come in order.

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use lib "$FindBin::RealBin/lib";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;
use Time::HiRes qw(sleep time);

my $seconds = 12;
my $relay_program = "$FindBin::RealBin/../../sql/operations/relay/simplebank-relay";
my ($broker_program) = glob(($ENV{RABBITMQ_LIB} // '/usr/lib/rabbitmq/lib') . '/rabbitmq_server-*/sbin/rabbitmq-server');
die "rabbitmq-server is missing\n" unless $broker_program;

my $node = new_bank('relay', conf => <<'CONF');
shared_preload_libraries = 'simplebank'
simplebank.database = 'postgres'
max_prepared_transactions = 5
deadlock_timeout = 10ms
CONF
my $dbh = session($node);
my @accounts = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR', min_balance => NULL)}, "owner $_") } 1 .. 40;
$dbh->do(q{SELECT simplebank.create_consumer('relay', from_position => 0)});

# The broker
my $directory = PostgreSQL::Test::Utils::tempdir_short;
my %port = map { $_ => PostgreSQL::Test::Cluster::get_free_port() } qw(amqp nodes epmd);
my %broker_environment = (
	HOME => $directory,
	RABBITMQ_MNESIA_BASE => "$directory/mnesia",
	RABBITMQ_LOG_BASE => "$directory/log",
	RABBITMQ_NODENAME => 'relay@localhost',
	RABBITMQ_NODE_IP_ADDRESS => '127.0.0.1',
	RABBITMQ_NODE_PORT => $port{amqp},
	RABBITMQ_DIST_PORT => $port{nodes},
	ERL_EPMD_PORT => $port{epmd},
	ERL_EPMD_ADDRESS => '127.0.0.1',
	RABBITMQ_PID_FILE => "$directory/pid",
	RABBITMQ_ENABLED_PLUGINS_FILE => "$directory/plugins",
	RABBITMQ_CONFIG_FILE => "$directory/conf",
	RABBITMQ_CONF_ENV_FILE => '/dev/null');
my $url = "amqp://127.0.0.1:$port{amqp}";
my ($broker, $relay);

sub start
{
	my ($environment, @command) = @_;
	my $pid = fork // die "could not fork: $!";
	return $pid if $pid;
	setpgrp;
	local @ENV{ keys %$environment } = values %$environment;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>>', "$directory/$$.out";
	open STDERR, '>&', \*STDOUT;
	exec @command or POSIX::_exit(1);
}

sub start_broker
{
	$broker = start(\%broker_environment, $broker_program);
	return wait_until(sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port{amqp}) }, 120);
}

sub start_relay
{
	$relay = start(
		{ RELAY_DATABASE => $node->connstr('postgres'), RELAY_BROKER => $url, RELAY_EXCHANGE => 'bank', RELAY_PAGE => 200 },
		$relay_program);
	return;
}

# With all that it has started.
sub kill_group
{
	my ($pid) = @_;
	kill 'KILL', -$pid;
	waitpid $pid, 0;
	return;
}

END
{
	my $status = $?;
	kill 'KILL', map { -$_ } grep { $_ } $broker, $relay;
	if ($port{epmd})
	{
		local $ENV{ERL_EPMD_PORT} = $port{epmd};
		system 'epmd -kill >/dev/null 2>&1';
	}
	$? = $status;
}

# What a program in Python prints, which has a channel of the broker.
sub by_channel
{
	my ($program) = @_;
	my $head = "import pika, sys\nchannel = pika.BlockingConnection(pika.URLParameters('$url')).channel()\n";
	my ($out, $err) = ('', '');
	IPC::Run::run([ '/usr/bin/python3', '-c', $head . $program ], '>', \$out, '2>', \$err) or die "python3: $err";
	return $out;
}

ok(start_broker(), 'the broker is there');
by_channel(<<'PYTHON');
channel.exchange_declare('bank', 'topic', durable=True)
for queue, key in (('all', '#'), ('transfers', 'transfer.*'), ('account', '*.1')):
    channel.queue_declare(queue, durable=True)
    channel.queue_bind(queue, 'bank', key)
PYTHON
start_relay();

# The load: pairs, journals, holds; some stay open for a while, some are prepared, some rolled back.
my $prepared = 0;

sub transaction
{
	my ($client, $number) = @_;
	my @some = (sort { rand() <=> 0.5 } @accounts)[ 0 .. 3 ];
	my $how = rand;
	$client->begin_work;
	$client->do('SELECT simplebank.transfer(?, ?, 1)', undef, @some[ 0, 1 ]);
	$client->do('SELECT simplebank.post_journal(?, ?)', undef, [ @some[ 1 .. 3 ] ], [ -3, 1, 2 ]) if $how < 0.2;
	$client->do(q{SELECT simplebank.place_hold(?, ?, 1, clock_timestamp() + interval '1 day')}, undef, @some[ 2, 3 ]) if $how > 0.8;
	sleep 0.2 if $how < 0.02;
	return $how > 0.9 ? $client->rollback : $client->commit if $how < 0.97;
	my $name = "of $number, " . ++$prepared;
	$client->do("PREPARE TRANSACTION '$name'");
	$client->{AutoCommit} = 1;
	sleep 0.1;
	$client->do("COMMIT PREPARED '$name'");
	return;
}

sub client
{
	my ($number, $until) = @_;
	my $client = session($node);
	srand $number;
	while (time < $until)
	{
		next if eval { transaction($client, $number); 1 };
		# of several calls in a transaction one may have to be given up
		die $@ if $client->state ne '40P01';
		$client->rollback;
	}
	$client->disconnect;
	return;
}

my $until = time + $seconds;
my @clients = map { my $number = $_; in_background(sub { client($number, $until) }) } 1 .. 3;
my $kills = 0;
while (time < $until)
{
	sleep 0.5 + rand 1.5;
	kill_group($relay);
	if ($kills++ % 3 == 1)
	{
		kill_group($broker);
		ok(start_broker(), 'the broker was killed, and is there again');
	}
	start_relay();
}
cmp_ok($kills, '>', 3, "the relay was killed $kills times");
ok(reap(@clients), 'clients have done their work');
kill_group($broker);
ok(start_broker(), 'the broker was killed, while the relay went on');

my $end;
ok( wait_until(
		sub {
			$dbh->do(q{SELECT simplebank.seal()});
			$end = value($dbh, 'SELECT max(last_position) FROM simplebank.log_segments');
			value($dbh, q{SELECT acknowledged FROM simplebank.log_consumers WHERE name = 'relay'}) == $end;
		}),
	'all is acknowledged');
kill 'TERM', $relay;
waitpid $relay, 0;
is($?, 0, 'the relay ends in order');
undef $relay;

# What has come
my @messages = map { [ split /\t/ ] } split /\n/, by_channel(<<'PYTHON');
while True:
    method, properties, body = channel.basic_get('all', auto_ack=True)
    if method is None:
        break
    print(properties.message_id, properties.type, method.routing_key, body.decode(), sep='\t')
PYTHON
my (%body, %version, @in_order, $doubles, $changed, $disorder);
my $last = 0;
foreach my $message (@messages)
{
	my ($position, $kind, $key, $body) = @$message;
	if (exists $body{$position})
	{
		$doubles++;
		$changed++ if $body{$position} ne $body;
		next;
	}
	$body{$position} = $body;
	$disorder++ if $position != $last + 1;
	$last = $position;
	while ($kind eq 'transfer' && $body =~ /"account": (\d+), "balance": "-?\d+", "version": (\d+)/g)
	{
		$disorder++ if $2 != ($version{$1} // 0) + 1;
		$version{$1} = $2;
	}
}
diag(sprintf '%d events, %d of them again', scalar keys %body, $doubles // 0);
is(scalar keys %body, $end, 'every event has come');
is($disorder, undef, 'in the order of positions, and of versions within each account');
is($changed, undef, 'what has come twice was the same');
is(rows($dbh, 'SELECT id, version FROM simplebank.accounts ORDER BY id'), join("\n", map { "$_|" . ($version{$_} // 0) } sort { $a <=> $b } @accounts), 'up to the last version');
is(value($dbh, q{SELECT count(*) FROM simplebank.transfers}), scalar(grep { /"kind": "transfer"/ } values %body), 'all transfers are among them');

sub count_of
{
	my ($queue) = @_;
	return by_channel("print(len({p.message_id for m, p, b in iter(lambda: channel.basic_get('$queue', auto_ack=True), (None, None, None))}))") + 0;
}
is(count_of('transfers'), value($dbh, 'SELECT count(*) FROM simplebank.transfers'), 'a queue of one kind');
is(count_of('account'),
	value($dbh, 'SELECT (SELECT count(DISTINCT transfer_id) FROM simplebank.entries WHERE account_id = 1) + (SELECT count(*) FROM simplebank.account_events e LEFT JOIN simplebank.holds h ON h.id = e.hold_id WHERE 1 IN (e.account_id, h.to_account_id))'),
	'a queue of one account');
verify_is_sound($dbh);

$dbh->disconnect;
$node->stop;
done_testing();
