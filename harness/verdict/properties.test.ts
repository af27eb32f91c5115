import fc from 'fast-check';
import type { JournalEvent } from '../journal/events.js';
import { fold } from './fold.js';
import { judge } from './judge.js';
import { conformingStories } from './testing/conforming-stories.js';
import { fetched, flashed, refused, sound } from './testing/script.js';
import { toText } from './text.js';
import type { UpgradeRecord } from './types.js';

const journals = conformingStories.map(([name, story]) => ({ name, events: story().events }));
const anyJournal = fc.constantFrom(...journals.map(({ events }) => events));
const blamed = (events: readonly JournalEvent[]): string[] =>
  fold(events).flatMap((record) =>
    judge(record)
      .findings.filter(({ owner }) => owner === 'firmware' || owner === 'package')
      .map(({ rule }) => rule),
  );
const said = (record: UpgradeRecord | undefined): unknown[] => (record?.reports ?? []).map(({ kind, value }) => [kind, value]);
/** What a record says, without the numbers of the events it says it from. */
const essence = (events: readonly JournalEvent[]): unknown =>
  fold(events).map((record) => {
    const { ending, result, findings, exercised } = judge(record);
    const attempts = record.attempts.map(({ startSeen, ends, percentages }) => [
      startSeen,
      ends,
      percentages.map(({ percent }) => percent),
    ]);
    return {
      reports: said(record),
      attempts,
      ending,
      result,
      rules: findings.map(({ rule, owner }) => [rule, owner]),
      exercised,
    };
  });

describe('any events', () => {
  test('are folded, judged and told without an error, whatever their order', () => {
    const pool = journals.flatMap(({ events }) => events);
    fc.assert(
      fc.property(fc.array(fc.nat(pool.length - 1), { maxLength: 60 }), (picks) => {
        const events = picks.map((pick) => pool[pick] as JournalEvent);
        for (const record of fold(events)) toText(record, judge(record), events);
      }),
      { numRuns: 300 },
    );
  });

  test('a fold changes nothing in what it reads, and says the same twice', () => {
    fc.assert(
      fc.property(anyJournal, (events) => {
        const before = JSON.stringify(events);
        expect(essence(events)).toEqual(essence(events));
        expect(JSON.stringify(events)).toBe(before);
      }),
    );
  });
});

describe('missing data', () => {
  test.each(journals)('wherever the journal of "$name" is cut off, nobody is blamed', ({ events }) => {
    for (let length = 0; length <= events.length; length += 1) {
      expect({ length, rules: blamed(events.slice(0, length)) }).toEqual({ length, rules: [] });
    }
  });

  test('what the first part of a journal told, the whole one tells as well', () => {
    fc.assert(
      fc.property(anyJournal, fc.nat(), (events, cut) => {
        const part = fold(events.slice(0, cut % (events.length + 1)))[0];
        if (part === undefined) return;
        const whole = fold(events)[0];
        // A line's last piece may become another report when the rest of the line comes.
        const certain = said(part).slice(0, -1);
        expect(said(whole).slice(0, certain.length)).toEqual(certain);
      }),
    );
  });

  test('a UART that heard nothing blames nobody', () => {
    for (const { events } of journals) {
      const deaf = events.filter((event) => !(event.type === 'line.rx' && event.line === 'uart'));
      expect(blamed(deaf)).toEqual([]);
    }
  });

  test('a USB line that heard nothing but the command blames nobody', () => {
    for (const { events } of journals) {
      const deaf = events.filter((event) => !(event.type === 'line.rx' && event.line === 'at' && event.data.includes('QIND')));
      expect(blamed(deaf)).toEqual([]);
    }
  });
});

describe('lines', () => {
  const rx = (event: JournalEvent): event is Extract<JournalEvent, { type: 'line.rx' }> => event.type === 'line.rx';

  test('where the chunks of a line begin and end changes nothing', () => {
    fc.assert(
      fc.property(anyJournal, fc.infiniteStream(fc.nat(40)), (events, cuts) => {
        const pieces = events.flatMap((event): JournalEvent[] => {
          if (!rx(event)) return [event];
          const at = cuts.next().value as number;
          return [event.data.slice(0, at), event.data.slice(at)]
            .filter((data) => data !== '')
            .map((data) => ({ ...event, data }));
        });
        expect(essence(pieces)).toEqual(essence(events));
      }),
    );
  });

  test('glued chunks are read as the same lines', () => {
    const glued = (events: readonly JournalEvent[]): JournalEvent[] => {
      const joined: JournalEvent[] = [];
      for (const event of events) {
        const last = joined.at(-1);
        if (last !== undefined && rx(last) && rx(event) && last.line === event.line)
          joined[joined.length - 1] = { ...last, data: last.data + event.data };
        else joined.push(event);
      }
      return joined;
    };
    for (const { events } of journals) expect(essence(glued(events))).toEqual(essence(events));
  });

  test('reports that each reach one line, the other or both are one sequence', () => {
    const stories = [flashed('ufs').normal().end(), sound('ftp'), refused(5, 505, { contents: 'corrupt' })].map(
      (story) => story.events,
    );
    fc.assert(
      fc.property(fc.constantFrom(...stories), fc.infiniteStream(fc.nat(2)), (events, choice) => {
        // A report is one pair of chunks: first at, then uart.
        const kept = new Map<string, number>();
        const seen: JournalEvent[] = [];
        for (const event of events) {
          if (!rx(event) || !event.data.includes('UPDATING')) {
            seen.push(event);
            continue;
          }
          const key = `${event.data}/${String(Math.floor(event.t / 100))}`;
          const which = kept.get(key) ?? (choice.next().value as number);
          kept.set(key, which);
          if (which === 2 || (which === 0) === (event.line === 'at')) seen.push(event);
        }
        expect(said(fold(seen)[0])).toEqual(said(fold(events)[0]));
      }),
    );
  });

  test('a line that carries everything twice, by two names, is one line', () => {
    for (const { events } of journals) {
      const single = events.filter((event) => !('line' in event) || event.line === 'at');
      const twin = single.flatMap((event): JournalEvent[] => (rx(event) ? [event, { ...event, line: 'twin' }] : [event]));
      expect(said(fold(twin)[0])).toEqual(said(fold(single)[0]));
    }
  });

  test('junk lines on any line never bring a verdict down on the firmware', () => {
    const junk = fc.stringMatching(/^[a-z\x01-\x08\x80-\xff]{1,12}$/);
    fc.assert(
      fc.property(
        anyJournal,
        fc.array(fc.tuple(fc.nat(), junk, fc.constantFrom('at', 'uart')), { minLength: 1, maxLength: 5 }),
        (events, insertions) => {
          const noisy = [...events];
          for (const [where, text, line] of insertions) {
            const at = 1 + (where % events.length);
            const neighbour = noisy[at - 1] as JournalEvent;
            const { n, t, at: wall } = neighbour;
            noisy.splice(at, 0, { n, t, at: wall, rig: 'ec25-a', type: 'line.rx', line, data: `\r\n${text}\r\n` });
          }
          expect(blamed(noisy)).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

test('a fault that was seen stays seen when junk comes with it', () => {
  const story = fetched('ufs')
    .say(['at', 'uart'], 'START', 50, 100, 'END,0')
    .reboots()
    .rx('uart', 'xyz\x80')
    .normal()
    .end()
    .after({});
  expect(blamed(story.events)).toEqual(['version.after-end']);
});
