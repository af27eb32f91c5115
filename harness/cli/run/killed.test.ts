/**
 * A run that is killed with SIGKILL, parent and rig process, in mid-upgrade: what it saw can be judged, and the next run brings the unit
 * back by itself. Real processes; needs the harness built (`npm test` does that).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../base/clock.js';
import { seeded } from '../../base/random.js';
import type { JournalEvent } from '../../journal/events.js';
import { followJournal } from '../../journal/follow.js';
import { readJournal } from '../../journal/reader.js';
import { appeared, childrenOf, isAlive } from './testing/processes.js';

jest.setTimeout(600_000);

const root = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'killed-'));
const dice = seeded(20_261_122, 'killed');
const started = new Set<number>();

/** When to kill: so many ms after the nth event of a kind. */
interface Moment {
  readonly name: string;
  readonly step: 'upgrade' | 'downgrade';
  readonly at: (event: JournalEvent) => boolean;
  readonly later: number;
  /** The next run must find the unit in mid-recovery, or on another version than its baseline. */
  readonly away: boolean;
}

const said = (event: JournalEvent, text: RegExp): boolean => event.type === 'line.rx' && text.test(event.data);
const percent = dice.int(2, 9);
const moments: readonly Moment[] = [
  { name: 'before', step: 'upgrade', at: ({ type }) => type === 'upgrade.start', later: dice.int(0, 200), away: false },
  {
    name: 'updating',
    step: 'upgrade',
    at: (event) => said(event, new RegExp(`"UPDATING",\\s*${String(percent)}\\d\\b`)),
    later: dice.int(0, 60),
    away: true,
  },
  { name: 'back', step: 'downgrade', at: (event) => said(event, /"UPDATING",\s*\d/), later: dice.int(0, 1000), away: true },
  { name: 'end', step: 'upgrade', at: (event) => said(event, /"END",\s*0/), later: dice.int(0, 40), away: true },
];

afterAll(() => {
  // Only what this test started and did not see end.
  for (const pid of started) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

/** A rig with a unit and a state folder of its own: its times two hundred and fifty times a real module's, its limits those of the host. */
function rigFile({ name }: Moment): string {
  const file = join(folder, `${name}.yaml`);
  const text = readFileSync(join(root, 'rigs', 'simulated-ec25.yaml'), 'utf8')
    .replace(/# yaml-language-server.*\n/, '')
    .replace('simulated-ec25', name)
    .replace('scale: 0.01', 'scale: 0.004')
    .replace(/limits: .*/, 'limits: { boot: 1200s, download: 1h, upgrade: 3h }');
  writeFileSync(file, text);
  return file;
}

interface Run {
  readonly pid: number;
  readonly out: string;
  /** Exit code or signal, and everything that was printed. */
  readonly ended: Promise<{ readonly exit: number | string; readonly text: string }>;
}

function dfota(moment: Moment, ...words: string[]): Run {
  const state = join(folder, `state-${moment.name}`);
  const child = spawn(process.execPath, [join(root, 'bin', 'dfota.js'), ...words], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DFOTA_STATE: state, CI: '1' },
  });
  const pid = child.pid ?? 0;
  started.add(pid);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()));
  const ended = once(child, 'close').then(([code, signal]) => {
    started.delete(pid);
    return { exit: (code ?? signal ?? 'unknown') as number | string, text };
  });
  return { pid, out: words[words.indexOf('--out') + 1] ?? '', ended };
}

function run(moment: Moment, name: string): Run {
  const out = join(folder, `${moment.name}-${name}`);
  mkdirSync(out);
  const packages = join(root, 'rigs', 'packages', 'simulated-ec25.yaml');
  const words = ['--rig', rigFile(moment), '--packages', packages, '--suite', 'round-trip', '-t', 'over ufs', '--seed', '7'];
  return dfota(moment, 'run', ...words, '--out', out);
}

/** Resolves at the moment's event. */
async function reached(moment: Moment, out: string): Promise<void> {
  const file = join(out, 'journal.jsonl');
  await appeared(out, file);
  let follower: { finish(): void } | undefined;
  await new Promise<void>((resolve) => {
    let step: string | undefined;
    follower = followJournal(file, (event) => {
      if (event.type === 'upgrade.start') step = event.step;
      if (step === moment.step && moment.at(event)) resolve();
    });
  });
  follower?.finish();
}

/** SIGKILL to the run and to its rig process; neither gets to say a last word. */
async function kill({ pid, ended }: Run): Promise<void> {
  const rigs = childrenOf(pid);
  expect(rigs).toHaveLength(1);
  for (const each of [pid, ...rigs]) process.kill(each, 'SIGKILL');
  expect((await ended).exit).toBe('SIGKILL');
  while (rigs.some(isAlive)) await pause(systemClock, 10);
}

interface Story {
  readonly first: string;
  readonly judged: { readonly exit: number | string; readonly text: string };
  readonly second: { readonly exit: number | string; readonly text: string };
  readonly secondOut: string;
}

async function story(moment: Moment): Promise<Story> {
  const first = run(moment, 'first');
  await Promise.race([
    reached(moment, first.out),
    first.ended.then(({ text }) => {
      throw new Error(`the run ended before it could be killed: ${text}`);
    }),
  ]);
  await pause(systemClock, moment.later);
  await kill(first);
  const second = run(moment, 'second');
  const judged = await dfota(moment, 'judge', join(first.out, 'journal.jsonl')).ended;
  return { first: first.out, judged, second: await second.ended, secondOut: second.out };
}

const stories = new Map<string, Story>();
beforeAll(async () => {
  // They mostly wait, so side by side.
  await Promise.all(moments.map(async (moment) => stories.set(moment.name, await story(moment))));
});

function told(moment: Moment): Story {
  const found = stories.get(moment.name);
  if (found === undefined) throw new Error(`no story of ${moment.name}`);
  return found;
}

describe.each(moments.map((moment) => [moment.name, moment] as const))('killed %s', (_name, moment) => {
  test('its journal can be read up to the kill', () => {
    const { events, unreadable, cutOff } = readJournal(join(told(moment).first, 'journal.jsonl'));
    expect({ unreadable, cutOff }).toEqual({ unreadable: [], cutOff: false });
    expect(events.at(0)?.type).toBe('run.start');
    expect(events.some(({ type }) => type === 'run.end' || type === 'rig.end')).toBe(false);
    expect(events.some(({ type }) => type === 'upgrade.start')).toBe(true);
  });

  test('its journal can be judged, and the kill is not held against the firmware', () => {
    const { judged } = told(moment);
    expect(judged.text).not.toMatch(/defect of the harness/);
    expect(judged.text).toMatch(new RegExp(`${moment.name}#${moment.step === 'upgrade' ? '1' : '2'}`));
    expect([0, 3]).toContain(judged.exit);
  });

  test('the next run brings the unit back by itself, and passes', () => {
    const { second, secondOut } = told(moment);
    expect(second.text).toMatch(/exit 0/);
    expect(second.exit).toBe(0);
    const { events } = readJournal(join(secondOut, 'journal.jsonl'));
    expect(events.filter(({ type }) => type === 'rig.fault' || type === 'rig.aside')).toEqual([]);
    expect(events.filter((event) => event.type === 'test.end' && event.status === 'passed')).toHaveLength(1);
    expect(events.find(({ type }) => type === 'rig.end')).toMatchObject({ powerSafe: true });
    if (!moment.away) return;
    // The kill was where it should be: the unit was found in recovery, or had to be brought back.
    const start = events.findIndex(({ type }) => type === 'upgrade.start');
    const early = events.slice(0, start < 0 ? undefined : start);
    const recovering = early.some((event) => said(event, /"FOTA"/));
    const restored = events.some((event) => event.type === 'restore.rung' && event.ok);
    expect(recovering || restored).toBe(true);
  });
});
