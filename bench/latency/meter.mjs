// meter.mjs pty:SOCKET…: what meter.c does, for machines without a C compiler. Its own wake-ups are in the figures, so they tell nothing
// but which of the programs is quicker. GPIO lines are for meter.c alone.
import { writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { requireHere } from './subjects/parts.mjs';
import { ReadStream } from 'node:tty';

const patience = 5000;
const native = requireHere(`@lydell/node-pty-linux-${process.arch}/pty.node`);
const now = () => process.hrtime.bigint();

console.log('scheduling other');
const subjects = process.argv.slice(2).map((text) => {
  const { master, slave, pty } = native.open(80, 24);
  // Held open, or the line hangs up whenever nobody has it open; raw, or it echoes.
  const held = new ReadStream(slave);
  held.setRawMode(true);
  const subject = { master, held, ready: false, heard: () => undefined };
  createServer((socket) => {
    let pending = '';
    socket.setNoDelay?.(true);
    socket.on('error', () => process.exit(3));
    socket.on('close', () => process.exit(3));
    socket.on('data', (chunk) => {
      subject.heard(now());
      const lines = (pending + chunk.toString()).split('\n');
      pending = lines.pop();
      for (const line of lines) {
        if (line.includes('ready')) subject.ready = true;
        const id = /"id":(\d+)/.exec(line)?.[1];
        if (id !== undefined) socket.write(`{"id":${id},"ok":true}\n`);
      }
      subject.told?.();
    });
  }).listen(text.slice('pty:'.length));
  console.log(pty);
  return subject;
});

/** `undefined` after the patience is over. */
function within(start) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), patience);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

async function measure(subject, number, gap) {
  if (!subject.ready && (await within((done) => (subject.told = () => subject.ready && done(true)))) === undefined)
    return undefined;
  subject.told = undefined;
  await new Promise((resolve) => setTimeout(resolve, (gap / 1000) * (0.5 + Math.random())));
  subject.ready = false;
  let written;
  const cut = await within((done) => {
    subject.heard = done;
    written = now();
    writeSync(subject.master, `\r\n+QIND: "FOTA","UPDATING",${number % 101}\r\n`);
  });
  subject.heard = () => undefined;
  return cut === undefined ? undefined : Number(cut - written);
}

let first = true;
for await (const order of createInterface({ input: process.stdin })) {
  if (first) {
    first = false;
    for (const subject of subjects) while (!subject.ready) await new Promise((resolve) => setTimeout(resolve, 50));
    console.log('ready');
    continue;
  }
  const [index, lines, gap] = order.split(' ').map(Number);
  const times = [];
  while (times.length < lines) {
    const time = await measure(subjects[index], times.length, gap);
    if (time === undefined) break;
    times.push(time);
  }
  console.log(times.length < lines ? `lost ${times.length}` : times.join(' '));
}
process.exit(0);
