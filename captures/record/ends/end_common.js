// What the Node end programs share: the log (a JSON line per event) and the steps of a plan. Call: see end_common.py.
'use strict';
const readline = require('readline');

const ROLE = process.argv[2];
const CONFIG = JSON.parse(process.argv[3]);

function log(event, fields = {}) {
  const now = new Date();
  const at = now.toTimeString().slice(0, 8) + '.' + String(now.getMilliseconds()).padStart(3, '0');
  process.stdout.write(JSON.stringify({ at, event, ...fields }) + '\n');
}

const lines = [];
const waiting = [];
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  if (waiting.length) waiting.shift()(line); else lines.push(line);
});
const gate = () => (lines.length ? Promise.resolve(lines.shift()) : new Promise((resolve) => waiting.push(resolve)));
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function textOf(size) {
  let text = '';
  for (let index = 0; text.length < size; index++) text += String((index * 7919) % 100003).padStart(6, '0') + ',';
  return text.slice(0, size);
}

// end: {send, fragments, ping, close, socket}
async function play(end, plan) {
  try {
    for (const [name, ...args] of plan) {
      if (name === 'send') end.send(args[0]);
      else if (name === 'binary') end.send(Buffer.from(textOf(args[0])));
      else if (name === 'size') end.send(textOf(args[0]));
      else if (name === 'stream') {
        for (let n = 0; n < args[0] && end.open(); n++) { end.send(textOf(args[1])); await wait(args[2]); }
      } else if (name === 'fragments') end.fragments(args[0]);
      else if (name === 'ping') end.ping();
      else if (name === 'wait') await wait(args[0]);
      else if (name === 'gate') await gate();
      else if (name === 'close') end.close(args[0], args[1]);
      else if (name === 'close_then_raw') {
        end.close(args[0]);
        const late = '81046c617465'; // an unmasked text frame "late"
        end.socket().write(Buffer.from(late, 'hex'));
        log('raw', { hex: late });
      } else if (name === 'fin') { log('transport', { did: 'end' }); end.socket().end(); }
      else if (name === 'abort') { log('transport', { did: 'resetAndDestroy' }); end.transport().resetAndDestroy(); }
      else if (name === 'exit') { log('exit'); process.exit(0); }
      else throw new Error(name);
    }
  } catch (error) {
    log('plan_ended', { error: String(error) });
  }
}

function closeBody(data) {
  if (!data || data.length < 2) return { code: null, reason: '' };
  return { code: data.readUInt16BE(0), reason: data.subarray(2).toString() };
}

module.exports = { ROLE, CONFIG, log, play, closeBody };
