/**
 * The socket of the live feed, in a worker of its own: its clock goes on while the page is busy. Everything reaches the
 * page in the order in which it happened, so that a page which was busy never takes its own silence for the server's.
 */
export type ToPage =
  | { kind: "open"; at: number }
  | { kind: "frame"; at: number; text: string }
  | { kind: "close"; at: number; code: number }
  | { kind: "clock"; at: number; silence: number };
export type ToSocket = { open: string } | { send: string };

const TICK = 250;
/** A socket that neither speaks nor closes is dead: half-open connections never end by themselves. */
const DEAD = 6000;

let socket: WebSocket | null = null;
let heardAt: number | null = null;
let movedAt = 0;

const tell = (message: ToPage): void => postMessage(message);

function open(url: string): void {
  socket?.close();
  const opened = new WebSocket(url);
  socket = opened;
  movedAt = Date.now();
  opened.onopen = () => {
    if (opened !== socket) return;
    movedAt = Date.now();
    tell({ kind: "open", at: movedAt });
  };
  opened.binaryType = "blob";
  // Frames reach the page in the order of their arrival, also when unpacking one takes time.
  let last: Promise<void> = Promise.resolve();
  opened.onmessage = (event: MessageEvent<string | Blob>) => {
    if (opened !== socket) return;
    const at = (heardAt = movedAt = Date.now());
    const text = typeof event.data === "string" ? event.data : unpack(event.data);
    last = last.then(async () => {
      const unpacked = await text;
      if (opened === socket) tell({ kind: "frame", at, text: unpacked });
    });
  };
  opened.onclose = (event) => void (opened === socket && ended(event.code));
}

const unpack = (packed: Blob): Promise<string> =>
  new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).text();

function ended(code: number): void {
  socket = null;
  tell({ kind: "close", at: Date.now(), code });
}

setInterval(() => {
  const now = Date.now();
  tell({ kind: "clock", at: now, silence: heardAt === null ? 0 : now - heardAt });
  if (!socket || now - movedAt < DEAD) return;
  const dead = socket;
  dead.onclose = null;
  dead.close();
  ended(0);
}, TICK);

onmessage = ({ data }: MessageEvent<ToSocket>) => {
  if ("open" in data) open(data.open);
  else if (socket?.readyState === WebSocket.OPEN) socket.send(data.send);
};
