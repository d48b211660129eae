# Monitoring: the ready configuration of prometheus-sql-exporter scrapes a
# server, in a role that may see metrics and nothing else; the alert rules are
# sound, and each fires when it should.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use HTTP::Tiny;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

my $directory = PostgreSQL::Test::Utils::tempdir();
my $configuration = slurp_file("$FindBin::RealBin/../../sql/operations/monitoring/sql_exporter.yml");
my $rules = "$FindBin::RealBin/../../sql/operations/monitoring/alerts.yml";

#
# Scraping
#

my $node = new_bank('monitoring', conf => <<CONF);
shared_preload_libraries = 'simplebank'
listen_addresses = '127.0.0.1'
CONF
my $dbh = session($node);
$dbh->do($_) foreach 'CREATE ROLE prometheus LOGIN', 'GRANT USAGE ON SCHEMA simplebank TO prometheus',
  'GRANT EXECUTE ON FUNCTION simplebank.metrics TO prometheus';
append_to_file($node->data_dir . '/pg_hba.conf', "host all prometheus 127.0.0.1/32 trust\n");
$node->reload;
my ($alice, $bob) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } qw(alice bob);
call($dbh, 'SELECT * FROM simplebank.deposit(?, 100)', $alice);
call($dbh, 'SELECT * FROM simplebank.transfer(?, ?, ?)', $alice, $bob, $_) foreach 1, 2, 1000;
ok(wait_until(sub { value($dbh, 'SELECT tellers FROM simplebank.stats') }), 'a teller is there');

my ($host, $port) = ('127.0.0.1', $node->port);
my $http = PostgreSQL::Test::Cluster::get_free_port();
ok($configuration =~ s/\@localhost\//\@$host:$port\//, 'the configuration names the server');
append_to_file("$directory/sql_exporter.yml", $configuration);
my $exporter = in_background(
	sub {
		open STDOUT, '>', "$directory/exporter.log" or die;
		open STDERR, '>&', \*STDOUT or die;
		exec 'prometheus-sql-exporter', '-config.file', "$directory/sql_exporter.yml", '-web.listen-address', "127.0.0.1:$http";
	});
my %scraped;
my $scrape = sub {
	my $page = HTTP::Tiny->new(timeout => 2)->get("http://127.0.0.1:$http/metrics");
	%scraped = ();
	return 0 unless $page->{success};
	foreach (split /\n/, $page->{content})
	{
		next unless /^sql_(simplebank_\w+)\{(.*)\} (\S+)$/;
		my ($name, $labels, $value) = ($1, $2, $3);
		my %labels = $labels =~ /(\w+)="([^"]*)"/g;
		delete @labels{qw(col database driver host sql_job user)};
		$scraped{ $name . JSON::PP->new->canonical->encode(\%labels) } = $value;
	}
	return exists $scraped{'simplebank_replication_lag_seconds{}'};
};
ok(wait_until($scrape), 'the exporter answers');
kill 'TERM', $exporter;
reap($exporter);
my %known = map { $_->[0] . JSON::PP->new->canonical->encode(decode_json($_->[1])) => $_->[2] }
  @{ $dbh->selectall_arrayref('SELECT name, labels, value FROM simplebank.metrics()') };
is(join("\n", sort keys %scraped), join("\n", sort keys %known), 'the configuration has each metric, and no other');
is($scraped{'simplebank_transfers_total{}'}, 3, 'transfers');
is($scraped{'simplebank_refusals_total{"sqlstate":"SB001"}'}, 1, 'refusals');
is($scraped{'simplebank_tellers{}'}, 1, 'tellers');
$dbh->disconnect;
$node->stop;

#
# Alerts: what each needs to see to fire, after how many minutes
#

my %fires = (
	LedgerUnsound => [ 'verification_findings' => 1, 1 ],
	LedgerNotVerified => [ 'verification_timestamp_seconds' => -172801, 1 ],
	LedgerNotSealed => [ 'seal_timestamp_seconds' => -3601, 6, 'unsealed_transfers' => 1 ],
	NoJobStarted => [ 'last_tick_timestamp_seconds' => -301, 1 ],
	JobBehind => [ 'job_days_behind{job_name="settlement"}' => 1, 61, 'job_enabled{job_name="settlement"}' => 1 ],
	JobFailed => [ 'job_failed{job_name="settlement"}' => 1, 61 ],
	OrdersLate => [ 'order_delay_seconds' => 601, 6 ],
	RequestsLate => [ 'request_delay_seconds' => 61, 2 ],
	SettlementWaiting => [ 'settlement_waiting' => 1, 16 ],
	SettlementFailed => [ 'settlement_groups_failed' => 1, 16 ],
	ConsumerBehind => [ 'consumer_lag_seconds{consumer="c"}' => 601, 6 ],
	QueueFull => [ 'queue_depth' => 900, 2, 'queue_size' => 1024 ],
	NoTeller => [ 'tellers' => 0, 2, 'tellers_configured' => 1 ],
	ClockAhead => [ 'clock_ahead_seconds' => 3601, 1 ],
	JobsInFuture => [ 'jobs_in_future' => 1, 6 ],
	CommitsWait => [ 'synchronous_standbys_missing' => 1, 2 ],
	StandbyLags => [ 'replication_lag_seconds' => 61, 3 ],
	NoMetrics => [ undef, undef, 6 ]);
my %quiet = (
	LedgerUnsound => [ 'verification_findings' => 0 ],
	LedgerNotVerified => [ 'verification_timestamp_seconds' => -1000 ],
	LedgerNotSealed => [ 'seal_timestamp_seconds' => -3601, 'unsealed_transfers' => 0 ],
	NoJobStarted => [ 'last_tick_timestamp_seconds' => 12000 ],
	JobBehind => [ 'job_days_behind{job_name="settlement"}' => 1, 'job_enabled{job_name="settlement"}' => 0 ],
	JobFailed => [ 'job_failed{job_name="settlement"}' => 0 ],
	OrdersLate => [ 'order_delay_seconds' => 59 ],
	RequestsLate => [ 'request_delay_seconds' => 60 ],
	SettlementWaiting => [ 'settlement_waiting' => 0 ],
	SettlementFailed => [ 'settlement_groups_failed' => 0 ],
	ConsumerBehind => [ 'consumer_lag_seconds{consumer="c"}' => 599 ],
	QueueFull => [ 'queue_depth' => 800, 'queue_size' => 1024 ],
	NoTeller => [ 'tellers' => 1, 'tellers_configured' => 1 ],
	ClockAhead => [ 'clock_ahead_seconds' => 0 ],
	JobsInFuture => [ 'jobs_in_future' => 0 ],
	CommitsWait => [ 'synchronous_standbys_missing' => 0 ],
	StandbyLags => [ 'replication_lag_seconds' => 59 ],
	NoMetrics => [ 'job_days_behind{job_name="settlement"}' => 0 ]);

# Rows of a promtool test: alerts that are there after some minutes of these values.
sub alerts_after
{
	my ($minutes, $alert, $expected, %series) = @_;
	my @series = map { { series => "sql_simplebank_$_", values => "$series{$_}+0x200" } } sort keys %series;
	my $name = "test.$alert." . ($expected ? 'fires' : 'quiet') . '.yml';
	my ($labels) = map { /\{(.*)\}/ ? $1 : () } sort keys %series;
	my $test = {
		rule_files => [$rules],
		tests => [
			{
				interval => '1m',
				input_series => \@series,
				alert_rule_test => [ { eval_time => "${minutes}m", alertname => "Simplebank$alert", exp_alerts => [] } ]
			}
		]
	};
	append_to_file("$directory/$name", JSON::PP->new->canonical->encode($test));
	my $output = `promtool test rules $directory/$name 2>&1`;
	return $? == 0 ? 0 : $output =~ /alertname:\s*Simplebank$alert|got:\[.*Simplebank$alert/s ? 1 : $output;
}

is(system("promtool check rules $rules > $directory/rules.log 2>&1"), 0, 'the rules are well-formed');
my @alerts = slurp_file($rules) =~ /alert: Simplebank(\w+)/g;
is(join(' ', sort @alerts), join(' ', sort keys %fires), 'each rule is tested');
foreach my $alert (sort @alerts)
{
	my ($series, $value, $minutes, %more) = @{ $fires{$alert} };
	is(alerts_after($minutes, $alert, 1, defined $series ? ($series => $value) : (), %more), 1, "$alert fires");
	is(alerts_after(200, $alert, 0, @{ $quiet{$alert} }), 0, 'and not without a reason');
}
done_testing();
