// A client or server of npm `websocket` (WebSocket-Node) that plays a plan and logs. Call: see end_common.py.
'use strict';
const http = require('http');
const { client: Client, server: Server } = require('websocket');
const { ROLE, CONFIG, log, play } = require('./end_common.js');

function watchFrames(connection, port) {
  const send = connection.sendCloseFrame.bind(connection);
  connection.sendCloseFrame = (code, reason, callback) => {
    log('sent_close', { port, code: code === undefined ? 1000 : code, reason: reason || '' });
    send(code, reason, callback);
  };
  const process = connection.processFrame.bind(connection);
  connection.processFrame = (frame) => {
    if (frame.opcode === 8) {
      const code = frame.length >= 2 ? frame.closeStatus : null;
      log('received_close', { port, code, reason: frame.length >= 2 ? frame.binaryPayload.toString() : '' });
    }
    process(frame);
  };
}

function talk(connection, port, path) {
  log('open', { port, path, status: 101 });
  watchFrames(connection, port);
  connection.on('message', (message) => { if (CONFIG.echo) connection.send(message.utf8Data || message.binaryData); });
  connection.on('error', (error) => log('error', { port, error: error.message }));
  connection.on('close', (code, reason) => log('closed', { port, code, reason }));
  play({
    open: () => connection.connected,
    send: (data) => connection.send(data),
    ping: () => connection.ping('ping'),
    close: (code, reason) => connection.close(code === null ? undefined : code, reason),
    socket: () => connection.socket,
    transport: () => connection.socket,
  }, CONFIG.plan);
}

function server() {
  const httpServer = http.createServer((request, response) => { response.writeHead(404); response.end(); });
  httpServer.listen(CONFIG.port, CONFIG.host, () => log('listening'));
  new Server({ httpServer, keepalive: false, ...CONFIG.options }).on('request', (request) => {
    if (CONFIG.refuse) {
      log('refused', { port: request.socket.remotePort, path: request.resource, status: CONFIG.refuse });
      request.reject(CONFIG.refuse, 'no');
      return;
    }
    const connection = request.accept(null, request.origin);
    talk(connection, request.socket.remotePort, request.resource);
  });
}

function client() {
  const host = CONFIG.host.includes(':') ? `[${CONFIG.host}]` : CONFIG.host;
  const client = new Client(CONFIG.options);
  client.on('connectFailed', (error) => log('failed', { error: error.message, status: Number((/status: (\d+)/.exec(error.message) || [])[1]) || null }));
  client.on('connect', (connection) => talk(connection, connection.socket.localPort, CONFIG.path));
  client.connect(`ws://${host}:${CONFIG.port}${CONFIG.path}`);
}

log('program', { name: `websocket ${require('websocket/package.json').version} (Node ${process.version})` });
if (ROLE === 'server') server(); else client();
