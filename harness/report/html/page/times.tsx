import { scaleLinear } from 'd3-scale';
import type { TimeRow } from '../data.js';
import { duration } from './format.js';
import { data, rigName, several } from './store.js';

const names: Readonly<Record<TimeRow['what'], string>> = {
  download: 'Download (START to END of the download)',
  flash: 'Upgrade (START to END)',
  boot: 'Boot (END to normal mode)',
  total: 'In all (command to normal mode)',
};
const width = 260;
const height = 26;

/** How long undisturbed upgrades took, with their spread. */
export function Times() {
  if (data.times.length === 0) return <p class="quiet">No upgrade that nothing disturbed has times in this journal.</p>;
  return (
    <>
      <p class="quiet">
        Upgrades that ended upgraded, without a cut, a fault on the way or a spoilt package. The box holds the middle half, the
        line in it is the median, the whiskers reach from the shortest to the longest; each dot is an upgrade.
      </p>
      {(['download', 'flash', 'boot', 'total'] as const).map((what) => (
        <TimeTable key={what} what={what} rows={data.times.filter((row) => row.what === what)} />
      ))}
    </>
  );
}

function TimeTable({ what, rows }: { readonly what: TimeRow['what']; readonly rows: readonly TimeRow[] }) {
  if (rows.length === 0) return null;
  const longest = Math.max(...rows.map(({ max }) => max), 1);
  const scale = scaleLinear([0, longest], [6, width - 6]).nice();
  return (
    <>
      <h3>{names[what]}</h3>
      <table role="table" class="plain times">
        <thead role="rowgroup">
          <tr role="row">
            {['of', 'spread', 'n', 'shortest', 'median', '95 % within', 'longest', 'limit'].map((title) => (
              <th key={title} role="columnheader" scope="col">
                {title}
                {title === 'spread' ? <span class="sub">0 to {duration(scale.domain()[1])}</span> : null}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={`${String(row.rig)}${row.source ?? ''}`} role="row">
              <td role="cell" class="main" data-label="of">
                {[several ? rigName(row.rig) : '', row.source?.toUpperCase() ?? (several ? '' : 'all sources')]
                  .filter((part) => part !== '')
                  .join(', ')}
              </td>
              <td role="cell" data-label="spread">
                <Box row={row} scale={scale} />
              </td>
              <td role="cell" data-label="n">
                {row.n.toLocaleString('en')}
              </td>
              <td role="cell" data-label="shortest">
                {duration(row.min)}
              </td>
              <td role="cell" data-label="median">
                <b>{duration(row.median)}</b>
              </td>
              <td role="cell" data-label="95 % within">
                {duration(row.p95)}
              </td>
              <td role="cell" data-label="longest">
                {duration(row.max)}
              </td>
              <td role="cell" data-label="limit">
                {row.limit === undefined ? '' : duration(row.limit)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Box({ row, scale }: { readonly row: TimeRow; readonly scale: (value: number) => number }) {
  const middle = height / 2;
  const [min, q1, median, q3, max] = [row.min, row.q1, row.median, row.q3, row.max].map(scale) as [
    number,
    number,
    number,
    number,
    number,
  ];
  // One element for all of them: a page may have a thousand.
  const dots = row.values.map((value, index) => `M${scale(value).toFixed(1)} ${String(middle + ((index * 7) % 11) - 5)}h0`);
  return (
    <svg class="box" width={width} height={height} aria-hidden="true">
      <path class="dots" d={dots.join('')} />
      <line x1={min} x2={max} y1={middle} y2={middle} />
      <rect x={q1} y={middle - 8} width={Math.max(1.5, q3 - q1)} height="16" />
      <line class="median" x1={median} x2={median} y1={middle - 9} y2={middle + 9} />
    </svg>
  );
}
