# The protocol message by message, for what no driver does by itself.

package Simplebank::Wire;

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::UNIX;

our @EXPORT = qw(wire send_message send_statement receive until_type until_ready until_gone);

# A session of a user in database postgres, ready for a query.
sub wire
{
	my ($node, $user) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die "socket: $!";
	my $startup = pack('N', 196608) . "user\0$user\0database\0postgres\0\0";
	print {$socket} pack('N', length($startup) + 4) . $startup;
	$socket->flush;
	until_ready($socket);
	return $socket;
}

sub send_message
{
	my ($socket, $type, $body) = @_;
	print {$socket} $type . pack('N', length($body) + 4) . $body;
	$socket->flush;
	return;
}

# By the unnamed portal and as a whole, or by one of a name and as many rows.
sub send_statement
{
	my ($socket, $sql, $portal, $rows) = @_;
	$portal //= '';
	send_message($socket, 'P', "\0$sql\0" . pack('n', 0));
	send_message($socket, 'B', "$portal\0\0" . pack('nnn', 0, 0, 0));
	send_message($socket, 'E', "$portal\0" . pack('N', $rows // 0));
	return;
}

# The next message: its type and body; nothing where the server has gone.
sub receive
{
	my ($socket) = @_;
	my ($head, $body) = ('', '');
	return unless $socket->read($head, 5);
	my ($type, $length) = unpack 'aN', $head;
	$socket->read($body, $length - 4) if $length > 4;
	return ($type, $body);
}

# All types up to one of these, and the SQLSTATEs of errors.
sub until_type
{
	my ($socket, $wanted) = @_;
	my @states;
	while (my ($type, $body) = receive($socket))
	{
		push @states, $body =~ /C(\w{5})\0/ if $type eq 'E';
		return ($type, @states) if $type =~ $wanted;
	}
	return ('gone', @states);
}
# What the server says before it goes: type and body of each message.
sub until_gone
{
	my ($socket) = @_;
	my @messages;
	while (my @message = receive($socket)) { push @messages, \@message }
	return \@messages;
}

sub until_ready { return until_type($_[0], qr/Z/) }

1;
