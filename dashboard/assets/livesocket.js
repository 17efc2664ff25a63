// The socket of the live feed, in a worker of its own: its clock goes on while the page is busy. Everything reaches the
// page in the order in which it happened, so that a page which was busy never takes its own silence for the server's.
const TICK = 250;
/** A socket that neither speaks nor closes is dead: half-open connections never end by themselves. */
const DEAD = 6000;

let socket = null;
let heardAt = null;
let movedAt = 0;

function open(url) {
  socket?.close();
  const opened = new WebSocket(url);
  socket = opened;
  movedAt = Date.now();
  opened.onopen = () => {
    if (opened !== socket) return;
    movedAt = Date.now();
    postMessage({ kind: "open", at: movedAt });
  };
  opened.onmessage = (event) => {
    if (opened !== socket) return;
    heardAt = movedAt = Date.now();
    postMessage({ kind: "frame", at: heardAt, text: event.data });
  };
  opened.onclose = (event) => opened === socket && ended(event.code);
}

function ended(code) {
  socket = null;
  postMessage({ kind: "close", at: Date.now(), code });
}

setInterval(() => {
  const now = Date.now();
  postMessage({ kind: "clock", at: now, silence: heardAt === null ? 0 : now - heardAt });
  if (!socket || now - movedAt < DEAD) return;
  const dead = socket;
  dead.onclose = null;
  dead.close();
  ended(0);
}, TICK);

onmessage = ({ data }) => open(data.open);
