// A client or server of npm `ws` that plays a plan and logs. Call: see end_common.py.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const tls = require('tls');
const WebSocket = require('ws');
const { ROLE, CONFIG, log, play } = require('./end_common.js');

function watchFrames(socket, port) {
  const sender = socket._sender;
  const close = sender.close.bind(sender);
  sender.close = (code, data, mask, callback) => {
    log('sent_close', { port, code: code === undefined ? null : code, reason: data ? data.toString() : '' });
    close(code, data, mask, callback);
  };
  socket._receiver.prependListener('conclude', (code, reason) => {
    log('received_close', { port, code: code === 1005 ? null : code, reason: reason.toString() });
  });
}

function talk(socket, port, path) {
  log('open', { port, path, status: 101, extensions: socket.extensions || null });
  watchFrames(socket, port);
  let messages = 0;
  let characters = 0;
  socket.on('message', (data, binary) => {
    messages += 1;
    characters += data.length;
    if (CONFIG.echo) socket.send(data, { binary });
  });
  socket.on('pong', () => log('pong'));
  socket.on('error', (error) => log('error', { port, error: error.message }));
  socket.on('close', (code, reason) => log('closed', { port, code, reason: reason.toString(), messages, characters }));
  play({
    open: () => socket.readyState === WebSocket.OPEN,
    send: (data) => socket.send(data),
    fragments: (parts) => parts.forEach((part, index) => socket.send(part, { fin: index === parts.length - 1 })),
    ping: () => socket.ping('ping'),
    close: (code, reason) => (code == null ? socket.close() : socket.close(code, reason)),
    socket: () => socket._socket,
    transport: () => socket._socket._parent ?? socket._socket, // below TLS
  }, CONFIG.plan);
}

function server() {
  const secure = CONFIG.tls && {
    key: fs.readFileSync(CONFIG.tls.certificate),
    cert: fs.readFileSync(CONFIG.tls.certificate),
    minVersion: CONFIG.tls.version,
    maxVersion: CONFIG.tls.version,
    ...(CONFIG.tls.ciphers && { ciphers: CONFIG.tls.ciphers }),
  };
  const create = secure ? (handler) => https.createServer(secure, handler) : http.createServer;
  const listener = create((request, response) => {
    log('plain request', { port: request.socket.remotePort, path: request.url });
    response.end('plain\n');
  });
  const sockets = new WebSocket.Server({ noServer: true, ...CONFIG.options });
  listener.on('upgrade', (request, socket, head) => {
    if (CONFIG.refuse) {
      log('refused', { port: socket.remotePort, path: request.url, status: CONFIG.refuse });
      socket.end(`HTTP/1.1 ${CONFIG.refuse} ${http.STATUS_CODES[CONFIG.refuse]}\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => talk(ws, socket.remotePort, request.url));
  });
  listener.listen(CONFIG.port, CONFIG.host, () => log('listening'));
}

function get(agent, path) {
  return new Promise((resolve) => {
    http.get({ host: CONFIG.host, port: CONFIG.port, path, agent }, (response) => {
      log('plain answer', { path, status: response.statusCode });
      response.resume().on('end', () => setImmediate(resolve));
    });
  });
}

async function client() {
  const options = { ...CONFIG.options };
  if (CONFIG.plain_first) {
    options.agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 1; n <= CONFIG.plain_first; n++) await get(options.agent, `/plain/${n}`);
    options.createConnection = undefined;
  }
  const host = CONFIG.host.includes(':') ? `[${CONFIG.host}]` : CONFIG.host;
  if (CONFIG.tls) {
    options.rejectUnauthorized = false; // nobody has signed the server's certificate
    options.createConnection = (about) => {
      const secure = tls.connect({ ...about, path: undefined });
      return secure.on('keylog', (line) => fs.appendFileSync(CONFIG.tls.keylog, line));
    };
  }
  const scheme = CONFIG.tls ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${host}:${CONFIG.port}${CONFIG.path}`, options);
  let port = null;
  socket.on('upgrade', (response) => { port = response.socket.localPort; });
  socket.on('open', () => talk(socket, port, CONFIG.path));
  socket.on('unexpected-response', (request, response) => {
    log('failed', { port: response.socket.localPort, status: response.statusCode, error: 'unexpected-response' });
    response.resume();
    request.destroy();
  });
  const early = (error) => { if (port === null) log('failed', { status: null, error: error.message }); };
  socket.on('error', early);
}

log('program', { name: `ws ${require('ws/package.json').version} (Node ${process.version})` });
if (ROLE === 'server') server(); else client();
