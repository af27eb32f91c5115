import { useMemo } from 'preact/hooks';
import { duration, plural } from './format.js';
import { Badge } from './marks.js';
import { upgradeHref } from './router.js';
import { data, rigName, several } from './store.js';
import { DataTable, type Column } from './table.js';

const statuses = ['failed', 'invalid', 'inconclusive', 'skipped', 'passed'];

/** Every test with its status and reason. */
export function Tests() {
  const { tests } = data;
  // What did not pass is what a reader looks for.
  const rows = useMemo(() => {
    const weight = (row: number): number => statuses.indexOf(tests.status[row] ?? 'passed');
    return tests.name.map((_, row) => row).sort((a, b) => weight(a) - weight(b) || a - b);
  }, [tests]);
  if (tests.name.length === 0) return <p class="quiet">This evidence knows no tests, only upgrades.</p>;
  const columns: Column[] = [
    { title: 'status', cell: (row) => <Badge name={tests.status[row] ?? ''} />, by: (row) => tests.status[row] ?? '' },
    {
      title: 'test',
      kind: 'main',
      cell: (row) => {
        const upgrade = tests.upgrade[row] ?? -1;
        return upgrade < 0 ? tests.name[row] : <a href={upgradeHref(upgrade)}>{tests.name[row]}</a>;
      },
      by: (row) => tests.name[row] ?? '',
    },
    ...(several ? [{ title: 'rig', cell: (row: number) => rigName(tests.rig[row] ?? -1) }] : []),
    { title: 'requirements', cell: (row) => <span class="mono small">{tests.requirements[row]}</span> },
    { title: 'took', kind: 'number', cell: (row) => duration(tests.took[row]), by: (row) => tests.took[row] ?? -1 },
    {
      title: 'why',
      kind: 'wide',
      cell: (row) => (
        <>
          {(tests.tries[row] ?? 0) > 0 ? (
            <p class="quiet">{plural(tests.tries[row] ?? 0, 'try')} before it did not count.</p>
          ) : null}
          <Why text={tests.why[row] ?? ''} />
        </>
      ),
    },
  ];
  return (
    <DataTable
      id="test-table"
      caption="Tests"
      rows={rows}
      columns={columns}
      filters={[
        {
          title: 'status',
          of: (row) => tests.status[row] ?? '',
          values: statuses,
        },
        { title: 'suite', of: (row) => tests.suite[row] ?? '', values: [] },
        ...(several ? [{ title: 'rig', of: (row: number) => rigName(tests.rig[row] ?? -1), values: [] }] : []),
      ]}
      text={(row) => [tests.name[row], tests.status[row], tests.requirements[row], tests.why[row]].join(' ')}
    />
  );
}

/** The first line of a reason; the rest when it is asked for. */
export function Why({ text }: { readonly text: string }) {
  const [first = '', ...rest] = text.split('\n');
  if (rest.length === 0) return <>{first}</>;
  return (
    <details class="why">
      <summary>{first}</summary>
      <pre>{rest.join('\n')}</pre>
    </details>
  );
}

const results = ['fail', 'invalid', 'inconclusive', 'pass'];

/** Every upgrade, those that do not conform first; each leads to its timeline. */
export function Upgrades() {
  const { upgrades } = data;
  const rows = useMemo(() => {
    const weight = (row: number): number =>
      upgrades.counts[row] === true ? results.indexOf(upgrades.result[row] ?? 'pass') : results.length - 1;
    return upgrades.id.map((_, row) => row).sort((a, b) => weight(a) - weight(b) || a - b);
  }, [upgrades]);
  const columns: Column[] = [
    { title: 'result', cell: (row) => <Result row={row} />, by: (row) => upgrades.result[row] ?? '' },
    { title: 'upgrade', kind: 'main', cell: (row) => <a href={upgradeHref(row)}>{upgrades.id[row]}</a>, by: (row) => row },
    { title: 'ended as', kind: 'short', cell: (row) => upgrades.ending[row], by: (row) => upgrades.ending[row] ?? '' },
    {
      title: 'package',
      kind: 'short',
      cell: (row) =>
        `${upgrades.step[row] ?? ''}${upgrades.contents[row] === 'sound' ? '' : ` (${upgrades.contents[row] ?? ''})`}`,
      by: (row) => `${upgrades.contents[row] ?? ''}${upgrades.step[row] ?? ''}`,
    },
    {
      title: 'over',
      kind: 'short',
      cell: (row) => (upgrades.source[row] ?? '').toUpperCase(),
      by: (row) => upgrades.source[row] ?? '',
    },
    { title: 'disturbed by', cell: (row) => disturbance(row), by: (row) => disturbance(row) },
    { title: 'attempts', kind: 'number', cell: (row) => upgrades.attempts[row], by: (row) => upgrades.attempts[row] ?? 0 },
    { title: 'took', kind: 'number', cell: (row) => duration(upgrades.total[row]), by: (row) => upgrades.total[row] ?? -1 },
    ...(several ? [{ title: 'rig', cell: (row: number) => rigName(upgrades.rig[row] ?? -1) }] : []),
    { title: 'finding', kind: 'wide', cell: (row) => upgrades.finding[row] },
  ];
  return (
    <DataTable
      id="upgrade-table"
      caption="Upgrades"
      rows={rows}
      columns={columns}
      filters={[
        { title: 'result', of: (row) => upgrades.result[row] ?? '', values: results },
        { title: 'source', of: (row) => (upgrades.source[row] ?? '').toUpperCase(), values: ['FTP', 'HTTP', 'UFS', 'SD'] },
        { title: 'ending', of: (row) => upgrades.ending[row] ?? '', values: [] },
        ...(several ? [{ title: 'rig', of: (row: number) => rigName(upgrades.rig[row] ?? -1), values: [] }] : []),
      ]}
      text={(row) =>
        [
          upgrades.id[row],
          upgrades.ending[row],
          upgrades.finding[row],
          disturbance(row),
          data.tests.name[upgrades.test[row] ?? -1],
        ].join(' ')
      }
    />
  );
}

function Result({ row }: { readonly row: number }) {
  return (
    <>
      <Badge name={data.upgrades.result[row] ?? ''} />
      {data.upgrades.counts[row] === true ? null : <span class="sub">does not count</span>}
    </>
  );
}

export function disturbance(row: number): string {
  const { cuts, fault, intent } = data.upgrades;
  const cut = cuts[row] ?? 0;
  return [
    cut === 0 ? '' : plural(cut, 'power cut'),
    fault[row] ?? '',
    intent[row] === 'valid' ? '' : (intent[row] ?? '').replaceAll('-', ' '),
  ]
    .filter((part) => part !== '')
    .join(', ');
}
