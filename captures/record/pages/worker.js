// Opens the WebSocket named in ?ws= and tells the page server how it ended.
const socket = new WebSocket(new URLSearchParams(location.search).get("ws"));
socket.onopen = () => socket.send("hello from a worker");
socket.onclose = ({ code, reason, wasClean }) => {
  const line = { load: 1, at: new Date().toISOString(), event: "close", code, reason, wasClean };
  fetch("/log", { method: "POST", body: JSON.stringify(line) });
};
