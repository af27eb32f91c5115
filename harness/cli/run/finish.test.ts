import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../base/clock.js';
import { Secrets } from '../../base/secrets.js';
import { openJournal } from '../../journal/journal.js';
import { finishRun } from './finish.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finish-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const finish = (journal: string) =>
  finishRun({
    folder,
    journalFile: join(folder, 'journal.jsonl'),
    journal: openJournal(journal, { clock: systemClock, secrets: new Secrets() }),
    rigs: [],
    ends: [],
    harness: { version: '1', node: '22' },
    signer: undefined,
  });

test('a run whose folder takes nothing more is a fault of the rig’s host, and says how to go on', async () => {
  writeFileSync(join(folder, 'journal.jsonl'), '');
  await expect(finish('/dev/full')).rejects.toMatchObject({
    exitCode: 3,
    message: 'the evidence of the run cannot be written',
    explanation: { seen: expect.stringMatching(/ENOSPC/) as string, hint: expect.stringMatching(/--resume/) as string },
  });
});

test('so is one whose folder was taken away', async () => {
  await expect(finish('/dev/null')).rejects.toMatchObject({ exitCode: 3, message: 'the journal of the run is gone' });
});
