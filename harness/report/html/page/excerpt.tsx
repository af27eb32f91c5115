import { useEffect, useState } from 'preact/hooks';
import type { FindingDetail, UpgradeDetail } from '../data.js';
import { offset } from './format.js';
import { Badge } from './marks.js';
import { detailOf, requirementText } from './store.js';

/** Details of an upgrade once they are decompressed. */
export function useDetail(upgrade: number | undefined): UpgradeDetail | undefined {
  const [detail, setDetail] = useState<{ upgrade: number; detail: UpgradeDetail | undefined }>();
  useEffect(() => {
    let wanted = true;
    if (upgrade === undefined) return;
    detailOf(upgrade).then(
      (found) => {
        if (wanted) setDetail({ upgrade, detail: found });
      },
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [upgrade]);
  return detail?.upgrade === upgrade ? detail?.detail : undefined;
}

/** A finding in full: what was expected, what was seen, and the journal's lines it rests on among those around them. */
export function Finding({ finding, timed }: { readonly finding: FindingDetail; readonly timed: boolean }) {
  const { owner, text, requirement, rule, title, expected, seen } = finding;
  return (
    <article class="finding">
      <p class="what">
        <Badge name={owner} /> {text}
      </p>
      <dl class="facts small">
        <div>
          <dt>requirement</dt>
          <dd>
            <a href="#requirements" class="mono">
              {requirement}
            </a>{' '}
            {requirementText(requirement)}
          </dd>
        </div>
        <div>
          <dt>rule</dt>
          <dd>
            <span class="mono">{rule}</span> {title}
          </dd>
        </div>
        <div>
          <dt>expected</dt>
          <dd>{expected}</dd>
        </div>
        <div>
          <dt>seen</dt>
          <dd>{seen}</dd>
        </div>
      </dl>
      <Lines finding={finding} timed={timed} />
    </article>
  );
}

export function Lines({ finding, timed }: { readonly finding: FindingDetail; readonly timed: boolean }) {
  const { lines, more } = finding;
  if (lines.length === 0) return <p class="quiet">No single line of the journal shows it.</p>;
  return (
    <>
      <ol class="lines" aria-label="Lines of the journal">
        {lines.map((line) => (
          <li key={line.n} class={line.named ? 'named' : undefined}>
            {line.gap ? (
              <span class="gap" aria-hidden="true">
                ⋯
              </span>
            ) : null}
            <span class="n">#{line.n}</span> <span class="t">{offset(line.t, timed)}</span> <span class="type">{line.type}</span>{' '}
            <span class="text">{line.text}</span>
            {line.named ? <span class="visually-hidden"> (named by the finding)</span> : null}
          </li>
        ))}
      </ol>
      {more > 0 ? <p class="quiet">… and {more} more that it names.</p> : null}
    </>
  );
}
