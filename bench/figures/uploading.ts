import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAtPort } from '../../harness/at/port.js';
import { systemClock as clock } from '../../harness/base/clock.js';
import { Secrets } from '../../harness/base/secrets.js';
import { openJournal } from '../../harness/journal/journal.js';
import { openLine } from '../../harness/line/line.js';
import { Bench, freshDir } from '../../harness/simulator/testing/host.js';
import { median, table, times } from './table.js';

const rounds = 7;
/** Bytes; a delta package of the usual size. */
const size = 2_000_000;
const name = 'bench.bin';

/** AT+QFUPL on one pseudo-terminal to one simulated module, by a C program that does nothing else and by the harness, in turns. */
export async function uploading(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-upload-'));
  const module = await Bench.start(freshDir(), '--scale', '0.002', '--ufs-size', String(4 * size));
  try {
    const program = join(folder, 'upload');
    const compiled = spawnSync('cc', ['-O2', '-o', program, join(__dirname, 'upload.c')], { encoding: 'utf8' });
    if (compiled.status !== 0) return '\nUploads: not measured, there is no C compiler (apt-get install gcc libc6-dev)';
    const data = Buffer.alloc(size, 'a package that is uploaded ');
    const file = join(folder, name);
    writeFileSync(file, data);
    const uart = await module.open('uart');
    await module.powerOn();
    await uart.until(/RDY[^]*/);
    const device = join(module.dir, 'at');
    const seconds: { c: number[]; harness: number[] } = { c: [], harness: [] };
    for (let round = 0; round < rounds; round += 1) {
      seconds.harness.push(await byHarness(device, data, join(folder, 'journal.jsonl')));
      const ns = execFileSync(program, [device, name, file], { encoding: 'utf8' });
      seconds.c.push(Number(ns) / 1e9);
    }
    const floor = median(seconds.c);
    const row = (program_: string, took: number): Readonly<Record<string, string>> => ({
      program: program_,
      'MB/s': (size / took / 1e6).toFixed(1),
      'to the C program': times(floor, took),
    });
    return table(`Uploads of ${String(size / 1e6)} MB by AT+QFUPL`, [row('C', floor), row('harness', median(seconds.harness))]);
  } finally {
    await module.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function byHarness(device: string, data: Buffer, journalFile: string): Promise<number> {
  const secrets = new Secrets();
  const journal = openJournal(journalFile, { clock, secrets, rig: 'bench' });
  const line = openLine({ device, baudRate: 115_200 }, 'at', { journal, clock, secrets });
  const port = openAtPort(line, { journal, clock });
  try {
    if (!port.connected) await new Promise<void>((resolve) => port.onConnection(() => resolve()));
    await port.command(`AT+QFDEL="${name}"`, { deadline: 5000 });
    const began = performance.now();
    const answer = await port.upload(`AT+QFUPL="${name}",${String(data.length)},60`, data, { deadline: 60_000, ackMode: false });
    const took = (performance.now() - began) / 1000;
    if (!answer.ok) throw new Error(`the upload failed: ${answer.result} ${answer.code ?? ''} ${answer.lines.join(' ')}`);
    return took;
  } finally {
    await port.close();
    await line.close();
    journal.close();
  }
}
