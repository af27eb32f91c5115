/**
 * A long night in short: round trips on one fast simulated rig, and whether the harness grows. `npm run bench:soak [-- --trips N --scale S
 * --keep FOLDER]`. Prints memory, descriptors and journal at twenty moments, then the run's summary, how long the report of it took and its growth a trip.
 * The unit's work on the flash is short, so that the harness has as little rest as it ever gets.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pause, systemClock } from '../../harness/base/clock.js';
import { rigFileText } from '../../harness/cli/self-check/rig-file.js';
import { followJournal } from '../../harness/journal/follow.js';
import { machine, table, type Row } from '../figures/table.js';
import { UsageWatch } from './usage.js';

const root = join(__dirname, '..', '..');
const dfota = join(root, 'bin', 'dfota.js');
const { values: given } = parseArgs({
  options: { trips: { type: 'string', default: '5000' }, scale: { type: 'string', default: '0.002' }, keep: { type: 'string' } },
});
const trips = Number(given.trips);
const moments = 20;
/** Minutes of the module, of a whole upgrade. */
const flashMinutes = 0.5;
/** A host of two processors is late now and then: what the simulated module's time makes seconds of is not what is measured here. */
const limits = { download: '90m', boot: '90m', upgrade: '3h' };

async function main(): Promise<number> {
  console.log(machine());
  const folder = given.keep ?? mkdtempSync(join(tmpdir(), 'dfota-sk-'));
  try {
    const { exit, rows, seconds } = await soak(folder);
    console.log(
      table(
        `${String(trips)} round trips over every source in one run, exit ${String(exit)} after ${seconds.toFixed(0)} s`,
        rows,
      ),
    );
    console.log(readFileSync(join(folder, 'run', 'summary.txt'), 'utf8'));
    const journal = join(folder, 'run', 'journal.jsonl');
    const began = performance.now();
    const { status } = spawnSync('/usr/bin/env', ['node', dfota, 'report', 'html', journal, '--out', join(folder, 'again.html')]);
    const page = (performance.now() - began) / 1000;
    const size = statSync(join(folder, 'again.html')).size / 1e6;
    console.log(`\nreport.html anew: exit ${String(status)}, ${page.toFixed(1)} s, ${size.toFixed(1)} MB`);
    // Longer than the longest string that there can be.
    for await (const line of createInterface({ input: createReadStream(journal) })) {
      const [text] = /drift of [^"]*/.exec(line) ?? [];
      if (text !== undefined) console.log(text);
    }
    return typeof exit === 'number' ? exit : 1;
  } finally {
    if (given.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function soak(folder: string): Promise<{ exit: number | string; rows: readonly Row[]; seconds: number }> {
  mkdirSync(folder, { recursive: true });
  const rig = join(folder, 'rig.yaml');
  const text = rigFileText({
    template: join(root, 'rigs', 'simulated-ec25.yaml'),
    name: 'soak',
    scale: Number(given.scale),
    change: { limits, simulated: { flashMinutes } },
  });
  writeFileSync(rig, text);
  const out = join(folder, 'run');
  const words = ['run', '--rig', rig, '--packages', join(root, 'rigs', 'packages', 'simulated-ec25.yaml'), '--suite', 'soak'];
  const began = performance.now();
  const child = spawn(process.execPath, [dfota, ...words, '--trips', String(trips), '-t', 'soak', '--seed', '1', '--out', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DFOTA_STATE: folder, DFOTA_LEDGER: join(folder, 'ledger.sqlite') },
  });
  const watch = new UsageWatch(child.pid ?? 0);
  const rows: Row[] = [];
  let upgrades = 0;
  const journal = join(out, 'journal.jsonl');
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
    });
  });
  while (!existsSync(journal)) {
    if (child.exitCode !== null) throw new Error(`the run ended with ${String(child.exitCode)}, without a journal`);
    await pause(systemClock, 50);
  }
  const follower = followJournal(journal, ({ type }) => {
    if (type !== 'upgrade.end') return;
    upgrades += 1;
    if (upgrades % Math.ceil((2 * trips) / moments) !== 0) return;
    const seen = watch.now();
    const megabytes = statSync(journal).size / 1e6;
    const row: Row = {
      'round trips': String(Math.round(upgrades / 2)),
      s: ((performance.now() - began) / 1000).toFixed(0),
      'rig process, MB': ((seen.get('rig')?.bytes ?? 0) / 1e6).toFixed(0),
      descriptors: String(seen.get('rig')?.descriptors ?? 0),
      'simulator, MB': ((seen.get('simulator')?.bytes ?? 0) / 1e6).toFixed(0),
      'dfota, MB': ((seen.get('dfota')?.bytes ?? 0) / 1e6).toFixed(0),
      'journal, MB': megabytes.toFixed(1),
      'kB a trip': ((megabytes * 1000) / (upgrades / 2)).toFixed(1),
    };
    rows.push(row);
    console.log(
      Object.entries(row)
        .map(([name, value]) => `${name} ${value}`)
        .join('; '),
    );
  });
  const exit = await ended;
  follower.finish();
  watch.stop();
  return { exit, rows, seconds: (performance.now() - began) / 1000 };
}

void main().then((code) => {
  process.exitCode = code;
});
