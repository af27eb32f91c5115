/**
 * The guardian: a small process of its own that holds nothing. It reads what the harness tells it, and when the harness ends without a
 * word (SIGKILL, out of memory) it leaves the lines safe. Started by `guardian.ts`.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { systemClock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { leaveSafe } from './guard-duty.js';
import type { GuardMessage, Watch } from './guard-message.js';
import { loadBinding, type LoadedBinding } from './load-binding.js';

function guard(): void {
  let watch: Watch | undefined;
  let library: LoadedBinding | undefined;
  const asked = new AbortController();
  // Before the harness has ended, a signal to everybody is meant for it. Then it is the next run that asks, and gets the lines once they
  // are safe.
  process.on('SIGTERM', () => {
    if (watch !== undefined && orphaned) asked.abort();
  });
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
  process.stdout.on('error', () => undefined);
  let orphaned = false;

  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const message = JSON.parse(line) as GuardMessage;
    if ('watch' in message) {
      ({ watch } = message);
      library = loadBinding(() => createRequire(__filename)(message.watch.library));
      process.stdout.write('binding' in library ? 'ready\n' : `${library.missing}\n`);
    } else if ('rest' in message) {
      const { rest, level } = message;
      if (watch !== undefined) {
        watch = { ...watch, lines: watch.lines.map((each) => (each.wire === rest ? { ...each, rest: level } : each)) };
      }
    } else {
      process.exit(0);
    }
  });
  process.stdin.on('error', () => {
    lines.close();
  });
  lines.on('close', () => {
    orphaned = true;
    // A signal handler keeps no process alive.
    setInterval(() => undefined, 60_000);
    if (watch === undefined || library === undefined || !('binding' in library)) process.exit(1);
    const { rig, pid, log } = watch;
    const say = (text: string): void => {
      note(log, `${systemClock.wall()} rig ${rig}, after the end of process ${String(pid)}: ${text}\n`);
    };
    leaveSafe(watch, { binding: library.binding, clock: systemClock, asked: asked.signal, say })
      .catch((error: unknown) => {
        say(`failed: ${messageOf(error)}`);
      })
      .finally(() => {
        process.exit(0);
      });
  });
}

/** A full disk must not keep the lines from being moved. */
function note(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, text);
  } catch {
    // There is nobody left to tell it.
  }
}

if (require.main === module) guard();
