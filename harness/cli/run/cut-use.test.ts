/** Whether a power cut uses up an attempt is not settled by any source: it is measured, on every kind of firmware that the simulator can be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEvent } from '../../journal/events.js';
import { readJournal } from '../../journal/reader.js';
import { packagePair, RealRuns, type Ended } from './testing/real-runs.js';

// On a machine that is busy with much else.
jest.setTimeout(600_000);

const bench = new RealRuns('cut-use');
afterAll(() => {
  bench.close();
});

// A try that a busy host spoilt may tell as well.
const yes = /^a cut used up an attempt: yes \((\d+) of \1 trials that could tell\)$/;
const no = /^a cut used up an attempt: no \((\d+) of \1 trials that could tell\)$/;
const open =
  /^a cut used up an attempt: could not be told \(\d+ trials?: the firmware retries for ever, so no number of attempts is ever used up\)$/;
const firmwares = [
  { name: 'counts', simulated: '{ cutsCount: true }', says: yes },
  { name: 'counts-not', simulated: '{ cutsCount: false }', says: no },
  { name: 'for-ever', simulated: '{ profile: no-backup, cutsCount: true }', afterRetries: 'retries-for-ever', says: open },
  { name: 'for-ever-not', simulated: '{ profile: no-backup, cutsCount: false }', afterRetries: 'retries-for-ever', says: open },
] as const;

let ended: Ended;
let out: string;
let events: readonly JournalEvent[];
// All five in the first tenth of the flashing: however late a busy host cuts, there is something left to cut.
beforeAll(async () => {
  out = bench.out('run');
  const rigs = firmwares.map((firmware, index) => bench.rig({ ...firmware, imei: `86110703000001${String(index)}` }));
  const words = ['--packages', packagePair, '--suite', 'five-retries', '-t', ' 5 cuts: ', '--seed', '2140', '--out', out];
  ended = await bench.dfota('state', 'run', '--rig', ...rigs, ...words).ended;
  if (ended.exit === 2) throw new Error(ended.text);
  ({ events } = readJournal(join(out, 'journal.jsonl')));
});

test('five cuts, one in each attempt, on four firmwares at a time: none of them is blamed', () => {
  const failed = events.filter((event) => event.type === 'trial.end' && event.outcome === 'failed');
  expect(failed).toEqual([]);
  // 3: a busy host spoilt a trial as often as it was tried.
  expect([0, 3]).toContain(ended.exit);
});

test.each(firmwares.map((firmware) => [firmware.name, firmware] as const))(
  '%s: the answer stands in summary, journal and JUnit file, and `dfota judge` gives it again',
  async (name, { says }) => {
    const [note = ''] = events.flatMap((event) =>
      event.type === 'note' && event.rig === name && event.text.startsWith('a cut used') ? [event.text] : [],
    );
    expect(note).toMatch(says);
    const summary = readFileSync(join(out, 'summary.txt'), 'utf8').split(/^(?=\S)/m);
    expect(summary.find((part) => part.startsWith(`${name}: `))).toContain(`  ${note}\n`);
    const suites = readFileSync(join(out, 'junit.xml'), 'utf8').split('<testsuite ');
    expect(suites.find((suite) => suite.startsWith(`name="${name}.five-retries"`))).toContain(
      `<property name="cuts.uses-attempt" value="${note}"/>`,
    );
    const { text } = await bench.dfota('state', 'judge', join(out, 'journal.jsonl'), '--rig', name).ended;
    if (says === open) expect(text).not.toMatch(/up an attempt/);
    else expect(text).toMatch(says === yes ? /a cut uses up an attempt: 5 cuts/ : /a cut does not use up an attempt: 5 cuts/);
  },
);
