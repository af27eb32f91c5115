import type { Defect } from './catalogue.js';
import type { Blame, Evidence } from './evidence.js';
import { rightOwners, type Expectation } from './expectation.js';
import type { RunEnd } from './run-once.js';

/** One line of the matrix. */
export interface Score {
  readonly defect: string;
  readonly summary: string;
  readonly seeded: Defect['owner'];
  /** Of a harmless one: why. */
  readonly why: string | undefined;
  readonly caught: boolean;
  /** What caught it, the expected one first; what was found instead when it was missed. */
  readonly by: readonly Blame[];
  /** Owners that the run named. */
  readonly named: readonly string[];
  readonly ownerRight: boolean;
  readonly exit: number | string;
  readonly exitRight: boolean;
  /** ms of the whole run, starting Node.js included. */
  readonly took: number;
  /** Nothing is wrong with this line. */
  readonly right: boolean;
  /** What is wrong, in a sentence. */
  readonly note: string | undefined;
  /** Folder of the run. */
  readonly run: string;
}

const expectedExit = { firmware: 1, rig: 3, harmless: 0 } as const;
const blamesFirmware = ({ owner }: Blame): boolean => owner === 'firmware' || owner === 'package';

/** `notStaged`: why the run was not what it was meant to be, when it was not. */
export function scoreOf(
  defect: Defect,
  expectation: Expectation,
  end: RunEnd,
  evidence: Evidence,
  run: string,
  notStaged?: string,
): Score {
  const { exit } = end;
  const seeded = defect.owner;
  const decided = evidence.blames.filter((blame) => (exit === 1 ? blamesFirmware(blame) : !blamesFirmware(blame)));
  const expected = decided.filter((blame) => isExpected(blame, expectation));
  const caught = expected.length > 0;
  const owners = rightOwners(defect, expectation);
  // The owner is the one that the run's exit code stands for, and nobody else may be held guilty beside it.
  const counted = caught ? decided : evidence.blames;
  const named = [...new Set(counted.map(({ owner }) => owner))];
  const firmwareToo = seeded === 'rig' && evidence.blames.some(blamesFirmware);
  const ownerRight = named.length > 0 && !firmwareToo && named.every((owner) => owners.includes(owner));
  const harmless = seeded === 'harmless';
  // A doubt that is allowed makes a test undecided, which is exit code 3.
  // What was held against the host was tried again.
  const doubted =
    harmless &&
    evidence.blames.some(({ owner }) => owners.includes(owner)) &&
    evidence.blames.every(({ owner }) => owners.includes(owner) || owner === 'harness');
  // Nor can every defect of the firmware be told from a rig's.
  const onlyDoubt = seeded === 'firmware' && expectation.owners?.every((owner) => owner === 'undecided') === true;
  const wanted = onlyDoubt ? 3 : expectedExit[seeded];
  const exitRight = exit === wanted || (doubted && exit === 3);
  const alarmed = harmless && !doubted && evidence.alarms.length > 0;
  const right = notStaged === undefined && (harmless ? exitRight && !alarmed : caught && ownerRight && exitRight);
  return {
    defect: defect.name,
    summary: defect.summary,
    seeded,
    why: defect.why,
    caught: harmless ? alarmed : caught,
    by: caught ? [...expected, ...decided.filter((blame) => !expected.includes(blame))] : evidence.blames,
    named,
    ownerRight: harmless ? named.length === 0 || doubted : ownerRight,
    exit,
    exitRight,
    took: end.took,
    right,
    note: right ? undefined : noteOf(),
    run,
  };

  function noteOf(): string {
    if (notStaged !== undefined) return `the run was not disturbed as it should be: ${notStaged}`;
    if (end.outOfTime) return 'stopped by the limit of time for one run';
    if (evidence.tests.length === 0 && evidence.blames.length === 0) return 'no test of that name ran';
    if (harmless) return `a false alarm: ${evidence.alarms[0] ?? `exit ${String(exit)}`}`;
    if (!caught && evidence.blames.length === 0) return 'missed: nothing was found';
    const found = evidence.blames.map(({ owner, rule }) => `${rule} (${owner})`).join(', ');
    if (!caught) return `not caught by ${expectation.by.map(({ rule }) => rule).join(' or ')}; found ${found}`;
    if (firmwareToo) return `the firmware is blamed for a fault of the rig: ${found}`;
    if (!ownerRight) return `${named.join(', ')} named instead of ${owners.join(' or ')}`;
    return `exit ${String(exit)} instead of ${String(wanted)}`;
  }
}

function isExpected(blame: Blame, { by }: Expectation): boolean {
  return by.some(
    ({ rule, requirements }) =>
      rule === blame.rule &&
      (requirements.length === 0 || blame.requirement === undefined || requirements.includes(blame.requirement)),
  );
}
