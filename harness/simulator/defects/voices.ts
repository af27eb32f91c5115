import type { Behaviour } from '../behaviour.js';
import type { Report } from '../core/steps.js';
import { lostOn, percentages } from './reports.js';

const SEEN = 'sound modules were seen to do so';
const OPEN = 'the guide leaves it open';

type Hooks = Omit<Behaviour, 'name' | 'summary' | 'owner' | 'harmless'>;

function voice(name: string, summary: string, hooks: Hooks, harmless = SEEN): Behaviour {
  return { name, summary, owner: 'firmware', harmless, ...hooks };
}

/** Rewrites each line as it is written. */
function lines(change: (text: string) => string): Hooks {
  return { urc: (sound) => sound.map(change) };
}

/** What sound modules were seen to do, each in its own way: a harness must get along with all of it. */
export const VOICES: readonly Behaviour[] = [
  voice(
    'urc-glued',
    'writes reports without line ends between them',
    lines((text) => text.replace(/\r\n/g, '')),
  ),
  voice('urc-garbled', 'one report in four has junk in it or is cut short', {
    urc: (sound, _port, dice) =>
      sound.map((text) => {
        if (dice.whole(0, 3) > 0) return text;
        const at = dice.whole(2, text.length - 3);
        return dice.whole(0, 1) === 0
          ? text.slice(0, at)
          : text.slice(0, at) + dice.bytes(3).toString('latin1') + text.slice(at + 2);
      }),
  }),
  voice('urc-doubled', 'writes each report twice', { urc: (sound) => sound.flatMap((text) => [text, text]) }),
  voice(
    'urc-blanks',
    'writes blanks around commas',
    lines((text) => text.replace(/"FOTA","UPDATING",/, '"FOTA" , "UPDATING", ')),
  ),
  voice(
    'urc-comma-missing',
    'leaves the comma after "FOTA" out, as the guide has it once',
    lines((text) => text.replace(/"FOTA",/, '"FOTA" ')),
  ),
  voice(
    'percent-sign',
    'writes percentages with their sign',
    lines((text) => text.replace(/("UPDATING",\d+)/, '$1%')),
  ),
  voice(
    'https-words',
    'says HTTPSSTART and HTTPSEND',
    lines((text) => text.replace(/"HTTP(START|END)"/, '"HTTPS$1"')),
  ),
  voice('end-doubled', 'reports the end twice', {
    reports: (sound) => sound.flatMap((report): Report[] => (report.kind === 'END' ? [report, report] : [report])),
  }),
  voice('rdy-in-update', 'says RDY in mid-update', {
    urc: (sound) => sound.flatMap((text) => (/"UPDATING",50\r/.test(text) ? [text, '\r\nRDY\r\n'] : [text])),
  }),
  voice('start-lost-on-usb', 'START is never seen over USB', { urc: lostOn('at', /"START"/) }),
  voice('percent-ends-at-96', 'the last percentage is 96', {
    reports: percentages((percent) => (percent > 96 ? [] : [percent])),
  }),
  voice('percent-starts-at-7', 'the first percentage is 7', {
    reports: percentages((percent) => (percent < 7 ? [] : [percent])),
  }),
  voice('percent-in-steps', 'reports every fifth percentage', {
    reports: percentages((percent) => (percent % 5 > 0 ? [] : [percent])),
  }),
  voice(
    'reports-on-usb-only',
    'reports an upgrade over USB only',
    { urc: lostOn('uart', /"FOTA"/) },
    'AT+QURCCFG sends reports to one line, and USB is the one that is asked for',
  ),
  voice('last-end-only', 'of several failed attempts only the last reports its end', { endEach: () => false }, OPEN),
  voice('cuts-free', 'a power cut uses up no attempt', { cutsCount: () => false }, OPEN),
  voice(
    'percent-restarts',
    'percentages begin at 1 again after a cut, and jump to where they were',
    {
      reports: (sound, percent, starts) =>
        starts < 2 || percent > 0
          ? sound
          : sound.flatMap((report): Report[] =>
              report.kind === 'UPDATING' ? [{ kind: 'UPDATING', percent: 1 }, report] : [report],
            ),
    },
    OPEN,
  ),
  voice('echo-off', 'does not echo commands after a start', { echo: () => false }),
  voice('roaming', 'is registered as a guest', { registration: () => 5 }),
  voice('package-deleted', 'deletes a local package after the upgrade', { afterUpgrade: (_nv, files) => files.dropPackage() }),
];
