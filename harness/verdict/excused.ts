import { shortestDeadline } from '../base/clock.js';
import type { Finding, UpgradeRecord } from './types.js';

/** What a host that stands still can bring about by itself: answers and transfers that somebody waits for, and reports read too late. */
const byWaiting: ReadonlySet<string> = new Set(['command.answer', 'download.unprovoked', 'download.reported']);
const byReadingLate: ReadonlySet<string> = new Set(['order.download-seen', 'order.end-seen', 'download.reported']);

/** ms of a real module: a standstill that no wait of a module or of ours is shorter than. */
const longerThanAnyWait = 5000;
/** ms around the moment in which a line left. */
const around = 50;

/** The finding, or the same against the harness when the host, not the module, accounts for it. */
export function excused(finding: Finding, record: UpgradeRecord): Finding {
  if (finding.owner !== 'firmware' && finding.owner !== 'undecided') return finding;
  const still = standstill(finding, record);
  if (still === undefined) return finding;
  const text = `${finding.text}; the host stood still for ${String(Math.round(still.ms))} ms meanwhile`;
  return { ...finding, owner: 'harness', text, events: [...new Set([...finding.events, still.n])].sort((a, b) => a - b) };
}

function standstill({ rule }: Finding, record: UpgradeRecord): UpgradeRecord['lags'][number] | undefined {
  const longest = [...record.lags].sort((a, b) => b.ms - a.ms)[0];
  const waits = Math.max(shortestDeadline, longerThanAnyWait * (record.profile?.scale ?? 1));
  if (byWaiting.has(rule) && longest !== undefined && longest.ms >= waits) return longest;
  if (!byReadingLate.has(rule)) return undefined;
  return record.lags.find(({ t, ms, of }) =>
    record.departures.some((left) => of !== 'unit' && left.t >= t - ms - around && left.t <= t + around),
  );
}
