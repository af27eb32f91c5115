import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalStream } from '../../harness/journal/reader.js';
import { outlineOf } from '../../harness/report/outline.js';
import { writeNight } from '../../harness/report/html/testing/night.js';
import { judge } from '../../harness/verdict/judge.js';
import { inTurns, table, times } from './table.js';

const rounds = 5;
const trials = 1000;

/** Events a second of a night's journal: read, checked, and judged; the floor takes the lines apart with JSON.parse and does nothing else. */
export async function judging(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-judging-'));
  try {
    const file = join(folder, 'journal.jsonl');
    const size = writeNight(file, { trials, bricks: [40, 45], spoilt: 50, sequences: 40 });
    let [events, upgrades] = [0, 0];
    const seconds = await inTurns(rounds, [
      () => {
        events = 0;
        for (const line of readFileSync(file, 'utf8').split('\n')) {
          if (line !== '' && typeof JSON.parse(line) === 'object') events += 1;
        }
      },
      () => {
        let read = 0;
        for (const event of new JournalStream(file)) read += event.n > 0 ? 1 : 0;
        if (read !== events) throw new Error(`${String(read)} of ${String(events)} events were read`);
      },
      () => {
        upgrades = 0;
        outlineOf(new JournalStream(file).events(), {
          onUpgrade({ record }) {
            judge(record);
            upgrades += 1;
          },
        });
      },
    ]);
    const [floor = 0] = seconds;
    const names = ['JSON.parse alone', 'harness: read and checked', 'harness: read, checked, folded and judged'];
    return table(
      `Judging: ${String(events)} events (${(size / 1e6).toFixed(1)} MB), ${String(upgrades)} upgrades of ${String(trials)} trials`,
      names.map((name, index) => ({
        program: name,
        'events/s': (events / (seconds[index] ?? 0)).toFixed(0),
        'time to the floor': times(seconds[index] ?? 0, floor),
      })),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
