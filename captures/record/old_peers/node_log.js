'use strict';
// One JSON line per event on stdout: what a Node peer did and saw.

exports.logger = (who) => (event, facts = {}) => {
  const at = new Date().toTimeString().slice(0, 8) + '.' +
    String(Date.now() % 1000).padStart(3, '0');
  process.stdout.write(JSON.stringify({ at, who, event, ...facts }) + '\n');
};

// What the program writes to and reads from its socket, one line per call, as hex; and a Hixie close
// frame that stands alone in such a call as sent_close or received_close.
exports.watchSocket = (socket, say, hixie) => {
  const write = socket.write;
  socket.write = function (data, encoding, ...rest) {
    const bytes = typeof data === 'string' ? Buffer.from(data, encoding) : Buffer.from(data);
    if (hixie && bytes.toString('hex') === 'ff00') say('sent_close', { code: null, reason: '' });
    return write.call(this, data, encoding, ...rest);
  };
  socket.prependListener('data', (bytes) => {
    if (hixie && bytes.toString('hex') === 'ff00') say('received_close', { code: null, reason: '' });
  });
  socket.on('end', () => say('end of stream read'));
  socket.on('error', (error) => say('error', { text: error.message }));
};
