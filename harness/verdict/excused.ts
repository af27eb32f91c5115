import { shortestDeadline } from '../base/clock.js';
import type { Finding, UpgradeRecord } from './types.js';

/** What a host that stands still can bring about by itself: an answer or a transfer that somebody waits for does not come in time. */
const byWaiting: ReadonlySet<string> = new Set(['command.answer', 'download.unprovoked', 'download.reported']);

/** ms of a real module: a standstill that no wait of a module or of ours is shorter than. */
const longerThanAnyWait = 5000;
/** ms around the moment in which a line left: a host that stood still just then was busy before and after. */
const around = 200;

/** The finding, or the same against the harness when the host, not the module, accounts for it. */
export function excused(finding: Finding, record: UpgradeRecord): Finding {
  if (finding.owner === 'rig' || finding.owner === 'harness' || finding.owner === 'package') return finding;
  const still = standstill(finding, record);
  if (still === undefined) return finding;
  const text = `${finding.text}; the host stood still for ${String(Math.round(still.ms))} ms meanwhile`;
  return { ...finding, owner: 'harness', text, events: [...new Set([...finding.events, still.n])].sort((a, b) => a - b) };
}

function standstill({ rule, owner }: Finding, record: UpgradeRecord): UpgradeRecord['lags'][number] | undefined {
  const longest = [...record.lags].sort((a, b) => b.ms - a.ms)[0];
  const waits = Math.max(shortestDeadline, longerThanAnyWait * (record.profile?.scale ?? 1));
  if (byWaiting.has(rule) && longest !== undefined && longest.ms >= waits) return longest;
  // A line that leaves takes along what was not read yet; what is in doubt then would have been known to a host that was awake.
  if (owner !== 'undecided') return undefined;
  return record.lags.find(({ t, ms, of }) =>
    record.departures.some((left) => of !== 'unit' && left.t >= t - ms - around && left.t <= t + around),
  );
}
