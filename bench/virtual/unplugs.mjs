// unplugs.mjs [ROUNDS [SEED]]: in the virtual bench, unplugs a module at random moments (200), half of them while it streams, and
// counts what the harness makes of it. Ends with 1 when a departure or an arrival was missed, a line did not end, descriptors or
// threads are left behind, or the process was busy while there was nothing to do. The times are printed, not judged: the guest has no
// processor of its own.
//
//   npm run build; bench/virtual/run -- node bench/virtual/unplugs.mjs
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const need = createRequire(import.meta.url);
const dist = '../../dist/harness';
const { systemClock: clock } = need(`${dist}/base/clock.js`);
const { seeded } = need(`${dist}/base/random.js`);
const { Secrets } = need(`${dist}/base/secrets.js`);
const { openJournal } = need(`${dist}/journal/journal.js`);
const { openLine } = need(`${dist}/line/line.js`);
const { watchUsb } = need(`${dist}/usb/monitor.js`);

const rounds = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? 1);
const random = seeded(seed, 'unplugs');
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const gadget = '/sys/kernel/config/usb_gadget/unplugs';
// It may end with 1 when udev takes its time; the ports are there then.
const [, , at] = spawnSync('/bench/gadget', ['unplugs', 'dummy_udc.0'], { encoding: 'utf8' }).stdout.trim().split('\n');
// The module's side: while STREAM is there it writes as fast as it can; its own port hangs up at each unplug.
const streaming = '/tmp/stream';
const module = spawn(
  'bash',
  [
    '-c',
    `while :; do if [[ -e ${streaming} ]]; then yes '+QIND: "FOTA","UPDATING",41' 2>/dev/null | head -c 100000 > ${at}; fi; sleep 0.02; done`,
  ],
  { stdio: 'ignore', detached: true },
);

// What a program that does nothing else takes, on another port of the same device: opener.c.
const opener = new URL('../../dist/bench-opener', import.meta.url).pathname;
const floor = [];
const floorProgram = existsSync(opener) ? spawn(opener, ['1-1:1.1/'], { stdio: ['ignore', 'pipe', 'inherit'] }) : undefined;
floorProgram?.stdout.on('data', (data) => floor.push(...String(data).trim().split('\n').map(Number)));

const secrets = new Secrets();
const journal = openJournal('/dev/null', { clock, secrets });
const counts = {};
const openings = [];
const late = [];
const waiting = new Set();
let received = 0;
journal.subscribe((event) => {
  counts[event.type] = (counts[event.type] ?? 0) + 1;
  if (event.type === 'line.rx') received += event.data.length;
  if (event.type === 'line.open' && event.sinceAppeared !== undefined) {
    // What the harness says, and what the node says: it was made then.
    const age = Date.now() - statSync(event.device).birthtimeMs;
    openings.push(event.sinceAppeared);
    late.push(age);
  }
  for (const check of [...waiting]) check();
});
/** Resolves when the journal has that many events of a type; rejects after `within` ms. */
const until = (type, count, within = 10_000) =>
  new Promise((resolve, reject) => {
    const done = () => (counts[type] ?? 0) >= count;
    const timer = setTimeout(() => {
      waiting.delete(check);
      reject(new Error(`${String(counts[type] ?? 0)} ${type}, not ${String(count)}, within ${String(within)} ms`));
    }, within);
    const check = () => {
      if (!done()) return;
      clearTimeout(timer);
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
    check();
  });

const address = { path: '1-1', interface: 2 };
const usb = watchUsb([address], { journal, clock });
const line = openLine({ usb: address, baudRate: 115_200 }, 'at', { journal, clock, secrets, usb });
const held = () => ({ descriptors: readdirSync('/proc/self/fd').length, threads: readdirSync('/proc/self/task').length });
const stream = (on) => {
  if (on) writeFileSync(streaming, '');
  else rmSync(streaming, { force: true });
};

/** CPU time of this process while nothing is plugged in; the half second that the departure takes to settle is not counted. */
async function measureIdle() {
  await pause(500);
  const cpu = process.cpuUsage();
  const since = clock.now();
  await pause(2000);
  const { user, system } = process.cpuUsage(cpu);
  idle += clock.now() - since;
  idleCpu += (user + system) / 1000;
}

const problems = [];
const departures = [];
let idle = 0;
let idleCpu = 0;
let before;
let arrivals = 1;
let opened = 0;
let devices = 0;
// Asked for as soon as the one before has ended, as the harness does.
let opening = line.open({ within: 60_000 });
try {
  for (let round = 0; round < rounds; round += 1) {
    if (round % 20 === 0) console.error(`round ${round} of ${rounds}, after ${(clock.now() / 1000).toFixed(0)} s`);
    const flood = round % 2 === 0;
    if (flood) stream(true);
    const open = await opening;
    opened += 1;
    if (round === 10) before = held();
    const start = received;
    await pause(random.int(0, 300));
    if (flood && received === start) for (let wait = 0; wait < 100 && received === start; wait += 1) await pause(20);
    // A process that stands still meanwhile (a write in its own thread) must see it afterwards all the same.
    const busy = random.int(0, 1) === 0;
    const t = clock.now();
    if (busy) writeFileSync(`${gadget}/UDC`, '\n');
    else await writeFile(`${gadget}/UDC`, '\n');
    const quick = random.int(0, 4) === 0;
    const strange = !quick && random.int(0, 9) === 0;
    if (!quick) {
      const end = await Promise.race([open.ended, pause(5000).then(() => undefined)]);
      if (end === undefined) problems.push(`round ${round}: the line did not end within 5 s`);
      departures.push(clock.now() - t);
      await until('usb.left', arrivals);
      stream(false);
      opening = line.open({ within: 60_000 });
      await pause(random.int(0, 250));
      if (round % 20 === 0) await measureIdle();
    }
    if (strange) {
      writeFileSync(`${gadget}/idVendor`, '0x05c6');
      writeFileSync(`${gadget}/idProduct`, '0x9008');
      await writeFile(`${gadget}/UDC`, 'dummy_udc.0\n');
      arrivals += 1;
      devices += 1;
      await until('module.device', devices);
      if (line.present) problems.push(`round ${round}: the port of an emergency-download device counts as ours`);
      await writeFile(`${gadget}/UDC`, '\n');
      await until('usb.left', arrivals);
      writeFileSync(`${gadget}/idVendor`, '0x2c7c');
      writeFileSync(`${gadget}/idProduct`, '0x0125');
    }
    await writeFile(`${gadget}/UDC`, 'dummy_udc.0\n');
    arrivals += 1;
    await until('usb.arrived', arrivals);
    if (quick) {
      if ((await Promise.race([open.ended, pause(5000).then(() => undefined)])) === undefined) {
        problems.push(`round ${round}: the line did not end within 5 s of a quick replug`);
      }
      opening = line.open({ within: 60_000 });
    }
    stream(false);
  }
  stream(false);
  const last = await opening;
  opened += 1;
  const after = held();
  if (before !== undefined && after.descriptors > before.descriptors)
    problems.push(`descriptors: ${before.descriptors}, then ${after.descriptors}`);
  if (before !== undefined && after.threads > before.threads) problems.push(`threads: ${before.threads}, then ${after.threads}`);
  await last.close();
} catch (error) {
  problems.push(error.message);
}
const expected = { 'usb.arrived': arrivals, 'usb.left': arrivals - 1, 'line.open': opened, 'line.lost': opened - 1 };
for (const [type, count] of Object.entries(expected)) {
  if (counts[type] !== count) problems.push(`${type}: ${counts[type]} in the journal, ${count} made`);
}
const share = idleCpu / Math.max(1, idle);
if (share > 0.2) problems.push(`busy while nothing was plugged in: ${(share * 100).toFixed(0)} % of one core`);
const at95 = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? 0;
const figures = (values) =>
  `p50 ${[...values].sort((a, b) => a - b)[values.length >> 1]?.toFixed(1)} p95 ${at95(values).toFixed(1)} max ${Math.max(...values).toFixed(1)} ms`;
console.log(`${rounds} unplugs, seed ${seed}: ${JSON.stringify(counts)}`);
console.log(`departure told to end of line: ${figures(departures)}`);
console.log(`open after the node was seen:  ${figures(openings)}`);
console.log(`open after the node was made:  ${figures(late)}`);
if (floor.length > 0) {
  const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  console.log(
    `the same by opener.c:          ${figures(floor)}; the harness takes ${(median(late) / median(floor)).toFixed(1)} times as long`,
  );
}
console.log(
  `CPU while unplugged: ${(share * 100).toFixed(1)} % of one core over ${(idle / 1000).toFixed(1)} s; ${received} bytes received`,
);
if (before !== undefined) console.log(`held: ${JSON.stringify(before)} then ${JSON.stringify(held())}`);
for (const problem of problems) console.log(`PROBLEM ${problem}`);
await line.close();
await usb.close();
journal.close();
process.kill(-module.pid);
floorProgram?.kill();
process.exitCode = problems.length === 0 ? 0 : 1;
