import { useMemo } from 'preact/hooks';
import type { Counts, Outcome } from '../data.js';
import { CutMap } from './cut-map.js';
import { askedText, plural } from './format.js';
import { Badge, Mark } from './marks.js';
import { upgradeHref } from './router.js';
import { data, rigName, several } from './store.js';
import { DataTable, type Column } from './table.js';
import { windowSentence } from './windows.js';

/** Power cuts: the map, what they prove, and each of them. */
export function Cuts() {
  const { trials, windows } = data;
  const all = useMemo(() => trials.id.map((_, trial) => trial), [trials]);
  const single = useMemo(() => all.filter((trial) => trials.points[trial] === 1), [all]);
  if (all.length === 0) return <p class="quiet">No power was cut in what this journal holds.</p>;
  const several = all.length - single.length;
  return (
    <>
      {windows.map((window) => (
        <p key={window.trial} class={`callout ${window.dead ? 'fail' : 'invalid'}`}>
          <Mark tone={window.dead ? 'fail' : 'invalid'} /> {windowSentence(window)}
        </p>
      ))}
      {data.notes
        .filter(({ text }) => text.startsWith('narrowed:'))
        .map(({ rig, text }) => (
          <p key={`${rig}${text}`} class="quiet">
            Noted by the run: {text}
          </p>
        ))}
      {single.length > 0 ? <CutMap trials={single} /> : null}
      {several > 0 ? (
        <p class="quiet">
          {plural(several, 'trial')} with cuts in several attempts {several === 1 ? 'is' : 'are'} not on the map: see the{' '}
          <a href="#ladders">retry ladders</a>.
        </p>
      ) : null}
      <Survival />
      <h3>Every trial</h3>
      <Trials rows={all} />
    </>
  );
}

function Survival() {
  return (
    <>
      <h3>What the cuts prove</h3>
      {data.survival.map((row) => (
        <section key={`${row.package}${row.revision}`} class="survival">
          <h4>
            {row.file === '' ? 'a package that is not told' : fileName(row.file)} from{' '}
            {row.revision === '' ? 'an unknown version' : row.revision}
            {row.contents !== '' && row.contents !== 'sound' ? ` (${row.contents} on purpose)` : ''}
          </h4>
          <p>{row.text}</p>
          <table role="table" class="plain">
            <thead role="rowgroup">
              <tr role="row">
                {['phase', 'survived', 'failed', 'not counted', 'what that bounds'].map((title) => (
                  <th key={title} role="columnheader" scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody role="rowgroup">
              {row.phases.map((phase) => (
                <tr key={phase.phase} role="row">
                  <td role="cell" data-label="phase">
                    {phase.phase}
                  </td>
                  <td role="cell" data-label="survived">
                    {phase.valid - phase.failed}
                  </td>
                  <td role="cell" data-label="failed">
                    {phase.failed > 0 ? <b class="fail">{phase.failed}</b> : 0}
                  </td>
                  <td role="cell" data-label="not counted">
                    {uncounted(phase)}
                  </td>
                  <td role="cell" data-label="bound">
                    {phase.text.replace(/^.*?: /, '')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </>
  );
}

function uncounted({ missed, invalid, notAttributed, unfinished }: Counts): string {
  const parts = [
    [missed, 'missed'],
    [invalid, 'invalid'],
    [notAttributed, 'not attributed'],
    [unfinished, 'unfinished'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`);
  return told.length === 0 ? '0' : told.join(', ');
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

const outcomes: readonly Outcome[] = ['failed', 'not-attributed', 'invalid', 'missed', 'unfinished', 'survived'];

function Trials({ rows }: { readonly rows: readonly number[] }) {
  const { trials } = data;
  // What did not survive is what a reader looks for.
  const sorted = useMemo(() => {
    const weight = (row: number): number => outcomes.indexOf(trials.outcome[row] ?? 'survived');
    return [...rows].sort((a, b) => weight(a) - weight(b) || a - b);
  }, [rows]);
  const columns: Column[] = [
    { title: 'outcome', cell: (row) => <Badge name={trials.outcome[row] ?? ''} />, by: (row) => trials.outcome[row] ?? '' },
    {
      title: 'trial',
      kind: 'main',
      cell: (row) => {
        const upgrade = trials.upgrade[row] ?? -1;
        return upgrade < 0 ? trials.id[row] : <a href={upgradeHref(upgrade)}>{trials.id[row]}</a>;
      },
    },
    {
      title: 'asked',
      cell: (row) => askedText(trials.asked[row] ?? ''),
      by: (row) => trials.askedPercent[row] ?? -1,
    },
    { title: 'achieved', cell: (row) => trials.achieved[row], by: (row) => trials.achievedPercent[row] ?? -1 },
    { title: 'proof', cell: (row) => trials.proof[row] },
    {
      title: 'over',
      kind: 'short',
      cell: (row) => (trials.source[row] ?? '').toUpperCase(),
      by: (row) => trials.source[row] ?? '',
    },
    ...(several ? [{ title: 'rig', cell: (row: number) => rigName(trials.rig[row] ?? -1) }] : []),
    {
      title: 'why',
      kind: 'wide',
      cell: (row) => (
        <>
          {(trials.owner[row] ?? '') === '' ? null : <b>{trials.owner[row]}: </b>}
          {trials.why[row]}
        </>
      ),
    },
  ];
  return (
    <DataTable
      id="trials"
      caption="Every trial"
      rows={sorted}
      columns={columns}
      filters={[
        {
          title: 'outcome',
          of: (row) => trials.outcome[row] ?? '',
          values: outcomes,
        },
        { title: 'source', of: (row) => (trials.source[row] ?? '').toUpperCase(), values: ['FTP', 'HTTP', 'UFS', 'SD'] },
        ...(several ? [{ title: 'rig', of: (row: number) => rigName(trials.rig[row] ?? -1), values: [] }] : []),
      ]}
      text={(row) => [trials.id[row], trials.cut[row], trials.achieved[row], trials.why[row], trials.proof[row]].join(' ')}
    />
  );
}
