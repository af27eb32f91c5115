import { fold } from '../fold.js';
import { judge } from '../judge.js';
import type { Judgement, UpgradeRecord } from '../types.js';
import { both, script, v13, type Script } from './script.js';

export const judged = (story: Script, upgrade = 0): Judgement => judge(fold(story.events)[upgrade] as UpgradeRecord);
export const rulesOf = (judgement: Judgement, ...owners: string[]): string[] => [
  ...new Set(judgement.findings.filter(({ owner }) => owners.length === 0 || owners.includes(owner)).map(({ rule }) => rule)),
];

export const usbOnly = () => script({ lines: ['at'] });
export const uartOnly = () => script({ lines: ['uart'] });
export const forever = () => script({ firmware: { retries: 5, reading: 'either', afterRetries: 'retries-for-ever' } });
/** Accepted, failed while downloading, and back at once. */
export const failedDownload = (source: 'ftp' | 'http', end: string, options = {}): Script =>
  script()
    .start(source, options)
    .command()
    .say(both, `${source.toUpperCase()}START`, `${source.toUpperCase()}END,${end}`)
    .end('download-failed')
    .after({});
export const refusedCommand = (source: 'ftp' | 'http' | 'ufs', intent: 'beyond-limit' | 'no-such-file'): Script =>
  script().start(source, { intent }).command('+CME ERROR').end('refused').after({});
export const cutAndResumed = (story: Script): Script =>
  story.cut().say(['uart'], 'START').say(both, 'END,0').wait(1000).reboots().normal().end().after({ revision: v13 });
