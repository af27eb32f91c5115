import { Badge, wordOf } from './marks.js';
import { upgradeHref } from './router.js';
import { data } from './store.js';
import { DataTable, type Column } from './table.js';

const order = ['failed', 'undecided', 'not-covered', 'passed'];

/** Every requirement, also those that nothing put to the test. */
export function Requirements() {
  const { requirements } = data;
  const rows = requirements.map((_, row) => row);
  const of = (row: number) => requirements[row]!;
  const columns: Column[] = [
    {
      title: 'state',
      cell: (row) =>
        of(row).state === 'not-covered' ? (
          <Badge name="not-covered">
            <b>NOT COVERED</b>
          </Badge>
        ) : (
          <Badge name={of(row).state} />
        ),
      by: (row) => order.indexOf(of(row).state),
    },
    { title: 'id', kind: 'short', cell: (row) => <span class="mono">{of(row).id}</span>, by: (row) => of(row).id },
    { title: 'requirement', kind: 'wide', cell: (row) => of(row).text },
    { title: 'guide', kind: 'short', cell: (row) => of(row).source },
    { title: 'held', kind: 'number', cell: (row) => of(row).passed.toLocaleString('en'), by: (row) => of(row).passed },
    {
      title: 'failed',
      kind: 'number',
      cell: (row) => {
        const { failed, upgrade } = of(row);
        if (failed === 0) return '0';
        return upgrade === undefined ? <b class="fail">{failed}</b> : <a href={upgradeHref(upgrade)}>{failed}</a>;
      },
      by: (row) => of(row).failed,
    },
    { title: 'undecided', kind: 'number', cell: (row) => of(row).undecided, by: (row) => of(row).undecided },
    { title: 'tests', kind: 'number', cell: (row) => of(row).tests, by: (row) => of(row).tests },
    {
      title: 'rules',
      kind: 'wide',
      cell: (row) => <span class="mono small">{of(row).rules.join(', ') || 'a test of its own'}</span>,
    },
  ];
  return (
    <>
      <p class="quiet">
        Held and failed count upgrades in which a rule put the requirement to the test. A test that names it is not enough: what
        nothing exercised is not covered.
      </p>
      <DataTable
        id="requirement-table"
        caption="Requirements"
        rows={rows}
        columns={columns}
        filters={[{ title: 'state', of: (row) => of(row).state, values: order }]}
        text={(row) => [of(row).id, of(row).text, wordOf(of(row).state), of(row).rules.join(' ')].join(' ')}
      />
    </>
  );
}
