'use strict';
// A server on faye-websocket (websocket-driver below): node faye_server.js PORT
// It echoes texts; "please close" closes, "please burst" sends several texts in one write.
const http = require('http');
const WebSocket = require('faye-websocket');
const { logger, watchSocket } = require('./node_log');

const say = logger('server');
const port = Number(process.argv[2]);
const server = http.createServer();

server.on('upgrade', (request, socket, body) => {
  const hixie = !request.headers['sec-websocket-version'];
  watchSocket(socket, say, hixie);
  const ws = new WebSocket(request, socket, body);
  ws.on('open', () => say('open', {
    path: request.url, version: ws.version, client_port: socket.remotePort }));
  ws.on('message', (event) => {
    say('received', { text: event.data });
    obey(ws, socket, event.data);
  });
  ws.on('close', (event) => say('reported', { code: event.code, reason: event.reason }));
});

function obey(ws, socket, text) {
  if (text === 'please close') {
    say('close() called');
    ws.close();
  } else if (text === 'please burst') {
    socket.cork();
    for (const part of ['eins', '', 'zwei ÿ', '', 'drei']) ws.send(part);
    process.nextTick(() => socket.uncork());
  } else {
    ws.send(text);
  }
}

server.listen(port, '127.0.0.1', () => say('listening', { port }));
