// Client and server of Node's http2 on one TCP connection without TLS (prior knowledge), and six
// WebSockets (RFC 8441) that end in different ways. The frames of WebSocket are written by hand.
// In: a port. Out: what was done, line by line.
"use strict";
const http2 = require("node:http2");
const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;

const log = (text) => console.log(new Date().toISOString().slice(11, 23), text);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const text = (payload) => Buffer.concat([Buffer.from([0x81, payload.length]), Buffer.from(payload)]);
const close = (code) => Buffer.from([0x88, 2, code >> 8, code & 255]);

function masked(frame) {
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
  const payload = frame.subarray(2).map((byte, place) => byte ^ key[place % 4]);
  return Buffer.concat([Buffer.from([frame[0], frame[1] | 0x80]), key, payload]);
}

const port = Number(process.argv[2]);
const server = http2.createServer({ settings: { enableConnectProtocol: true } });
server.on("stream", (stream, headers) => {
  const path = headers[":path"];
  stream.on("error", () => {});
  stream.on("close", () => log(`server ${path} closed, code ${stream.rstCode}`));
  if (headers[":method"] !== "CONNECT") {
    stream.respond({ ":status": 200 });
    return stream.end("a page");
  }
  if (path === "/refused") return stream.respond({ ":status": 404 }, { endStream: true });
  stream.respond({ ":status": 200 });
  stream.on("data", () => log(`server ${path} got DATA`));
  stream.write(text("welcome"));
  stream.on("end", () => log(`server ${path} got END_STREAM`));
  if (path === "/closed-and-ended") {
    setTimeout(() => { log(`server ${path} sends Close 1001`); stream.write(close(1001)); }, 300);
    stream.on("end", () => stream.end());
  }
  if (path === "/reset-by-server") {
    setTimeout(() => { log(`server ${path} RST_STREAM 2`); stream.close(NGHTTP2_INTERNAL_ERROR); }, 400);
  }
  if (path === "/ended-by-server") {
    setTimeout(() => { log(`server ${path} END_STREAM`); stream.end(); }, 500);
  }
  if (path === "/taken") {
    const session = stream.session;
    setTimeout(() => {
      log("server GOAWAY 11");
      session.goaway(NGHTTP2_ENHANCE_YOUR_CALM, stream.id, Buffer.from("too many pings"));
      setTimeout(() => session.destroy(), 200);
    }, 1200);
  }
});

async function main() {
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  session.on("goaway", (code, last, data) => log(`client got GOAWAY ${code} ${last} ${data}`));
  const get = () => session.request({ ":path": "/page" }).resume().on("error", () => {});
  await new Promise((done) => get().on("end", done)); // the server's settings have come by then
  const paths = ["/closed-and-ended", "/reset-by-client", "/reset-by-server", "/ended-by-server",
    "/refused", "/taken"];
  for (const path of paths) {
    const stream = session.request(
      { ":method": "CONNECT", ":protocol": "websocket", ":path": path, "sec-websocket-version": "13" },
      { endStream: false });
    stream.on("error", () => {});
    stream.on("response", (headers) => {
      log(`client ${path} status ${headers[":status"]}`);
      if (headers[":status"] === 200) stream.write(masked(text("hello")));
    });
    stream.on("data", (data) => {
      log(`client ${path} got ${data.length} bytes`);
      if (data.includes(close(1001))) {
        log(`client ${path} sends Close 1001 and END_STREAM`);
        stream.end(masked(close(1001)));
      }
    });
    stream.on("end", () => log(`client ${path} got END_STREAM`));
    stream.on("close", () => log(`client ${path} closed, code ${stream.rstCode}`));
    if (path === "/reset-by-client") {
      setTimeout(() => { log(`client ${path} RST_STREAM 8`); stream.close(NGHTTP2_CANCEL); }, 350);
    }
    if (path === "/ended-by-server") stream.on("end", () => stream.end());
    get();
    await sleep(20);
  }
  await sleep(2000);
  server.close();
  process.exit(0);
}
main();
