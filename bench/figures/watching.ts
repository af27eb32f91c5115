import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../harness/base/clock.js';
import { Bench, freshDir } from '../../harness/simulator/testing/host.js';
import { table } from './table.js';

/** ms of watching; the first seconds, in which code is still compiled, do not count. */
const settle = 3000;
const watched = 20_000;
const subjects = join(__dirname, '..', 'latency', 'subjects');

/** Programs that wait for a report on the AT port of an idle module: how long until they do, and what it takes of a processor. */
export async function watching(): Promise<string> {
  const python = (module: string): string | undefined =>
    ['/usr/bin/python3', 'python3'].find((name) => spawnSync(name, ['-c', `import ${module}`]).status === 0);
  const [serial, labgrid] = [python('serial'), python('labgrid')];
  const programs = [
    { name: 'harness', command: [process.execPath, join(subjects, 'harness.mjs')], form: 'unit:' },
    { name: 'node-serialport, readline', command: [process.execPath, join(subjects, 'serialport.mjs')], form: 'socket:' },
    ...(serial === undefined ? [] : [{ name: 'pyserial', command: [serial, join(subjects, 'pyserial.py')], form: '' }]),
    ...(labgrid === undefined ? [] : [{ name: 'labgrid', command: [labgrid, join(subjects, 'labgrid_serial.py')], form: '' }]),
  ];
  const module = await Bench.start(freshDir(), '--scale', '0.01');
  try {
    const uart = await module.open('uart');
    await module.powerOn();
    await uart.until(/RDY/);
    const rows: Readonly<Record<string, string>>[] = [];
    for (const { name, command, form } of programs) {
      const { ready, cpu } = await look(command, join(module.dir, 'at'), form);
      rows.push({
        program: name,
        'ready after ms': ready.toFixed(0),
        'processor, s an hour': ((cpu / watched) * 3_600).toFixed(1),
      });
    }
    return table('Watching an idle module', rows);
  } finally {
    await module.stop();
  }
}

/** ms until it waits for reports; ms of processor time in the watched time. */
async function look(command: readonly string[], device: string, form: string): Promise<{ ready: number; cpu: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-watch-'));
  const path = join(folder, 'supply');
  let isReady = (): void => undefined;
  const readiness = new Promise<void>((resolve) => (isReady = resolve));
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((each) => each !== '')) {
        if (line.includes('ready')) isReady();
        const id = /"id":(\d+)/.exec(line)?.[1];
        if (id !== undefined) socket.write(`{"id":${id},"ok":true}\n`);
      }
    });
  });
  server.listen(path);
  await once(server, 'listening');
  const began = performance.now();
  const [program = '', ...words] = command;
  const child = spawn(program, [...words, device, `${form}${path}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, TMPDIR: folder, DFOTA_STATE: folder },
  });
  try {
    await Promise.race([readiness, once(child, 'exit').then(() => Promise.reject(new Error(`${program} ended by itself`)))]);
    const ready = performance.now() - began;
    await pause(systemClock, settle);
    const before = onProcessor(child);
    await pause(systemClock, watched);
    return { ready, cpu: onProcessor(child) - before };
  } finally {
    child.kill('SIGKILL');
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** ms that all threads of it have had a processor. */
function onProcessor({ pid = 0 }: ChildProcess): number {
  const tasks = `/proc/${String(pid)}/task`;
  return readdirSync(tasks).reduce((sum, task) => {
    const [ns = '0'] = readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ');
    return sum + Number(ns) / 1e6;
  }, 0);
}
