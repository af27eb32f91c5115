// thread.mjs DEVICE SUPPLY: a worker thread that blocks in read(2) and writes the supply line itself; no dialogue, no trigger, no journal. It shows what
// such a thread could gain over the harness's event loop.
import { constants, openSync, readSync, writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { mark, offMs, openSupply, requireHere } from './parts.mjs';

if (isMainThread) {
  const { SerialPort } = requireHere('serialport');
  const [, , path, text] = process.argv;
  const port = await SerialPort.binding.open({ path, baudRate: 115_199, lock: true });
  // serialport's descriptor does not block; the same device, opened once more, does.
  const descriptor = openSync(`/proc/self/fd/${port.fd}`, constants.O_RDONLY | constants.O_NOCTTY);
  // node-libgpiod can be loaded by one thread of a process only.
  const supply = text.startsWith('gpio:') ? undefined : await openSupply(text);
  new Worker(fileURLToPath(import.meta.url), { workerData: { descriptor, text, socket: supply?.descriptor } });
} else {
  const { descriptor, text, socket } = workerData;
  const write = (what) => writeSync(socket, what);
  const off = Buffer.from('{"id":1,"do":"supply","on":false}\n');
  const cut = socket === undefined ? blockingGpio(await openSupply(text)) : () => (write(off), write('ready\n'));
  if (socket !== undefined) write('ready\n');
  const bytes = Buffer.allocUnsafe(65_536);
  let pending = '';
  for (let size = readSync(descriptor, bytes); size > 0; size = readSync(descriptor, bytes)) {
    pending += bytes.latin1Slice(0, size);
    const at = pending.indexOf(mark);
    if (at >= 0 && /[\r\n]/.test(pending.slice(at))) {
      pending = '';
      cut();
    }
  }
}

/** This thread never comes back to its event loop, where a timer would run. */
function blockingGpio(supply) {
  const wait = new Int32Array(new SharedArrayBuffer(4));
  return () => {
    supply.set(0);
    Atomics.wait(wait, 0, 0, offMs);
    supply.set(1);
  };
}
