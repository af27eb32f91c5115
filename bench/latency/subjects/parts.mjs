// What the programs under test share: modules of the harness as built, and a supply line as a bare program has it.
import { connect } from 'node:net';
import { once } from 'node:events';
import { createRequire } from 'node:module';

export const requireHere = createRequire(import.meta.url);
/** A module of the built harness. */
export const need = (path) => requireHere(`../../../dist/harness/${path}`);

export async function connected(path) {
  const socket = connect(path);
  await once(socket, 'connect');
  // Answers are read and dropped.
  socket.on('data', () => undefined);
  socket.on('close', () => process.exit(0));
  return socket;
}

/** How long a GPIO line stays off: the meter polls it, on a guest that stands still for milliseconds at times. */
export const offMs = 50;
const off = Buffer.from('{"id":1,"do":"supply","on":false}\n');

/** `socket:PATH` or `gpio:CHIP,OFFSET`. `cut` returns when the supply line is written; it is on again a little later. */
export async function openSupply(text) {
  const [, kind, place] = /^(socket|gpio):(.+)$/.exec(text);
  if (kind === 'gpio') {
    const { Chip, Line } = requireHere('node-libgpiod');
    const [path, offset] = place.split(',');
    const chip = new Chip(path);
    const line = new Line(chip, Number(offset));
    line.requestOutputMode('bench', 1);
    return {
      // The chip must outlive the line.
      chip,
      set: (level) => line.setValue(level),
      cut() {
        line.setValue(0);
        setTimeout(() => line.setValue(1), offMs);
      },
      ready: () => undefined,
    };
  }
  const socket = await connected(place);
  return {
    descriptor: socket._handle.fd,
    cut() {
      socket.write(off);
      socket.write('ready\n');
    },
    ready: () => socket.write('ready\n'),
  };
}

/** What a line must hold to be a trigger, for programs that have no AT dialogue. */
export const mark = '"UPDATING",';
