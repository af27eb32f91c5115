/** Whether a point of a trial lay within what this module's upgrade had at all. Pure. */
import type { SeenReport, UpgradeRecord } from '../verdict/types.js';
import { phaseOf, pointText, type CutPoint } from './cut.js';

/**
 * Why no cut, however prompt, could have been made at this point: the phase was over before it was due, or its anchor never came. Undefined when a
 * prompt cut would have been in time. `since`: when power was back after the point before. To be asked of an upgrade that nothing is held against.
 */
export function outOfReach(point: CutPoint, record: UpgradeRecord, since = -Infinity): string | undefined {
  const scale = record.profile?.scale ?? 1;
  const anchor = record.reports.find((report) => report.order > since && isAnchor(point, report));
  const text = pointText(point);
  if (isReported(point) && anchor === undefined) return `what ${text} waits for was not reported`;
  if (anchor === undefined || point.delay === 0) return undefined;
  const end = record.reports.find((report) => report.order >= anchor.order && report !== anchor && endsPhase(point, report));
  const due = anchor.order + point.delay * scale;
  if (end === undefined || end.order > due) return undefined;
  const seconds = (end.order - anchor.order) / 1000 / scale;
  return `the phase was over ${seconds.toFixed(1)} s after ${pointText({ ...point, delay: 0 })}, before ${text} was due`;
}

/** Its anchor is a report, not something that is seen otherwise. */
const isReported = ({ anchor }: CutPoint): boolean =>
  anchor !== 'download' && anchor !== 'usb-leaves' && anchor !== 'ready' && anchor !== 'silence';

function isAnchor({ anchor, percent = 0 }: CutPoint, { kind, value }: SeenReport): boolean {
  switch (anchor) {
    case 'updating':
      return (kind === 'updating' || kind === 'restore') && typeof value === 'number' && value >= percent;
    case 'download-start':
    case 'start':
      return kind === anchor;
    case 'download-end':
    case 'end':
      return kind === anchor && value === 0;
    case 'failed-end':
      return kind === 'end' && value !== undefined && value !== 0;
    default:
      return false;
  }
}

function endsPhase(point: CutPoint, { kind }: SeenReport): boolean {
  switch (phaseOf(point)) {
    case 'download':
      return kind === 'download-end';
    case 'reboot':
      return kind === 'start' || kind === 'updating' || kind === 'restore' || kind === 'end';
    case 'start':
    case 'updating':
      return kind === 'end';
    default:
      // After END 0 every moment up to normal mode, and beyond it, is what was asked for.
      return false;
  }
}
