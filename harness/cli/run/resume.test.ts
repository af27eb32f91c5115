/**
 * A campaign that is killed with SIGKILL again and again, and goes on by `--resume`: what was done is not repeated, nothing is counted twice, and
 * the rig recovers by itself. Real processes.
 */
import { cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pause, systemClock } from '../../base/clock.js';
import { seeded } from '../../base/random.js';
import type { EventOf, EventType, JournalEvent } from '../../journal/events.js';
import { readJournal } from '../../journal/reader.js';
import { packagePair, reached, RealRuns, type Ended } from './testing/real-runs.js';

// On a machine that is busy with much else.
jest.setTimeout(600_000);

const bench = new RealRuns('resume');
afterAll(() => {
  bench.close();
});

const dice = seeded(20_261_123, 'resume');
/** When each start of the run is killed, and whether its rig process goes with it. */
const kills: readonly { readonly name: string; readonly at: (event: JournalEvent) => boolean; readonly rigsToo: boolean }[] = [
  { name: 'in the first cut', at: ({ type }) => type === 'trial.cut', rigsToo: true },
  // A trial is over, its test is not: the module still has to take the next upgrade.
  { name: 'after a trial', at: (event) => event.type === 'trial.end' && event.outcome === 'survived', rigsToo: true },
  // Only `dfota run` dies; its rig process is still there when the run goes on.
  { name: 'between tests', at: (event) => event.type === 'test.end' && event.status === 'passed', rigsToo: false },
];
const later = kills.map(({ name }) => (name === 'after a trial' ? 0 : dice.int(0, 400)));

const rig = bench.rig({ name: 'resumed' });
const cuts = 3;
const out = bench.out('run');
const journalFile = join(out, 'journal.jsonl');
const dfota = (...words: string[]): Promise<Ended> => bench.dfota('state', ...words).ended;
let ended: Ended;
const unfinished: string[] = [];

beforeAll(async () => {
  const words = ['--rig', rig, '--packages', packagePair, '--suite', 'power-cut', '-t', 'at random', '--cuts', String(cuts)];
  let run = bench.dfota('state', 'run', ...words, '--seed', '11', '--out', out);
  for (const [index, { name, at, rigsToo }] of kills.entries()) {
    const from = statSync(journalFile, { throwIfNoEntry: false })?.size ?? 0;
    if (!(await reached(run, out, at, from))) throw new Error(`not killed ${name}: ${(await run.ended).text}`);
    await pause(systemClock, later[index] ?? 0);
    await bench.kill(run, rigsToo);
    unfinished.push(...openTrials());
    run = bench.dfota('state', 'run', '--resume', out);
  }
  ended = await run.ended;
});

const read = (folder = out): readonly JournalEvent[] => readJournal(join(folder, 'journal.jsonl')).events;
function all<T extends EventType>(type: T, folder = out): EventOf<T>[] {
  return read(folder).filter((event): event is EventOf<T> => event.type === type);
}
function survivals(folder = out): EventOf<'trial.end'>[] {
  return all('trial.end', folder).filter(({ outcome }) => outcome === 'survived');
}
function openTrials(): string[] {
  const over = new Set(all('trial.end').map(({ trial }) => trial));
  return [...new Set(all('trial.start').map(({ trial }) => trial))].filter((trial) => !over.has(trial));
}

test('it was killed where it should be, and came to its end', () => {
  expect(all('run.start')).toHaveLength(kills.length + 1);
  expect(unfinished).toContain('resumed/1');
  expect(ended.text).toMatch(/Goes on: \d+ tests? and \d+ trials? of power cuts are done and not repeated/);
  expect(ended.text).toMatch(/exit 0/);
  expect(ended.exit).toBe(0);
});

test('what was done is not repeated: each test passes once, each cut is survived once, unless a busy host spoilt what came after it', () => {
  const passed = all('test.end').filter(({ status }) => status === 'passed');
  expect(new Set(passed.map(({ test }) => test)).size).toBe(cuts);
  expect(passed).toHaveLength(cuts);
  expect(new Set(survivals().map(({ cut }) => cut)).size).toBe(cuts);
  expect(survivals().length).toBeLessThanOrEqual(cuts + all('test.try').length);
  expect(all('note').map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^trial resumed\/\d+ was made before the run was resumed/),
  );
});

test('no name is given twice: of a trial, of an upgrade, of an event', () => {
  for (const names of [
    all('trial.start').map(({ trial }) => trial),
    all('trial.end').map(({ trial }) => trial),
    all('upgrade.start').map(({ upgrade }) => upgrade),
    read().map(({ rig: of = '', n }) => `${of} ${String(n)}`),
  ])
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('by counting: journal, JUnit file and ledger agree, and a trial in which it was killed counts for nothing', async () => {
  const { exit, text } = await dfota('ledger', 'check', out);
  expect(text).toContain(`${String(survivals().length)} survived`);
  expect(text).toMatch(/the same in journal, JUnit file and ledger/);
  expect(exit).toBe(0);
  const { packages } = JSON.parse((await dfota('ledger', '--json')).text) as { packages: { total: { valid: number } }[] };
  expect(packages.map(({ total }) => total.valid)).toEqual([survivals().length]);
});

test('its journal is judged, and no kill is held against the firmware', async () => {
  const { exit, text } = await dfota('judge', journalFile);
  expect(text).not.toMatch(/^FAIL/m);
  expect(text).not.toMatch(/otherwise than during the run/);
  expect([0, 3]).toContain(exit);
});

test('the rig was given back: the lease is free, the power safe', async () => {
  expect(all('rig.end').at(-1)).toMatchObject({ powerSafe: true });
  // Nobody has it: the switch is proven and the unit found at once.
  const { exit, text } = await dfota(
    'run',
    '--rig',
    rig,
    '--packages',
    packagePair,
    '--suite',
    'identity',
    '-t',
    'ATI names',
    '--out',
    bench.out('next'),
  );
  expect(text).toMatch(/exit 0/);
  expect(exit).toBe(0);
});

/** The finished run once more, in a folder of its own. */
function copy(name: string): string {
  const folder = join(bench.folder, name);
  cpSync(out, folder, { recursive: true });
  return folder;
}

describe('going on with', () => {
  test('a finished run: no rig is touched, the reports are made anew, twice in a row', async () => {
    const folder = copy('finished');
    const before = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
    const junit = readFileSync(join(folder, 'junit.xml'), 'utf8');
    writeFileSync(join(folder, 'junit.xml'), 'half');
    // Whatever version of the harness makes them, the evidence is of the one that ran.
    const commit = / name="harness.commit" value="([^"]*)"/.exec(junit)?.[1];
    expect(all('run.start', folder).at(-1)?.harness.commit ?? 'unknown').toBe(commit);
    for (let time = 0; time < 2; time += 1) {
      const { exit, text } = await dfota('run', '--resume', folder);
      expect(text).toMatch(/is finished: no rig is touched, its reports are made anew/);
      expect(text).toMatch(/Ledger: 0 trials added, \d+ were there/);
      expect(exit).toBe(0);
      expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toBe(before);
      expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toBe(junit);
    }
  });

  test('a run whose journal was cut off in mid-line: what is lost is done again, nothing else', async () => {
    const folder = copy('cut-off');
    const text = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
    const last = text.lastIndexOf('"type":"test.end"', text.lastIndexOf('"status":"passed"'));
    truncateSync(join(folder, 'journal.jsonl'), Buffer.byteLength(text.slice(0, last - 20)));
    const { exit, text: said } = await bench.dfota('other-state', 'run', '--resume', folder).ended;
    expect(said).toMatch(/exit 0/);
    expect(exit).toBe(0);
    // The last test was over but for its last line: its cut was made, and is not made again.
    const tries = all('test.try', folder).length - all('test.try').length;
    expect(survivals(folder).length).toBeLessThanOrEqual(survivals().length + tries);
    expect(survivals(folder).length).toBeGreaterThanOrEqual(survivals().length);
    expect(readJournal(join(folder, 'journal.jsonl')).unreadable).toHaveLength(1);
    const counted = await bench.dfota('other-state', 'ledger', 'check', folder).ended;
    expect(counted).toMatchObject({
      exit: 0,
      text: expect.stringContaining(`${String(survivals(folder).length)} survived`) as string,
    });
  });

  /** A folder of the run in which something is not as it was; it must be refused and left alone. */
  async function refused(folder: string, ...words: string[]): Promise<string> {
    const before = readFileSync(join(folder, 'journal.jsonl'), 'utf8');
    const { exit, text } = await dfota('run', '--resume', folder, ...words);
    expect(exit).toBe(2);
    expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toBe(before);
    return text;
  }
  /** Its run.json, changed. */
  function asked(folder: string, change: (text: string) => string): void {
    const file = join(folder, 'run.json');
    const text = readFileSync(file, 'utf8');
    expect(change(text)).not.toBe(text);
    writeFileSync(file, change(text));
  }

  test('another package than before: refused', async () => {
    const folder = copy('package');
    const pair = join(bench.folder, 'pair');
    mkdirSync(pair);
    const packages = join(packagePair, '..', '..', '..', 'packages', 'simulated', 'ec25');
    cpSync(packages, join(pair, 'packages', 'simulated', 'ec25'), { recursive: true });
    const definition = join(pair, 'rigs', 'packages', 'pair.yaml');
    mkdirSync(join(definition, '..'), { recursive: true });
    cpSync(packagePair, definition);
    asked(folder, (text) => text.replace(packagePair, definition));
    // The same packages in another place are the same packages.
    expect((await dfota('run', '--resume', folder)).exit).toBe(0);
    const file = join(pair, 'packages', 'simulated', 'ec25', 'update-v12-to-v13.zip');
    cpSync(join(packages, 'update-v13-to-v12.zip'), file);
    const text = await refused(folder);
    expect(text).toMatch(/the upgrade package is not the one that the run began with/);
    expect(text).toMatch(
      /asked: +SHA-256 [0-9a-f]{64}\n +seen: +SHA-256 [0-9a-f]{64}\n +try: +put that package back, or start a new run/,
    );
  });

  test('another definition of the rig: refused', async () => {
    const folder = copy('rig');
    const other = join(bench.folder, 'other-rig.yaml');
    writeFileSync(other, readFileSync(rig, 'utf8').replace('retries: 5', 'retries: 4'));
    asked(folder, (text) => text.replace(rig, other));
    expect(await refused(folder)).toMatch(/rig resumed is not defined as it was(.|\n)*firmware: .*"retries":5(.|\n)*"retries":4/);
  });

  test('a damaged run.json, or other options beside --resume: refused', async () => {
    const folder = copy('run-json');
    expect(await refused(folder, '--cuts', '9', '--rig', rig)).toMatch(/--resume takes nothing else(.|\n)*--rig, --cuts/);
    asked(folder, (text) => text.slice(0, text.length / 2));
    expect(await refused(folder)).toMatch(/run\.json: this is not what a run leaves/);
  });

  test('no run at all: refused', async () => {
    const { exit, text } = await dfota('run', '--resume', join(bench.folder, 'nowhere'));
    expect([exit, text]).toEqual([2, expect.stringMatching(/there is no run to go on with(.|\n)*no such file/)]);
  });
});
