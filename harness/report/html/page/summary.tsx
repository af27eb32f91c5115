import type { FindingGroup, Verdict } from '../data.js';
import { plural, span, when } from './format.js';
import { Badge, Mark, toneOf, wordOf } from './marks.js';
import { upgradeHref } from './router.js';
import { data } from './store.js';
import { windowSentence } from './windows.js';

const titles: Readonly<Record<Verdict, string>> = {
  passed: 'Passed',
  failed: 'Failed',
  invalid: 'Not proven',
  inconclusive: 'Undecided',
  interrupted: 'Interrupted',
  nothing: 'Nothing proven',
  running: 'Running',
};

/** The first screen: did it pass, on what, how far that goes, and what is against it. */
export function Summary() {
  const { headline, run } = data;
  const tone = toneOf(headline.verdict);
  return (
    <header class="summary">
      <div class={`verdict ${tone}`}>
        <Mark tone={tone} size={52} />
        <div>
          <p class="kicker">
            {[
              'DFOTA evidence',
              run === undefined ? '' : `run ${run.id}`,
              when(headline.began),
              span(headline.began, headline.ended),
            ]
              .filter((part) => part !== '')
              .join(' · ')}
          </p>
          <h1 id="top" tabIndex={-1}>
            {titles[headline.verdict]}
          </h1>
          <p class="lead">{headline.sentence}</p>
        </div>
      </div>
      <div class="first">
        <Facts />
        <Against />
      </div>
      {data.remarks.length === 0 ? null : (
        <ul class="remarks">
          {data.remarks.map((remark) => (
            <li key={remark}>{remark}</li>
          ))}
        </ul>
      )}
    </header>
  );
}

function Facts() {
  const { headline, pairs, rigs, requirements } = data;
  const states = (state: string): number => requirements.filter((row) => row.state === state).length;
  const tests = (['passed', 'failed', 'invalid', 'inconclusive', 'skipped'] as const).filter(
    (status) => headline.tests[status] > 0,
  );
  const { cuts } = headline;
  const uncounted = [
    [cuts.missed, 'came too late'],
    [cuts.invalid, 'invalid'],
    [cuts.notAttributed, 'not attributed'],
    [cuts.unfinished, data.live === undefined ? 'without an end' : 'under way'],
  ].filter(([number]) => number !== 0);
  return (
    <dl class="facts">
      {pairs.map((pair) => (
        <div key={pair.upgrade.sha256}>
          <dt>Package{pairs.length > 1 ? ` for ${pair.module}` : ''}</dt>
          <dd>
            <b class="version">{pair.from}</b> → <b class="version">{pair.to}</b> and back
            <span class="sub">{pair.name}</span>
          </dd>
        </div>
      ))}
      {pairs.length > 0 ? null : <Versions />}
      {rigs.length === 0 || (rigs.length === 1 && rigs[0]?.name === '') ? null : (
        <div>
          <dt>{rigs.length === 1 ? 'Unit' : `${String(rigs.length)} units`}</dt>
          <dd>
            {rigs.slice(0, 6).map((rig) => (
              <span key={rig.name} class="unit">
                {rigs.length > 1 ? <Mark tone={toneOf(rig.verdict)} size={14} /> : null}
                {rigs.length > 1 ? <span class="visually-hidden">{wordOf(rig.verdict)}: </span> : null}
                {rig.module} on {rig.name}
                {rig.simulated ? ' (simulated)' : ''}, IMEI{' '}
                <span class="mono">{rig.identity.find(({ name }) => name === 'IMEI')?.last ?? 'not read'}</span>
              </span>
            ))}
            {rigs.length > 6 ? <a href="#evidence">and {rigs.length - 6} more</a> : null}
          </dd>
        </div>
      )}
      <div>
        <dt>Sources</dt>
        <dd>
          {headline.sources.map(({ source, upgrades, failed }) => (
            <span key={source} class="source">
              {source.toUpperCase()} {upgrades.toLocaleString('en')}
              {failed > 0 ? <em class="fail"> ({failed} failed)</em> : null}
            </span>
          ))}
          {headline.sources.length === 0 ? 'none told' : <span class="sub">upgrades judged</span>}
        </dd>
      </div>
      <div>
        <dt>Power cuts</dt>
        <dd>
          <a href="#cuts">{headline.survival}</a>
          {uncounted.length === 0 ? null : (
            <span class="sub">
              not counted: {uncounted.map(([number, what]) => `${String(number)} ${String(what)}`).join(', ')}
            </span>
          )}
        </dd>
      </div>
      {tests.length === 0 ? null : (
        <div>
          <dt>Tests</dt>
          <dd>
            <a href="#tests" class="counts">
              {tests.map((status) => (
                <Badge key={status} name={status}>
                  {headline.tests[status].toLocaleString('en')} {wordOf(status)}
                </Badge>
              ))}
            </a>
          </dd>
        </div>
      )}
      <div>
        <dt>Requirements</dt>
        <dd>
          <a href="#requirements" class="counts">
            {(['passed', 'failed', 'undecided', 'not-covered'] as const)
              .filter((state) => states(state) > 0)
              .map((state) => (
                <Badge key={state} name={state}>
                  {states(state)} {wordOf(state)}
                </Badge>
              ))}
          </a>
        </dd>
      </div>
    </dl>
  );
}

/** A log has no pair of packages: what was read of the module says from where to where. */
function Versions() {
  const { before, after } = data.upgrades;
  const from = before.find((version) => version !== '');
  const to = after.findLast((version) => version !== '');
  return (
    <div>
      <dt>Versions</dt>
      <dd>
        {from === undefined && to === undefined ? (
          'none was read'
        ) : (
          <>
            <b class="version">{from ?? '?'}</b> → <b class="version">{to ?? '?'}</b>
          </>
        )}
      </dd>
    </div>
  );
}

const mostGroups = 4;

/** What failed and whose fault, each with the way to a trial that shows it. */
function Against() {
  const decisive = data.groups.filter(({ decides }) => decides);
  // A few failures that make no window are told by their findings.
  const windows = data.windows.filter(({ dead, known }) => dead || known);
  const faults = data.rigs.flatMap((rig) => [
    ...rig.faults.map(({ text, count }) => ({ rig: rig.name, text, count })),
    ...(rig.aside === undefined ? [] : [{ rig: rig.name, text: `set aside: ${rig.aside}`, count: 1 }]),
  ]);
  return (
    <section class="against" aria-labelledby="against">
      <h2 id="against">What failed, and whose fault</h2>
      {windows.slice(0, 3).map((window) => (
        <p key={window.trial} class="callout fail">
          <Mark tone="fail" /> {windowSentence(window)} <TrialLink trial={window.trial} />
        </p>
      ))}
      <ul class="groups">
        {decisive.slice(0, mostGroups).map((group) => (
          <li key={`${group.owner}${group.rule}${group.requirement}${group.text}`}>
            <Badge name={group.owner} /> <span class="mono">{group.requirement}</span> {group.text}
            <span class="sub">
              {plural(group.count, 'time')} · {group.rule} · <GroupLink group={group} />
            </span>
          </li>
        ))}
        {faults.slice(0, 3).map(({ rig, text, count }) => (
          <li key={`${rig}${text}`}>
            <Badge name="rig" /> {rig}: {text} {count > 1 ? <span class="sub">{plural(count, 'time')}</span> : null}
          </li>
        ))}
      </ul>
      {decisive.length > mostGroups ? (
        <p>
          <a href="#findings">All {decisive.length} findings</a>
        </p>
      ) : null}
      {decisive.length === 0 && faults.length === 0 && windows.length === 0 ? (
        <p class="quiet">
          {data.live === undefined ? 'Nothing.' : 'Nothing so far.'}{' '}
          {data.groups.length > 0 ? <a href="#findings">Findings that decided nothing: {data.groups.length}</a> : null}
        </p>
      ) : null}
    </section>
  );
}

function TrialLink({ trial }: { readonly trial: number }) {
  const upgrade = data.trials.upgrade[trial] ?? -1;
  if (upgrade < 0) return null;
  return <a href={upgradeHref(upgrade)}>See trial {data.trials.id[trial]}</a>;
}

export function GroupLink({ group }: { readonly group: FindingGroup }) {
  const [upgrade] = group.upgrades;
  if (upgrade !== undefined) return <a href={upgradeHref(upgrade)}>see {data.upgrades.id[upgrade]}</a>;
  if (group.test !== undefined) return <a href="#tests">{data.tests.name[group.test]}</a>;
  return null;
}
