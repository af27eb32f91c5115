/**
 * The guardian: a small process beside a run. It shares the descriptors of the run's lines, so that they keep their levels when the run
 * dies, and then leaves them safe. Started by `guardian.ts`; `npm run build` makes the program.
 */
import { appendFileSync, closeSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pause, systemClock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { leaveSafe, type HeldLine } from './guard-duty.js';
import {
  firstLineDescriptor,
  guardTitle,
  hasEnded,
  slateDescriptor,
  turned,
  type GuardMessage,
  type Watch,
} from './guard-message.js';
import { loadBinding, type LoadedBinding } from './load-binding.js';
import { readSlate } from './slate.js';

/** Between two looks whether the run's process has closed what it had open. */
const again = 5;

function guard(): void {
  let watch: Watch | undefined;
  let library: LoadedBinding | undefined;
  let onDuty = false;
  // Before the run has ended, a signal to everybody is meant for it. Then the next run asks for the lines with SIGTERM.
  const asked = new Promise<void>((resolve) => {
    process.on('SIGTERM', () => {
      if (onDuty) resolve();
    });
  });
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
  process.stdout.on('error', () => undefined);

  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const message = JSON.parse(line) as GuardMessage;
    if ('end' in message) {
      take(true);
      return;
    }
    ({ watch } = message);
    library = loadBinding(() => createRequire(__filename)(message.watch.library));
    process.stdout.write('binding' in library ? 'ready\n' : `${library.missing}\n`);
  });
  process.stdin.on('error', () => {
    lines.close();
  });
  lines.on('close', () => {
    take(false);
  });

  function take(inOrder: boolean): void {
    if (onDuty) return;
    if (watch === undefined || library === undefined || !('binding' in library)) process.exit(1);
    onDuty = true;
    // A signal handler keeps no process alive.
    setInterval(() => undefined, 60_000);
    const { rig, pid, log, lines: guarded } = watch;
    const say = (text: string): void => {
      note(log, `${systemClock.wall()} rig ${rig}, after the end of process ${String(pid)}: ${text}\n`);
    };
    duty(watch, library, inOrder, say)
      .then(async (held) => {
        // Before the run is told, and the next one may look for it.
        if (held.length > 0) {
          process.title = guardTitle(
            pid,
            guarded.flatMap((line) =>
              held.filter(({ wire }) => wire === line.wire).map(({ level }) => ({ ...line, driven: turned(level, line.flags) })),
            ),
          );
        }
        process.stdout.write(held.length === 0 ? 'free\n' : 'holds\n');
        if (held.length > 0) {
          if (!inOrder) say(`${held.map(({ wire }) => wire).join(', ')} held until the next run`);
          await asked;
          for (const { letGo } of held) letGo();
        }
      })
      .catch((error: unknown) => {
        say(`${guarded.map(({ wire }) => wire).join(', ')} could not be left safe: ${messageOf(error)}`);
      })
      .finally(() => {
        process.exit(0);
      });
  }
}

async function duty(watch: Watch, library: LoadedBinding, inOrder: boolean, say: (text: string) => void): Promise<HeldLine[]> {
  if (!('binding' in library)) return [];
  // Its pipe may close before its lines do.
  while (!inOrder && !hasEnded(watch.pid)) await pause(systemClock, again);
  const slate = readSlate(slateDescriptor, watch.lines.length);
  const inherited = watch.lines.map((line, index) => ({
    ...line,
    stands: slate[index]?.stands ?? 0,
    rests: slate[index]?.rests ?? 0,
    letGo: () => {
      closeSync(firstLineDescriptor + index);
    },
  }));
  return leaveSafe(watch, inherited, { binding: library.binding, clock: systemClock, say });
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
