// stages.mjs: what `npm run bench:virtual` runs in the guest, one stage after the other. Each leaves its own log, its JUnit file in
// $OUT/junit and its result in $OUT/stages.json; table.mjs prints them. A stage that ends without a verdict on anything (exit 3: the rig
// or the guest was at fault) is tried once more, and both tries are told.
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { oneCase } from './junit.mjs';

const out = process.env.OUT ?? '/out';
const only = process.argv.slice(2);
const rig = (name) => `rigs/virtual-bench-${name}.yaml`;
const pair = (module) => `rigs/packages/simulated-${module}.yaml`;
const places = { 'ec25-a': '1-1', 'ec25-b': '2-1', ec21: '3-1' };
const AT = 2;
/** Of the emergency stage's own unit; with another one the stage must fail as well. */
const stranding = process.env.DEFECT ?? 'emergency-after-cut';
const cuts = { download: 'download@50%/ftp', start: 'start/http', updating: 'updating@32%/ufs', end: 'end/ufs' };
const ec25a = ['--rig', rig('ec25-a'), '--packages', pair('ec25')];
/** A whole upgrade works on the flash for so many minutes of a module, times the rigs' scale. */
const flash = ['--flash-minutes', '1'];
/** To see a stage fail: a seeded defect for every module of it (`dfota sim defects` lists them). */
const seeded = process.env.DEFECT === undefined ? [] : ['--defect', process.env.DEFECT];

/** See there: without it most of the time goes into compiling. */
process.env.NODE_OPTIONS = '--require /bench/compile-cache.cjs';

let log;
/** The stage that runs, or the part of one, as file names have it. */
let tag = 'start';
const junitFile = () => join(out, 'junit', `${tag}.xml`);
/** When the stages must have ended, where their time is bounded (SECONDS). */
const deadline = process.env.SECONDS_LEFT === undefined ? Infinity : performance.now() + 1000 * Number(process.env.SECONDS_LEFT);

/** Runs a program to its end; its output goes to the stage's log and is returned with its exit code. */
function command(...argv) {
  return new Promise((resolve, reject) => {
    log.write(`\n$ ${argv.join(' ')}\n`);
    const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        text += data;
        log.write(data);
      });
    }
    let late = false;
    const timers = Number.isFinite(deadline)
      ? [
          setTimeout(() => {
            late = true;
            child.kill('SIGTERM');
          }, deadline - performance.now()),
          // It may have to write its report yet; the guest ends with this program anyway.
          setTimeout(() => reject(new OutOfTime()), deadline + 5000 - performance.now()),
        ]
      : [];
    child.on('error', (error) => resolve({ code: 127, text: error.message }));
    child.on('close', (code, signal) => {
      timers.forEach(clearTimeout);
      log.write(`-> ${code ?? signal}\n`);
      if (late) reject(new OutOfTime());
      else resolve({ code: code ?? 1, text });
    });
  });
}

class Problem extends Error {}
/** Nothing was proven, for or against. */
class Undecided extends Problem {}
/** The time was up in the middle of it. */
class OutOfTime extends Problem {
  constructor() {
    super('stopped: the time was up');
  }
}

function demand(holds, problem) {
  if (!holds) throw new Problem(problem);
}

async function well(...argv) {
  const { code, text } = await command(...argv);
  if (code === 3) throw new Undecided(`${argv.slice(0, 4).join(' ')} ended with 3: ${lastLine(text)}`);
  demand(code === 0, `${argv.slice(0, 4).join(' ')} ended with ${code}: ${lastLine(text)}`);
  return text;
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';
const dfota = (...argv) => well('node', 'bin/dfota.js', ...argv);
const power = (name, ...actions) => dfota('power', '--rig', rig(name), ...actions);
const unit = (...argv) => well('/bench/unit', ...argv);
const running = new Set();
/** The modules that a stage needs, on their boards; those that are there stay. */
async function boards(...names) {
  const missing = names.filter((name) => !running.has(name));
  await Promise.all(missing.map((name) => unit('start', name, ...flash, ...seeded)));
  for (const name of missing) running.add(name);
}
async function noBoards(...names) {
  for (const name of names) if (running.delete(name)) await unit('stop', name);
}

/** A run of suites; its folder is kept. Demands that at least `least` tests passed: a run of skipped tests proves nothing. */
async function run(stage, least, ...argv) {
  const folder = `/tmp/runs/${stage}`;
  execFileSync('rm', ['-rf', folder]);
  try {
    await dfota('run', '--out', folder, '--seed', '1', ...argv);
    demand(passed(folder) >= least, `${passed(folder)} tests passed, not ${least} or more`);
  } finally {
    if (existsSync(folder)) cpSync(folder, join(out, 'runs', tag), { recursive: true });
    keepJunit(folder);
  }
}

function passed(folder) {
  const xml = readFileSync(join(folder, 'junit.xml'), 'utf8');
  const count = (pattern) => (xml.match(pattern) ?? []).length;
  return count(/<testcase /g) - count(/<(skipped|failure|error)[ />]/g);
}

function keepJunit(folder) {
  const from = join(folder, 'junit.xml');
  if (existsSync(from)) writeFileSync(junitFile(), readFileSync(from));
}

function journal(folder) {
  const events = readFileSync(join(folder, 'journal.jsonl'), 'utf8').split('\n');
  return events.flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []));
}

/** The ttyUSB that is the AT port of the device at a place on the bus; as the kernel tells it, not the harness. */
function numberAt(place) {
  const devices = '/sys/bus/usb-serial/devices';
  for (const tty of existsSync(devices) ? readdirSync(devices) : []) {
    const at = dirname(realpathSync(join(devices, tty)));
    if (basename(at) === `${place}:1.${AT}`) return tty;
  }
  return undefined;
}

const order = (tty) => Number(tty.replace('ttyUSB', ''));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function onTheBus(name) {
  for (let tries = 0; tries < 600; tries += 1) {
    const tty = numberAt(places[name]);
    if (tty !== undefined) return tty;
    await pause(100);
  }
  throw new Problem(`${name} does not come to the bus`);
}

const stages = [
  {
    name: 'discover',
    what: 'three modules, their serial ports and GPIO chips found, and drafted as rigs',
    async run() {
      await boards(...Object.keys(places));
      await Promise.all(
        Object.keys(places).map(async (name) => {
          await power(name, 'on');
          await onTheBus(name);
        }),
      );
      execFileSync('rm', ['-rf', '/tmp/drafts']);
      await dfota('rigs', 'discover', '--out', '/tmp/drafts');
      cpSync('/tmp/drafts', join(out, 'drafts'), { recursive: true });
      const drafts = readdirSync('/tmp/drafts').map((file) => readFileSync(join('/tmp/drafts', file), 'utf8'));
      for (const [name, place] of Object.entries(places)) {
        const imei = /imei: "(\d+)"/.exec(readFileSync(rig(name), 'utf8'))?.[1];
        const draft = drafts.find((text) => text.includes(`path: "${place}"`));
        demand(draft !== undefined, `no draft for the module at ${place}`);
        demand(draft.includes(imei), `the draft for ${place} does not have its IMEI`);
      }
    },
  },
  {
    name: 'check',
    what: 'every wire of three rigs: USB, UART, GPIO',
    parts: Object.keys(places),
    async run(part) {
      for (const name of part === undefined ? Object.keys(places) : [part]) {
        await boards(name);
        await dfota('rigs', 'check', rig(name), '--packages', pair(name.slice(0, 4)));
      }
    },
  },
  {
    name: 'round-trip',
    what: 'v12 → v13 → v12 over FTP, HTTP, UFS and SD',
    parts: ['ftp', 'http', 'ufs', 'sd'],
    async run(part) {
      await boards('ec25-a');
      const which = part === undefined ? [] : ['-t', `over ${part}`];
      await run('round-trip', part === undefined ? 4 : 1, ...ec25a, '--suite', 'round-trip', ...which);
    },
  },
  {
    name: 'power-cuts',
    what: 'power cut in the download, at START, while flashing and after END, each with proof',
    parts: Object.keys(cuts),
    async run(part) {
      await boards('ec25-a');
      const chosen = part === undefined ? Object.values(cuts) : [cuts[part]];
      const which = ['--suite', 'power-cut', '--cuts', '0', '--narrow', '0', '-t', `cut:(${chosen.join('|')})#`];
      await run('power-cuts', chosen.length, ...ec25a, ...which);
      const events = journal('/tmp/runs/power-cuts');
      demand(
        events.some(({ type }) => type === 'switch.proof'),
        'the switch was not put to the proof',
      );
      const survived = events.filter(({ type, outcome }) => type === 'trial.end' && outcome === 'survived');
      demand(survived.length >= chosen.length, `${survived.length} cuts with proof survived, not ${chosen.length} or more`);
    },
  },
  {
    name: 'five-retries',
    what: 'a package that cannot be applied is tried five times',
    async run() {
      await boards('ec25-a');
      await run('five-retries', 1, ...ec25a, '--suite', 'five-retries', '-t', 'is tried as often');
    },
  },
  {
    name: 'two-modules',
    what: 'two modules at once, with the ttyUSB numbers of one where their places would have the other',
    async run() {
      // In the order of their places the EC25 would have the lower numbers.
      const numbers = await plugIn('ec21', 'ec25-b');
      demand(order(numbers.ec21) < order(numbers['ec25-b']), `the numbers are not swapped: ${JSON.stringify(numbers)}`);
      const rigs = ['--rig', rig('ec25-b'), rig('ec21'), '--packages', pair('ec25'), pair('ec21')];
      await run('two-modules', 2, ...rigs, '--suite', 'round-trip', '-t', 'over ufs');
    },
  },
  {
    name: 'emergency',
    what: 'a module that a cut leaves in emergency download (05c6:9008) is seen on the bus, and fails',
    async run() {
      const folder = '/tmp/runs/emergency';
      execFileSync('rm', ['-rf', folder]);
      await noBoards('ec25-a');
      await unit('start', 'ec25-a', ...flash, '--defect', stranding);
      running.add('ec25-a');
      const which = ['--suite', 'power-cut', '--cuts', '0', '--narrow', '0', '-t', 'cut:updating@32%/ufs#'];
      const { code, text } = await command(
        ...['env', 'DFOTA_STATE=/tmp/dfota-emergency', 'node', 'bin/dfota.js', 'run', '--out', folder, '--seed', '1'],
        ...['--rig', rig('ec25-a'), '--packages', pair('ec25'), ...which],
      );
      cpSync(folder, join(out, 'runs/emergency'), { recursive: true });
      const events = journal(folder);
      const seen = events.filter(({ type, kind }) => type === 'module.device' && kind === 'emergency-download');
      if (code === 3) throw new Undecided(`dfota run ended with 3: ${lastLine(text)}`);
      demand(code === 1, `dfota run ended with ${code}, not 1: ${lastLine(text)}`);
      demand(seen.length > 0, 'no emergency-download device in the journal');
      const verdicts = events.filter(({ type, ending }) => type === 'verdict' && ending === 'emergency-download');
      demand(verdicts.length > 0, 'no verdict says that the upgrade ended in emergency download');
      await unit('ctl', 'ec25-a', 'reflash');
      await noBoards('ec25-a');
    },
  },
  {
    name: 'gpio',
    what: 'levels of a GPIO chip through opening, cuts, pulses, and every way in which a run can end, SIGKILL included',
    run: () => well('node', 'bench/virtual/gpio.mjs'),
  },
  {
    name: 'unplugs',
    what: '200 unplugs at random moments, half of them while data streams',
    parts: /^[1-9]\d*$/,
    async run(part) {
      // It plugs a device of its own into that place.
      await noBoards('ec25-a');
      await well('node', 'bench/virtual/unplugs.mjs', part ?? '200');
    },
  },
];

/** Switches two modules on, one after the other, so that the first gets the lower numbers; answers with what each got. */
async function plugIn(...names) {
  await noBoards(...Object.keys(places));
  const numbers = {};
  for (const name of names) {
    await boards(name);
    await power(name, 'on');
    numbers[name] = await onTheBus(name);
  }
  log.write(`AT ports: ${JSON.stringify(numbers)}\n`);
  return numbers;
}

/** A stage by its name, or a part of it: `round-trip:ufs`, `unplugs:20`. */
function find(wanted) {
  const [name, part] = wanted.split(':');
  const stage = stages.find((candidate) => candidate.name === name);
  const known = part === undefined || (stage?.parts instanceof RegExp ? stage.parts.test(part) : stage?.parts?.includes(part));
  return stage !== undefined && known ? { ...stage, part, called: wanted } : undefined;
}

/** The longest that this program was kept waiting while it had nothing to do: the guest stood still, or its processors were all busy. */
function watchStandstill() {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 50);
    last = now;
  }, 50);
  return () => {
    clearInterval(timer);
    return Math.round(longest);
  };
}
/** A rig's verdict is not worth anything when its host stood still for so long: the shortest deadline there is. */
const STANDSTILL = 500;

mkdirSync(join(out, 'junit'), { recursive: true });
const wanted = only.length > 0 ? only : stages.map(({ name }) => name);
const unknown = wanted.filter((name) => find(name) === undefined);
if (unknown.length > 0) {
  const known = stages.map(({ name, parts }) => (Array.isArray(parts) ? `${name}[:${parts.join('|')}]` : name));
  console.error(`no stage ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}
const chosen = wanted.map(find);
const results = chosen.map(({ called, what }) => ({
  name: called,
  what,
  result: 'not reached',
  seconds: 0,
  standstill: 0,
  problems: [],
}));
const save = () => writeFileSync(join(out, 'stages.json'), JSON.stringify(results, undefined, 2));
save();

log = createWriteStream(join(out, 'start.log'));
await well('/bench/chips');

for (const [index, stage] of chosen.entries()) {
  if (performance.now() >= deadline) break;
  const result = results[index];
  tag = stage.called.replace(':', '-');
  log = createWriteStream(join(out, `${tag}.log`));
  const since = performance.now();
  const standstill = watchStandstill();
  for (let tries = 1; ; tries += 1) {
    try {
      await stage.run(stage.part);
      result.result = 'passed';
    } catch (error) {
      result.problems.push(error instanceof Problem ? error.message : String(error?.stack));
      result.result = error instanceof OutOfTime ? 'not reached' : error instanceof Undecided ? 'undecided' : 'failed';
    }
    if (result.result !== 'undecided' || tries === 2) break;
  }
  result.seconds = Math.round((performance.now() - since) / 1000);
  result.standstill = standstill();
  if (result.result === 'undecided' && result.standstill >= STANDSTILL) result.result = 'stood still';
  if (result.result !== 'not reached' && !existsSync(junitFile())) writeFileSync(junitFile(), oneCase(result));
  save();
  console.log(`${result.result.padEnd(11)} ${String(result.seconds).padStart(4)} s  ${stage.called}`);
}
process.exit(results.every(({ result }) => result === 'passed') ? 0 : 1);
