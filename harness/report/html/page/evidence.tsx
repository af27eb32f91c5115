import { bytes, duration, when } from './format.js';
import { Badge } from './marks.js';
import { data } from './store.js';
import { fileName } from './cuts.js';

/** What the rest stands on: run, rigs, units, packages, and how to have it all again. */
export function Evidence() {
  return (
    <>
      <Repeat />
      <Run />
      {data.rigs.map((rig) => (
        <Rig key={rig.name} rig={rig} />
      ))}
      <Packages />
      <Notes />
      <Unreadable />
    </>
  );
}

function Repeat() {
  const { run, base } = data.repeat;
  return (
    <>
      <h3>How to repeat it</h3>
      {run === undefined ? null : (
        <p>
          The whole run: <code>{run}</code>
        </p>
      )}
      {data.trials.id.length === 0 ? null : (
        <p>
          One power cut, by the id that stands with its trial: <code>{base} --cut 'cut:…'</code>
        </p>
      )}
      <p>
        The verdicts alone, from the journal: <code>dfota judge {data.file}</code>
      </p>
    </>
  );
}

function Row({
  name,
  value,
  whole = false,
}: {
  readonly name: string;
  readonly value: string | number | undefined;
  readonly whole?: boolean;
}) {
  if (value === undefined || value === '') return null;
  return (
    <div class={whole ? 'whole' : undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Run() {
  const { run } = data;
  return (
    <>
      <h3>The run</h3>
      <dl class="facts small two">
        <Row name="evidence" value={`${data.file}, a ${data.kind}`} />
        <Row name="run" value={run?.id} />
        <Row name="began" value={when(run?.began)} />
        <Row name="ended" value={run === undefined ? undefined : run.ended === undefined ? 'it has no end' : when(run.ended)} />
        <Row name="seed" value={run?.seed} />
        <Row name="command" value={run?.command} whole />
        <Row name="result" value={run?.reason === undefined ? undefined : `${run.reason} (exit ${String(run.exit)})`} />
        <Row
          name="gone on with"
          value={run === undefined || run.resumed === 0 ? undefined : `${String(run.resumed)} times after it was killed`}
        />
        <Row
          name="harness"
          value={
            run === undefined
              ? undefined
              : `${run.harness.version}${run.harness.commit === undefined ? '' : `, commit ${run.harness.commit}`}`
          }
        />
        <Row name="Node.js" value={run?.harness.node} />
        <Row name="host" value={run?.host} />
        <Row
          name="this page"
          value={`made by harness ${data.madeBy}${data.identitiesMasked ? ', identities masked' : ', identities in full'}`}
        />
      </dl>
    </>
  );
}

/** A log knows of no power, and a run that goes on has no end yet. */
function powerAtTheEnd({ powerSafe, limits }: (typeof data.rigs)[number]): string | undefined {
  if (powerSafe !== undefined) return powerSafe ? 'safe' : 'may not be safe';
  return limits === undefined || data.live !== undefined ? undefined : 'not known: the rig was not given back';
}

function Rig({ rig }: { readonly rig: (typeof data.rigs)[number] }) {
  const restores = Object.entries(rig.restores).map(([rung, count]) => `${rung} ${String(count)}`);
  const { limits } = rig;
  return (
    <section class="rig">
      <h3>
        {rig.name === '' ? 'The unit' : `Rig ${rig.name}`} <Badge name={rig.verdict} />
      </h3>
      <dl class="facts small two">
        <Row name="module" value={rig.module} />
        <Row
          name="kind"
          value={
            rig.scale === undefined
              ? undefined
              : rig.simulated
                ? `simulated, at ${String(rig.scale)} of real time`
                : 'real hardware'
          }
        />
        <Row name="lines" value={rig.lines.join(', ')} />
        <Row name="retries" value={rig.firmware} />
        <Row
          name="limits"
          value={
            limits === undefined
              ? undefined
              : `boot ${duration(limits.boot)}, download ${duration(limits.download)}, upgrade ${duration(limits.upgrade)}`
          }
        />
        <Row name="switch" value={rig.proof} />
        <Row name="power at the end" value={powerAtTheEnd(rig)} />
        <Row name="restored by" value={restores.join(', ')} />
        <Row name="host stood still" value={rig.lag === 0 ? undefined : duration(rig.lag)} />
        <Row name="set aside" value={rig.aside} />
        {rig.faults.map(({ text, count }) => (
          <Row key={text} name="rig fault" value={count > 1 ? `${text} (${String(count)} times)` : text} whole />
        ))}
        <Row name="upgrades" value={rig.upgrades} />
        <Row name="power cuts" value={rig.survival} />
      </dl>
      {rig.identity.length === 0 ? null : (
        <table role="table" class="plain">
          <caption>Identity of the unit, as first and last read</caption>
          <thead role="rowgroup">
            <tr role="row">
              {['', 'first', 'last'].map((title) => (
                <th key={title} role="columnheader" scope="col">
                  {title === '' ? <span class="visually-hidden">value</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {rig.identity.map(({ name, first, last }) => (
              <tr key={name} role="row">
                <td role="cell" class="main" data-label="value">
                  {name}
                </td>
                <td role="cell" class="mono" data-label="first">
                  {first}
                </td>
                <td role="cell" class="mono" data-label="last">
                  {last === first ? 'the same' : <b>{last}</b>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Packages() {
  return (
    <>
      <h3>Files that were sent</h3>
      <table role="table" class="plain">
        <thead role="rowgroup">
          <tr role="row">
            {['file', 'contents', 'size', 'SHA-256', 'upgrades'].map((title) => (
              <th key={title} role="columnheader" scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {data.files.map((file) => (
            <tr key={file.sha256} role="row">
              <td role="cell" class="main" data-label="file">
                {fileName(file.file)}
              </td>
              <td role="cell" data-label="contents">
                {file.contents}
              </td>
              <td role="cell" data-label="size">
                {file.sha256 === '' ? 'not known' : bytes(file.size)}
              </td>
              <td role="cell" class="mono digest" data-label="SHA-256">
                {file.sha256 === '' ? 'not known' : file.sha256}
              </td>
              <td role="cell" data-label="upgrades">
                {file.upgrades.toLocaleString('en')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Notes() {
  if (data.notes.length === 0) return null;
  return (
    <>
      <h3>Noted by the run</h3>
      <ul>
        {data.notes.map(({ rig, text }, index) => (
          <li key={index}>
            {rig === '' ? '' : `${rig}: `}
            {text}
          </li>
        ))}
      </ul>
    </>
  );
}

function Unreadable() {
  if (data.unreadable.length === 0) return null;
  return (
    <>
      <h3>Lines of the file that were not understood</h3>
      <ol class="lines">
        {data.unreadable.map(({ line, why, text }) => (
          <li key={line}>
            <span class="n">line {line}</span> <span class="type">{why}</span> <span class="text">{text}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
