import { phases } from '../../campaign/cut.js';
import { survivalText } from '../../campaign/statistics.js';
import type { Counts, SentFile, SurvivalRow } from './data.js';
import type { TrialRow } from './trial-rows.js';

/** As the ledger counts: only what survived or failed by the module's fault is valid. */
export function countsOf(trials: readonly TrialRow[]): Counts {
  const of = (outcome: TrialRow['outcome']): number => trials.filter((trial) => trial.outcome === outcome).length;
  return {
    valid: of('survived') + of('failed'),
    failed: of('failed'),
    missed: of('missed'),
    invalid: of('invalid'),
    notAttributed: of('not-attributed'),
    unfinished: of('unfinished'),
  };
}

/** What the cuts prove, for each package from each revision, and phase by phase. */
export function survivalRows(trials: readonly TrialRow[], files: readonly SentFile[]): readonly SurvivalRow[] {
  const groups = new Map<string, TrialRow[]>();
  for (const trial of trials) {
    const key = `${trial.package ?? ''} ${trial.revision ?? ''}`;
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [trial]);
    else own.push(trial);
  }
  return [...groups.values()]
    .map((own): SurvivalRow => {
      const [first] = own;
      const file = files.find(({ sha256 }) => sha256 === first?.package);
      const counts = countsOf(own);
      const known: readonly string[] = phases;
      const named = [...new Set(own.map(({ phase }) => phase))].sort((a, b) => known.indexOf(a) - known.indexOf(b));
      return {
        package: first?.package ?? '',
        file: file?.file ?? '',
        contents: file?.contents ?? '',
        revision: first?.revision ?? '',
        rigs: [...new Set(own.map(({ rig }) => rig))],
        ...counts,
        text: survivalText(counts),
        phases: named.map((phase) => {
          const inPhase = countsOf(own.filter((trial) => trial.phase === phase));
          return { phase, ...inPhase, text: survivalText(inPhase) };
        }),
      };
    })
    .sort((a, b) => b.valid - a.valid);
}
