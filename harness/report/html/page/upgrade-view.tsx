import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { UpgradeDetail } from '../data.js';
import { fileName } from './cuts.js';
import { Finding, useDetail } from './excerpt.js';
import { askedText, offset, plural, when } from './format.js';
import { Ladder } from './ladders.js';
import { disturbance } from './lists.js';
import { useLive } from './live.js';
import { Badge, Mark, toneOf } from './marks.js';
import { upgradeHref } from './router.js';
import { data, followsRun, repeatCommand } from './store.js';
import { DataTable } from './table.js';
import { itemsOf } from './timeline-items.js';
import { TimelineView } from './timeline.js';

/** One upgrade in full: verdict, trial, timeline, attempts, findings, every event. */
export function UpgradeView({ upgrade }: { readonly upgrade: number }) {
  const { upgrades, tests } = data;
  const detail = useDetail(upgrade);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    scrollTo(0, 0);
    heading.current?.focus();
  }, [upgrade]);
  const id = upgrades.id[upgrade];
  if (id === undefined) {
    return (
      <main id="main">
        <h1>There is no such upgrade here</h1>
        <p>
          <a href="#top">All results</a>
        </p>
      </main>
    );
  }
  const result = upgrades.result[upgrade] ?? '';
  const test = upgrades.test[upgrade] ?? -1;
  return (
    <main id="main" class="upgrade">
      <Steps upgrade={upgrade} />
      <div class={`verdict ${toneOf(result)}`}>
        <Mark tone={toneOf(result)} size={40} />
        <div>
          <p class="kicker">{tests.name[test] ?? 'no test'}</p>
          <h1 ref={heading} tabIndex={-1}>
            {id}
          </h1>
          <p class="lead">
            <Badge name={result} /> ended as <b>{upgrades.ending[upgrade]}</b>
            {upgrades.finding[upgrade] === '' ? '' : `: ${upgrades.finding[upgrade] ?? ''}`}
          </p>
        </div>
      </div>
      <Facts upgrade={upgrade} detail={detail} />
      {detail === undefined ? <Waiting /> : <Details key={upgrade} detail={detail} />}
    </main>
  );
}

function Waiting() {
  const { link } = useLive();
  if (!followsRun || link === 'open') return <p class="quiet">Reading…</p>;
  return <p class="callout">Its details did not come before the run ended. They are in the run’s report.html.</p>;
}

function Steps({ upgrade }: { readonly upgrade: number }) {
  const bad = (row: number): boolean => data.upgrades.result[row] !== 'pass' && data.upgrades.counts[row] === true;
  const rows = data.upgrades.id.map((_, row) => row).filter(bad);
  const before = rows.findLast((row) => row < upgrade);
  const after = rows.find((row) => row > upgrade);
  return (
    <nav class="steps no-print" aria-label="Upgrades">
      <a href="#top">← All results</a>
      <span class="spacer" />
      {before === undefined ? null : <a href={upgradeHref(before)}>‹ previous that does not conform</a>}
      {after === undefined ? null : <a href={upgradeHref(after)}>next that does not conform ›</a>}
    </nav>
  );
}

function Facts({ upgrade, detail }: { readonly upgrade: number; readonly detail: UpgradeDetail | undefined }) {
  const { upgrades, trials } = data;
  const trial = upgrades.trial[upgrade] ?? -1;
  const repeat = repeatCommand(upgrade);
  const contents = upgrades.contents[upgrade] ?? 'sound';
  const scale = data.rigs[upgrades.rig[upgrade] ?? -1]?.scale;
  const rows: readonly (readonly [name: string, value: preact.ComponentChildren, whole?: boolean])[] = [
    [
      'versions',
      <>
        {upgrades.before[upgrade] || '?'} → {upgrades.after[upgrade] || '?'}
        {detail === undefined ? '' : ` (asked: ${detail.from} → ${detail.to})`}
      </>,
    ],
    [
      'package',
      detail === undefined ? (
        ''
      ) : (
        <>
          {fileName(detail.file)}
          {contents === 'sound' ? '' : `, ${contents} on purpose`} <span class="mono digest sub">{detail.sha256}</span>
        </>
      ),
    ],
    ['source', detail === undefined ? '' : <span class="mono">{detail.target}</span>, true],
    ['answered', detail?.answer ?? ''],
    ['began', detail === undefined ? '' : when(detail.at)],
    ['disturbed by', disturbance(upgrade)],
    [
      'trial',
      trial < 0 ? (
        ''
      ) : (
        <>
          <Badge name={trials.outcome[trial] ?? ''} /> {trials.id[trial]}
        </>
      ),
    ],
    ['cut asked', trial < 0 ? '' : `${askedText(trials.asked[trial] ?? '')}${scaled(scale)}`],
    ['cut achieved', trial < 0 ? '' : trials.achieved[trial]],
    ['proof that power went', trial < 0 ? '' : trials.proof[trial]],
    ['watch ended', detail?.stopped ?? ''],
    ['why', trial < 0 ? '' : trials.why[trial], true],
    ['repeat it', repeat === undefined ? '' : <code>{repeat}</code>, true],
  ];
  return (
    <dl class="facts small two">
      {rows
        .filter(([, value]) => value !== '' && value !== undefined)
        .map(([name, value, whole = false]) => (
          <div key={name} class={whole ? 'whole' : undefined}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A simulated unit lives faster: what is asked in a module's own time comes that much sooner. */
function scaled(scale: number | undefined): string {
  return scale === undefined || scale === 1 ? '' : ` (the rig's clock: ${String(scale)} of real time)`;
}

function Details({ detail }: { readonly detail: UpgradeDetail }) {
  const { timeline, rungs, findings, observations, identity, notUnderstood } = detail;
  return (
    <>
      <section aria-labelledby="timeline">
        <h2 id="timeline">Timeline</h2>
        <TimelineView timeline={timeline} />
      </section>
      {findings.length === 0 ? null : (
        <section aria-labelledby="its-findings">
          <h2 id="its-findings">{plural(findings.length, 'finding')}</h2>
          {findings.map((finding, index) => (
            <Finding key={index} finding={finding} timed={timeline.timed} />
          ))}
        </section>
      )}
      {rungs.length === 0 ? null : (
        <section aria-labelledby="attempts">
          <h2 id="attempts">{plural(rungs.length, 'attempt')}</h2>
          <Ladder rungs={rungs} />
        </section>
      )}
      {observations.length === 0 ? null : (
        <section aria-labelledby="observations">
          <h2 id="observations">Observations</h2>
          <ul>
            {observations.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </section>
      )}
      {identity.length === 0 ? null : (
        <section aria-labelledby="identity">
          <h2 id="identity">Identity and health</h2>
          <table role="table" class="plain">
            <thead role="rowgroup">
              <tr role="row">
                {['value', 'before', 'after'].map((title) => (
                  <th key={title} role="columnheader" scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {identity.map(({ name, before, after }) => (
                <tr key={name} role="row">
                  <td role="cell" class="main" data-label="value">
                    {name}
                  </td>
                  <td role="cell" class="mono" data-label="before">
                    {before === '' ? 'not read' : before}
                  </td>
                  <td role="cell" class="mono" data-label="after">
                    {after === '' ? 'not read' : after === before ? 'the same' : <b>{after}</b>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {notUnderstood.length === 0 ? null : (
        <section aria-labelledby="not-understood">
          <h2 id="not-understood">Lines that were not understood</h2>
          <ol class="lines">
            {notUnderstood.map(({ n, line, text }, index) => (
              <li key={index}>
                <span class="n">#{n}</span> <span class="type">{line}</span> <span class="text">{text}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
      <Events detail={detail} />
    </>
  );
}

function Events({ detail }: { readonly detail: UpgradeDetail }) {
  const { timeline } = detail;
  const items = useMemo(() => itemsOf(timeline), [timeline]);
  return (
    <section aria-labelledby="events">
      <h2 id="events">Every event</h2>
      <DataTable
        id={`events-of-${detail.rig}-${detail.id}`.replace(/[^\w-]/g, '-')}
        caption="Events of the upgrade"
        rows={items.map((_, row) => row)}
        columns={[
          { title: 'time', kind: 'short', cell: (row) => <span class="mono">{offset(items[row]?.t ?? 0, timeline.timed)}</span> },
          { title: 'lane', kind: 'short', cell: (row) => items[row]?.lane },
          { title: 'event', kind: 'main', cell: (row) => items[row]?.label },
          { title: 'in full', kind: 'wide', cell: (row) => <span class="mono">{items[row]?.text}</span> },
          { title: 'line', kind: 'number', cell: (row) => `#${String(items[row]?.n ?? '')}` },
        ]}
        filters={[
          { title: 'lane', of: (row) => items[row]?.lane ?? '', values: ['report', 'at', 'usb', 'power', 'server', 'harness'] },
        ]}
        text={(row) => `${items[row]?.label ?? ''} ${items[row]?.text ?? ''}`}
        page={40}
      />
    </section>
  );
}
