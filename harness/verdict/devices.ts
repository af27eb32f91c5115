/** What a module was on the bus besides itself, and whether it stayed so. */
import type { EventOf, JournalEvent } from '../journal/events.js';
import { answersAfter } from './facts.js';
import type { SeenDevice, UpgradeRecord } from './types.js';

/** The devices seen in an upgrade's events; `end` is when its end was written, undefined when it never was. */
export function devicesOf(events: readonly JournalEvent[], end: number | undefined): SeenDevice[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'module.device') return [];
    const leaving = events.slice(index + 1).find((later) => leaves(event, later));
    const { kind, doubtful = false, n, t } = event;
    const until = Math.max(t, leaving?.t ?? end ?? events.at(-1)?.t ?? t);
    return [{ kind, doubtful, event: n, t, until, left: leaving !== undefined }];
  });
}

/** It left, or another device is there, which means the same. */
function leaves({ path }: EventOf<'module.device'>, later: JournalEvent): boolean {
  if (later.type === 'module.device') return path === later.path;
  return later.type === 'usb.left' && (path === undefined || path === later.path);
}

/**
 * What the module has ended as: it was still there at the end, and had been longer than a start may take (where it may as well be a
 * recovery: longer than that), or the watch gave it up for that, and nothing answered.
 */
export function stuckAs(record: UpgradeRecord): SeenDevice | undefined {
  const last = record.devices.at(-1);
  if (last === undefined || last.left) return undefined;
  if (record.stopped?.why === 'other-device' && !answersAfter(record)) return last;
  const { boot, upgrade, diagnosticsAlone = upgrade } = record.profile?.limits ?? { boot: Infinity, upgrade: Infinity };
  return last.until - last.t >= (last.doubtful ? diagnosticsAlone : boot) ? last : undefined;
}
