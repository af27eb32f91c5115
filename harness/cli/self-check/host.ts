/** What the host of a run can do to it, staged by `self-check-preload.ts` in every process of the run; the product knows nothing of it. */
import { join } from 'node:path';
import { projectRoot } from '../../jest/paths.js';
import type { EventOf, JournalEvent } from '../../journal/events.js';
import type { Defect } from './catalogue.js';

export const hostConditions = ['clock-step', 'stands-still', 'unit-stands-still', 'harness-stands-still', 'stale-file'] as const;
export type HostCondition = (typeof hostConditions)[number];

/** Rows of the matrix beside those of the simulator's catalogue. */
export const hostCatalogue: readonly Defect[] = [
  {
    name: 'clock-step',
    summary: 'the wall clock jumps by hours and days, forth and back, every second',
    owner: 'harmless',
    why: 'timing rests on the monotonic clock',
  },
  { name: 'clock-step-slow-boot', summary: 'the wall clock jumps, and the module starts too slowly', owner: 'firmware' },
  { name: 'clock-step-brick-window', summary: 'the wall clock jumps, and a cut at 42 % bricks the module', owner: 'firmware' },
  { name: 'clock-step-stuck-supply', summary: 'the wall clock jumps, and the supply cannot be switched off', owner: 'rig' },
  {
    name: 'host-stands-still',
    summary: 'every process on the host stands still for more than a second, again and again',
    owner: 'harmless',
    why: 'what was timed or lost meanwhile is the harness’s, never the firmware’s',
  },
  {
    name: 'harness-stands-still',
    summary: 'the harness stands still for more than a second, again and again, and the module runs on',
    owner: 'harmless',
    why: 'what was timed or lost meanwhile is the harness’s, never the firmware’s',
  },
  {
    name: 'unit-stands-still',
    summary: 'the process of the simulated unit stands still for more than a second, again and again',
    owner: 'harmless',
    why: 'a module in software is not slower than its host lets it be',
  },
  { name: 'stale-file', summary: 'our server hands out an old package under the name of the new one', owner: 'rig' },
];

/** What a run is started with, so that its host is like that. */
export function hostEnvironment(condition: HostCondition): Readonly<Record<string, string>> {
  const root = projectRoot();
  const preload = join(root, 'dist', 'harness', 'cli', 'self-check-preload.js');
  return {
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --require=${preload}`.trim(),
    DFOTA_SELF_CHECK_HOST: condition,
    DFOTA_SELF_CHECK_STALE: join(root, 'packages', 'simulated', 'ec25', 'update-v13-to-v12.zip'),
  };
}

/** Why the journal of a run does not show that its host was like that; undefined when it does. A disturbance that never came proves nothing. */
export function notStaged(condition: HostCondition, events: readonly JournalEvent[]): string | undefined {
  switch (condition) {
    case 'clock-step': {
      const steps = stepsOf(events).filter((ms) => Math.abs(ms) > 60_000);
      return steps.some((ms) => ms > 0) && steps.some((ms) => ms < 0) ? undefined : 'the wall clock did not jump forth and back';
    }
    case 'stands-still':
    case 'harness-stands-still':
      return lags(events, (lag) => lag.ms > 800 && lag.of !== 'unit') ? undefined : 'the harness never stood still';
    case 'unit-stands-still':
      return lags(events, (lag) => lag.ms > 800 && lag.of === 'unit') ? undefined : 'the unit never stood still';
    case 'stale-file': {
      const published = new Set(events.flatMap((event) => (event.type === 'delivery.publish' ? [event.sha256] : [])));
      const sent = events.flatMap((event) => (event.type === 'server.response' ? (event.sha256 ?? []) : []));
      return sent.some((digest) => !published.has(digest)) ? undefined : 'no old file was handed out';
    }
  }
}

/** By how much the wall clock moved against the monotonic one from each event to the next, ms. */
function stepsOf(events: readonly JournalEvent[]): readonly number[] {
  const apart = events.map(({ t, at }) => Date.parse(at) - t);
  return apart.slice(1).map((value, index) => value - (apart[index] ?? value));
}

function lags(events: readonly JournalEvent[], fits: (lag: EventOf<'host.lag'>) => boolean): boolean {
  return events.some((event) => event.type === 'host.lag' && fits(event));
}
