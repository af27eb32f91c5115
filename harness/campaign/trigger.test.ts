import { systemClock } from '../base/clock.js';
import type { Report } from '../at/types.js';
import { readReports } from '../at/report.js';
import type { CutPoint } from './cut.js';
import { Trigger } from './trigger.js';

/** Which of the reports sets the point off. */
function firedBy(point: CutPoint, ...texts: readonly string[]): string | undefined {
  let fired: string | undefined;
  let now = '';
  const trigger = new Trigger({ points: [point], scale: 1, clock: systemClock, fire: () => (fired ??= now) });
  for (const text of texts) {
    now = text;
    const report = readReports(`+QIND: "FOTA",${text}`).reports[0]?.report as Report;
    trigger.onUrc({ t: 0, report, text } as unknown as Parameters<Trigger['onUrc']>[0]);
  }
  trigger.stop();
  return fired;
}

const reports = ['"FTPSTART"', '"FTPEND",0', '"START"', '"UPDATING",7', '"UPDATING",41', '"END",505', '"END",0'];

test.each([
  [{ anchor: 'download-start', delay: 0 }, '"FTPSTART"'],
  [{ anchor: 'download-end', delay: 0 }, '"FTPEND",0'],
  [{ anchor: 'start', delay: 0 }, '"START"'],
  [{ anchor: 'updating', percent: 20, delay: 0 }, '"UPDATING",41'],
  [{ anchor: 'failed-end', delay: 0 }, '"END",505'],
  [{ anchor: 'end', delay: 0 }, '"END",0'],
] as const)('%j is set off by %s', (point, text) => {
  expect(firedBy(point, ...reports)).toBe(text);
});
