'use strict';
// A client of the version 8 days: node npm_client.js LIBRARY PORT PATH VERSION STEP...
// LIBRARY: ws (0.4) or websocket (WebSocket-Node). Steps: text:T  expect:N  wait:S  close[:CODE:REASON]  await_close
const { logger } = require('./node_log');

const say = logger('client');
const [library, port, path, version, ...steps] = process.argv.slice(2);
const url = `ws://127.0.0.1:${port}${path}`;
const waiting = [];
let texts = 0;
let closed = false;

const received = (text) => { texts += 1; say('received', { text }); wake(); };
const wake = () => waiting.splice(0).forEach((resolve) => resolve());
const until = async (test) => { while (!test()) await new Promise((r) => waiting.push(r)); };

function reported(code, reason) {
  closed = true;
  say('reported', { code: code ?? null, reason: reason ?? '' });
  wake();
}

function openWs(run) {
  const WebSocket = require('ws04');
  const ws = new WebSocket(url, { protocolVersion: Number(version), origin: 'http://127.0.0.1' });
  ws.on('open', () => {
    say('open', { client_port: ws._socket.localPort, status: 101 });
    const close = ws._sender.close;
    ws._sender.close = function (code, data, ...rest) {
      say('sent_close', { code: code ?? null, reason: String(data ?? '') });
      return close.call(this, code, data, ...rest);
    };
    const onclose = ws._receiver.onclose;
    ws._receiver.onclose = (code, data, flags) => {
      say('received_close', { code: code ?? null, reason: String(data ?? '') });
      onclose(code, data, flags);
    };
    run({ send: (text) => ws.send(text), close: (code, reason) => ws.close(code, reason) });
  });
  ws.on('message', received);
  ws.on('close', reported);
  ws.on('error', (error) => say('error', { text: String(error) }));
}

function openWebSocketNode(run) {
  const { client: Client } = require('websocket');
  const client = new Client({ webSocketVersion: Number(version) });
  client.on('connect', (connection) => {
    say('open', { client_port: connection.socket.localPort, status: 101 });
    const sendCloseFrame = connection.sendCloseFrame;
    connection.sendCloseFrame = function (code, reason, ...rest) {
      say('sent_close', { code: code ?? 1000, reason: reason ?? '' });
      return sendCloseFrame.call(this, code, reason, ...rest);
    };
    connection.on('message', (message) => received(message.utf8Data));
    connection.on('close', reported);
    run({
      send: (text) => connection.sendUTF(text),
      close: (code, reason) => code ? connection.close(code, reason) : connection.close(),
    });
  });
  client.on('connectFailed', (error) => say('error', { text: String(error) }));
  client.connect(url, [], 'http://127.0.0.1');
}

async function run(ws) {
  for (const step of steps) {
    const [name, argument, reason] = step.split(':');
    if (name === 'text') { say('sent', { text: argument }); ws.send(argument); }
    if (name === 'expect') await until(() => texts >= Number(argument));
    if (name === 'wait') await new Promise((r) => setTimeout(r, Number(argument) * 1000));
    if (name === 'close') { say('close() called'); ws.close(argument && Number(argument), reason); }
    if (name === 'await_close') await until(() => closed);
  }
  process.exit(0);
}

(library === 'ws' ? openWs : openWebSocketNode)(run);
