import { systemClock } from '../base/clock.js';
import type { Report, Urc } from '../at/types.js';
import { readReports } from '../at/report.js';
import type { CutPoint } from './cut.js';
import { Overtaken } from '../power/types.js';
import { Trigger } from './trigger.js';

/** A trigger whose clock and power are notes: `strike <i>` and `fire <i> since <t> written <t>`, in order. */
function noting(points: readonly CutPoint[]): { trigger: Trigger; notes: string[]; at: (t: number) => void; later: () => void } {
  const notes: string[] = [];
  let now = 0;
  let due: (() => void) | undefined;
  const clock = {
    ...systemClock,
    now: () => now,
    after: (_ms: number, callback: () => void) => {
      due = callback;
      return () => {
        due = undefined;
      };
    },
  };
  const trigger = new Trigger({
    points,
    scale: 1,
    clock,
    strike: () => {
      notes.push('strike');
      return now + 0.1;
    },
    fire: (index, since, written) => notes.push(`fire ${String(index)} since ${String(since)} written ${String(written)}`),
  });
  return { trigger, notes, at: (t) => void (now = t), later: () => due?.() };
}

const reportOf = (text: string): Report => readReports(`+QIND: "FOTA",${text}`).reports[0]?.report as Report;
const urcOf = (text: string, t: number): Urc => ({ role: 'at', text, t, report: reportOf(text) });

/** Which of the reports sets the point off. */
function firedBy(point: CutPoint, ...texts: readonly string[]): string | undefined {
  const { trigger, notes } = noting([point]);
  const found = texts.find((text) => {
    trigger.onUrc(urcOf(text, 0));
    return notes.length > 0;
  });
  trigger.stop();
  return found;
}

/** The same by reports that come before the journal has them. */
function struckBy(point: CutPoint, ...texts: readonly string[]): string | undefined {
  const { trigger } = noting([point]);
  const found = texts.find((text) => trigger.onEarlyReport(reportOf(text), 0) !== undefined);
  trigger.stop();
  return found;
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
  expect(struckBy(point, ...reports)).toBe(text);
});

const early = (trigger: Trigger, text: string, t: number): void => {
  const then = trigger.onEarlyReport(reportOf(text), t);
  trigger.onUrc(urcOf(text, t + 1));
  then?.();
};

test('an early report is struck at once and written down after its URC, once; the next point waits until power is back', () => {
  const { trigger, notes, at } = noting([
    { anchor: 'start', delay: 0 },
    { anchor: 'updating', percent: 0, delay: 0 },
  ]);
  at(5);
  const then = trigger.onEarlyReport(reportOf('"START"'), 4.9);
  expect(notes).toEqual(['strike']);
  trigger.onUrc(urcOf('"START"', 5));
  early(trigger, '"UPDATING",3', 5);
  expect(notes).toEqual(['strike']);
  then?.();
  expect(notes).toEqual(['strike', 'fire 0 since 4.9 written 5.1']);
  early(trigger, '"UPDATING",4', 6);
  expect(notes).toHaveLength(2);
  trigger.next();
  at(9);
  early(trigger, '"UPDATING",5', 9);
  expect(notes.slice(2)).toEqual(['strike', 'fire 1 since 9 written 9.1']);
  expect(trigger.fired).toBe(2);
});

test('a point with a delay is not struck by the report but at the end of the delay', () => {
  const { trigger, notes, at, later } = noting([{ anchor: 'start', delay: 120 }]);
  early(trigger, '"START"', 0);
  expect(notes).toEqual([]);
  at(121);
  later();
  expect(notes).toEqual(['strike', 'fire 0 since 121 written 121.1']);
});

test('nothing is struck once it was stopped', () => {
  const { trigger, notes } = noting([{ anchor: 'start', delay: 0 }]);
  trigger.stop();
  early(trigger, '"START"', 0);
  expect(notes).toEqual([]);
});

test('a strike that fails leaves the point armed: the URC tries again', () => {
  const fired: number[] = [];
  let working = false;
  const trigger = new Trigger({
    points: [{ anchor: 'start', delay: 0 }],
    scale: 1,
    clock: systemClock,
    strike: () => {
      if (!working) throw new Error('no supply wire');
      return 7;
    },
    fire: (_index, _since, written) => fired.push(written),
  });
  expect(() => trigger.onEarlyReport(reportOf('"START"'), 0)).toThrow('no supply wire');
  working = true;
  trigger.onUrc(urcOf('"START"', 0));
  expect(fired).toEqual([7]);
});

test('a switch that is being given back is not struck, and nobody is hurt: the trigger stops', () => {
  const fired = jest.fn();
  let later: () => void = () => undefined;
  const trigger = (delay: number): Trigger =>
    new Trigger({
      points: [{ anchor: 'updating', percent: 1, delay }],
      scale: 1,
      clock: { ...systemClock, after: (_ms, callback) => ((later = callback), () => undefined), now: () => 10 },
      strike: () => {
        throw new Overtaken('rig bench was closed');
      },
      fire: fired,
    });
  expect(trigger(0).onEarlyReport(reportOf('"UPDATING",1'), 1)).toBeUndefined();
  trigger(0).onUrc(urcOf('"UPDATING",1', 1));
  trigger(5).onUrc(urcOf('"UPDATING",1', 1));
  later();
  expect(fired).not.toHaveBeenCalled();
});
