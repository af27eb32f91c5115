/** Which runs are at their end, so that `--resume` touches no rig and only makes the reports anew. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import type { EventBody } from '../../journal/events.js';
import { runStart } from '../../journal/testing/beginning.js';
import { loadPair, loadRig } from '../../rig/load.js';
import { profileOf } from '../../rig/profile.js';
import { readResumed } from './resume.js';

const root = join(__dirname, '..', '..', '..');
const rig = loadRig(join(root, 'rigs', 'simulated-ec25.yaml'));
const pair = loadPair(join(root, 'rigs', 'packages', 'simulated-ec25.yaml'));
const { name } = rig.definition;

let folder: string;
const stateBefore = process.env['DFOTA_STATE'];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finished-'));
  process.env['DFOTA_STATE'] = join(folder, 'state');
});
afterEach(() => {
  if (stateBefore === undefined) delete process.env['DFOTA_STATE'];
  else process.env['DFOTA_STATE'] = stateBefore;
  rmSync(folder, { recursive: true, force: true });
});

const start = runStart();
const opened: EventBody = { type: 'rig.start', profile: profileOf(rig.definition) };
const ready: EventBody = { type: 'rig.ready', took: 1 };
const ended = (status: 'passed' | 'failed'): EventBody => ({ type: 'test.end', test: 's: t', status });
const aside: EventBody = { type: 'rig.aside', reason: 'no way back' };
const left = (powerSafe = true): EventBody => ({ type: 'rig.end', powerSafe, why: 'end' });
const end = (exit: number): EventBody => ({ type: 'run.end', exit, reason: 'as it was' });

async function finished(...bodies: readonly EventBody[]): Promise<boolean> {
  const lines = bodies.map((body, index) =>
    JSON.stringify({
      n: index + 1,
      t: index,
      at: '2027-01-01T00:00:00.000Z',
      ...(body.type.startsWith('run.') ? {} : { rig: name }),
      ...body,
    }),
  );
  writeFileSync(join(folder, 'journal.jsonl'), `${lines.join('\n')}\n`);
  return (await readResumed(folder, [{ rig, pair }], systemClock, () => undefined)).finished;
}

test('a run whose tests all came to a verdict, on a rig that gave itself back, is at its end, be it with a failure', async () => {
  expect(await finished(start, opened, ready, ended('passed'), left(), end(0))).toBe(true);
  expect(await finished(start, opened, ready, ended('failed'), left(), end(1))).toBe(true);
});

test.each<[string, readonly EventBody[]]>([
  ['did not get ready', [start, opened, ended('failed'), left(), end(1)]],
  ['died before it gave the rig back', [start, opened, ready, ended('failed'), end(1)]],
  ['may have left the power on', [start, opened, ready, ended('failed'), left(false), end(1)]],
  ['was set aside', [start, opened, ready, ended('failed'), aside, left(), end(1)]],
  ['died when the run had gone on', [start, opened, ready, ended('failed'), left(), end(1), start, end(1)]],
])('a run with a failure whose rig %s goes on', async (_, bodies) => {
  expect(await finished(...bodies)).toBe(false);
});
