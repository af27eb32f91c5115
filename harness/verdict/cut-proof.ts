import type { EventOf, JournalEvent } from '../journal/events.js';
import type { SeenReport } from './types.js';

/** ms after the supply is told on again within which a late word of the STATUS that fell still counts. */
const lateStatus = 1000;

/**
 * Whether power really went when it was told off. STATUS that fell is the surest witness. A device that left is one as well, unless VBUS
 * was switched off along with the supply: then it leaves whatever the supply does, so STATUS has the say where there is one, and
 * where there is none a module that goes on in mid-attempt has kept its power.
 */
export function powerWent(
  action: EventOf<'power.do'>,
  {
    events,
    departures,
    reports,
  }: {
    readonly events: readonly JournalEvent[];
    readonly departures: readonly { readonly t: number }[];
    readonly reports: readonly SeenReport[];
  },
): boolean {
  const { t } = action;
  const back = events.find((event) => event.type === 'power.do' && event.t > t && event.action === 'on')?.t ?? Infinity;
  const statuses = events.filter((event) => event.type === 'power.status');
  if (statuses.some((status) => !status.on && status.t >= t && status.t <= back + lateStatus)) return true;
  if (!departures.some((departure) => departure.t >= t && departure.t <= back)) return false;
  const vbusToo = events.some(
    (event) => event.type === 'power.do' && event.wire === 'vbus' && event.action === 'off' && event.t >= t && event.t <= back,
  );
  if (!vbusToo) return true;
  if (statuses.length > 0) return false;
  const next = reports.find(({ order }) => order > back);
  return next === undefined || (next.kind !== 'updating' && next.kind !== 'end' && next.kind !== 'download-end');
}
