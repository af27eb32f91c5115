import { existsSync, readFileSync } from 'node:fs';
import type { EventOf } from '../../harness/journal/events.js';

/** A report that a simulated module wrote: when it began to (ms of the machine's monotonic clock), and where. */
interface Written {
  readonly t: number;
  readonly port: string;
  readonly text: string;
  readonly reached: boolean;
}

/** The reports that an anchor waits for. */
const awaited: Readonly<Record<string, RegExp>> = {
  start: /"FOTA","START"/,
  updating: /"FOTA","UPDATING",/,
  end: /"FOTA","END",0/,
};
/** Within this many ms a module writes one report to both of its ports. */
const together = 100;

/**
 * From the module's first write of the report that a cut was waiting for, on whichever port, to the supply line's write, ms: the kernel's way from one
 * process to the other and the wait for a processor are in it. Undefined for a cut that waits for no report, or for a while after it.
 */
export function cutLatency(cut: EventOf<'trial.cut'>, written: readonly Written[]): number | undefined {
  const [, anchor = ''] = /^([a-z-]+)(?:@[\d.]+%)?$/.exec(cut.asked) ?? [];
  const text = awaited[anchor];
  const line = cut.written;
  if (text === undefined || line === undefined) return undefined;
  const before = written.filter((each) => each.reached && each.t < line && text.test(each.text));
  const last = before.at(-1);
  if (last === undefined) return undefined;
  const first = before.find((each) => each.text === last.text && last.t - each.t < together) ?? last;
  return line - first.t;
}

/** What `dfota sim run --written` left. */
export function readWritten(file: string): readonly Written[] {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Written]));
}
