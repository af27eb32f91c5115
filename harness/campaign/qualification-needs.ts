/** Which suite puts a requirement to the test, and what a rig must have for that. A test keeps the suites true. */
import type { Phase } from './cut.js';
import { hasDownload } from './cut.js';
import type { RequirementId } from '../rig/criteria-schema.js';
import type { QualifyingRig } from './qualification.js';

type Suite = 'identity' | 'round-trip' | 'limits' | 'download-failures' | 'bad-packages' | 'power-cut' | 'five-retries';

interface Need {
  readonly suite: Suite;
  /** What no rig has, in words; undefined when this one has it. */
  readonly lacks?: (rig: QualifyingRig) => string | undefined;
  /** At least one cut in this phase. */
  readonly phase?: Phase;
}

const from =
  (source: 'ftp' | 'http') =>
  ({ sources }: QualifyingRig): string | undefined =>
    sources.includes(source) ? undefined : `delivers by ${source}`;
const ownServer = ({ own }: QualifyingRig): string | undefined =>
  own.length > 0 ? undefined : 'has an FTP or HTTP server of ours';
const ownOf =
  (source: 'ftp' | 'http') =>
  ({ own }: QualifyingRig): string | undefined =>
    own.includes(source) ? undefined : `has a ${source} server of ours`;
const local = ({ sources }: QualifyingRig): string | undefined =>
  sources.includes('ufs') || sources.includes('sd') ? undefined : 'delivers by UFS or SD';
const restorable = ({ restorableFailures }: QualifyingRig): string | undefined =>
  restorableFailures ? undefined : 'can be brought back from a package that its firmware retries for ever (restore.command)';
const cuts = ({ powerCuts }: QualifyingRig): string | undefined =>
  powerCuts ? undefined : 'allows power cuts (safety.powerCuts)';
const cutsDownload = (rig: QualifyingRig): string | undefined =>
  cuts(rig) ?? (rig.sources.some(hasDownload) ? undefined : 'allows power cuts and delivers by FTP or HTTP');

export const needs: Readonly<Record<RequirementId, Need>> = {
  'DG-01': { suite: 'identity' },
  'DG-02': { suite: 'identity' },
  'DG-03': { suite: 'limits', lacks: from('ftp') },
  'DG-04': { suite: 'limits', lacks: from('http') },
  'DG-05': { suite: 'limits', lacks: local },
  'DG-06': { suite: 'limits' },
  'DG-07': { suite: 'round-trip', lacks: from('ftp') },
  'DG-08': { suite: 'round-trip', lacks: from('http') },
  'DG-09': { suite: 'round-trip', lacks: local },
  'DG-10': { suite: 'round-trip', lacks: ownServer },
  'DG-11': { suite: 'round-trip' },
  'DG-12': { suite: 'round-trip' },
  'DG-13': { suite: 'round-trip' },
  'DG-14': { suite: 'round-trip' },
  'DG-15': { suite: 'five-retries', lacks: restorable },
  'DG-16': { suite: 'download-failures', lacks: ownOf('ftp') },
  'DG-17': { suite: 'download-failures', lacks: ownOf('http') },
  'DG-18': { suite: 'bad-packages', lacks: restorable },
  'DG-19': { suite: 'bad-packages', lacks: restorable },
  'DG-20': { suite: 'power-cut', lacks: cuts, phase: 'updating' },
  'DG-21': { suite: 'bad-packages', lacks: restorable },
  'DH-01': { suite: 'power-cut', lacks: cutsDownload, phase: 'download' },
  'DH-02': { suite: 'power-cut', lacks: cuts, phase: 'reboot' },
  'DH-03': { suite: 'round-trip' },
  'DH-04': { suite: 'round-trip' },
  'DH-05': { suite: 'bad-packages', lacks: restorable },
  'DH-06': { suite: 'five-retries', lacks: restorable },
  'DH-07': { suite: 'identity' },
  'DH-08': { suite: 'round-trip' },
  'DH-09': { suite: 'download-failures', lacks: ownServer },
};
