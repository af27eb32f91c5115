import type { Rung } from '../data.js';
import { duration, plural } from './format.js';
import { Badge } from './marks.js';
import { upgradeHref, useKept } from './router.js';
import { data } from './store.js';
import { Pager } from './table.js';

const most = 12;

/** Every upgrade that took more than one attempt: those that fail first, then the longest. */
export function Ladders() {
  const { upgrade, rungs } = data.ladders;
  const [page, setPage] = useKept('ladders page', 0);
  const weight = (row: number): number =>
    (data.upgrades.result[upgrade[row] ?? -1] === 'pass' ? 0 : 1000) + (rungs[row]?.length ?? 0);
  const rows = upgrade.map((_, row) => row).sort((a, b) => weight(b) - weight(a));
  if (rows.length === 0) return <p class="quiet">Every upgrade took one attempt.</p>;
  return (
    <>
      <p class="quiet">
        {plural(rows.length, 'upgrade')} in several attempts. Each rung is one attempt: how far its percentages went, where power
        was cut (dashed), and the END it reported.
      </p>
      <ul class="ladders">
        {rows.slice(page * most, (page + 1) * most).map((row) => (
          <li key={row}>
            <p>
              <Badge name={data.upgrades.result[upgrade[row] ?? -1] ?? ''} />{' '}
              <a href={upgradeHref(upgrade[row] ?? 0)}>{data.upgrades.id[upgrade[row] ?? -1]}</a>{' '}
              {plural(rungs[row]?.length ?? 0, 'attempt')}, ended {data.upgrades.ending[upgrade[row] ?? -1]}
              <span class="sub">{data.tests.name[data.upgrades.test[upgrade[row] ?? -1] ?? -1]}</span>
            </p>
            <Ladder rungs={rungs[row] ?? []} />
          </li>
        ))}
      </ul>
      <Pager page={page} pages={Math.ceil(rows.length / most)} of="retry ladders" turn={setPage} />
    </>
  );
}

/** The attempts of one upgrade, one above the other. */
export function Ladder({ rungs }: { readonly rungs: readonly Rung[] }) {
  return (
    <ol class="ladder">
      {rungs.map((rung, index) => (
        <li key={index}>
          <span class="number">{index + 1}</span>
          <RungBar rung={rung} />
          <span class="end">
            {rung.end}
            {rung.cut === null ? '' : ', power cut'}
          </span>
          <span class="sub">
            {rung.from === null ? 'no percentage' : `${String(rung.from)}–${String(rung.to)} %`}
            {rung.startSeen ? '' : ', START not seen'}
            {rung.took === null ? '' : `, ${duration(rung.took)}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

function RungBar({ rung }: { readonly rung: Rung }) {
  const tone = rung.cut !== null ? 'cut' : rung.end === 'END 0' ? 'pass' : rung.end === 'no END' ? 'none' : 'fail';
  const [from, to] = [rung.from ?? 0, rung.to ?? 0];
  const cut = rung.cut === null ? undefined : Math.max(0, rung.cut);
  return (
    <svg class="rung" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="ground" x="0" y="4" width="100" height="2" />
      {rung.from === null ? null : (
        <rect class={`bar ${tone}`} x={Math.min(from, to)} y="1.5" width={Math.max(1, Math.abs(to - from))} height="7" />
      )}
      {rung.from === null && tone === 'fail' ? <rect class="bar fail" x="0" y="1.5" width="2" height="7" /> : null}
      {cut === undefined ? null : <line class="cut" x1={cut} x2={cut} y1="0" y2="10" />}
    </svg>
  );
}
