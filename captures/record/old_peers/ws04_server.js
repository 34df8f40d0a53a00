'use strict';
// A server on ws 0.4 (which has Hixie 76 beside versions 8 and 13): node ws04_server.js PORT
// It echoes texts; "please close [CODE REASON]", "please close at EPOCH", "please terminate".
const crypto = require('crypto');
const { logger, watchSocket } = require('./node_log');
const { Server: WebSocketServer } = require('ws04');

// The one shim: in the days of ws 0.4 hash.update(string) took bytes ("binary"), today it takes UTF-8.
const createHash = crypto.createHash;
crypto.createHash = (...names) => {
  const hash = createHash(...names);
  const update = hash.update;
  hash.update = (data, encoding = 'binary') => update.call(hash, data, encoding);
  return hash;
};

const say = logger('server');
const port = Number(process.argv[2]);
const server = new WebSocketServer({ host: '127.0.0.1', port });

server.on('listening', () => say('listening', { port }));
server.on('connection', (ws) => {
  const hixie = ws.protocolVersion === 'hixie-76';
  watchSocket(ws._socket, say, hixie);
  say('open', {
    path: ws.upgradeReq.url, version: ws.protocolVersion, client_port: ws._socket.remotePort });
  if (!hixie) watchFrames(ws);
  ws.on('message', (text) => {
    say('received', { text });
    obey(ws, text);
  });
  ws.on('close', (code, reason) => say('reported', { code: code ?? null, reason: reason ?? '' }));
  ws.on('error', (error) => say('error', { text: String(error) }));
});

// Versions 8 and 13: close frames where ws hands them to its sender and gets them from its receiver.
function watchFrames(ws) {
  const close = ws._sender.close;
  ws._sender.close = function (code, data, ...rest) {
    say('sent_close', { code: code ?? null, reason: String(data ?? '') });
    return close.call(this, code, data, ...rest);
  };
  const onclose = ws._receiver.onclose;
  ws._receiver.onclose = function (code, data, flags) {
    say('received_close', { code: code ?? null, reason: String(data ?? '') });
    return onclose.call(this, code, data, flags);
  };
}

function obey(ws, text) {
  const order = /^please (close at|close|terminate) ?([\d.]*) ?(.*)$/.exec(text);
  if (!order) return ws.send(text);
  const [, what, number, reason] = order;
  const close = () => {
    say('close() called');
    ws.close(number && what === 'close' ? Number(number) : undefined, reason || undefined);
  };
  if (what === 'terminate') ws.terminate();
  else if (what === 'close at') setTimeout(close, Number(number) * 1000 - Date.now());
  else close();
}
