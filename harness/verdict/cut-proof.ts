import type { EventOf, JournalEvent } from '../journal/events.js';
import type { SeenReport } from './types.js';

/** ms of a real module: no board has STATUS up sooner after its supply came on (domain: 2.5 s), and no module reports sooner. */
const soonestStart = 2000;
/** The line over the module's own USB. */
const usbLine = 'at';
/** ms after the supply is told on again within which a late word of the STATUS that fell still counts. */
const lateStatus = 1000;

/**
 * Whether power really went when it was told off. STATUS that fell is the surest witness. The module's own USB device that left is one as
 * well (an adapter's says nothing of the module), unless VBUS was switched off along with the supply: then it leaves whatever the supply does, so STATUS has the say where there is one, and
 * where there is none a module that goes on in mid-attempt has kept its power. STATUS that is back sooner than any module starts, or a
 * recovery that reports on, shows that something else fed the module while it was dark.
 */
export function powerWent(
  action: EventOf<'power.do'>,
  {
    events,
    departures,
    reports,
    scale,
  }: {
    readonly events: readonly JournalEvent[];
    readonly departures: readonly { readonly line: string; readonly t: number }[];
    readonly reports: readonly SeenReport[];
    /** The rig's time scale. */
    readonly scale: number;
  },
): boolean {
  const { t } = action;
  const back = events.find((event) => event.type === 'power.do' && event.t > t && event.action === 'on')?.t ?? Infinity;
  const statuses = events.filter((event) => event.type === 'power.status');
  if (statuses.some((status) => !status.on && status.t >= t && status.t <= back + lateStatus)) return !livedOn();
  if (!departures.some((departure) => departure.line === usbLine && departure.t >= t && departure.t <= back)) return false;
  const vbusToo = events.some(
    (event) => event.type === 'power.do' && event.wire === 'vbus' && event.action === 'off' && event.t >= t && event.t <= back,
  );
  if (!vbusToo) return true;
  if (statuses.length > 0) return false;
  const next = reports.find(({ order }) => order > back);
  return next === undefined || (next.kind !== 'updating' && next.kind !== 'end' && next.kind !== 'download-end');

  /** Started anew it would have been dark, and silent, for longer. */
  function livedOn(): boolean {
    const soon = (at: number): boolean => at > back && at < back + soonestStart * scale;
    const next = reports.find(({ order }) => order > back);
    const goesOn = next !== undefined && (next.kind === 'updating' || next.kind === 'end') && soon(next.order);
    return goesOn || statuses.some((status) => status.on && soon(status.t));
  }
}
