import type { Finding, Judgement } from './types.js';

/**
 * Findings against the firmware that no fault of the rig, the network or the harness can bring about: the module itself said or kept
 * something wrong. They fail a trial that is otherwise invalid; every other finding is not held against the firmware then.
 */
const standAlone: ReadonlySet<string> = new Set([
  'version.known',
  'version.after-end',
  'refused.version',
  'refused.base',
  'delivery.version',
  'command.refuse',
  'identity.imei',
  'identity.iccid',
  'percent.range',
]);

/** With another unit, another version or another file than asked for, nothing that follows says anything about the firmware. */
const wrongStart: ReadonlySet<string> = new Set(['rig.unit', 'base.version', 'fetch.ours', 'fetch.same']);

const blamesModule = ({ owner }: Finding): boolean => owner === 'firmware' || owner === 'package';
const spoils = ({ owner }: Finding): boolean => owner === 'rig' || owner === 'harness' || owner === 'network';

/** What is left of the findings: after a wrong start nothing is held against the firmware. */
export function tenable(findings: readonly Finding[]): readonly Finding[] {
  return findings.some(({ rule }) => wrongStart.has(rule)) ? findings.filter((finding) => !blamesModule(finding)) : findings;
}

/** The one place where findings become a result. */
export function resultOf(findings: readonly Finding[]): Judgement['result'] {
  if (findings.some(({ rule }) => wrongStart.has(rule))) return 'invalid';
  const failing = findings.filter(blamesModule);
  if (findings.some(spoils)) return failing.some(({ rule }) => standAlone.has(rule)) ? 'fail' : 'invalid';
  if (failing.length > 0) return 'fail';
  return findings.length > 0 ? 'inconclusive' : 'pass';
}

const weight: readonly Finding['owner'][] = ['firmware', 'package', 'rig', 'harness', 'network', 'undecided'];

/** Firmware's first, then what makes the trial invalid, then what is in doubt. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => weight.indexOf(a.owner) - weight.indexOf(b.owner));
}
