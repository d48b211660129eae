# JSON and HTTP: the front that README describes, as it stands there, on a real
# server, asked by curl; and what a validator of OpenAPI says of openapi().
# Its packages come from npm's registry into a temporary directory.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Simplebank::Test;
use Test::More;

alarm 600;    # rather than wait for ever

my $directory = PostgreSQL::Test::Utils::tempdir;
my $json = JSON::PP->new->canonical->utf8;

# Without the registry there is no front to be tested, and that is no success.
sub npm_install
{
	my @command = ('npm', 'install', '--prefix', $directory, '--cache', "$directory/cache", '--no-audit', '--no-fund', '--loglevel=error', @_);
	my $output;
	local $ENV{HOME} = $directory;
	return if IPC::Run::run \@command, '<', \undef, '>&', \$output, IPC::Run::timeout(300);
	give_up("npm could not install @_ from its registry, which this test needs (is there a network?):\n$output");
}

sub give_up
{
	my ($reason) = @_;
	fail('the packages of the front are there');
	diag($reason);
	done_testing();
	exit 1;
}

npm_install('postgraphile@4', 'pg@8', '@seriousme/openapi-schema-validator@2');

my $readme = slurp_file("$FindBin::RealBin/../../README.md");
my ($sql) = $readme =~ /^```http-sql\n(.*?)^```/ms or die 'README has no roles of the front';
my ($js) = $readme =~ /^```http-js\n(.*?)^```/ms or die 'README has no front';

my $node = new_bank('http');
my $dbh = session($node);
$dbh->do($_) foreach 'SELECT simplebank.create_roles()', $sql, 'CREATE ROLE ann NOLOGIN IN ROLE simplebank_customer', 'GRANT ann TO web';
my ($ann, $ben) = map { value($dbh, q{SELECT simplebank.open_account(?, 'EUR')}, $_) } 'ann', 'ben';

#
# The front
#

my %tokens = (staff => { role => 'staff' }, ann => { role => 'ann' }, ben => { role => 'guests', customer => 'ben' });
append_to_file("$directory/front.mjs", $js);
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $output = '';
my $front = do
{
	local $ENV{DATABASE_URL} = sprintf 'postgres://web@/postgres?host=%s&port=%s', $node->host, $node->port;
	local $ENV{USERS} = $json->encode(\%tokens);
	local $ENV{PORT} = $port;
	IPC::Run::start [ 'node', "$directory/front.mjs" ], '<', \undef, '>&', \$output;
};

# A request by curl: the status, and the answer.
sub request
{
	my ($user, $path, $body) = @_;
	my ($answer, $errors) = ('', '');
	IPC::Run::run [
		'curl', '-s', '-m', '60', '-w', '\n%{http_code}', '-X', 'POST', '-H', 'Content-Type: application/json',
		($user ? ('-H', "Authorization: Bearer $user") : ()), '--data-binary', ref $body ? $json->encode($body) : $body,
		"http://127.0.0.1:$port$path" ], '<', \undef, '>', \$answer, '2>', \$errors;
	my ($text, $status) = $answer =~ /\A(.*)\n(\d+)\z/s;
	return ($status // 0, $text ? $json->decode($text) : undef);
}

ok(wait_until(sub { $front->pump_nb; (request(undef, '/balance', {}))[0] == 401 }), 'the front is there, for nobody who has no token') or diag($output);

my ($status, $answer) = request('staff', '/deposit', { account => $ann, amount => 1000, key => 'd' });
is($status, 200, 'the staff deposits');
is($answer->{result}{to_balance}, '1000', 'by POST /<operation>');
($status, $answer) = request('ann', '/transfer', { from_account => $ann, to_account => "$ben", amount => '300', key => 'k' });
is($status, 200, 'a customer with a role of its own pays');
is($answer->{result}{from_balance}, '700', 'and has its balance as a string');
is($answer->{result}{to_balance}, undef, 'and is not told of the other one');
my $id = $answer->{result}{transfer_id};
($status, $answer) = request('ann', '/transfer', { from_account => $ann, to_account => $ben, amount => 300, key => 'k' });
is_deeply([ $status, $answer->{result}{transfer_id}, $answer->{result}{replayed} ], [ 200, $id, JSON::PP::true ], 'a retry is answered the same');
($status, $answer) = request('ann', '/transfer', { from_account => $ann, to_account => $ben, amount => 301, key => 'k' });
is_deeply([ $status, @{ $answer->{error} }{qw(code class argument)} ], [ 409, 'SB301', 'conflict', 'amount' ], 'another request under the same key');
($status, $answer) = request('ann', '/transfer', { from_account => $ann, to_account => $ben, amount => 90000 });
is_deeply([ $status, @{ $answer->{error} }{qw(code name class retryable)} ], [ 402, 'SB001', 'insufficient_funds', 'business', JSON::PP::false ], 'too much');
($status, $answer) = request('ann', '/transfer', { from_account => $ben, to_account => $ann, amount => 1 });
is_deeply([ $status, $answer->{error}{code} ], [ 404, 'SB003' ], 'of another one\'s account');
($status, $answer) = request('ann', '/deposit', { account => $ann, amount => 1 });
is_deeply([ $status, $answer->{error}{code} ], [ 403, '42501' ], 'what customers may not');
($status, $answer) = request('ann', '/nothing', {});
is_deeply([ $status, $answer->{error}{code} ], [ 404, '42883' ], 'what there is not');
is((request('ann', '/balance', '{'))[0], 400, 'no JSON');

#
# A guest: a customer by act_for()
#

($status, $answer) = request('ben', '/balance', { account_id => $ben });
is_deeply([ $status, $answer->{result} ], [ 200, '300' ], 'a guest has its balance');
($status, $answer) = request('ben', '/balance', { account_id => $ann });
is_deeply([ $status, $answer->{error}{code} ], [ 404, 'SB003' ], 'and nobody else\'s');
($status, $answer) = request('ben', '/act_for', { owner => 'ann' });
is_deeply([ $status, $answer->{error}{code} ], [ 404, '42883' ], 'nor may it choose who it is');
is((request('ben', '/ledger', { query => '{ __typename }' }))[0], 403, 'by no way');
($status, $answer) = request('ben', '/place_hold', { from_account => $ben, to_account => $ann, amount => 100, key => 'h' });
is_deeply([ $status, $answer->{result}{available} ], [ 200, '200' ], 'it places a hold');
my $hold = $answer->{result}{hold_id};
is(rows($dbh, 'SELECT role, gateway FROM simplebank.account_events ORDER BY id DESC LIMIT 1'), 'ben|guests', 'in its own name');

#
# GraphQL
#

sub graphql
{
	my ($user, $path, $query, $variables) = @_;
	my ($code, $data) = request($user, $path, { query => $query, variables => $variables // {} });
	return $data;
}
my $bank = 'mutation ($operation: String!, $arguments: JSON!) { bank(input: {operation: $operation, arguments: $arguments}) { json } }';
$answer = graphql('ann', '/graphql', $bank, { operation => 'capture_hold', arguments => { hold_id => $hold, amount => 60, key => 'c' } });
is($answer->{data}{bank}{json}{result}{to_balance}, '760', 'the payee captures it, by GraphQL') or diag($json->encode($answer));
$answer = graphql('ben', '/graphql', $bank, { operation => 'capture_hold', arguments => { hold_id => $hold } });
is_deeply([ @{ $answer->{data}{bank}{json}{error} }{qw(code status)} ], [ 'SB101', 404 ], 'the payer does not') or diag($json->encode($answer));
$answer = graphql('ann', '/ledger', '{ allAccounts { nodes { owner balance } } }');
is_deeply($answer->{data}{allAccounts}{nodes}, [ { owner => 'ann', balance => '760' } ], 'over the whole schema: who has a role reads its own rows') or diag($json->encode($answer));
my $call = 'mutation ($arguments: JSON!) { call(input: {operation: "transfer", arguments: $arguments}) { json } }';
my %transfer = (from_account => $ann, to_account => $ben, amount => '10', key => 'g');
foreach my $replayed (JSON::PP::false, JSON::PP::true)
{
	$answer = graphql('ann', '/ledger', $call, { arguments => \%transfer });
	is_deeply([ @{ $answer->{data}{call}{json}{result} }{qw(from_balance replayed)} ], [ '750', $replayed ], 'and calls') or diag($json->encode($answer));
}
$answer = graphql('ann', '/ledger', '{ balances(accountId: "' . $ann . '") { balance available } }');
is_deeply($answer->{data}{balances}, { balance => '750', available => '750' }, 'functions by their own names') or diag($json->encode($answer));
$answer = graphql('ann', '/ledger', '{ balances(accountId: "' . $ben . '") { balance } }');
is($answer->{errors}[0]{extensions}{exception}{errcode}, 'SB003', 'with their codes') or diag($json->encode($answer));
$answer = graphql('ann', '/ledger', 'mutation { actFor(input: {owner: "ben"}) { string } }');
is($answer->{errors}[0]{extensions}{exception}{errcode}, '42501', 'but not as somebody else') or diag($json->encode($answer));
is(value($dbh, 'SELECT simplebank.balance(?)', $ann), 750, 'all of it was posted once');

#
# What a validator says of openapi()
#

append_to_file("$directory/openapi.json", value($dbh, 'SELECT simplebank.openapi()'));
append_to_file("$directory/broken.json", value($dbh, q{SELECT jsonb_set(simplebank.openapi(), '{paths,/transfer,post,responses}', '[]')}));
sub validate
{
	my $said;
	IPC::Run::run [ "$directory/node_modules/.bin/validate-api", "$directory/$_[0]" ], '<', \undef, '>&', \$said;
	return $said;
}
like(validate('openapi.json'), qr/"valid": true/, 'openapi() is OpenAPI');
like(validate('broken.json'), qr/"valid": false/, 'and the validator says so where one is not');

$front->kill_kill;
verify_is_sound($dbh);
done_testing();
