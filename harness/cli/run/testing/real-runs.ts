/**
 * Runs of the real `dfota` in processes of their own, on simulated rigs, as a user starts them. Needs the harness built (`npm test` does that).
 */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../../base/clock.js';
import type { JournalEvent } from '../../../journal/events.js';
import { followJournal } from '../../../journal/follow.js';
import { appeared, childrenOf, isAlive } from './processes.js';

const root = join(__dirname, '..', '..', '..', '..');
export const packagePair = join(root, 'rigs', 'packages', 'simulated-ec25.yaml');

export interface Ended {
  /** Exit code, or the signal that ended it. */
  readonly exit: number | string;
  /** Everything that was printed. */
  readonly text: string;
}

export interface Started {
  readonly pid: number;
  /** Resolves with what it printed that matches; undefined when it ended without. */
  readonly prints: (pattern: RegExp) => Promise<RegExpExecArray | undefined>;
  readonly ended: Promise<Ended>;
}

export interface RigOptions {
  readonly name: string;
  /** Rigs of one run must differ in it. */
  readonly imei?: string;
  /** In place of `power.simulated: {}`, as YAML. */
  readonly simulated?: string;
  /** In place of the shipped rig's; limits are those of a busy host, not of a module. */
  readonly limits?: string;
  readonly afterRetries?: 'rolled-back' | 'retries-for-ever';
}

/** A folder with rigs, state and runs of its own; `close` kills what it started and still runs, and nothing else. */
export class RealRuns {
  readonly folder: string;
  readonly #started = new Set<number>();

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`));
  }

  /** The shipped simulated rig with times two hundred and fifty times a real module's. Returns the file of its definition. */
  rig({
    name,
    imei = '861107030000001',
    simulated = '{}',
    limits = '{ boot: 1200s, download: 1h, upgrade: 3h }',
    afterRetries,
  }: RigOptions): string {
    const file = join(this.folder, `${name}.yaml`);
    const text = readFileSync(join(root, 'rigs', 'simulated-ec25.yaml'), 'utf8')
      .replace(/# yaml-language-server.*\n/, '')
      .replace('simulated-ec25', name)
      .replace('861107030000001', imei)
      .replace('simulated: {}', `simulated: ${simulated}`)
      .replace('scale: 0.01', 'scale: 0.004')
      .replace(/limits: .*/, `limits: ${limits}`)
      .replace('afterRetries: rolled-back', `afterRetries: ${afterRetries ?? 'rolled-back'}`);
    writeFileSync(file, text);
    return file;
  }

  /** An empty folder for a run. */
  out(name: string): string {
    const out = join(this.folder, name);
    mkdirSync(out);
    return out;
  }

  /** Units, leases and ledger are kept in the state folder of that name. */
  dfota(state: string, ...words: string[]): Started {
    const child = spawn(process.execPath, [join(root, 'bin', 'dfota.js'), ...words], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DFOTA_STATE: join(this.folder, state), DFOTA_LEDGER: '', CI: '1' },
    });
    const pid = child.pid ?? 0;
    this.#started.add(pid);
    let text = '';
    const printed = new EventEmitter();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        text += data.toString();
        printed.emit('more');
      });
    }
    // Not `close`: a rig process that outlives a killed run may hold the pipe.
    const closed = once(child, 'close');
    const ended = once(child, 'exit').then(async ([code, signal]) => {
      this.#started.delete(pid);
      if (signal === null) await closed;
      return { exit: (code ?? signal ?? 'unknown') as number | string, text };
    });
    let over = false;
    void ended.then(() => {
      over = true;
      printed.emit('more');
    });
    const prints = async (pattern: RegExp): Promise<RegExpExecArray | undefined> => {
      for (;;) {
        const found = pattern.exec(text);
        if (found !== null || over) return found ?? undefined;
        await once(printed, 'more');
      }
    };
    return { pid, ended, prints };
  }

  /** SIGKILL to a run, and to its rig processes unless they are to outlive it; resolves when they are gone. */
  async kill({ pid, ended }: Started, rigsToo = true): Promise<void> {
    const rigs = childrenOf(pid);
    for (const rig of rigs) this.#started.add(rig);
    for (const each of rigsToo ? [pid, ...rigs] : [pid]) if (isAlive(each)) process.kill(each, 'SIGKILL');
    await ended;
    while (rigsToo && rigs.some(isAlive)) await pause(systemClock, 10);
    if (rigsToo) for (const rig of rigs) this.#started.delete(rig);
  }

  /** SIGKILL to the one process of a run whose command line ends in `script`. */
  killChild({ pid }: Started, script: string): void {
    const found = childrenOf(pid).filter((child) =>
      readFileSync(`/proc/${String(child)}/cmdline`, 'latin1')
        .replace(/\0$/, '')
        .endsWith(script),
    );
    if (found.length !== 1) throw new Error(`${String(found.length)} processes of the run are ${script}`);
    for (const child of found) process.kill(child, 'SIGKILL');
  }

  close(): void {
    for (const pid of this.#started) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves at an event of the run's journal, `false` when the run ended before. Events from before `from` bytes are passed over. */
export async function reached(run: Started, out: string, at: (event: JournalEvent) => boolean, from = 0): Promise<boolean> {
  const file = join(out, 'journal.jsonl');
  let over = false;
  const ended = run.ended.then(() => {
    over = true;
  });
  if (!existsSync(file)) await Promise.race([ended, appeared(out, file)]);
  if (!existsSync(file)) return false;
  let follower: { finish(): void } | undefined;
  let found = false;
  const met = new Promise<void>((resolve) => {
    follower = followJournal(
      file,
      (event) => {
        if (found || !at(event)) return;
        found = true;
        resolve();
      },
      from,
    );
  });
  await Promise.race([ended, met]);
  follower?.finish();
  return found && !over;
}
