import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { pause, type Clock } from '../base/clock.js';

/** ms between two looks; doubled up to the longest. */
const shortestLook = 10;
const longestLook = 200;
/** ms without a byte acknowledged after which the other side counts as gone. */
const patience = 60_000;
/** ms for the other side to close after it has everything. */
const farewell = 2_000;

/**
 * Resolves when the other side's TCP has acknowledged everything written to the socket: true when it has, or when it closed in
 * good order; false when the connection broke, `signal` fired, or nothing moved for a minute. What the kernel took is not yet what a
 * module has: a whole package fits into a send buffer.
 */
export async function acknowledged(socket: Socket, clock: Clock, signal?: AbortSignal): Promise<boolean> {
  const address = addressOf(socket);
  let broken = socket.errored !== null;
  const onError = (): void => {
    broken = true;
  };
  socket.on('error', onError);
  try {
    let last = Number.POSITIVE_INFINITY;
    let moved = clock.now();
    for (let look = shortestLook; ; look = Math.min(longestLook, look * 2)) {
      const left = address === undefined ? undefined : await unacknowledged(address);
      if (broken) return false;
      if (left === undefined || left === 0) {
        // The end of a connection is told by the last word of the other side: a FIN, or a reset after all.
        if (left === undefined || socket.writableEnded) await closed(socket, clock);
        return !broken;
      }
      if (left < last) moved = clock.now();
      last = left;
      if (signal?.aborted === true || clock.now() - moved > patience) return false;
      await pause(clock, look);
    }
  } finally {
    socket.off('error', onError);
  }
}

/** Waits for the socket's end, but not for ever: the other side may keep its half open. */
function closed(socket: Socket, clock: Clock): Promise<void> {
  if (socket.closed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      socket.off('close', done);
      resolve();
    };
    const cancel = clock.after(farewell, done);
    socket.once('close', done);
  });
}

interface SocketAddress {
  readonly localPort: number;
  readonly remotePort: number;
  readonly file: 'tcp' | 'tcp6';
}

function addressOf(socket: Socket): SocketAddress | undefined {
  const { localPort, remotePort, remoteFamily } = socket;
  if (localPort === undefined || remotePort === undefined) return undefined;
  return { localPort, remotePort, file: remoteFamily === 'IPv6' ? 'tcp6' : 'tcp' };
}

/** Bytes in the kernel's send queue, the FIN included; undefined when the connection is over or the kernel does not tell. */
async function unacknowledged({ localPort, remotePort, file }: SocketAddress): Promise<number | undefined> {
  let table: string;
  try {
    table = await readFile(`/proc/self/net/${file}`, 'latin1');
  } catch {
    return undefined;
  }
  const port = (value: number) => value.toString(16).toUpperCase().padStart(4, '0');
  const row = new RegExp(`:${port(localPort)} [0-9A-F]+:${port(remotePort)} [0-9A-F]{2} ([0-9A-F]{8}):`).exec(table);
  return row?.[1] === undefined ? undefined : Number.parseInt(row[1], 16);
}
