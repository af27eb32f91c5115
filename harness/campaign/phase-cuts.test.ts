import { cutId, hasDownload, parseCutId, phaseOf, phases, type Phase } from './cut.js';
import { mostCuts, phaseCuts } from './phase-cuts.js';
import { sources, type Source } from '../journal/events.js';

const every: readonly (readonly Source[])[] = [['ufs'], ['ftp'], ['ftp', 'http', 'ufs', 'sd'], ['http', 'sd'], []];
const cases = phases.flatMap((phase) => every.flatMap((from) => [0, 1, 2, 7, 60].map((count) => ({ phase, from, count }))));

test.each(cases)(
  '$count cuts in phase $phase over $from: all of that phase, no two alike, each repeatable by its id',
  ({ phase, from, count }) => {
    const wish = { phase, count, sources: from, own: from, seed: 5 };
    const cuts = phaseCuts(wish);
    expect(cuts).toHaveLength(Math.min(count, mostCuts(phase, from)));
    for (const cut of cuts) {
      expect(cut.points.map(phaseOf)).toEqual([phase]);
      expect(from).toContain(cut.source);
      expect(parseCutId(cutId(cut))).toEqual(cut);
      if (phase === 'download') expect(hasDownload(cut.source)).toBe(true);
    }
    expect(new Set(cuts.map(cutId)).size).toBe(cuts.length);
    expect(phaseCuts(wish)).toEqual(cuts);
  },
);

test.each<Phase>(['download', 'reboot', 'start', 'updating', 'after-end'])(
  'another seed gives other cuts in phase %s',
  (phase) => {
    const cuts = (seed: number): string[] => phaseCuts({ phase, count: 20, sources, own: sources, seed }).map(cutId);
    expect(cuts(1)).not.toEqual(cuts(2));
  },
);

test('they are spread over the phase, and over the sources in turn', () => {
  const cuts = phaseCuts({ phase: 'download', count: 20, sources, own: sources, seed: 1 });
  const percents = cuts.map(({ points: [point] }) => point?.percent ?? 0);
  expect(Math.min(...percents)).toBeLessThan(15);
  expect(Math.max(...percents)).toBeGreaterThan(80);
  expect(cuts.filter(({ source }) => source === 'ftp')).toHaveLength(10);
});

test('how far a download is only a server of ours tells: elsewhere time does', () => {
  const cuts = phaseCuts({ phase: 'download', count: 6, sources: ['ftp', 'http'], own: ['http'], seed: 1 });
  expect(cuts.map(({ source, points: [point] }) => `${source} ${point?.anchor ?? ''}`)).toEqual(
    [1, 2, 3].flatMap(() => ['ftp download-start', 'http download']),
  );
});
