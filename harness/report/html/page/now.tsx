import { useState } from 'preact/hooks';
import type { LiveRig } from '../data.js';
import { useLive, type Link } from './live.js';
import { TimelineView } from './timeline.js';

/** What the rigs of a run are doing, while it goes on. */
export function Now() {
  const { link, facts } = useLive();
  const [chosen, choose] = useState<string>();
  const rigs = facts?.rigs ?? [];
  const shown = rigs.find(({ name }) => name === chosen) ?? rigs[0];
  return (
    <section class="now" aria-labelledby="now">
      <h2 id="now" tabIndex={-1}>
        Now
      </h2>
      <p class={link === 'lost' ? 'callout invalid' : 'quiet'} role="status">
        {statusOf(link, facts?.caughtUp ?? false)}
      </p>
      {link === 'ended' ? null : (
        <>
          <ul class="rigs">
            {rigs.map((rig) => (
              <li key={rig.name}>
                {rigs.length > 1 ? (
                  <button
                    type="button"
                    class="chip"
                    aria-pressed={rig === shown}
                    onClick={() => {
                      choose(rig.name);
                    }}
                  >
                    {rig.name}
                  </button>
                ) : (
                  <b>{rig.name}</b>
                )}
                <Doing rig={rig} />
              </li>
            ))}
          </ul>
          {shown === undefined ? null : <UnderWay rig={shown} />}
        </>
      )}
    </section>
  );
}

function statusOf(link: Link, caughtUp: boolean): string {
  if (link === 'ended')
    return 'The run has ended. This page is complete, and goes with its window; the same is kept as report.html in the run’s folder.';
  if (link === 'lost')
    return 'Nobody answers: the run may be gone, or this page was too slow. It is tried again; what stands here is as it was last told.';
  return caughtUp ? 'Follows the run; nothing is to be reloaded.' : 'Reading what the run has done so far…';
}

function Doing({ rig: { test, phase, counts, ended, upgrade } }: { readonly rig: LiveRig }) {
  const percent = ended ? undefined : upgrade?.timeline.percents.percent.at(-1);
  return (
    <>
      <span class="phase">{phase}</span>
      {percent === undefined ? null : (
        <progress max={100} value={percent} aria-label={`Percentage reported last: ${String(percent)}`} />
      )}
      <span class="sub">
        {counts === 'nothing yet' ? 'no test has ended yet' : counts}
        {test === '' ? '' : ` · ${test}`}
      </span>
    </>
  );
}

function UnderWay({ rig: { name, upgrade } }: { readonly rig: LiveRig }) {
  if (upgrade === undefined) return <p class="quiet">{name} is between two upgrades.</p>;
  return (
    <>
      <h3>
        {upgrade.id}: {upgrade.from} → {upgrade.to}
      </h3>
      <p class="quiet mono">{upgrade.target}</p>
      <TimelineView key={`${name} ${upgrade.id}`} timeline={upgrade.timeline} listed={false} />
    </>
  );
}
