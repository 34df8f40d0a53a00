#!/usr/bin/perl
# A client on Protocol::WebSocket: perl_client.pl PORT PATH VERSION STEP...
# VERSION: draft-hixie-75, draft-ietf-hybi-00, draft-ietf-hybi-10, draft-ietf-hybi-17.
# Steps: text:T  wait:S  expect:N  close  await_close  answer  await_eof  fin. Events on stdout, one JSON line each.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Select;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(time sleep);
use Protocol::WebSocket::Frame;
use Protocol::WebSocket::Handshake::Client;

my ($port, $path, $version, @steps) = @ARGV;
my $json = JSON::PP->new->canonical;
$| = 1;

sub say_event {
    my ($event, %facts) = @_;
    my $now = time;
    my $at = POSIX::strftime('%H:%M:%S', localtime $now) . sprintf('.%03d', ($now - int $now) * 1000);
    print $json->encode({at => $at, who => 'client', event => $event, %facts}), "\n";
}

my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
  or die "connect: $!";
my $frames = Protocol::WebSocket::Frame->new(version => $version);
my ($eof, $patience, %seen) = (0, 5);

sub read_some {
    unless (IO::Select->new($socket)->can_read($patience)) {
        $socket->close;
        say_event('gave up', after => $patience);
        exit 0;
    }
    my $count = sysread $socket, my $bytes, 65536;
    return $bytes if $count;
    $eof = 1;
    say_event('end of stream read', $count // 1 ? () : (text => "$!"));
    return '';
}

sub open_connection {
    my $handshake = Protocol::WebSocket::Handshake::Client->new(
        url => "ws://127.0.0.1:$port$path", version => $version);
    $handshake->req->origin('http://127.0.0.1');
    syswrite $socket, $handshake->to_string;
    say_event('asked', client_port => $socket->sockport);
    my $bytes = '';
    until ($handshake->is_done) {
        $bytes = read_some();
        die 'no answer' if $eof;
        $handshake->parse($bytes) or die $handshake->error;
    }
    say_event('open', client_port => $socket->sockport, status => 101);
    $frames->append($bytes);
}

sub pull {
    $frames->append(my $bytes = read_some());
    while (defined(my $payload = $frames->next_bytes)) {
        my $kind = ($frames->opcode // 1) == 8 ? 'close' : 'text';
        $seen{$kind}++;
        if   ($kind eq 'close') { say_event('received_close', code => undef, reason => '') }
        else                    { say_event('received', text => $payload) }
    }
}

sub await {
    my ($kind) = @_;
    until ($seen{$kind}) { die "no $kind came" if $eof; pull() }
    $seen{$kind}--;
}

sub send_close {
    my $frame = Protocol::WebSocket::Frame->new(version => $version, type => 'close', masked => 1);
    syswrite $socket, $frame->to_bytes;
    say_event('sent_close', code => undef, reason => '');
}

my %step = (
    text => sub {
        my $frame = Protocol::WebSocket::Frame->new(version => $version, buffer => $_[0], masked => 1);
        syswrite $socket, $frame->to_bytes;
        say_event('sent', text => $_[0]);
    },
    wait        => sub { sleep $_[0] },
    expect      => sub { await('text') for 1 .. $_[0] },
    close       => \&send_close,
    answer      => \&send_close,
    await_close => sub { await('close') },
    await_eof   => sub { pull() until $eof },
    fin         => sub { $socket->close; say_event('socket closed') },
);

open_connection();
for (@steps) {
    my ($name, $argument) = split /:/, $_, 2;
    $step{$name}->($argument);
}
