// npm run bench:latency [-- --rounds N --lines N --gap US]
//
// Report on the wire → supply line written, measured from outside each program with CLOCK_MONOTONIC, in rounds in which every program has its turn:
// what else the machine does meanwhile slows all of them. Figures are medians over the rounds. Needs `npm run build`.
//
// npm run bench:latency -- --virtual: the same in the virtual bench (bench/virtual/), from /dev/ttyUSB* to a GPIO line. There the lines are given
// by in-guest.mjs: --tty MODULE-END,VALUE-FILE,HOST-END,CHIP,OFFSET, one for each program.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { figures, overRounds, summary } from './statistics.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
/** Beside what is built of the harness: the virtual bench takes it along. */
const built = join(root, 'dist', 'bench-latency');
const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    lines: { type: 'string', default: '300' },
    gap: { type: 'string', default: '6000' },
    virtual: { type: 'boolean', default: false },
    tty: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join(built, 'result.json') },
  },
});
const [rounds, lines, gap] = [given.rounds, given.lines, given.gap].map(Number);
/** Reports before the first round that counts: until then code is compiled. */
const warmUp = Math.min(300, lines);

if (!existsSync(join(root, 'dist', 'harness', 'campaign', 'trigger.js'))) {
  console.error('bench:latency: the harness is not built: npm run build');
  process.exit(2);
}
mkdirSync(built, { recursive: true });
const notes = [];
const compiled = compile();
const onGpio = given.tty.length > 0;
if (onGpio && !compiled) {
  console.error('bench:latency: a GPIO line can only be watched by meter.c, and there is no C compiler here');
  process.exit(2);
}

if (given.virtual) process.exit(inVirtualBench());

const script = (name) => [process.execPath, join(here, 'subjects', name)];
const pythonWith = (module) =>
  ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', `import ${module}`]).status === 0);
const [python, pythonLabgrid] = [pythonWith('serial'), pythonWith('labgrid')];
/** [name, command, form of its supply line]; the floor first. */
const wanted = [
  ['C floor', compiled && [join(built, 'floor')], 'floor', 'no C compiler: no floor, and no ratios'],
  ['harness', script('harness.mjs'), onGpio ? 'gpio' : 'raw'],
  ['harness, simulated unit', !onGpio && script('harness.mjs'), 'unit'],
  ['bare thread in read(2)', script('thread.mjs'), onGpio ? 'gpio' : 'socket'],
  ['node-serialport, readline', script('serialport.mjs'), onGpio ? 'gpio' : 'socket'],
  [
    'pyserial',
    !onGpio && python !== undefined && [python, join(here, 'subjects', 'pyserial.py')],
    'floor',
    onGpio ? undefined : 'pyserial is absent: apt-get install python3-serial',
  ],
  [
    'labgrid',
    !onGpio && pythonLabgrid !== undefined && [pythonLabgrid, join(here, 'subjects', 'labgrid_serial.py')],
    'floor',
    onGpio ? undefined : 'labgrid is absent: apt-get install python3-labgrid',
  ],
];
const subjects = [];
for (const [name, command, form, absence] of wanted) {
  if (command) subjects.push({ name, command, form, rounds: [] });
  else if (absence !== undefined) notes.push(absence);
}

const folder = mkdtempSync(join(tmpdir(), 'bench-latency-'));
const children = [];
process.on('exit', () => {
  // Their common folder is removed here; the meter, which they talk to, goes last.
  for (const child of children.reverse()) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const loadBefore = loadavg()[0];
const { scheduling, ask } = await start();
for (const index of subjects.keys()) await times(index, warmUp);
const began = performance.now();
for (let round = 0; round < rounds; round += 1) {
  // Another order in each round, the same in each run.
  for (let turn = 0; turn < subjects.length; turn += 1) {
    const index = (turn + round) % subjects.length;
    subjects[index].rounds.push(summary(await times(index, lines)));
  }
}
report();
process.exit(0);

function compile() {
  for (const name of ['meter', 'floor']) {
    const made = spawnSync('gcc', ['-O2', '-o', join(built, name), join(here, `${name}.c`), '-lutil'], { encoding: 'utf8' });
    if (made.error === undefined && made.status !== 0) throw new Error(`${name}.c does not compile:\n${made.stderr}`);
    if (made.error !== undefined && !(onVirtualBench() && existsSync(join(built, name)))) {
      notes.push(
        'measured by Node.js itself, for want of a C compiler (apt-get install gcc libc6-dev): its own wake-ups are in all figures',
      );
      return false;
    }
  }
  return true;
}

function inVirtualBench() {
  if (!compiled) return 2;
  const words = ['--rounds', given.rounds, '--lines', given.lines, '--gap', given.gap];
  const guest = ['node', 'bench/latency/in-guest.mjs', ...words, '--out', '/out/result-virtual.json'];
  const { status } = spawnSync(join(root, 'bench', 'virtual', 'run'), ['--out', built, '--', ...guest], { stdio: 'inherit' });
  return status ?? 1;
}

/** The guest of the virtual bench has no compiler; it runs what was compiled before it was started. */
function onVirtualBench() {
  return given.tty.length > 0;
}

async function start() {
  const places = subjects.map((_, index) => join(folder, `${index}`));
  const lineOf = (index) => given.tty[index]?.split(',');
  const words = subjects.map((_, index) => {
    if (!onGpio) return `pty:${places[index]}`;
    const [moduleEnd, value] = lineOf(index) ?? [];
    return `tty:${moduleEnd},${value}`;
  });
  const meter = spawn(...(compiled ? [join(built, 'meter'), words] : [process.execPath, [join(here, 'meter.mjs'), ...words]]), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(meter);
  const said = createInterface({ input: meter.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await said.next();
    if (done) throw new Error('bench:latency: the meter ended');
    return value;
  };
  const how = (await next()).split(' ')[1];
  for (const [index, { name, command, form }] of subjects.entries()) {
    let device = await next();
    let supply = form === 'floor' ? [places[index]] : [`${form}:${places[index]}`];
    if (onGpio) {
      const [, , hostEnd, chip, offset] = lineOf(index);
      device = hostEnd;
      supply = form === 'floor' ? [chip, offset] : [`gpio:${chip},${offset}`];
    }
    const [program, ...argv] = command;
    const child = spawn(program, [...argv, device, ...supply], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TMPDIR: folder, DFOTA_STATE: folder },
    });
    child.on('exit', (code, signal) => {
      console.error(`bench:latency: ${name} ended by itself: ${signal ?? `exit ${code}`}`);
      process.exit(1);
    });
    children.push(child);
  }
  // A GPIO line does not tell whether its program reads the serial line already.
  if (onGpio) await new Promise((resolve) => setTimeout(resolve, 15_000));
  meter.stdin.write('start\n');
  await next();
  return {
    scheduling: how,
    ask(index, count) {
      meter.stdin.write(`${index} ${count} ${gap}\n`);
      return next();
    },
  };
}

/** µs. */
async function times(index, count) {
  const answer = await ask(index, count);
  if (answer.startsWith('lost')) {
    console.error(`bench:latency: ${subjects[index].name} made no cut within 5 s, after ${answer.slice(5)} of ${count}`);
    process.exit(1);
  }
  return answer.split(' ').map((ns) => Number(ns) / 1000);
}

function report() {
  const took = (performance.now() - began) / 1000;
  const floor = subjects[0].name === 'C floor' ? subjects[0].rounds : undefined;
  if (compiled && scheduling !== 'fifo' && !onGpio)
    notes.push(
      'the meter runs without real-time priority (it is not root): where a program goes on working after its cut, that is in its figures',
    );
  const result = {
    date: new Date().toISOString(),
    where: onGpio ? 'virtual bench: ttyUSB to GPIO line' : 'pseudo-terminal to Unix socket',
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, kernel: release(), node: process.version },
    load: { before: loadBefore, after: loadavg()[0] },
    commit: commit(),
    meter: { program: compiled ? 'C' : 'Node.js', scheduling },
    rounds,
    lines,
    gap,
    subjects: subjects.map((subject) => ({ name: subject.name, ...overRounds(subject.rounds, floor), rounds: subject.rounds })),
    notes,
  };
  writeFileSync(given.out, `${JSON.stringify(result, undefined, 2)}\n`);

  const { machine, load } = result;
  console.log(`report on the wire → supply line written, ${result.where}, µs`);
  console.log(
    `${result.date}, ${machine.cpus} × ${machine.cpu}, Linux ${machine.kernel}, Node.js ${machine.node}, load ${load.before.toFixed(1)} to ${load.after.toFixed(1)}`,
  );
  console.log(`${rounds} rounds of ${lines} reports to each program, ${took.toFixed(0)} s; medians over the rounds\n`);
  const cell = (value) => (value === undefined ? '' : value >= 10 ? value.toFixed(0) : value.toFixed(2));
  const row = (cells) => console.log(cells.map((text, index) => (index === 0 ? text.padEnd(28) : text.padStart(9))).join(''));
  row(['', ...figures, ...(floor === undefined ? [] : ['p50 ×', 'p99 ×'])]);
  for (const { name, ratio, ...subject } of result.subjects) {
    row([
      name,
      ...figures.map((figure) => cell(subject[figure])),
      ...(ratio === undefined ? [] : [ratio.p50.toFixed(2), ratio.p99.toFixed(2)]),
    ]);
  }
  for (const note of notes) console.log(`\n${note}`);
  if (load.before > machine.cpus / 2 || load.after - subjects.length > machine.cpus)
    console.log('\nthe machine was busy with other work: p99 and max are mostly the wait for a processor, the floor’s as well');
  console.log(`\n${relative(process.cwd(), given.out)}`);
}

function commit() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
